from odoo.tests.common import tagged

from .common import OrdersCase
from .test_actions import DONE

LONG = {"state": "waiting", "code": "waiting_long", "message": "Not completed."}


@tagged("post_install", "-at_install")
class TestWaiting(OrdersCase):
    """Orders that wait for too long are told together, and each once."""

    def _waiting(self, *numbers):
        self._take([self._order(number, **LONG, subject={}) for number in numbers])
        self._watch()

    def test_one_activity_lists_them(self):
        self._waiting("1", "2")
        activity = self._activities()
        self.assertEqual(
            activity.summary, "2 orders need you: not completed for more than 7 days"
        )
        days = self._kept("1").waiting_days
        self.assertIn("1: %s days, status 103" % days, str(activity.note))
        self._watch()
        self.assertEqual(self._activities(), activity)

    def test_those_that_follow_are_added_while_it_is_open(self):
        self._waiting("1")
        activity = self._activities()
        self._waiting("2")
        self.assertEqual(self._activities(), activity)
        self.assertIn("2 orders need you", activity.summary)
        self.assertIn("2: ", str(activity.note))

    def test_what_was_marked_as_done_is_not_written_to(self):
        self._waiting("1")
        done = self._activities()
        done.action_feedback()
        self._waiting("2")
        self.assertEqual(len(self._activities()), 1)
        self.assertNotEqual(self._activities(), done)
        self.assertIn("2: ", str(self._activities().note))

    def test_it_says_the_same_when_it_is_looked_at_again(self):
        self._waiting("1", "2")
        self._activities().unlink()
        self._waiting("3", "4")
        activity = self._activities()
        told = "2 orders need you: not completed for more than 7 days"
        self.assertEqual(activity.summary, told)
        self._watch()
        self.assertEqual(activity.summary, told)
        self._take([self._order("1", **DONE)])
        self.assertEqual(activity.summary[:19], "3 orders need you: ")
        self._take([self._order("4", **DONE)])
        self.assertNotIn("4: ", str(activity.note))
        self.assertIn("3: ", str(activity.note))

    def test_no_order_is_told_twice(self):
        self._waiting("1", "2")
        self._activities().unlink()
        self._waiting("1", "2")
        self.assertFalse(self._activities())
        self._waiting("3")
        self.assertEqual(len(self._activities()), 1)
        self.assertIn("1 order needs you", self._activities().summary)
        self.assertNotIn("2: ", str(self._activities().note))

    def test_it_goes_when_they_are_complete(self):
        self._waiting("1", "2")
        self._take([self._order("1", **DONE)])
        self.assertIn("1 order needs you", self._activities().summary)
        self._take([self._order("2", **DONE)])
        self.assertFalse(self._activities())

    def test_the_age_of_what_waits(self):
        self._waiting("1")
        self._take([self._order("2", state="booked")])
        self.assertGreaterEqual(self._kept("1").waiting_days, 1)
        self.assertEqual(self._kept("2").waiting_days, 0)
