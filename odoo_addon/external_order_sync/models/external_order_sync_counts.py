from odoo import _, api, fields, models

from ..orm import counted, midnight
from ..series import LIST

# What is counted of a sync's orders, and which they are.
COUNTED = {
    "orders_attention_count": [("attention", "=", True)],
    "orders_waiting_count": [("state", "=", "waiting"), ("attention", "=", False)],
    "orders_warned_count": [("state", "=", "booked"), ("warnings", "!=", False)],
}


class ExternalOrderSync(models.Model):
    """What has become of a sync's orders, in numbers, and the way to them."""

    _inherit = "external.order.sync"

    orders_attention_count = fields.Integer(
        string="Needing You", compute="_compute_orders_counts"
    )
    orders_waiting_count = fields.Integer(
        string="Orders Waiting", compute="_compute_orders_counts"
    )
    orders_warned_count = fields.Integer(
        string="Booked with Warnings", compute="_compute_orders_counts"
    )
    booked_today_count = fields.Integer(
        string="Booked Today",
        compute="_compute_booked_today_count",
        help="Orders booked since midnight, in your time zone.",
    )

    def _compute_orders_counts(self):
        orders = self.env["external.order"]
        mine = [("sync_id", "in", self._origin.ids)]
        for name, domain in COUNTED.items():
            counts = counted(orders, mine + domain, "sync_id")
            for sync in self:
                sync[name] = counts.get((sync._origin.id,), 0)

    @api.depends("source", "shop_ids")
    def _compute_booked_today_count(self):
        counts = self._booked_counts([("create_date", ">=", midnight(self))])
        for sync in self:
            sync.booked_today_count = counts[sync]

    def action_view_attention(self):
        """Open the orders that need somebody."""
        return self._view_counted("orders_attention_count")

    def action_view_waiting(self):
        """Open the orders that are not complete or not paid yet."""
        return self._view_counted("orders_waiting_count")

    def action_view_warned(self):
        """Open the orders that were booked with something to know."""
        return self._view_counted("orders_warned_count")

    def _view_counted(self, name):
        self.ensure_one()
        label = self._fields[name]._description_string(self.env)
        return {
            "type": "ir.actions.act_window",
            "name": _("%(sync)s: %(orders)s", sync=self.name, orders=label),
            "res_model": "external.order",
            "view_mode": LIST + ",form",
            "domain": [("sync_id", "=", self.id), *COUNTED[name]],
            "context": {"create": False},
        }
