from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

# Settings that name a product, by its internal reference. The addon ships these products.
SPECIAL_PRODUCTS = (
    "service_charge_product",
    "tip_product",
    "rounding_product",
    "discount_product",
    "refund_product",
)


class ExternalOrderSync(models.Model):
    """How the amounts of an external order become lines: what adapts, and what is refused."""

    _inherit = "external.order.sync"

    tax_policy = fields.Selection(
        [
            ("refuse", "Keep the order and ask"),
            ("map", "Take the tax of that percentage"),
            ("keep", "Take Odoo's tax and note it"),
        ],
        string="Another Tax Than Odoo's",
        default="refuse",
        required=True,
        tracking=True,
        help="What happens when an order states another tax than Odoo computes.",
    )
    order_discount = fields.Selection(
        [
            ("spread", "Spread over the lines"),
            ("lines", "A line of its own for each tax"),
        ],
        string="Discount of the Whole Order",
        default="spread",
        required=True,
        tracking=True,
        help="How a discount of the whole order is booked.",
    )
    rounding_limit = fields.Float(
        string="Rounding up to",
        digits=(12, 4),
        default=0.01,
        tracking=True,
        help="Amount per line, in the order's currency, up to which a difference to the order's total "
        "becomes a line with the product Rounding. 0: any difference is refused.",
    )
    quantity_policy = fields.Selection(
        [
            ("adapt", "Keep the amount and adapt it"),
            ("refuse", "Keep the order and ask"),
        ],
        string="Quantity with Too Many Decimals",
        default="adapt",
        required=True,
        tracking=True,
        help="What happens to a quantity with more decimals than the product's unit has in Odoo.",
    )
    lot_policy = fields.Selection(
        [
            ("refuse", "Keep the order and ask"),
            ("book", "Book without moving its stock"),
        ],
        string="No Lot or Serial Number",
        default="refuse",
        required=True,
        tracking=True,
        help="For products tracked by lot or serial number, when the order names none.",
    )
    combo_components = fields.Selection(
        [
            ("ignore", "Leave them out"),
            ("book", "Book at price 0, moving stock"),
        ],
        string="Components of Combos",
        default="ignore",
        required=True,
        tracking=True,
        help="What happens to the parts of a combo, beside the combo itself.",
    )
    service_charge_product = fields.Char(
        default="EXT-CHARGE",
        required=True,
        tracking=True,
        help="Internal reference of the product for service charges.",
    )
    tip_product = fields.Char(
        default="EXT-TIP",
        required=True,
        tracking=True,
        help="Internal reference of the product for tips.",
    )
    rounding_product = fields.Char(
        default="EXT-ROUNDING",
        required=True,
        tracking=True,
        help="Internal reference of the product for cents that are left over.",
    )
    discount_product = fields.Char(
        default="EXT-DISCOUNT",
        required=True,
        tracking=True,
        help="Internal reference of the product for discounts of whole orders.",
    )
    refund_product = fields.Char(
        string="Refund by Amount Product",
        default="EXT-REFUND",
        required=True,
        tracking=True,
        help="Internal reference of the product for refunds of an amount without items.",
    )

    @api.constrains("rounding_limit")
    def _check_rounding_limit(self):
        for sync in self:
            if sync.rounding_limit < 0:
                raise ValidationError(
                    _("The rounding limit cannot be negative. 0 switches it off.")
                )

    @api.constrains(*SPECIAL_PRODUCTS)
    def _check_special_products(self):
        for sync in self:
            for name in SPECIAL_PRODUCTS:
                if not (sync[name] or "").strip():
                    label = self._fields[name]._description_string(self.env)
                    raise ValidationError(
                        _(
                            "“%s” needs the internal reference of a product (tab Advanced).",
                            label,
                        )
                    )

    def _configuration(self):
        return dict(
            super()._configuration(),
            tax_policy=self.tax_policy,
            order_discount=self.order_discount,
            rounding_limit=_decimal(self.rounding_limit),
            quantity_policy=self.quantity_policy,
            lot_policy=self.lot_policy,
            combo_components=self.combo_components,
            **{name: self[name].strip() for name in SPECIAL_PRODUCTS},
        )


def _decimal(value):
    """The plain decimal text of an amount of at most four decimals: 0.01, 5, 0."""
    return ("%.4f" % value).rstrip("0").rstrip(".")
