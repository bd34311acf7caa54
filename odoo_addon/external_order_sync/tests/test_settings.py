from odoo.exceptions import ValidationError
from odoo.tests.common import tagged

from .common import SyncCase

DEFAULTS = {
    "tax_policy": "refuse",
    "order_discount": "spread",
    "rounding_limit": "0.01",
    "quantity_policy": "adapt",
    "lot_policy": "refuse",
    "combo_components": "ignore",
    "product_map": [],
    "service_charge_product": "EXT-CHARGE",
    "tip_product": "EXT-TIP",
    "rounding_product": "EXT-ROUNDING",
    "discount_product": "EXT-DISCOUNT",
    "refund_product": "EXT-REFUND",
    "customers": "find",
    "ambiguous_customer": "note",
    "invoicing": "off",
    "part_paid": "wait",
    "locations": [],
    "paid_days": 0,
    "waiting_days": 7,
    "keep_payload_days": 90,
    "keep_log_days": 180,
    "keep_order_days": 730,
    "adopt_existing": True,
    "refund_without_sale": "ask",
    "cancelled_after_booking": "task",
    "refund_id_field": "",
    "sale_date": "checkout",
    "closing": "business_day",
    "closing_time": "04:00",
    "closing_idle_minutes": 60,
    "closing_orders": 500,
    "late_orders": "hold",
    "shared_shop_cash": False,
    "order_url": "",
    "until_param": "",
}
CHOICES = {
    "tax_policy": ["refuse", "map", "keep"],
    "order_discount": ["spread", "lines"],
    "quantity_policy": ["adapt", "refuse"],
    "lot_policy": ["refuse", "book"],
    "combo_components": ["ignore", "book"],
    "customers": ["ignore", "find", "create"],
    "ambiguous_customer": ["note", "refuse"],
    "invoicing": ["off", "tax_id", "customer"],
    "part_paid": ["wait", "pay_later"],
    "refund_without_sale": ["ask", "unlinked", "ignore"],
    "cancelled_after_booking": ["task", "refund"],
    "sale_date": ["checkout", "order"],
    "closing": ["business_day", "idle", "orders", "never"],
    "late_orders": ["hold", "book"],
}


@tagged("post_install", "-at_install")
class TestSettings(SyncCase):
    def _refused(self, **values):
        with self.assertRaises(ValidationError) as refused:
            self.sync.write(values)
        return str(refused.exception)

    def _location(self, location, shop=None):
        shop = shop or self.shop
        return (0, 0, {"location": location, "pos_config_id": shop.id})

    def test_defaults(self):
        sent = self._sent()
        self.assertEqual({name: sent[name] for name in DEFAULTS}, DEFAULTS)

    def test_every_choice_is_sent_as_it_is_called(self):
        for name, choices in CHOICES.items():
            self.assertEqual(
                [key for key, _ in self.sync._fields[name].selection], choices
            )
            self.sync.write({name: choices[-1]})
            self.assertEqual(self._sent()[name], choices[-1])

    def test_the_rounding_limit_is_sent_as_it_is_written(self):
        for value, text in (
            (0, "0"),
            (5, "5"),
            (0.05, "0.05"),
            (0.0001, "0.0001"),
            (10, "10"),
        ):
            self.sync.rounding_limit = value
            self.assertEqual(self._sent()["rounding_limit"], text)
        self._refused(rounding_limit=-0.01)

    def test_times_and_numbers(self):
        for time in ("24:00", "4:00", "04:60", "", "0400", "04:00 "):
            self.assertIn("HH:MM", self._refused(closing_time=time))
        self.sync.closing_time = "23:30"
        self._refused(closing_idle_minutes=0)
        self._refused(closing_orders=0)
        self._refused(paid_days=-1)
        self._refused(waiting_days=-1)
        self._refused(refund_id_field="Return No")
        self.assertIn("Tip", self._refused(tip_product=" "))

    def test_products_are_mapped(self):
        product = self.env["product.product"].create({"name": "Wash"})
        line = {"code": " Gift Card ", "product_id": product.id}
        self.sync.write({"product_map_ids": [(0, 0, line)]})
        self.assertEqual(
            self._sent()["product_map"], [{"code": "Gift Card", "product": product.id}]
        )
        self.assertIn("Wash", self.sync.product_mapping)
        again = (0, 0, dict(line, code="GIFT CARD"))
        self.assertIn("twice", self._refused(product_map_ids=[again]))
        self.assertIn(
            "no item", self._refused(product_map_ids=[(0, 0, dict(line, code=" "))])
        )

    def test_locations_stand_in_for_the_shop(self):
        self.sync.write(
            {"pos_config_id": False, "location_ids": [self._location(" 12 ")]}
        )
        sent = self._sent()
        self.assertEqual(sent["shop"], 0)
        self.assertEqual(sent["locations"], [{"location": "12", "shop": self.shop.id}])
        self.assertEqual(sent["company"], self.shop.company_id.id)
        order = self._book("1")
        self.assertEqual(self.sync.booked_count, 1)
        action = self.sync.action_view_orders()
        self.assertEqual(self.env["pos.order"].search(action["domain"]), order)
        self.assertIn("Fill in", self._refused(location_ids=[(5, 0, 0)]))

    def test_a_location_has_one_shop_of_the_syncs_company(self):
        twice = [self._location("12"), self._location("12 ")]
        self.assertIn("twice", self._refused(location_ids=twice))
        self.assertIn("names none", self._refused(location_ids=[self._location(" ")]))
        other = self._shop_elsewhere("The other company")
        text = self._refused(location_ids=[self._location("13", other)])
        self.assertIn("The other company", text)

    def test_the_methods_of_every_shop_may_be_mapped(self):
        shop = self.env["pos.config"].create({"name": "Second shop"})
        method = self.env["pos.payment.method"].create({"name": "Voucher"})
        shop.payment_method_ids |= method
        line = (0, 0, {"code": "9", "payment_method_id": method.id})
        self.assertIn("Voucher", self._refused(payment_line_ids=[line]))
        self.sync.write(
            {"location_ids": [self._location("2", shop)], "payment_line_ids": [line]}
        )
        self.assertEqual(
            self._sent()["payment_map"], [{"code": "9", "method": method.id}]
        )

    def test_the_products_of_amounts_are_there(self):
        for name, default in DEFAULTS.items():
            if name.endswith("_product"):
                product = self.env["product.product"].search(
                    [("default_code", "=", default)]
                )
                self.assertEqual(len(product), 1, default)
                self.assertTrue(product.available_in_pos)
                self.assertEqual(product.type, "service")
        for untaxed in ("product_tip", "product_rounding", "product_gift"):
            product = self.env.ref(
                "external_order_sync." + untaxed, raise_if_not_found=False
            )
            self.assertFalse(product and product.taxes_id, untaxed)

    def test_a_product_of_amounts_is_not_made_twice(self):
        product = self.env["product.product"].search([("default_code", "=", "EXT-TIP")])
        product.write({"name": "Our tips", "active": False})
        self.env["external.order.setup"]._set_up()
        products = self.env["product.product"].with_context(active_test=False)
        found = products.search([("default_code", "=", "EXT-TIP")])
        self.assertEqual(
            (found, found.name, found.active), (product, "Our tips", False)
        )
