import re

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

FIELD_NAME = re.compile(r"\w+")


class ExternalOrderSync(models.Model):
    """Which external orders are booked, when, and under which date."""

    _inherit = "external.order.sync"

    paid_days = fields.Integer(
        string="Complete When Paid for (days)",
        default=0,
        tracking=True,
        help="An order that has been paid in full for so many days counts as complete, whatever its status. "
        "0: only its status counts.",
    )
    waiting_days = fields.Integer(
        string="Report When Waiting for (days)",
        default=7,
        tracking=True,
        help="An order that waits for longer, because it is not complete or not paid, is reported. 0: never.",
    )
    adopt_existing = fields.Boolean(
        string="Adopt Orders Already in Odoo",
        default=True,
        tracking=True,
        help="Orders that an earlier connector booked are recognised and not booked again.",
    )
    refund_without_sale = fields.Selection(
        [
            ("ask", "Keep it and ask"),
            ("unlinked", "Book it without its sale"),
            ("ignore", "Leave it out"),
        ],
        string="Refund of an Unknown Sale",
        default="ask",
        required=True,
        tracking=True,
        help="What happens to a refund whose sale was not booked here.",
    )
    cancelled_after_booking = fields.Selection(
        [
            ("task", "Show it to somebody"),
            ("refund", "Book a refund of all of it"),
        ],
        default="task",
        required=True,
        tracking=True,
        help="What happens when the external system cancels a sale that is booked. "
        "A refund is linked to the sale and carries the date on which its cancelling was heard of.",
    )
    refund_id_field = fields.Char(
        string="Field of a Refund's Number",
        tracking=True,
        help="The field of the external order that holds a refund's own number, "
        "if it is not RefundID, ReturnID or CreditNoteNo.",
    )
    sale_date = fields.Selection(
        [
            ("checkout", "Checkout, else order date"),
            ("order", "Order date"),
        ],
        string="Date of the Sale",
        default="checkout",
        required=True,
        tracking=True,
        help="Which date of the external order is that of the sale.",
    )

    @api.constrains("paid_days", "waiting_days")
    def _check_days(self):
        for sync in self:
            if sync.paid_days < 0 or sync.waiting_days < 0:
                raise ValidationError(
                    _("A number of days cannot be negative. 0 switches the rule off.")
                )

    @api.constrains("refund_id_field")
    def _check_refund_id_field(self):
        for sync in self:
            name = (sync.refund_id_field or "").strip()
            if name and not FIELD_NAME.fullmatch(name):
                raise ValidationError(
                    _(
                        "“%s” is not the name of a field: one word, as in ReturnNumber (tab Advanced).",
                        name,
                    )
                )

    def _configuration(self):
        return dict(
            super()._configuration(),
            paid_days=self.paid_days,
            waiting_days=self.waiting_days,
            adopt_existing=self.adopt_existing,
            refund_without_sale=self.refund_without_sale,
            cancelled_after_booking=self.cancelled_after_booking,
            refund_id_field=(self.refund_id_field or "").strip(),
            sale_date=self.sale_date,
        )
