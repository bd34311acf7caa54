import json
from datetime import timedelta

from odoo import api, fields, models

from ..in_words import first_line
from .external_order_exchange import REPORT_COUNTS
from .external_order_speech import kept
from .external_order_sync_status import RESULTS

KEPT = timedelta(days=7)
SHOWN = 20
COUNTS = ("booked", "refused", "retrying", "skipped", "conflict")


class ExternalOrderRun(models.Model):
    """A run of a sync that did something, as the service reported it. Kept for a week."""

    _name = "external.order.run"
    _inherit = "external.order.speech"
    _description = "External Order Run"
    _order = "date desc, id desc"
    _rec_name = "date"

    sync_id = fields.Many2one(
        "external.order.sync",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    date = fields.Datetime(string="Ended", required=True, readonly=True, index=True)
    status = fields.Selection(RESULTS, string="Result", readonly=True)
    summary = fields.Char(string="Message in English", readonly=True)
    booked = fields.Integer(readonly=True)
    refused = fields.Integer(string="Needs You", readonly=True)
    retrying = fields.Integer(string="Will Retry", readonly=True)
    skipped = fields.Integer(string="Left Out by Rule", readonly=True)
    conflict = fields.Integer(string="Changed After Booking", readonly=True)

    @api.autovacuum
    def _gc_old(self):
        limit = fields.Datetime.now() - KEPT
        self.sudo().search([("date", "<", limit)], limit=1000).unlink()


class ExternalOrderSync(models.Model):
    """The last runs of a sync that did something."""

    _inherit = "external.order.sync"

    run_ids = fields.One2many("external.order.run", "sync_id")
    last_run_ids = fields.Many2many(
        "external.order.run", string="Last Runs", compute="_compute_last_run_ids"
    )

    @api.depends("run_ids")
    def _compute_last_run_ids(self):
        for sync in self:
            sync.last_run_ids = self.env["external.order.run"].search(
                [("sync_id", "=", sync._origin.id)], limit=SHOWN
            )

    def _record_report(self, report):
        result = super()._record_report(report)
        for sync in self.sudo():
            sync._record_run()
        return result

    def _record_run(self):
        """Keep this report as a run, once, unless it says nothing that the run before it did not say."""
        vals = {name: self[REPORT_COUNTS[name]] for name in COUNTS}
        made = json.loads(self.said or "{}").get("last_sync_message")
        vals.update(
            sync_id=self.id,
            date=self.last_sync_date,
            status=self.last_sync_status,
            summary=first_line(self.last_sync_message),
            said=kept("summary", made),
        )
        runs = self.env["external.order.run"].sudo()
        last = runs.search([("sync_id", "=", self.id)], limit=1)
        if last and last.date >= vals["date"]:
            return
        said = (last.status, last.summary or "") == (vals["status"], vals["summary"])
        quiet = vals["status"] == "no_orders" and last.status != "error"
        if vals["booked"] or not (said or quiet):
            runs.create(vals)
