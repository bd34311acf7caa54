from odoo import _, api, models


class ExternalOrderSetup(models.AbstractModel):
    """The products that stand for amounts of an order which are no item, named by the settings of a sync."""

    _inherit = "external.order.setup"

    @api.model
    def _set_up(self):
        self._set_up_products()
        return super()._set_up()

    @api.model
    def _set_up_products(self):
        """Give each reference a product unless it has one. Those with a tax take the company's default."""
        for reference, name, taxed in (
            ("EXT-CHARGE", _("Service Charge (external orders)"), True),
            ("EXT-TIP", _("Tip (external orders)"), False),
            ("EXT-DELIVERY", _("Delivery (external orders)"), True),
            ("EXT-ROUNDING", _("Rounding (external orders)"), False),
            ("EXT-DISCOUNT", _("Discount (external orders)"), True),
            ("EXT-REFUND", _("Refund (external orders)"), True),
            ("EXT-GIFT", _("Gift Card or Deposit (external orders)"), False),
        ):
            products = self.env["product.product"].with_context(active_test=False)
            if products.search([("default_code", "=", reference)], limit=1):
                continue
            values = {
                "name": name,
                "default_code": reference,
                "type": "service",
                "list_price": 0,
                "available_in_pos": True,
            }
            if not taxed:
                values["taxes_id"] = [(6, 0, [])]
            xml_name = reference.lower().replace("ext-", "product_")
            self._record("product.product", xml_name, values)
