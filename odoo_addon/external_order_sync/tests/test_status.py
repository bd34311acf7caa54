from odoo.exceptions import UserError
from odoo.tests.common import tagged

from .common import SyncCase


@tagged("post_install", "-at_install")
class TestStatus(SyncCase):
    def test_a_report_is_kept_and_a_repeated_one_changes_nothing(self):
        for _turn in range(2):
            self._report(
                booked=99,
                already_booked=7,
                waiting=3,
                refused=1,
                retrying=2,
                skipped=4,
                conflict=5,
                attention=1,
                message="99 booked, 1 needs you",
            )
            sync = self._as("support", self.sync)
            self.assertEqual(str(sync.last_sync_date), "2026-11-20 10:00:00")
            self.assertEqual(sync.last_sync_message, "99 booked, 1 needs you")
            self.assertEqual(sync.last_booked_count, 99)
            self.assertEqual(sync.last_already_booked_count, 7)
            self.assertEqual(sync.waiting_count, 3)
            self.assertEqual(sync.last_refused_count, 1)
            self.assertEqual(sync.last_retrying_count, 2)
            self.assertEqual(sync.last_skipped_count, 4)
            self.assertEqual(sync.last_conflict_count, 5)
            self.assertEqual(sync.attention_count, 1)
            self.assertEqual(str(sync.next_sync_date), "2026-11-20 10:15:00")

    def test_never_green_while_an_order_needs_somebody(self):
        green = ("success", "no_orders")
        for status in ("success", "no_orders", "error"):
            self._report(status=status, attention=1)
            self.assertNotIn(self.sync.badge, green, status)
        self._report(status="success", attention=1)
        self.assertEqual(self.sync.badge, "needs_you")
        self._report(status="success", attention=0)
        self.assertEqual(self.sync.badge, "success")

    def test_what_the_service_has_to_say_stands_on_the_form(self):
        who = {"instance": "one", "version": "1.2.3", "host": "till"}
        expires = "The API key expires in 9 days."
        self._exchange(service=dict(who, notice=expires))
        self._report()
        self._exchange(service=dict(who, notice=expires))
        self._forget()
        self.assertEqual(self._as("support", self.sync).service_banner, expires)
        self._exchange(service=who)
        self._forget()
        self.assertEqual(self._as("support", self.sync).service_banner, expires)
        self._exchange(service=dict(who, notice=""))
        self._forget()
        self.assertFalse(self._as("support", self.sync).service_banner)

    def test_badges(self):
        self.assertEqual(self.sync.badge, "never")
        self._report(status="no_orders")
        self.assertEqual(self.sync.badge, "no_orders")
        self._report(status="error")
        self.assertEqual(self.sync.badge, "error")
        self._report(status="success")
        self._silent_since(minutes=20)
        self._forget()
        self.assertEqual(self.sync.badge, "silent")
        self.sync.active = False
        self.assertEqual(self.sync.badge, "archived")

    def test_every_badge_has_an_icon_and_a_word(self):
        for _value, label in self.sync._fields["badge"].selection:
            icon, _space, word = label.partition(" ")
            self.assertEqual(len(icon), 1, label)
            self.assertFalse(icon.isalnum(), label)
            self.assertTrue(word, label)

    def test_the_banner_says_in_words_that_no_service_is_there(self):
        sync = self._as("support", self.sync)
        self.assertIn("No tillbridge service has connected yet", sync.service_banner)
        self._exchange()
        self._forget()
        self.assertFalse(sync.service_banner)
        self._silent_since(minutes=3)
        self._forget()
        self.assertIn("has not been heard from since", sync.service_banner)

    def test_a_status_that_is_none(self):
        for status in ("", "never", "fine"):
            with self.assertRaises(UserError):
                self._report(status=status)
        with self.assertRaises(UserError):
            self._report(date="yesterday")

    def test_the_list_shows_the_first_line(self):
        self._report(message="1 booked, 1 needs you\nOrder 7: No such product.")
        self.assertEqual(self.sync.last_sync_summary, "1 booked, 1 needs you")
        self._report(message="")
        self.assertEqual(self.sync.last_sync_summary, "")
