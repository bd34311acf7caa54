from datetime import timedelta

from odoo import fields
from odoo.tests.common import tagged

from .common import SyncCase


@tagged("post_install", "-at_install")
class TestWatch(SyncCase):
    def _watch(self):
        self.env["external.order.service"]._watch()
        self._forget()

    def _requests(self):
        return self.env["external.order.request"].search([])

    def _synced(self, **ago):
        self.sync.sudo().last_sync_date = fields.Datetime.now() - timedelta(**ago)

    def _notes(self):
        return [
            body for body in self.sync.message_ids.mapped("body") if "heard" in body
        ]

    def test_the_job_is_there(self):
        cron = self.env.ref("external_order_sync.cron_watch")
        self.assertTrue(cron.active)
        self.assertEqual((cron.interval_number, cron.interval_type), (15, "minutes"))
        self._synced(days=1)
        cron.ir_actions_server_id.run()
        self.assertTrue(self._requests())

    def test_asks_for_what_is_overdue_once(self):
        self._synced(minutes=19)
        self._watch()
        self.assertFalse(self._requests())
        self._synced(minutes=21)
        self._watch()
        self._watch()
        self.assertEqual(self._requests().mapped("kind"), ["sync"])
        self.assertEqual(self._requests().sync_id, self.sync)

    def test_archived_syncs_are_left_alone(self):
        self._synced(days=1)
        self.sync.active = False
        self._watch()
        self.assertFalse(self._requests())

    def test_silence_is_told_once_and_its_end_too(self):
        self._exchange()
        self._silent_since(minutes=14)
        self._watch()
        self.assertEqual(self._notes(), [])
        self._silent_since(minutes=16)
        self._watch()
        self._watch()
        self.assertEqual(len(self._notes()), 1)
        self.assertIn("has not been heard from since", self._notes()[0])
        self._exchange()
        self.assertEqual(len(self._notes()), 2)
        self._exchange()
        self._silent_since(minutes=16)
        self._watch()
        self.assertEqual(len(self._notes()), 3)

    def test_a_request_the_service_forgot_fails(self):
        self._as("support", self.sync).action_sync_now()
        request = self._requests()
        self._exchange(answers=[{"request": request.id, "state": "taken"}])
        self._watch()
        self.assertEqual(request.state, "taken")
        self.env.cr.execute(
            "UPDATE external_order_request SET write_date = write_date - interval '2 hours'"
        )
        self._forget()
        self._watch()
        self.assertEqual(request.state, "failed")
        self.assertIn("Ask again", request.message)
