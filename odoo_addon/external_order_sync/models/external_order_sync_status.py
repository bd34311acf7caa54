from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..orm import counted
from ..series import LIST
from .external_order_service import INCIDENT_MINUTES

# Written by the service's reports alone.
STATUS_FIELDS = {
    "last_sync_date",
    "last_sync_status",
    "last_sync_message",
    "said",
    "last_booked_count",
    "last_already_booked_count",
    "last_refused_count",
    "last_retrying_count",
    "last_skipped_count",
    "last_conflict_count",
    "waiting_count",
    "attention_count",
    "error_since",
    "quiet_until",
    "service_silent",
    "from_file",
    "service_id",
}
# Of a sync that stands in the service's file, what is set here all the same.
EDITABLE = {
    "active",
    "responsible_id",
    "silence_alarm",
    "keep_payload_days",
    "keep_log_days",
    "keep_order_days",
}
RECENT_REQUESTS = 10
RESULTS = [
    ("never", "Not synced yet"),
    ("success", "Success"),
    ("no_orders", "No new orders"),
    ("error", "Error"),
]


class ExternalOrderSync(models.Model):
    """What the service reports of a sync, and what people may ask of it."""

    _name = "external.order.sync"
    _inherit = ["external.order.sync", "external.order.speech"]

    last_sync_date = fields.Datetime(string="Last Sync", readonly=True, copy=False)
    last_sync_status = fields.Selection(
        RESULTS,
        string="Last Result",
        default="never",
        readonly=True,
        copy=False,
    )
    last_sync_message = fields.Text(
        string="Last Message in English", readonly=True, copy=False
    )
    last_booked_count = fields.Integer(string="Booked", readonly=True, copy=False)
    last_already_booked_count = fields.Integer(
        string="Already Booked", readonly=True, copy=False
    )
    last_refused_count = fields.Integer(string="Refused", readonly=True, copy=False)
    last_retrying_count = fields.Integer(string="Will Retry", readonly=True, copy=False)
    last_skipped_count = fields.Integer(
        string="Left Out by Rule", readonly=True, copy=False
    )
    last_conflict_count = fields.Integer(
        string="Changed After Booking", readonly=True, copy=False
    )
    waiting_count = fields.Integer(
        string="Waiting",
        readonly=True,
        copy=False,
        help="Orders that are not completed or not fully paid yet.",
    )
    attention_count = fields.Integer(
        string="Needs You",
        readonly=True,
        copy=False,
        help="Orders that are not booked until somebody mends their cause.",
    )
    booked_count = fields.Integer(
        string="Orders Booked", compute="_compute_booked_count"
    )
    badge = fields.Selection(
        [
            ("archived", "– Archived"),
            ("draft", "○ Not started"),
            ("paused", "‖ Paused"),
            ("error", "✖ Error"),
            ("needs_you", "⚠ Needs you"),
            ("silent", "⚠ Service silent"),
            ("never", "○ Not synced yet"),
            ("no_orders", "✔ No new orders"),
            ("success", "✔ Synced"),
        ],
        string="Status",
        compute="_compute_badge",
    )
    next_sync_date = fields.Datetime(
        string="Next Sync", compute="_compute_next_sync_date"
    )
    # Set by the watching job once an incident has been told, so that it is told once.
    service_silent = fields.Boolean(readonly=True, copy=False)
    service_id = fields.Many2one(
        "external.order.service",
        string="Service of the File",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The service whose file defines this sync.",
    )
    service_text = fields.Char(string="Service", compute="_compute_service")
    service_banner = fields.Char(compute="_compute_service")
    service_key_expiry = fields.Datetime(
        string="Service's Key Expires", compute="_compute_service"
    )
    request_ids = fields.One2many("external.order.request", "sync_id")
    recent_request_ids = fields.Many2many(
        "external.order.request",
        string="Recent Requests",
        compute="_compute_requests",
    )
    has_open_request = fields.Boolean(compute="_compute_requests")

    @api.depends("source", "shop_ids")
    def _compute_booked_count(self):
        counts = self._booked_counts([])
        for sync in self:
            sync.booked_count = counts[sync]

    def _booked_counts(self, domain):
        """How many of these POS orders are booked from each sync's source in its shops, by sync."""
        sources = [sync.source for sync in self if sync.source]
        shops = self.shop_ids._origin
        orders = self.env["pos.order"]
        # Before series 15 an order has its shop by its session alone.
        group = "config_id" if orders._fields["config_id"].store else "session_id"
        counts = counted(
            orders,
            [
                ("external_source", "in", sources),
                ("config_id", "in", shops.ids),
                *domain,
            ],
            "external_source",
            group,
        )
        found = dict.fromkeys(self, 0)
        for (source, place), count in counts.items():
            shop = orders[group].browse(place)
            shop = shop if group == "config_id" else shop.config_id
            for sync in self:
                if sync.source == source and shop in sync.shop_ids._origin:
                    found[sync] += count
        return found

    @api.depends("active", "paused", "attention_count", "last_sync_status")
    def _compute_badge(self):
        service = self.env["external.order.service"]._last()
        silent = bool(service) and service._absent(minutes=INCIDENT_MINUTES)
        for sync in self:
            sync.badge = sync._badge_value(silent)

    def _badge_value(self, silent):
        """Where this sync stands; ``silent`` says that no service is heard from."""
        self.ensure_one()
        if not self.active:
            return "archived"
        if self.last_sync_status == "error":
            return "error"
        if self.attention_count > 0:
            return "needs_you"
        return "silent" if silent else self.last_sync_status or "never"

    @api.depends("active", "paused", "last_sync_date", "sync_interval")
    def _compute_next_sync_date(self):
        for sync in self:
            sync.next_sync_date = sync._next_sync()

    def _next_sync(self):
        self.ensure_one()
        if not self.active or not self.last_sync_date:
            return False
        return self.last_sync_date + timedelta(minutes=self.sync_interval)

    @api.depends("active")
    def _compute_service(self):
        service = self.env["external.order.service"]._last()
        banner = service._banner()
        text = service._description_text() if service else _("none yet")
        for sync in self:
            sync.service_text = text
            sync.service_banner = banner if sync.active else ""
            sync.service_key_expiry = service.key_expiry

    @api.depends("request_ids.state")
    def _compute_requests(self):
        for sync in self:
            sync.recent_request_ids = self.env["external.order.request"].search(
                [("sync_id", "=", sync._origin.id)], limit=RECENT_REQUESTS
            )
            sync.has_open_request = bool(sync.recent_request_ids._open_of(sync._origin))

    def action_sync_now(self):
        """Ask the service for a sync of this record right away."""
        return self._ask("sync")

    def action_test_connection(self):
        """Ask the service to try the address, the key and the shop."""
        return self._ask("test")

    def action_view_orders(self):
        """Open the POS orders booked from this source in this shop."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Orders of %s", self.name),
            "res_model": "pos.order",
            "view_mode": LIST + ",form",
            "domain": self._orders_domain(),
            "context": {"create": False},
        }

    def request_progress(self):
        """What the form's follower shows, of the oldest open request or else of the latest."""
        self.ensure_one()
        requests = self.env["external.order.request"]
        request = requests._open_of(self)[-1:] or self.recent_request_ids[:1]
        return request._progress()

    def _ask(self, kind):
        requests = self.env["external.order.request"]
        for sync in self:
            if not sync.active:
                raise UserError(
                    _("“%s” is archived. Restore it first (Action menu).", sync.name)
                )
            if not requests._open_of(sync, kind):
                requests.create({"sync_id": sync.id, "kind": kind})
        return True

    def _orders_domain(self):
        self.ensure_one()
        return [
            ("external_source", "=", self.source),
            ("config_id", "in", self.shop_ids.ids),
        ]

    @api.model
    def _check_only_user_fields(self, vals):
        """Refuse what is not a person's to write: the reported status, and syncs of the service's file."""
        if self.env.su:
            return
        reported = STATUS_FIELDS & set(vals)
        if reported:
            raise AccessError(
                _(
                    "Only the service reports the status of a sync (%s).",
                    ", ".join(sorted(reported)),
                )
            )
        if set(vals) - EDITABLE and any(self.mapped("from_file")):
            raise UserError(
                _(
                    "This sync is defined in the service's own file, tillbridge.toml. "
                    "Change it there; it is shown here a moment later."
                )
            )
