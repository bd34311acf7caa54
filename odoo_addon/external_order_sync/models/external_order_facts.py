from odoo import api, models


class ExternalOrderService(models.Model):
    """What the service must know and its user may not read: only the figures, never the records."""

    _inherit = "external.order.service"

    @api.model
    def invoices(self, order_ids):
        """The invoice of each of these POS orders that has one, by the order's id as a text."""
        self._check_sidecar()
        orders = (
            self._with_all_companies()
            .env["pos.order"]
            .search([("id", "in", [int(order_id) for order_id in order_ids])])
        )
        return {
            str(order.id): {
                "name": order.account_move.name or "",
                "state": order.account_move.state or "",
                "type": order.account_move.move_type or "",
                "amount_total": order.account_move.amount_total,
            }
            for order in orders.sudo()
            if order.account_move
        }

    @api.model
    def installed_modules(self, names):
        """Which of these modules are installed."""
        self._check_sidecar()
        modules = (
            self.env["ir.module.module"]
            .sudo()
            .search([("name", "in", [str(name) for name in names])])
        )
        return sorted(
            modules.filtered(
                lambda module: module.state in ("installed", "to upgrade", "to remove")
            ).mapped("name")
        )
