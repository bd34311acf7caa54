from datetime import timedelta

from odoo import fields
from odoo.tests.common import tagged

from .common import SyncCase


@tagged("post_install", "-at_install")
class TestRun(SyncCase):
    def _runs(self):
        self._forget()
        return [
            (run.status, run.booked, run.summary or "")
            for run in self._as("support", self.sync).last_run_ids
        ]

    def test_runs_that_say_something_are_kept_newest_first(self):
        for minute, report in enumerate(
            (
                {"status": "no_orders", "message": "No new orders."},
                {"booked": 3, "message": "3 booked"},
                {"booked": 3, "message": "3 booked"},
                {"status": "no_orders", "message": "No new orders."},
                {"status": "error", "message": "No answer.\nAsk again."},
                {"status": "error", "message": "No answer.\nAsk again."},
                {"status": "no_orders", "message": "No new orders."},
                {"refused": 1, "message": "1 needs you"},
                {"refused": 1, "message": "1 needs you"},
            )
        ):
            for _turn in range(2):
                self._report(date="2026-11-20 10:%02d:00" % minute, **report)
        self.assertEqual(
            self._runs(),
            [
                ("success", 0, "1 needs you"),
                ("no_orders", 0, "No new orders."),
                ("error", 0, "No answer."),
                ("success", 3, "3 booked"),
                ("success", 3, "3 booked"),
            ],
        )

    def test_old_ones_are_cleared_away(self):
        now = fields.Datetime.now()
        old, young = now - timedelta(days=8), now - timedelta(days=6)
        for moment, count in ((old, 1), (young, 2)):
            date = fields.Datetime.to_string(moment)
            self._report(date=date, booked=count, message="%s booked" % count)
        self.env["external.order.run"]._gc_old()
        self.assertEqual(self._runs(), [("success", 2, "2 booked")])
