from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests.common import tagged

from .common import OrdersCase

KEY = "v1:Garage/-/70211/sale"


@tagged("post_install", "-at_install")
class TestTakeOrders(OrdersCase):
    def test_the_exchange_says_that_orders_are_kept(self):
        self.assertEqual(self._exchange()["orders"], 1)
        old = self._as("sidecar", self.env["external.order.service"]).exchange({})
        self.assertEqual(old["orders"], 1)

    def test_a_reported_order_is_kept(self):
        answer = self._take([self._order()])
        self.assertEqual(answer, {"too_old": "", "taken": 1, "unknown": []})
        order = self._kept()
        self.assertEqual(
            (order.external_id, order.document, order.sync_id, order.shop_id),
            ("70211", "sale", self.sync, self.shop),
        )
        self.assertEqual(order.company_id, self.shop.company_id)
        self.assertEqual(order.currency_id, self.shop.company_id.currency_id)
        self.assertEqual((order.state, order.total), ("refused", 138.0))
        self.assertEqual(
            fields.Datetime.to_string(order.sale_date), "2026-11-20 10:11:12"
        )
        self.assertEqual(order.products, "Engine Oil Change\nOIL")
        self.assertEqual(order.reason, "unknown_product")
        self.assertTrue(order.attention)

    def test_absent_values_are_empty(self):
        self._take([{"key": KEY, "state": "refused"}])
        order = self._kept()
        for name in (
            "external_id",
            "sync_id",
            "shop_id",
            "sale_date",
            "sent",
            "warnings",
            "likeness",
            "phone_digest",
            "pos_order_id",
        ):
            self.assertFalse(order[name], name)
        self.assertEqual(order.total, 0)

    def test_the_same_again_changes_nothing(self):
        message = ([self._order()], [self._step(1), self._step(2, step="create_order")])
        self._take(*message)
        before = self._kept().read(self._columns())
        steps = self._kept().log_ids.ids
        self._take(*message)
        self.assertEqual(self._kept().read(self._columns()), before)
        self.assertEqual(self._kept().log_ids.ids, steps)
        self.assertEqual(len(steps), 2)

    def test_a_later_report_replaces_the_earlier(self):
        self._take([self._order(warnings=["A", "B"])])
        first = self._kept()
        booked = self._book("70211")
        self._flush()
        self._take(
            [self._order(state="booked", code="", message="", pos_order=booked.id)]
        )
        order = self._kept()
        self.assertEqual(order, first)
        self.assertEqual((order.state, order.pos_order_id), ("booked", booked))
        self.assertFalse(order.attention)
        self.assertFalse(order.warnings or order.code or order.reason or order.message)

    def test_of_an_order_given_twice_the_last_counts(self):
        answer = self._take([self._order(), self._order(state="ready", code="")])
        self.assertEqual(answer["taken"], 1)
        self.assertEqual(self._kept().state, "ready")

    def test_what_people_decided_stays(self):
        told = {
            "key": KEY,
            "order": "70211",
            "decision": "ignored",
            "reason": "a test",
            "by": "anna",
            "at": "2026-11-20 10:00:00",
        }
        self._exchange(decisions={"since": 0, "told": [told]})
        number = self._kept().decision_number
        self._take([self._order(state="ignored", code="closed_by_person")])
        self._take([self._order(state="ignored", code="closed_by_person")])
        order = self._kept()
        self.assertEqual((order.state, order.decision), ("ignored", "ignored"))
        self.assertEqual(
            (order.decision_reason, order.decision_by, order.decision_number),
            ("a test", "anna", number),
        )

    def test_a_sync_of_the_file_is_known_by_its_name(self):
        sync = self.env["external.order.sync"].create(
            {"name": "From file", "from_file": True, "pos_config_id": self.shop.id}
        )
        self._take([self._order(sync="From file", shop=0)])
        order = self._kept()
        self.assertEqual((order.sync_id, order.shop_id.id), (sync, False))
        self.assertEqual(order.company_id, self.shop.company_id)

    def test_a_step_stands_once_by_its_number(self):
        self._take([self._order()], [self._step(7), self._step(7, text="again")])
        self._take([], [self._step(7, text="once more"), self._step(8)])
        self._take([], [self._step(7)], instance="another")
        steps = self._kept().log_ids.sorted("id")
        self.assertEqual(
            [(step.instance, step.number, step.text) for step in steps],
            [("one", 7, "Seen"), ("one", 8, "Seen"), ("another", 7, "Seen")],
        )

    def test_a_step_of_an_order_that_is_not_here_is_told(self):
        answer = self._take([], [self._step(1), self._step(2)])
        self.assertEqual(answer, {"too_old": "", "taken": 0, "unknown": [KEY]})
        answer = self._take([self._order()], [self._step(1), self._step(2)])
        self.assertEqual(answer["unknown"], [])
        self.assertEqual(len(self._kept().log_ids), 2)

    def test_a_step_says_why_and_where(self):
        self._take([self._order()], [self._step(1, code=400), self._step(2, code=200)])
        failed, fine = self._kept().log_ids.sorted("number")
        self.assertEqual((failed.reason, fine.reason), ("unknown_product", False))
        self.assertEqual((failed.shop_id, failed.sync_id), (self.shop, self.sync))
        self.assertEqual((failed.duration, failed.duration_text), (84, "84 ms"))

    def test_those_alike_within_five_minutes_point_to_the_first(self):
        def alike(number, date, **values):
            return self._order(number=number, sale_date=date, likeness="same", **values)

        # The later one may be reported first.
        self._take([alike("2", "2026-11-20 10:04:00")])
        self._take(
            [
                alike("1", "2026-11-20 10:00:00"),
                alike("3", "2026-11-20 10:30:00"),
                alike("4", "2026-11-20 10:02:00", state="skipped"),
                self._order(number="5", sale_date="2026-11-20 10:01:00", likeness="no"),
            ]
        )
        pointing = {
            order.external_id: order.looks_like_id.external_id
            for order in self.env["external.order"].search([])
        }
        self.assertEqual(
            pointing, {"1": False, "2": "1", "3": False, "4": False, "5": False}
        )
        # One of them is closed: nothing is left to warn of.
        self._take([alike("1", "2026-11-20 10:00:00", state="ignored")])
        self._take([alike("2", "2026-11-20 10:04:00")])
        self.assertFalse(self._kept("2").looks_like_id)

    def test_what_cannot_be_kept_is_refused(self):
        for orders, steps in (
            ([self._order(state="gone")], []),
            ([self._order(key="")], []),
            ([self._order(total="a lot")], []),
            ([self._order(sale_date="soon")], []),
            ([self._order()] * 201, []),
            ([], [self._step(1, step="dance")]),
            ([], [self._step(1, code=500)]),
            ([], [self._step(1)] * 1001),
        ):
            with self.assertRaises(UserError):
                self._take(orders, steps)
        self.assertFalse(self._kept())

    def test_another_protocol_is_told_so(self):
        answer = self._as("sidecar", self.env["external.order.service"]).take_orders(
            {"protocol": 2, "instance": "one", "orders": [self._order()]}
        )
        self.assertEqual(answer["taken"], 0)
        self.assertTrue(answer["too_old"])

    def test_only_the_service_reports(self):
        for kind in ("nobody", "support", "manager"):
            with self.assertRaises(AccessError):
                self._take([self._order()], user=kind)

    def test_orders_of_another_company_are_out_of_reach(self):
        elsewhere = self._shop_elsewhere("Another")
        self._take([self._order()])
        kept = self._kept()
        kept.sudo().write({"shop_id": elsewhere.id})
        self._flush()
        self.assertEqual(kept.company_id, elsewhere.company_id)
        answer = self._take([self._order(state="ready")], [self._step(1)])
        self.assertEqual(answer["taken"], 0)
        self.assertEqual((kept.state, kept.log_ids.ids), ("refused", []))
        self.assertEqual(
            self._take([self._order(number="2", shop=elsewhere.id)])["taken"], 0
        )
        self.assertFalse(self._as("support", self.env["external.order"]).search([]))

    def test_a_pos_order_that_is_gone_is_no_link(self):
        booked = self._book("70211")
        self._take([self._order(state="booked", code="", pos_order=booked.id + 1)])
        self.assertFalse(self._kept().pos_order_id)

    def _columns(self):
        return [
            name
            for name, field in self.env["external.order"]._fields.items()
            if field.store and name != "write_date"
        ]
