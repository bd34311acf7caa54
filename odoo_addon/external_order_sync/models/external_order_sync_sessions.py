import re

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class ExternalOrderSync(models.Model):
    """When the sessions that the service opened are closed, and what may enter them."""

    _inherit = "external.order.sync"

    closing = fields.Selection(
        [
            ("business_day", "At the end of the business day"),
            ("idle", "When no order came for a while"),
            ("orders", "At a number of orders"),
            ("never", "Never: somebody closes them"),
        ],
        string="Close Sessions",
        default="business_day",
        required=True,
        tracking=True,
        help="Only sessions that the service opened itself are closed.",
    )
    closing_time = fields.Char(
        string="Business Day Ends at",
        default="04:00",
        required=True,
        tracking=True,
        help="Time of day in the sync's time zone, as HH:MM. Later sales belong to the next business day.",
    )
    closing_idle_minutes = fields.Integer(
        string="Minutes without an Order",
        default=60,
        tracking=True,
        help="The session is closed after so many minutes without an order.",
    )
    closing_orders = fields.Integer(
        string="Orders in a Session",
        default=500,
        tracking=True,
        help="The session is closed when it has so many orders.",
    )
    late_orders = fields.Selection(
        [
            ("hold", "Keep the order and ask"),
            ("book", "Book it today and note it"),
        ],
        string="Order of a Closed Day",
        default="hold",
        required=True,
        tracking=True,
        help="For orders whose business day is closed, lies in another month or is locked in the accounts.",
    )
    shared_shop_cash = fields.Boolean(
        string="Cash in a Shop with Cashiers",
        tracking=True,
        help="Whether cash sales may be booked in a shop whose drawer a cashier counts: "
        "the external system's cash is not in it.",
    )

    @api.constrains("closing_time")
    def _check_closing_time(self):
        for sync in self:
            if not TIME.fullmatch(sync.closing_time or ""):
                raise ValidationError(
                    _(
                        "“%s” is not a time of day. Write it as HH:MM, as in 04:00 or 23:30 (tab Sessions).",
                        sync.closing_time or "",
                    )
                )

    @api.constrains("closing_idle_minutes", "closing_orders")
    def _check_closing_limits(self):
        for sync in self:
            if sync.closing_idle_minutes < 1 or sync.closing_orders < 1:
                raise ValidationError(
                    _(
                        "A session closes after one minute or one order at the earliest (tab Sessions)."
                    )
                )

    def _configuration(self):
        return dict(
            super()._configuration(),
            closing=self.closing,
            closing_time=self.closing_time,
            closing_idle_minutes=self.closing_idle_minutes,
            closing_orders=self.closing_orders,
            late_orders=self.late_orders,
            shared_shop_cash=self.shared_shop_cash,
        )
