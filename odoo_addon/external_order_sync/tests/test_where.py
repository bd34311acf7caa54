import json

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests.common import tagged

from ..any_id import phone_digest
from .common import OrdersCase


@tagged("post_install", "-at_install")
class TestWhere(OrdersCase):
    """*Where is my order?*"""

    def _ask(self, text, user="support"):
        return self._as(user, self.env["external.order.where"]).create({"text": text})

    def test_any_number_finds_it(self):
        self._take(
            [
                self._order(
                    references=["70211", "T-88121", "Order 00012-001-0007", "F/2026/9"],
                    phone_digest=phone_digest("0501234567"),
                ),
                self._order(number="80000", references=["80000"]),
            ]
        )
        for text in (
            "70211",
            " # 0070211",
            "t 88121",
            "12-001-0007",
            "f/2026/9",
            "+966 50 123 45 67",
        ):
            where = self._ask(text)
            self.assertEqual(where.order_id.external_id, "70211", text)
            self.assertEqual(
                where.answer,
                "70211 (Sale, Shop of the tests): It needs you: "
                "No product in Odoo matches “Engine Oil Change”.\n"
                "What to do: Create the product. Or a manager presses “Map this product…”.",
            )
        self.assertEqual(where.action_open_order()["res_id"], where.order_id.id)

    def test_part_of_a_number_finds_it_where_none_is_that(self):
        self._take([self._order(), self._order(number="702", references=["702"])])
        self.assertEqual(self._ask("702").order_id.external_id, "702")
        self.assertEqual(self._ask("0211").order_id.external_id, "70211")

    def test_who_is_asked_first_is_who_was_asked_last(self):
        self.sync.sudo().last_sync_date = fields.Datetime.now()
        shop = self.shop.copy({"name": "The kiosk"})
        self._sync_of(
            "Kiosk", "https://kiosk.example.com/orders", pos_config_id=shop.id
        )
        self.assertEqual(self._ask("99999").sync_id, self.sync)

    def test_several_hits_are_a_list(self):
        self._take([self._order(), self._order(number="70212", references=["T-88121"])])
        where = self._ask("T-88121")
        self.assertEqual(len(where.order_ids), 2)
        self.assertFalse(where.order_id or where.unknown)
        self.assertIn("2 orders fit", where.answer)

    def test_a_pos_order_that_was_not_reported(self):
        booked = self._book("70211")
        booked.name = "Shop/0042"
        self._flush()
        for text in ("70211", "shop/0042"):
            where = self._ask(text)
            self.assertEqual(where.pos_order_id, booked)
            self.assertIn("booked as Shop/0042", where.answer)
            self.assertFalse(where.unknown)
        self.assertEqual(where.action_open_order()["res_model"], "pos.order")

    def test_one_that_no_source_has_shown(self):
        self.users["support"].tz = "UTC"
        where = self._ask("4711")
        self.assertTrue(where.unknown)
        self.assertIn("No source has shown an order “4711”", where.answer)
        self.assertIn("Garage was not asked yet", where.answer)
        self._report(date=fields.Datetime.to_string(fields.Datetime.now()))
        self._forget()
        self.assertIn("Garage was last asked at ", self._ask("4711").answer)

    def test_it_can_be_fetched(self):
        where = self._ask(" #4711 ")
        self.assertEqual(where.sync_id, self.sync)
        action = where.action_fetch()
        request = self.env["external.order.request"].search([("kind", "=", "fetch")])
        self.assertEqual(
            (request.sync_id, json.loads(request.payload)),
            (self.sync, {"ids": ["4711"]}),
        )
        self.assertEqual(request.user_id, self.users["support"])
        self.assertEqual(action["res_id"], request.id)

    def test_orders_of_another_company_are_not_found(self):
        self._take([self._order()])
        self._kept().sudo().shop_id = self._shop_elsewhere("Another")
        self._flush()
        self._forget()
        self.assertTrue(self._ask("70211").unknown)

    def test_it_is_the_supports(self):
        with self.assertRaises(AccessError):
            self._ask("70211", user="nobody")

    def test_the_list_finds_by_any_number_too(self):
        self._take([self._order(), self._order(number="80000", references=["80000"])])
        orders = self._as("support", self.env["external.order"])
        for text in ("#70211", "T-88121", "7021"):
            found = orders.search([("any_id", "ilike", text)])
            self.assertEqual(found.mapped("external_id"), ["70211"], text)
        self.assertFalse(orders.search([("any_id", "=", "7021")]))
        rest = orders.search([("any_id", "!=", "70211")])
        self.assertEqual(rest.mapped("external_id"), ["80000"])
