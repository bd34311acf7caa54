from datetime import timedelta

from odoo import _, api, fields, models

from ..in_words import moment_text
from .external_order_request_result import TEMPLATES

# So long an answer stays on the sync's own page; it is kept with its request for longer.
SHOWN = timedelta(hours=1)


class ExternalOrderSync(models.Model):
    """What the service answered to the last test or preview, on the sync's own page."""

    _inherit = "external.order.sync"

    answer_html = fields.Html(
        string="Answer", compute="_compute_answer_html", sanitize=False
    )

    @api.depends("request_ids.state", "request_ids.result")
    @api.depends_context("lang", "tz")
    def _compute_answer_html(self):
        for sync in self:
            request = sync._last_answer()
            sync.answer_html = (
                request
                and request._result_html(
                    title=_(
                        "%(kind)s, %(when)s",
                        kind=request._kind_text(),
                        when=moment_text(sync, request.done_date),
                    )
                )
                or False
            )

    def _last_answer(self):
        """The last test or preview that ended lately, unless something else was asked after it."""
        last = self.env["external.order.request"].search(
            [
                ("sync_id", "=", self._origin.id),
                # That stands on the page of its draft.
                ("kind", "!=", "effect"),
                ("state", "in", ("done", "failed")),
                ("done_date", ">", fields.Datetime.now() - SHOWN),
            ],
            order="done_date desc, id desc",
            limit=1,
        )
        return last.filtered(lambda request: request.kind in TEMPLATES)

    def action_preview(self):
        """Ask the service what it would book of the newest orders. Nothing is written."""
        return self._ask("preview")
