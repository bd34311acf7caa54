from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests.common import tagged

from ..models import external_order_retention as retention
from .common import OrdersCase


@tagged("post_install", "-at_install")
class TestRetention(OrdersCase):
    """What orders leave behind ages out: personal data, then steps, then rows; what is open stays."""

    def _old(self, days, number="70211", **values):
        """An order that was fetched so many days ago, with one step."""
        date = fields.Datetime.to_string(fields.Datetime.now() - timedelta(days=days))
        booked = {
            "state": "booked",
            "code": "",
            "message": "",
            "fix": "",
            "subject": {},
        }
        order = self._order(number, **dict(booked, fetched_date=date, **values))
        number_of_step = self.env["external.order.log"].search_count([]) + 1
        self._take([order], [self._step(number_of_step, order=number, date=date)])
        return self._kept(number)

    def _retire(self):
        self._flush()
        return self.env["external.order"]._retire()

    def test_personal_data_goes_first(self):
        old, young = self._old(91), self._old(89, "80000")
        self.assertEqual(self._retire(), 1)
        for name in ("customer", "phone_digest", "sent", "newer", "raw"):
            self.assertFalse(old[name], name)
        self.assertTrue(old.log_ids)
        self.assertEqual((old.state, old.total), ("booked", 138))
        self.assertTrue(young.raw and young.sent and young.customer)
        self.assertIn("not kept any more", old.comparison)
        self.assertEqual(self._retire(), 0)

    def test_of_what_was_left_out_it_says_one_thing(self):
        old = self._old(91, state="skipped")
        self._retire()
        self.assertIn("not kept any more", old.comparison)
        self.assertNotIn("Nothing of it can be read", old.comparison)

    def test_then_steps_then_rows(self):
        self.assertTrue(self._old(181).exists())
        self._retire()
        self.assertFalse(self._kept().log_ids)
        old = self._old(731, "80000")
        self._retire()
        self.assertFalse(old.exists())
        self.assertTrue(self._kept())

    def test_what_is_open_or_needs_somebody_stays(self):
        open_ones = {
            state: self._old(3000, "open-" + state, state=state)
            for state in (
                "waiting",
                "ready",
                "sending",
                "refused",
                "retrying",
                "conflict",
                "missing",
            )
        }
        self.assertEqual(self._retire(), 0)
        for order in open_ones.values():
            self.assertTrue(order.raw and order.customer and order.log_ids)

    def test_decisions_stay_and_are_told_to_a_service_that_lost_its_store(self):
        told = {
            "key": self._order()["key"],
            "sync": self.sync.id,
            "order": "70211",
            "document": "sale",
            "decision": "ignored",
            "reason": "A test sale",
            "by": "Anna",
            "at": "2026-01-01 00:00:00",
        }
        self._old(3000, state="ignored")
        asked = {"since": 0, "told": [told], "digest": ""}
        self._exchange(decisions=asked)
        self._retire()
        self.assertFalse(self._kept().raw)
        [row] = self._exchange(decisions=dict(asked, told=[]))["decisions"]["rows"]
        self.assertEqual((row["key"], row["decision"]), (told["key"], "ignored"))

    def test_zero_keeps_for_good_and_each_sync_has_its_own(self):
        self.sync.write(dict.fromkeys(retention.DAYS, 0))
        order = self._old(3000)
        self.assertEqual(self._retire(), 0)
        self.sync.keep_payload_days = 3001
        self.assertEqual(self._retire(), 0)
        self.sync.keep_payload_days = 2999
        self.assertEqual(self._retire(), 1)
        self.assertFalse(order.raw)
        with self.assertRaises(ValidationError):
            self.sync.keep_log_days = -1

    def test_orders_of_no_sync_age_out_by_default(self):
        order = self._old(91, sync=0)
        self.assertFalse(order.sync_id)
        self._retire()
        self.assertFalse(order.raw)

    def test_a_run_ends_in_time_and_goes_on_later(self):
        for n in range(5):
            self._old(91, "n%s" % n)
        kept = retention.BATCH, retention.LONGEST_SECONDS
        self.addCleanup(setattr, retention, "BATCH", kept[0])
        self.addCleanup(setattr, retention, "LONGEST_SECONDS", kept[1])
        retention.BATCH = 2
        retention.LONGEST_SECONDS = 0
        self.assertEqual(self._retire(), 0)
        retention.LONGEST_SECONDS = kept[1]
        self.assertEqual(self._retire(), 5)

    def test_one_reported_again_is_there_again(self):
        order = self._old(731)
        self._retire()
        self.assertFalse(order.exists())
        steps = self._take([], [self._step(99)])
        self.assertEqual(steps["unknown"], [self._order()["key"]])
        self._take([self._order(state="booked")])
        self.assertTrue(self._kept())
