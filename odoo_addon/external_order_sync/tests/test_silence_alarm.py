from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests.common import tagged

from .common import OrdersCase

FILL = """
    INSERT INTO external_order (key, external_id, document, sync_id, company_id, sale_date, fetched_date, state,
                                attention, decision)
    SELECT 'v1:quiet/-/' || n || '/sale', n::text, 'sale', %(sync)s, %(company)s, moment, moment, 'booked', false, 'none'
      FROM (SELECT n, %(until)s::timestamp - n * interval '2 minutes' AS moment
              FROM generate_series(0, %(many)s) n) made
"""


@tagged("post_install", "-at_install")
class TestSilenceAlarm(OrdersCase):
    """The responsible user is told once when a sync as a whole does not work, until it does."""

    def setUp(self):
        super().setUp()
        self.sync.timezone = "UTC"
        self.now = fields.Datetime.now()

    def _sold(self, until, weeks=6):
        """Thirty orders an hour, day and night, up to a moment."""
        values = {
            "sync": self.sync.id,
            "company": self.shop.company_id.id,
            "until": until,
            "many": weeks * 7 * 24 * 30,
        }
        self._flush()
        self.env.cr.execute(FILL, values)
        self.env.cr.execute("ANALYZE external_order")
        self._forget()

    def _beat(self, **report):
        self._report(date=fields.Datetime.to_string(self.now), **report)

    def _ago(self, **ago):
        return self.now - timedelta(**ago)

    def test_silence_is_told_once_and_ends_with_orders(self):
        self._beat()
        self._sold(self._ago(hours=2))
        self._watch()
        self._watch()
        activity = self._activities()
        self.assertEqual(len(activity), 1)
        self.assertRegex(activity.summary, r"Usually 6\d orders come on a .*; 0 came\.")
        self.assertIn("Closed Today", str(activity.note))
        self.assertTrue(self.sync.is_silent)
        self._take(
            [
                self._order(
                    str(n),
                    state="booked",
                    sale_date=fields.Datetime.to_string(self._ago(minutes=2 * n)),
                    fetched_date=fields.Datetime.to_string(self._ago(minutes=2 * n)),
                )
                for n in range(60)
            ]
        )
        self.assertFalse(self._activities())
        self.assertFalse(self.sync.is_silent)

    def test_nothing_is_told_while_orders_come(self):
        self._beat()
        self._sold(self._ago(minutes=5))
        self._watch()
        self.assertFalse(self._activities())
        self.assertRegex(
            self.sync.silence_text, r"Usually \d+ orders by .* the last at "
        )

    def test_closed_today(self):
        self._beat()
        self._sold(self._ago(hours=2))
        self._watch()
        self._as("support", self.sync).action_closed_today()
        self._watch()
        self.assertFalse(self._activities())
        self.assertGreater(self.sync.quiet_until, self.now)
        self.assertIn("closed today", self.sync.silence_text)
        self.sync.sudo().quiet_until = self._ago(hours=2)
        self._watch()
        self.assertEqual(len(self._activities()), 1)

    def test_a_public_holiday_is_closed(self):
        self._beat()
        self._sold(self._ago(hours=2))
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Harvest",
                "company_id": self.shop.company_id.id,
                "date_from": self._ago(hours=3),
                "date_to": self._ago(hours=-3),
            }
        )
        self._watch()
        self.assertFalse(self._activities())

    def test_a_holiday_of_a_sync_without_orders(self):
        self._beat()
        self._as("support", self.sync).action_closed_today()
        self._watch()
        self.assertFalse(self._activities())
        self.assertIn("Four weeks", self.sync.silence_text)

    def test_who_may_not_see_a_sync_may_not_silence_it(self):
        with self.assertRaises(AccessError):
            self._as("nobody", self.sync).action_closed_today()
        self.sync.sudo().company_id = self._shop_elsewhere("Elsewhere").company_id
        with self.assertRaises(AccessError):
            self._as("support", self.sync).action_closed_today()
        self.assertFalse(self.sync.sudo().quiet_until)

    def test_it_can_be_switched_off(self):
        self._beat()
        self._sold(self._ago(hours=2))
        self.sync.silence_alarm = False
        self._watch()
        self.assertFalse(self._activities())
        self.assertFalse(self.sync.silence_text)

    def test_what_cannot_be_judged_says_so(self):
        self._beat()
        self.assertIn("Four weeks", self.sync.silence_text)
        self._take([self._order(sale_date="2026-01-01 00:00:00")])
        self._forget()
        self.assertIn("Too few orders", self.sync.silence_text)

    def test_orders_are_not_missed_before_they_can_be_here(self):
        self._sold(self._ago(hours=2))
        # The source was last asked two hours ago.
        self._report(date=fields.Datetime.to_string(self._ago(hours=2)))
        self.assertNotEqual(self.sync._silence()[0].state, "silent")

    def test_a_failing_source_is_told_after_a_while(self):
        self._beat(status="error", message="The source answered 500.")
        self._watch()
        self.assertFalse(self._activities())
        self.sync.sudo().error_since = self._ago(minutes=31)
        self._watch()
        self.assertIn("The source answered 500.", self._activities().summary)
        self._beat(status="no_orders")
        self.assertFalse(self._activities())

    def test_a_sync_that_does_not_move(self):
        self._report(date=fields.Datetime.to_string(self._ago(hours=2)))
        self._watch()
        self.assertIn("Nothing was fetched since", self._activities().summary)
        self._beat()
        self._watch()
        self.assertFalse(self._activities())

    def test_a_silent_service_is_one_incident(self):
        self._beat()
        self._sold(self._ago(hours=2))
        self._silent_since(minutes=20)
        self._watch()
        self.assertIn("has not been heard from since", self._activities().summary)
        self._silent_since(minutes=2)
        self._beat()
        self.assertFalse(self._activities().filtered(lambda a: "heard" in a.summary))

    def test_a_paused_sync_has_no_incidents(self):
        self._report(date=fields.Datetime.to_string(self._ago(hours=2)))
        self.sync.paused = True
        self._watch()
        self.assertFalse(self._activities())
