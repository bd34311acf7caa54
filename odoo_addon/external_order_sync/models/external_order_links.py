from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..orm import may, page_of


class ExternalOrder(models.Model):
    """What Odoo made of an order, and the way there."""

    _inherit = "external.order"

    log_ids = fields.One2many("external.order.log", "order_id", string="Steps")
    pos_order_name = fields.Char(compute="_compute_links", compute_sudo=True)
    session_name = fields.Char(compute="_compute_links", compute_sudo=True)
    delivery_text = fields.Char(compute="_compute_links", compute_sudo=True)
    invoice_name = fields.Char(
        string="Invoice", compute="_compute_links", compute_sudo=True
    )
    can_open_invoice = fields.Boolean(compute="_compute_can_open_invoice")

    @api.depends("pos_order_id")
    def _compute_links(self):
        for order in self:
            booked = order.pos_order_id
            order.pos_order_name = booked.name
            order.session_name = booked.session_id.name
            order.delivery_text = order._delivery_text()
            order.invoice_name = booked.account_move.name

    def _delivery_text(self):
        """Whether the goods have moved; empty where there are none to move."""
        pickings = self._deliveries()
        if pickings:
            return (
                _("Done")
                if all(picking.state == "done" for picking in pickings)
                else _("Not done")
            )
        session = self.pos_order_id.session_id
        goods = self.pos_order_id.lines.mapped("product_id").filtered(
            lambda product: product.type != "service"
        )
        if goods and session.update_stock_at_closing and session.state != "closed":
            return _("At closing")
        return False

    def _deliveries(self):
        """The order's own deliveries, else those of its session, made when that was closed."""
        booked = self.sudo().pos_order_id
        session = booked.session_id
        if booked.picking_ids or not session.update_stock_at_closing:
            return booked.picking_ids
        return session.picking_ids.filtered(lambda picking: not picking.pos_order_id)

    @api.depends("pos_order_id")
    def _compute_can_open_invoice(self):
        # A user of the Point of Sale alone may read no invoices.
        moves = self.env["account.move"]
        if may(moves, "read"):
            booked = self.sudo().pos_order_id.account_move.ids
            moves = moves.search([("id", "in", booked)])
        for order in self:
            order.can_open_invoice = (
                order.sudo().pos_order_id.account_move.id in moves.ids
            )

    def action_open(self):
        return self._open(self)

    def action_open_likeness(self):
        return self._open(self.looks_like_id)

    def action_open_pos_order(self):
        return self._open(self.pos_order_id)

    def action_open_session(self):
        return self._open(self.pos_order_id.session_id)

    def action_open_deliveries(self):
        pickings = self._deliveries()
        if not pickings:
            raise UserError(
                _(
                    "The goods are moved when the session is closed: there is no delivery yet."
                )
            )
        return self._open(pickings.sudo(False))

    def action_open_invoice(self):
        return self._open(self.sudo().pos_order_id.account_move.sudo(False))

    def _open(self, records):
        """The page of a record, or the list of several."""
        return page_of(records, self[:1].external_id or _("External Orders"))
