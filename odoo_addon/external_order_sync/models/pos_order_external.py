from odoo import _, api, fields, models
from odoo.exceptions import UserError


class PosOrder(models.Model):
    """The way from a POS order to the external order it was made of."""

    _inherit = "pos.order"

    has_external_order = fields.Boolean(
        compute="_compute_has_external_order", compute_sudo=True
    )

    @api.depends("external_order_key")
    def _compute_has_external_order(self):
        known = self.env["external.order"].search([("pos_order_id", "in", self.ids)])
        booked = known.mapped("pos_order_id")
        for order in self:
            order.has_external_order = order in booked

    def action_open_external_order(self):
        orders = self.env["external.order"].search([("pos_order_id", "in", self.ids)])
        if not orders:
            raise UserError(
                _(
                    "The tillbridge service has not reported the order that this was made of."
                )
            )
        return orders._open(orders)
