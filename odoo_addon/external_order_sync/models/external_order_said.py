from odoo import api, fields, models

from ..in_words import first_line


class ExternalOrder(models.Model):
    """What the service says of an order, in the language of who reads it."""

    _inherit = "external.order"

    message_text = fields.Text(string="Message", compute="_compute_said")
    fix_text = fields.Text(string="What to Do", compute="_compute_said")
    warnings_text = fields.Text(string="Warnings", compute="_compute_said")

    @api.depends("message", "fix", "warnings", "said")
    @api.depends_context("lang", "tz")
    def _compute_said(self):
        self._say_anew(message_text="message", fix_text="fix", warnings_text="warnings")


class ExternalOrderLog(models.Model):
    """The same of a step."""

    _inherit = "external.order.log"

    what_text = fields.Char(string="What Happened", compute="_compute_said")
    truth_text = fields.Char(string="Seen In", compute="_compute_said")

    @api.depends("text", "truth", "said")
    @api.depends_context("lang", "tz")
    def _compute_said(self):
        self._say_anew(what_text="text", truth_text="truth")


class ExternalOrderRequest(models.Model):
    """The same of what was asked."""

    _inherit = "external.order.request"

    message_text = fields.Text(string="Message", compute="_compute_message_text")

    @api.depends("message", "said")
    @api.depends_context("lang", "tz")
    def _compute_message_text(self):
        self._say_anew(message_text="message")


class ExternalOrderRun(models.Model):
    """The same of a run."""

    _inherit = "external.order.run"

    summary_text = fields.Char(string="Message", compute="_compute_summary_text")

    @api.depends("summary", "said")
    @api.depends_context("lang", "tz")
    def _compute_summary_text(self):
        for run in self:
            run.summary_text = first_line(run._said("summary"))


class ExternalOrderSync(models.Model):
    """The same of a sync's last message."""

    _inherit = "external.order.sync"

    last_sync_message_text = fields.Text(
        string="Last Message", compute="_compute_last_sync_message_text"
    )
    last_sync_summary = fields.Char(
        string="Last Summary", compute="_compute_last_sync_message_text"
    )

    @api.depends("last_sync_message", "said")
    @api.depends_context("lang", "tz")
    def _compute_last_sync_message_text(self):
        self._say_anew(last_sync_message_text="last_sync_message")
        for sync in self:
            # The other lines give the reasons, order by order.
            sync.last_sync_summary = first_line(sync.last_sync_message_text)


class ExternalOrderDay(models.Model):
    """The same of a day."""

    _inherit = "external.order.day"

    unchecked_text = fields.Text(
        string="Not Checked", compute="_compute_unchecked_text"
    )

    @api.depends("unchecked", "said")
    @api.depends_context("lang", "tz")
    def _compute_unchecked_text(self):
        self._say_anew(unchecked_text="unchecked")


class ExternalOrderDifference(models.Model):
    """The same of what differs on a day."""

    _inherit = "external.order.difference"

    message_text = fields.Text(string="Sentence", compute="_compute_said")
    fix_text = fields.Text(string="What to Do", compute="_compute_said")

    @api.depends("message", "fix", "said")
    @api.depends_context("lang", "tz")
    def _compute_said(self):
        self._say_anew(message_text="message", fix_text="fix")
