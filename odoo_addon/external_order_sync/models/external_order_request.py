from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError

OPEN_STATES = ("asked", "taken")
KEPT_DAYS = 30
# A service that is there takes a request within two seconds.
UNANSWERED = timedelta(seconds=10)


class ExternalOrderRequest(models.Model):
    """Something a person asked of the service. The service takes it with its next question to Odoo."""

    _name = "external.order.request"
    _description = "External Order Request"
    _order = "id desc"
    _rec_name = "kind"

    sync_id = fields.Many2one(
        "external.order.sync", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="sync_id.company_id", store=True, index=True, string="Company"
    )
    kind = fields.Selection(
        [("sync", "Sync Now"), ("test", "Test connection")],
        required=True,
        string="Request",
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
        index=True,
    )
    progress = fields.Integer(string="Progress (%)")
    message = fields.Text()
    user_id = fields.Many2one(
        "res.users", string="Asked By", default=lambda self: self.env.user
    )
    asked_date = fields.Datetime(
        string="Asked", default=lambda self: fields.Datetime.now()
    )
    taken_date = fields.Datetime(string="Taken")
    done_date = fields.Datetime(string="Finished")

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(
            set(vals) - {"sync_id", "kind"} for vals in vals_list
        ):
            raise AccessError(
                _(
                    "A request is asked with its sync and its kind; the rest is the service's."
                )
            )
        return super().create(vals_list)

    def action_cancel(self):
        """Take a request back that the service has not taken yet."""
        for request in self:
            if request.state != "asked":
                raise UserError(
                    _(
                        "Only a request that the service has not taken yet can be cancelled."
                    )
                )
            request.sudo().write(
                {"state": "cancelled", "done_date": fields.Datetime.now()}
            )
        return True

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

    def _progress_text(self):
        """One line on where this request stands, or how it ended."""
        self.ensure_one()
        kind = dict(self._fields["kind"]._description_selection(self.env))[self.kind]
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
            return _(
                "%(kind)s: running. %(message)s", kind=kind, message=self.message or ""
            )
        if self.state == "cancelled":
            return _("%s: cancelled.", kind)
        return _(
            "%(kind)s: %(message)s",
            kind=kind,
            message=self.message
            or (_("done.") if self.state == "done" else _("failed without a message.")),
        )

    def _answer(self, state, progress, message):
        """Record what the service says of a request. An ended request stays as it ended."""
        now = fields.Datetime.now()
        for request in self.filtered(lambda r: r.state not in ("done", "failed")):
            vals = {"state": state, "progress": progress, "message": message}
            if not request.taken_date:
                vals["taken_date"] = now
            if state in ("done", "failed"):
                vals["done_date"] = now
            request.sudo().write(vals)

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
