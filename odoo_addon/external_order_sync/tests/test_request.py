import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests.common import tagged

from .common import SyncCase


@tagged("post_install", "-at_install")
class TestRequest(SyncCase):
    def _ask(self, kind="sync"):
        sync = self._as("support", self.sync)
        sync.action_sync_now() if kind == "sync" else sync.action_test_connection()
        return self.env["external.order.request"].search([], limit=1)

    def _answer(self, request, state, **values):
        """Answer as a service that has been running for a while."""
        return self._exchange(
            known="an older stamp",
            answers=[dict(values, request=request.id, state=state)],
        )

    def test_a_service_that_begins_hears_of_what_another_left_unfinished(self):
        request = self._ask()
        self._answer(request, "taken")
        running = self._exchange(known="an older stamp")["requests"]
        begun = self._exchange(known="")["requests"]
        self.assertEqual((running, [row["id"] for row in begun]), ([], [request.id]))

    def test_asked_taken_done(self):
        self._exchange()
        request = self._ask()
        self.assertEqual(request.user_id, self.users["support"])
        asked = self._exchange()["requests"]
        self.assertEqual(
            asked,
            [
                {
                    "id": request.id,
                    "kind": "sync",
                    "sync": self.sync.id,
                    "name": "Garage",
                    "from_file": False,
                    "payload": {},
                    "user": self.users["support"].name,
                    "cancel": False,
                }
            ],
        )
        answer = self._answer(request, "taken", progress=40, message="page 2 of 5")
        self.assertEqual(answer["requests"], [])
        self.assertEqual((request.state, request.progress), ("taken", 40))
        self.assertTrue(self.sync.request_progress()["open"])
        self.assertIn("page 2 of 5", self.sync.request_progress()["text"])
        self._answer(request, "done", message="3 booked")
        self.assertEqual((request.state, request.progress), ("done", 100))
        self.assertTrue(request.done_date)
        self.assertFalse(self.sync.request_progress()["open"])
        self.assertIn("3 booked", self.sync.request_progress()["text"])
        self._answer(request, "failed", message="late")
        self.assertEqual((request.state, request.message), ("done", "3 booked"))

    def test_asking_twice_is_asking_once(self):
        first = self._ask()
        self.assertEqual(self._ask(), first)
        self.assertNotEqual(self._ask("test"), first)
        self.assertEqual(
            [asked["kind"] for asked in self._exchange()["requests"]], ["sync", "test"]
        )

    def test_the_older_open_request_is_followed_first(self):
        self._ask()
        test = self._ask("test")
        self._answer(test, "done", message="all well")
        self.assertTrue(self.sync.request_progress()["open"])
        self.assertEqual(self.sync.request_progress()["state"], "asked")

    def test_an_unanswered_request_says_so(self):
        request = self._ask()
        self.assertIn("not answering", self.sync.request_progress()["text"])
        self._exchange()
        self.assertIn("waiting for", self.sync.request_progress()["text"])
        request.asked_date = fields.Datetime.now() - timedelta(seconds=30)
        progress = self.sync.request_progress()
        self.assertTrue(progress["unanswered"])
        self.assertIn("Your request is kept", progress["text"])

    def test_cancelled_while_asked(self):
        request = self._ask()
        self._as("support", request).action_cancel()
        self.assertEqual(request.state, "cancelled")
        self.assertEqual(self._exchange()["requests"], [])

    def test_cancelled_while_it_runs(self):
        request = self._ask()
        self._answer(request, "taken", progress=10)
        self._as("support", request).action_cancel()
        self.assertEqual(request.state, "taken")
        for _again in range(2):
            rows = self._answer(request, "taken", progress=20)["requests"]
            self.assertEqual(
                [(row["id"], row["cancel"]) for row in rows], [(request.id, True)]
            )
        self.assertIn("stopping", self.sync.request_progress()["text"])
        answer = self._answer(request, "failed", message="Cancelled after 3 of 9.")
        self.assertEqual(answer["requests"], [])
        self.assertEqual(request.state, "cancelled")
        self.assertIn("after 3 of 9", self.sync.request_progress()["text"])
        self._answer(request, "taken")
        self.assertEqual(request.state, "cancelled")
        with self.assertRaises(UserError):
            self._as("support", request).action_cancel()

    def test_taken_back_while_the_service_took_it(self):
        """It goes on until it has stopped."""
        request = self._ask()
        self._as("support", request).action_cancel()
        rows = self._answer(request, "taken")["requests"]
        self.assertEqual([row["cancel"] for row in rows], [True])
        self.assertEqual((request.state, request.done_date), ("taken", False))
        self._answer(request, "done", message="3 booked")
        self.assertEqual((request.state, request.message), ("done", "3 booked"))

    def test_who_may_cancel(self):
        request = self._as("manager", self.sync).action_sync_now()
        request = self.env["external.order.request"].search([], limit=1)
        with self.assertRaises(AccessError):
            self._as("support", request).action_cancel()
        request = self._ask("test")
        self._as("manager", request).action_cancel()
        self.assertEqual(request.state, "cancelled")

    def test_the_result_is_kept(self):
        request = self._ask("test")
        checks = [{"level": "ok", "text": "The address answers.", "fix": ""}]
        self._answer(request, "done", message="well", result={"checks": checks})
        self.assertEqual(json.loads(request.result), {"checks": checks})

    def test_archived_syncs_are_not_asked_for(self):
        self.sync.active = False
        with self.assertRaises(UserError):
            self._ask()

    def test_nobody_asks(self):
        with self.assertRaises(AccessError):
            self._as("nobody", self.sync).action_sync_now()
        with self.assertRaises(AccessError):
            self._as("nobody", self.sync).request_progress()

    def test_old_ones_are_cleared_away(self):
        request = self._ask()
        self._answer(request, "done")
        fresh = self._ask()
        request.done_date = fields.Datetime.now() - timedelta(days=31)
        request._gc_finished()
        self.assertFalse(request.exists())
        self.assertTrue(fresh.exists())

    def test_unknown_requests_and_states(self):
        self._exchange(answers=[{"request": 0, "state": "done"}])
        with self.assertRaises(UserError):
            self._answer(self._ask(), "asked")
