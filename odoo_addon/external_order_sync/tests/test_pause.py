from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests.common import tagged

from .common import SyncCase


@tagged("post_install", "-at_install")
class TestPause(SyncCase):
    def test_a_paused_sync_rests(self):
        self.assertTrue(self._sent()["active"])
        self._report()
        self._as("manager", self.sync).action_pause()
        self.assertFalse(self._sent()["active"])
        self.assertEqual(self.sync.badge, "paused")
        self.assertFalse(self.sync.next_sync_date)
        with self.assertRaises(UserError) as refused:
            self._as("support", self.sync).action_sync_now()
        self.assertIn("paused", str(refused.exception))
        self._as("manager", self.sync).action_resume()
        self.assertTrue(self._sent()["active"])
        self.assertEqual(self.sync.badge, "success")
        self.assertTrue(self.sync.next_sync_date)
        asked = self._exchange()["requests"]
        self.assertEqual([row["kind"] for row in asked], ["sync"])

    def test_it_is_tried_before_it_is_started(self):
        """What the form makes is not started; the service hears of it and answers a test."""
        draft = (
            self._as("manager", self.env["external.order.sync"])
            .with_context(default_paused=True)
            .create(
                {
                    "name": "Draft",
                    "external_api_url": "https://b.example.com/orders",
                    "pos_config_id": self.shop.id,
                }
            )
        )
        self.assertEqual(draft.badge, "draft")
        draft.action_test_connection()
        answer = self._exchange()
        sent = next(sync for sync in answer["syncs"] if sync["id"] == draft.id)
        self.assertFalse(sent["active"])
        self.assertEqual(
            [(row["kind"], row["sync"]) for row in answer["requests"]],
            [("test", draft.id)],
        )

    def test_nobody_else_pauses(self):
        for kind in ("nobody", "support"):
            with self.assertRaises(AccessError):
                self._as(kind, self.sync).action_pause()

    def test_an_archived_sync_is_not_resumed(self):
        self.sync.write({"active": False, "paused": True})
        self.assertEqual(self.sync.badge, "archived")
        with self.assertRaises(UserError):
            self._as("manager", self.sync).action_resume()

    def test_the_watch_asks_nothing_of_a_paused_sync(self):
        late = fields.Datetime.now() - timedelta(days=1)
        self.sync.sudo().write({"last_sync_date": late, "paused": True})
        self.env["external.order.service"]._watch()
        self.assertFalse(self.env["external.order.request"].search([]))
        self.sync.paused = False
        self.env["external.order.service"]._watch()
        self.assertEqual(len(self.env["external.order.request"].search([])), 1)

    def test_the_address_of_one_order(self):
        own = "https://pos.example.com/api/orders/{id}?full=1"
        self.sync.write({"order_url": " %s " % own, "until_param": " until "})
        sent = self._sent()
        self.assertEqual((sent["order_url"], sent["until_param"]), (own, "until"))
        for url in (
            "https://pos.example.com/api/orders/",
            "https://elsewhere.example.com/orders/{id}",
            "http://pos.example.com/api/orders/{id}",
            "https://me:secret@pos.example.com/api/orders/{id}",
        ):
            with self.assertRaises(ValidationError) as refused:
                self.sync.order_url = url
            self.assertNotIn("secret", str(refused.exception))
