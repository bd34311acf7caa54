from odoo import api, fields, models


class ExternalOrderSync(models.Model):
    """What has become of a sync's orders, in numbers."""

    _inherit = "external.order.sync"

    booked_today_count = fields.Integer(
        string="Booked Today",
        compute="_compute_booked_today_count",
        help="Orders booked since midnight, in your time zone.",
    )

    @api.depends("source", "shop_ids")
    def _compute_booked_today_count(self):
        orders = self.env["pos.order"]
        since = ("create_date", ">=", self._midnight())
        for sync in self:
            sync.booked_today_count = sync.source and orders.search_count(
                [*sync._orders_domain(), since]
            )

    @api.model
    def _midnight(self):
        """The last midnight of the user's time zone, in UTC."""
        now = fields.Datetime.now()
        here = fields.Datetime.context_timestamp(self, now).replace(tzinfo=None)
        midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
        return now - (here - midnight)
