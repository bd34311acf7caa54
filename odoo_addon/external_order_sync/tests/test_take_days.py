from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests.common import tagged

from .common import OrdersCase


@tagged("post_install", "-at_install")
class TestTakeDays(OrdersCase):
    def setUp(self):
        super().setUp()
        self.days = self.env["external.order.day"]
        self.days.search([]).unlink()
        self.today = fields.Date.today()

    def _take_days(self, *days, user="sidecar"):
        self._flush()
        services = self._as(user, self.env["external.order.service"])
        answer = services.take_days(
            {"protocol": 1, "instance": "one", "days": list(days)}
        )
        self._forget()
        return answer

    def _day(self, **values):
        return dict(
            {
                "sync": self.sync.id,
                "shop": self.shop.id,
                "day": str(self.today - timedelta(days=1)),
                "currency": "",
                "checked": "2026-11-22 07:00:00",
                "state": "red",
                "source_count": 3,
                "source_sum": "34.50",
                "odoo_count": 2,
                "odoo_sum": "23.00",
                "left_out_count": 1,
                "unchecked": [],
                "differences": [self._difference("70211")],
            },
            **values,
        )

    def _difference(self, number, **values):
        return dict(
            {
                "kind": "never_seen",
                "key": "v1:Garage/-/%s/sale" % number,
                "id": number,
                "source_total": "11.50",
                "odoo_total": "",
                "pos_order": 0,
                "message": "It never came.",
                "fix": "Fetch it.",
            },
            **values,
        )

    def test_a_day_is_kept_with_what_differs(self):
        self._take([self._order()])
        self.assertEqual(self._take_days(self._day()), {"too_old": "", "taken": 1})
        day = self.days.search([])
        self.assertEqual(
            (day.sync_id, day.shop_id, day.company_id, day.state),
            (self.sync, self.shop, self.shop.company_id, "red"),
        )
        self.assertEqual(
            (day.source_count, day.odoo_count, day.difference_count), (3, 2, 1)
        )
        self.assertAlmostEqual(day.difference_sum, 11.5)
        self.assertEqual(day.left_out_count, 1)
        line = day.line_ids
        self.assertEqual(
            (line.kind, line.external_id, line.order_id),
            ("never_seen", "70211", self._kept()),
        )
        self.assertFalse(line.pos_order_id or line.odoo_total)
        self.assertTrue(day.can_fetch)
        self.assertIn(self.shop.name, day.name)
        self.assertIn("Needs you", day.name)

    def test_the_same_again_changes_nothing_and_a_later_check_replaces_it(self):
        two = [self._difference("1"), self._difference("2", kind="waiting")]
        self._take_days(self._day(differences=two))
        first = self.days.search([])
        self._take_days(self._day(differences=two))
        self.assertEqual(self.days.search([]), first)
        self.assertEqual(first.line_ids.mapped("external_id"), ["1", "2"])
        self._take_days(self._day(state="green", odoo_count=3, differences=[]))
        self.assertEqual(self.days.search([]), first)
        self.assertEqual(
            (first.state, first.difference_count, len(first.line_ids)), ("green", 0, 0)
        )

    def test_days_are_kept_by_sync_shop_and_date(self):
        other = str(self.today - timedelta(days=2))
        self._take_days(self._day(), self._day(day=other), self._day(shop=0))
        self.assertEqual(self.days.search_count([]), 3)
        self._take_days(self._day(shop=0, state="amber"))
        self.assertEqual(self.days.search_count([]), 3)

    def test_a_shop_that_is_gone_has_no_days(self):
        gone = self.env["pos.config"].search([], order="id desc", limit=1).id + 1
        none = self._day(shop=0)
        self.assertEqual(self._take_days(none, self._day(shop=gone))["taken"], 1)
        self.assertFalse(self.days.search([]).shop_id)

    def test_what_cannot_be_kept_is_refused(self):
        many = [self._difference(str(number)) for number in range(2001)]
        for bad in (
            [self._day(state="blue")],
            [self._day(day="yesterday")],
            [self._day(day="2026-13-45")],
            [self._day(differences=[self._difference("1", kind="")])],
            [self._day(source_sum="much")],
            [self._day()] * 101,
            [self._day(differences=many)],
        ):
            with self.assertRaises(UserError):
                self._take_days(*bad)
        self.assertFalse(self.days.search([]))

    def test_only_the_service_reports_and_only_its_companies(self):
        for kind in ("nobody", "support", "manager"):
            with self.assertRaises(AccessError):
                self._take_days(self._day(), user=kind)
        elsewhere = self._shop_elsewhere("Another")
        self.assertEqual(self._take_days(self._day(shop=elsewhere.id))["taken"], 0)
        self._take_days(self._day())
        day = self._as("support", self.days.search([]))
        self.assertEqual(day.state, "red")
        with self.assertRaises(AccessError):
            day.write({"state": "green"})
        with self.assertRaises(AccessError):
            self._as("nobody", day).read(["state"])

    def test_a_red_day_calls_once_and_no_more_when_it_is_mended(self):
        self.sync.responsible_id = self.users["support"]
        self._take_days(self._day())
        self._take_days(self._day())
        alert = self.sync.sudo().alert_ids
        self.assertEqual((len(alert), alert.code), (1, "day_incomplete"))
        self.assertIn("It never came.", alert.activity_id.summary)
        explained = self._difference("1", kind="in_work", message="It is queued.")
        missing = [self._difference("2"), explained, dict(explained, id="3")]
        self._take_days(self._day(differences=missing))
        self.assertEqual(alert.count, 1)
        self.assertIn("It never came.", alert.activity_id.summary)
        self._take_days(self._day(state="amber"))
        self.assertFalse(self.sync.sudo().alert_ids)
        old = str(self.today - timedelta(days=40))
        self._take_days(self._day(day=old))
        self.assertFalse(self.sync.sudo().alert_ids, "history calls nobody")

    def test_the_buttons_ask_the_service(self):
        self._take_days(self._day())
        day = self._as("support", self.days.search([]))
        day.action_check_again()
        day.action_fetch_missing()
        rows = {
            row["kind"]: row["payload"]
            for row in self.env["external.order.request"]._rows(["asked"])
        }
        date = str(self.today - timedelta(days=1))
        self.assertEqual(rows["reconcile"], {"from": date, "to": date})
        self.assertEqual(rows["fetch"], {"ids": ["70211"]})
        self._take_days(self._day(differences=[]))
        with self.assertRaises(UserError):
            day.action_fetch_missing()
