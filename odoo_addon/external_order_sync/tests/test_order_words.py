from datetime import timedelta

from odoo import fields
from odoo.tests.common import tagged

from .common import OrdersCase


@tagged("post_install", "-at_install")
class TestOrderWords(OrdersCase):
    """What people read about an order."""

    def _standing(self, **values):
        self._take([self._order(**values)])
        order = self._as("support", self._kept())
        return order.state_text, order.sentence, order.what_to_do

    def _at(self, hour):
        """This hour of today, as it is reported and as a person in UTC reads it."""
        self.users["support"].tz = "UTC"
        language = self.env["res.lang"].search([("code", "=", "en_US")])
        language.time_format = "%H:%M:%S"
        now = fields.Datetime.now().replace(minute=5, second=0, microsecond=0)
        return fields.Datetime.to_string(now.replace(hour=hour)), "%02d:05" % hour

    def test_each_state_in_words(self):
        for values, words in (
            ({"state": "waiting", "code": "not_completed"}, "○ Waiting"),
            ({"state": "waiting", "code": "waiting_long"}, "⚠ Waiting for long"),
            ({"state": "ready", "code": ""}, "… Queued"),
            ({"state": "sending", "code": ""}, "▶ Being booked"),
            ({"state": "refused"}, "⚠ Needs you"),
            (
                {"state": "skipped", "code": "before_start_date"},
                "– Left out by rule: Before the start date",
            ),
            ({"state": "conflict"}, "⚠ Changed after booking"),
            ({"state": "ignored", "code": "closed_by_person"}, "– Closed"),
            ({"state": "missing"}, "✖ Not found"),
            ({"state": "booked", "code": ""}, "⚠ Booked, but gone from Odoo"),
        ):
            self.assertEqual(self._standing(**values)[0], words)

    def test_one_that_needs_somebody(self):
        state, sentence, what_to_do = self._standing()
        self.assertEqual(state, "⚠ Needs you")
        self.assertEqual(
            sentence, "It needs you: No product in Odoo matches “Engine Oil Change”."
        )
        self.assertEqual(
            what_to_do,
            "Create the product. Or a manager presses “Map this product…”.",
        )

    def test_what_to_do_names_the_buttons_of_the_page(self):
        for fix, words in (
            (
                "Book it: tillbridge orders complete ID. Or close it: tillbridge orders ignore ID --reason TEXT.",
                "Book it: “Book as completed”. Or close it: “Ignore”.",
            ),
            (
                "Book it again: tillbridge orders rebook. The refund follows it.",
                "Book it again: “Book again”. The refund follows it.",
            ),
            (
                "It is opened again by: tillbridge orders reopen 7.a",
                "It is opened again by: “Reopen”",
            ),
            (
                "At once by: tillbridge orders --release 7",
                "At once by: tillbridge orders --release 7",
            ),
        ):
            standing = self._standing(
                state="waiting", code="waiting_long", fix=fix, subject={}
            )
            self.assertEqual(standing[2], words)

    def test_one_that_is_tried_again_says_when(self):
        date, time = self._at(14)
        state, sentence, what_to_do = self._standing(
            state="retrying",
            code="odoo_unavailable",
            message="Odoo is busy.",
            fix="",
            attempts=3,
            next_try_date=date,
        )
        self.assertEqual(state, "↻ Will retry at " + time)
        self.assertIn("(attempt 3)", sentence)
        self.assertIn("at %s: Odoo is busy." % time, sentence)
        self.assertEqual(what_to_do, "Nothing. It is tried again by itself.")

    def test_one_that_is_booked_says_as_what(self):
        booked = self._book("70211")
        booked.write({"name": "Shop/0042", "amount_total": 138})
        state, sentence, what_to_do = self._standing(
            state="booked", code="", message="", fix="", pos_order=booked.id
        )
        self.assertEqual((state, what_to_do), ("✔ Booked", "Nothing."))
        self.assertIn(
            "It is booked as Shop/0042 in %s (" % booked.session_id.name, sentence
        )
        self.assertIn("138.00", sentence)
        warned = self._standing(
            state="booked", code="", fix="", pos_order=booked.id, warnings=["A", "B"]
        )
        self.assertEqual(
            (warned[0], warned[2]),
            (
                "✔ Booked, with warnings",
                "See whether it is right: a warning stands below.",
            ),
        )
        changed = self._standing(
            state="conflict", pos_order=booked.id, message="Its total is 140.00."
        )
        self.assertIn("It is booked as Shop/0042", changed[1])
        self.assertIn("changed it afterwards: Its total is 140.00.", changed[1])

    def test_one_that_was_closed_says_by_whom(self):
        at = fields.Datetime.to_string(fields.Datetime.now() - timedelta(days=2))
        told = {
            "key": "v1:Garage/-/70211/sale",
            "order": "70211",
            "decision": "ignored",
            "reason": "a test order",
            "by": "anna",
            "at": at,
        }
        self._exchange(decisions={"since": 0, "told": [told]})
        self._forget()
        order = self._as("support", self._kept())
        self.assertEqual(order.state_text, "○ Not reported yet")
        state, sentence, _what = self._standing(
            state="ignored", code="closed_by_person", fix=""
        )
        self.assertEqual(state, "– Closed by anna")
        self.assertIn("closed by anna at ", sentence)
        self.assertTrue(sentence.endswith(": a test order"))

    def test_one_that_looks_like_another(self):
        self._take([self._order(likeness="same")])
        self._take([self._order(number="2", likeness="same")])
        one, other = self._kept(), self._kept("2")
        self.assertFalse(one.likeness_text)
        self.assertIn("a duplicate of 70211:", other.likeness_text)
        self.assertEqual(other.action_open_likeness()["res_id"], one.id)

    def test_sales_and_refunds(self):
        for document, words in (
            ("sale", "Sale"),
            ("refund", "Refund"),
            ("refund:55", "Refund 55"),
            ("", "Unreadable"),
        ):
            self._take([self._order(document=document)])
            self.assertEqual(self._kept().kind_text, words)
