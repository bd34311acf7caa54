import json
from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError

OPEN_STATES = ("asked", "taken")
KEPT_DAYS = 30
# A service that is there takes a request within two seconds.
UNANSWERED = timedelta(seconds=10)


class ExternalOrderRequest(models.Model):
    """Something a person asked of the service. The service takes it with its next question to Odoo.

    What may be asked, by whom and about what stands in external_order_request_kinds.
    """

    _name = "external.order.request"
    _inherit = "external.order.speech"
    _description = "External Order Request"
    _order = "id desc"

    name = fields.Char(compute="_compute_name")
    sync_id = fields.Many2one(
        "external.order.sync",
        readonly=True,
        ondelete="cascade",
        index=True,
        help="Empty when it is about orders of several syncs.",
    )
    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, index=True
    )
    state = fields.Selection(
        [
            ("asked", "… Waiting for the service"),
            ("taken", "▶ Running"),
            ("done", "✔ Done"),
            ("failed", "✖ Failed"),
            ("cancelled", "– Cancelled"),
        ],
        default="asked",
        required=True,
        readonly=True,
        index=True,
    )
    progress = fields.Integer(string="Progress (%)", readonly=True)
    message = fields.Text(string="Message in English", readonly=True)
    result = fields.Text(
        readonly=True, help="What the service found, for the pages that show it."
    )
    user_id = fields.Many2one(
        "res.users",
        string="Asked By",
        readonly=True,
        default=lambda self: self.env.user,
    )
    asked_date = fields.Datetime(
        string="Asked", readonly=True, default=lambda self: fields.Datetime.now()
    )
    taken_date = fields.Datetime(string="Taken", readonly=True)
    done_date = fields.Datetime(string="Finished", readonly=True)
    cancel_asked = fields.Boolean(
        string="To Be Cancelled",
        readonly=True,
        help="The service stops at the next order.",
    )
    has_open_request = fields.Boolean(compute="_compute_has_open_request")

    @api.depends("kind")
    @api.depends_context("lang")
    def _compute_name(self):
        for request in self:
            request.name = request._kind_text()

    @api.depends("sync_id.company_id", "order_ids")
    def _compute_company_id(self):
        for request in self:
            companies = request.sync_id.company_id or request.order_ids.company_id
            request.company_id = companies[:1]

    @api.depends("state")
    def _compute_has_open_request(self):
        for request in self:
            request.has_open_request = request.state in OPEN_STATES

    def action_cancel(self):
        """Take a request back, or have one that is running stop at the next order."""
        manager = self.env.user.has_group("external_order_sync.group_manager")
        for request in self:
            if request.state not in OPEN_STATES:
                raise UserError(_("This request has ended: nothing to cancel."))
            if request.user_id != self.env.user and not manager:
                raise AccessError(
                    _(
                        "Only %s and managers may cancel this request.",
                        request.user_id.sudo().name,
                    )
                )
            vals = {"cancel_asked": True}
            if request.state == "asked":
                vals.update(state="cancelled", done_date=fields.Datetime.now())
            request.sudo().write(vals)
        return True

    def request_progress(self):
        """What the form's follower shows."""
        self.ensure_one()
        return self._progress()

    @api.model
    def _open_of(self, sync, kind=None):
        """The requests of a sync that have not ended, of one kind or of all."""
        domain = [("sync_id", "=", sync.id), ("state", "in", OPEN_STATES)]
        if kind:
            domain.append(("kind", "=", kind))
        return self.search(domain)

    def _unanswered(self):
        """Whether the service should have taken this request by now and has not."""
        self.ensure_one()
        waited = fields.Datetime.now() - self.asked_date
        absent = self.env["external.order.service"]._last()._absent()
        return self.state == "asked" and (absent or waited > UNANSWERED)

    def _progress(self):
        """Where this request stands, for a page that follows it; of no request: that none is open."""
        return {
            "open": self.state in OPEN_STATES,
            "unanswered": bool(self) and self._unanswered(),
            "state": self.state or "",
            "progress": self.progress,
            "text": self._progress_text() if self else "",
        }

    def _progress_text(self):
        """One line on where this request stands, or how it ended."""
        self.ensure_one()
        kind = self._kind_text()
        message = self.message_text or ""
        if self.state == "asked":
            service = self.env["external.order.service"]._last()
            if self._unanswered():
                last = service._last_seen_text() if service else _("never")
                return _(
                    "%(kind)s: the tillbridge service is not answering (last heard: %(last)s). "
                    "Your request is kept and runs when it is back.",
                    kind=kind,
                    last=last,
                )
            return _("%s: waiting for the tillbridge service…", kind)
        if self.state == "taken":
            if self.cancel_asked:
                return _("%(kind)s: stopping. %(message)s", kind=kind, message=message)
            return _("%(kind)s: running. %(message)s", kind=kind, message=message)
        unsaid = {
            "done": _("done."),
            "failed": _("failed without a message."),
            "cancelled": _("cancelled."),
        }
        return _(
            "%(kind)s: %(message)s", kind=kind, message=message or unsaid[self.state]
        )

    def _kind_text(self):
        return dict(self._kinds([self.kind])).get(self.kind, "")

    def _row(self):
        """This request as the service gets it."""
        self.ensure_one()
        return {
            "id": self.id,
            "kind": self.kind,
            "sync": self.sync_id.id or 0,
            "name": self.sync_id.name or "",
            "from_file": self.sync_id.from_file,
            "payload": self._asked_payload(),
            "user": self.user_id.sudo().name or "",
            "cancel": self.cancel_asked,
        }

    @api.model
    def _rows(self, states):
        """What the service is told: the requests in these states, and those it is to stop."""
        return [
            request._row()
            for request in self.search(
                [
                    "|",
                    ("state", "in", states),
                    "&",
                    ("state", "=", "taken"),
                    ("cancel_asked", "=", True),
                ],
                order="id",
            )
        ]

    def _answer(self, state, progress, message, result=None, said=None):
        """Record what the service says of a request. An ended request stays as it ended;
        one taken back that the service had taken already goes on until it has stopped."""
        now = fields.Datetime.now()
        for request in self.filtered(lambda r: r._may_be_answered()):
            stopped = state == "failed" and request.cancel_asked
            vals = {
                "state": "cancelled" if stopped else state,
                "progress": progress,
                "message": message,
                "said": json.dumps(said) if said else False,
            }
            if result:
                vals["result"] = json.dumps(result, sort_keys=True)
            if not request.taken_date:
                vals["taken_date"] = now
            vals["done_date"] = now if state in ("done", "failed") else False
            request.sudo().write(vals)

    def _may_be_answered(self):
        return self.state in OPEN_STATES or (
            self.state == "cancelled" and not self.taken_date
        )

    def _fail_abandoned(self, minutes):
        """Give up on requests the service took and then said nothing about for so long."""
        limit = fields.Datetime.now() - timedelta(minutes=minutes)
        abandoned = self.sudo().search(
            [("state", "=", "taken"), ("write_date", "<", limit)]
        )
        abandoned._answer(
            "failed",
            0,
            _("The service began this and did not report its end. Ask again."),
        )

    @api.autovacuum
    def _gc_finished(self):
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        self.sudo().search(
            [("state", "not in", OPEN_STATES), ("done_date", "<", limit)], limit=1000
        ).unlink()
