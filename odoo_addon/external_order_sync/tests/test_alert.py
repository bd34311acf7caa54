from unittest.mock import patch

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests.common import tagged

from .common import OrdersCase
from .test_actions import DONE


@tagged("post_install", "-at_install")
class TestAlert(OrdersCase):
    """One activity for a cause, whatever the number of orders it keeps back."""

    def _broken(self, count, value="Engine Oil Change", **values):
        subject = {"kind": "product", "value": value}
        return [
            self._order(
                "%s-%s" % (value, n),
                subject=subject,
                message="No product in Odoo matches “%s”." % value,
                **values,
            )
            for n in range(count)
        ]

    def test_the_creator_is_responsible(self):
        self.assertEqual(self.sync.responsible_id, self.users["manager"])
        with self.assertRaises(ValidationError):
            self.sync.responsible_id = self.users["nobody"]
        self.sync.responsible_id = self.users["support"]

    def test_one_activity_a_cause(self):
        self._take(self._broken(30) + self._broken(1, "Coating"))
        self._watch()
        self._watch()
        many, one = self._activities()
        self.assertEqual((many | one).mapped("user_id"), self.users["manager"])
        self.assertEqual(
            many.summary,
            "30 orders need you: No product in Odoo matches “Engine Oil Change”.",
        )
        self.assertIn("1 order needs you: ", one.summary)
        self.assertIn("Create the product.", str(many.note))
        self.assertEqual(many.date_deadline, fields.Date.context_today(self.sync))

    def test_the_count_follows_and_the_end_closes(self):
        self._take(self._broken(3))
        self._watch()
        activity = self._activities()
        self._take(self._broken(2, **DONE_BUT_SUBJECT))
        self.assertIn("1 order needs you", activity.summary)
        self._take(self._broken(5))
        self.assertIn("5 orders need you", activity.summary)
        self._take(self._broken(5, **DONE_BUT_SUBJECT))
        self.assertFalse(self._activities())
        self.assertFalse(self.env["external.order.alert"].search([]))

    def test_what_is_marked_as_done_is_not_told_again_while_it_lasts(self):
        self._take(self._broken(3))
        self._watch()
        self._activities().unlink()
        self._take(self._broken(4))
        self._watch()
        self.assertFalse(self._activities())
        self._take(self._broken(4, **DONE_BUT_SUBJECT))
        self._take(self._broken(1))
        self._watch()
        self.assertEqual(len(self._activities()), 1)

    def test_what_waits_needs_nobody_until_it_waits_for_long(self):
        waiting = {"state": "waiting", "code": "not_completed"}
        self._take(self._broken(2, **waiting))
        self._watch()
        self.assertFalse(self._activities())
        self._take(self._broken(2, state="waiting", code="waiting_long"))
        self._watch()
        self.assertEqual(len(self._activities()), 1)

    def test_a_flood_of_causes_is_told_little_by_little(self):
        self._take([order for n in range(30) for order in self._broken(1, "P%s" % n)])
        self._watch()
        self.assertEqual(len(self._activities()), 20)
        self._take(
            [
                order
                for n in range(30)
                for order in self._broken(1, "P%s" % n, **DONE_BUT_SUBJECT)
            ]
        )
        self.assertFalse(self._activities())

    def test_without_somebody_responsible_nobody_is_told(self):
        self.sync.responsible_id = False
        self._take(self._broken(3))
        self._watch()
        self.assertFalse(self._activities())
        self.sync.responsible_id = self.users["support"]
        self._watch()
        self.assertEqual(self._activities().user_id, self.users["support"])

    def test_archived_syncs_are_silent(self):
        self._take(self._broken(3))
        self._watch()
        self.sync.active = False
        self._watch()
        self.assertFalse(self._activities())
        self.assertFalse(self.env["external.order.alert"].search([]))

    def test_a_batch_counts_the_causes_only_where_some_are_told(self):
        with patch.object(type(self.sync), "_causes") as counted:
            self._take(self._broken(3))
        counted.assert_not_called()
        self.assertFalse(self._activities())
        self._watch()
        other = self._sync_of(
            "Kiosk",
            "https://kiosk.example.com/orders",
            pos_config_id=self.shop.copy({"name": "The kiosk"}).id,
        )
        with patch.object(type(self.sync), "_causes") as counted:
            self._take([self._order("k-1", sync=other.id)])
        counted.assert_not_called()

    def test_markup_in_a_fix_is_text(self):
        self._take(self._broken(1, fix="<b>Create</b> the product."))
        self._watch()
        self.assertIn("&lt;b&gt;", str(self._activities().note))


DONE_BUT_SUBJECT = {name: DONE[name] for name in ("state", "code", "fix")}
