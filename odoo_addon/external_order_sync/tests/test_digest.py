from datetime import datetime
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests.common import tagged

from ..wizards.external_order_connect import _groups_field
from .common import OrdersCase


@tagged("post_install", "-at_install")
class TestDigest(OrdersCase):
    """A mail about the day before, once a day, in the user's language."""

    def setUp(self):
        super().setUp()
        self.digests = self.env["external.order.digest"]
        self.users["support"].email = "support@example.com"
        self.digest = self._as("manager", self.digests).create(
            {
                "company_id": self.shop.company_id.id,
                "user_ids": [(6, 0, self.users["support"].ids)],
                "timezone": "Asia/Riyadh",
                "hour": 7,
            }
        )

    def _mails(self):
        return self.env["mail.mail"].search(
            [("email_to", "like", "support@example.com")]
        )

    def _at(self, moment, server=True):
        self._flush()
        with patch.object(
            fields.Datetime, "now", lambda *_: datetime.fromisoformat(moment)
        ):
            with patch.object(type(self.digests), "_has_server", lambda _self: server):
                self.digests._send_due()

    def test_once_a_day_when_its_hour_has_come(self):
        # In Riyadh it is three hours later.
        self._at("2026-11-20 03:59:00")
        self.assertFalse(self._mails())
        self._at("2026-11-20 04:00:00")
        self._at("2026-11-20 09:00:00")
        self.assertEqual(len(self._mails()), 1)
        self.assertEqual(str(self.digest.last_day), "2026-11-19")
        self._at("2026-11-21 04:00:00")
        self.assertEqual(len(self._mails()), 2)

    def test_without_a_mail_server_nothing_is_sent_and_the_page_says_so(self):
        self._at("2026-11-20 04:00:00", server=False)
        self.assertFalse(self._mails())
        self.assertFalse(self.digest.last_day)
        self.env["ir.mail_server"].search([]).write({"active": False})
        self._forget()
        self.assertTrue(self.digest.no_server)

    def test_what_it_tells(self):
        booked = {
            "state": "booked",
            "code": "",
            "message": "",
            "fix": "",
            "subject": {},
        }
        waiting = {
            "state": "waiting",
            "code": "not_completed",
            "message": "Not completed.",
        }
        self._take(
            [
                # The day in Riyadh is from 21:00 to 21:00 in UTC.
                self._order("1", booked_date="2026-11-18 21:00:00", **booked),
                self._order("2", booked_date="2026-11-19 20:59:59", **booked),
                self._order("3", booked_date="2026-11-19 21:00:00", **booked),
                self._order("4", message="<b>No</b> product matches."),
                self._order("5", **waiting),
                self._order("6", **waiting),
            ]
        )
        self._watch()
        self._at("2026-11-20 04:00:00")
        body = str(self._mails().body_html)
        self.assertIn("Shop of the tests: 2 orders", body)
        self.assertIn("276.00", body)
        self.assertIn("1 × &lt;b&gt;No&lt;/b&gt; product matches.", body)
        self.assertIn("2 × Not completed", body)
        self.assertIn("Garage: 1 order needs you", body)
        self.assertIn("/web#action=", body)

    def test_days_that_differ(self):
        def day(date, state, held):
            values = {"sync_id": self.sync.id, "shop_id": self.shop.id, "day": date}
            values.update(state=state, source_count=3, odoo_count=held)
            values["company_id"] = self.shop.company_id.id
            self.env["external.order.day"].create(values)

        def last():
            return str(self._mails().sorted("id")[-1].body_html)

        self._at("2026-11-20 04:00:00")
        self.assertIn("No day was checked.", last())
        # Longer ago, and today.
        day("2026-11-13", "red", 0)
        day("2026-11-21", "red", 0)
        day("2026-11-19", "green", 3)
        self._at("2026-11-21 04:00:00")
        self.assertIn("Every day that was checked is complete.", last())
        day("2026-11-18", "red", 2)
        self._at("2026-11-22 04:00:00")
        self.assertIn("✖ Shop of the tests: 2 of 3 · Needs you", last())
        self.assertIn("✖ Shop of the tests: 0 of 3 · Needs you", last())
        self.assertEqual(last().count(" of 3"), 2, last())

    def test_nothing_of_another_company(self):
        other = self._shop_elsewhere("Elsewhere")
        self.users["sidecar"].company_ids |= other.company_id
        self._take([self._order("1", shop=other.id)])
        self._at("2026-11-20 04:00:00")
        self.assertIn("Nothing needs anybody.", str(self._mails().body_html))

    def test_who_may_not_see_the_orders_any_more_gets_no_mail(self):
        groups = _groups_field(self.env)
        support = self.env.ref("external_order_sync.group_support")
        self.users["support"].write({groups: [(3, support.id)]})
        self._at("2026-11-20 04:00:00")
        self.assertFalse(self._mails())

    def test_recipients_see_the_orders(self):
        with self.assertRaises(ValidationError):
            self.digest.user_ids = self.users["nobody"]
        with self.assertRaises(ValidationError):
            self.digest.hour = 24
        with self.assertRaises(AccessError):
            self._as("support", self.digest).write({"hour": 8})
