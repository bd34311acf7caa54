from odoo import _, api, fields, models
from odoo.exceptions import ValidationError


class ExternalOrderPaymentMap(models.Model):
    """A payment code or card type of the external system, and the shop's method that stands for it."""

    _name = "external.order.payment.map"
    _description = "External Order Payment Mapping"
    _order = "sequence, id"
    _rec_name = "code"

    sync_id = fields.Many2one(
        "external.order.sync", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    code = fields.Char(
        string="Payment in the External System",
        required=True,
        help="The payment mode's number (2) or the card type's text (Mada). Case does not matter.",
    )
    payment_method_id = fields.Many2one(
        "pos.payment.method", required=True, ondelete="restrict"
    )

    @api.constrains("code", "payment_method_id", "sync_id")
    def _check_lines(self):
        for sync in self.mapped("sync_id"):
            codes = [
                (code or "").strip().casefold()
                for code in sync.payment_line_ids.mapped("code")
            ]
            if "" in codes:
                raise ValidationError(
                    _("A line of the payment mapping has no code (tab Payments).")
                )
            for line in sync.payment_line_ids:
                if codes.count(line.code.strip().casefold()) > 1:
                    raise ValidationError(
                        _(
                            "The payment mapping lists “%s” twice (tab Payments).",
                            line.code,
                        )
                    )
                # A draft may begin with what does not fit any more; what is applied is checked.
                shops = sync.shop_ids
                if (
                    shops
                    and not sync.draft_of_id
                    and line.payment_method_id not in shops.payment_method_ids
                ):
                    raise ValidationError(
                        _(
                            "“%(method)s” is not a payment method of the shop %(shop)s. "
                            "Choose another method for “%(code)s” or remove the line (tab Payments).",
                            method=line.payment_method_id.name,
                            shop=", ".join("“%s”" % shop.name for shop in shops),
                            code=line.code,
                        )
                    )
