from datetime import timedelta

from odoo import _, api, fields, models

from ..in_words import moment_text
from ..orm import make_index

# A heartbeat is written at most this often, so an idle service only reads.
BEAT_SECONDS = 60
# Heard from within this time: the service is there. It must exceed the beat by a few polls.
ABSENT_SECONDS = 120
# Silent for longer: an incident (see external_order_watch).
INCIDENT_MINUTES = 15


class ExternalOrderService(models.Model):
    """An installation of the tillbridge service that talks to this database."""

    _name = "external.order.service"
    _description = "External Order Service"
    _order = "last_seen desc, id desc"
    _rec_name = "host"

    instance = fields.Char(required=True, readonly=True)
    host = fields.Char(readonly=True)
    version = fields.Char(readonly=True)
    protocol = fields.Integer(readonly=True)
    last_seen = fields.Datetime(string="Last Heard", readonly=True, index=True)
    notice = fields.Char(
        readonly=True,
        help="What the service wants somebody to see to, such as an API key about to expire.",
    )

    def init(self):
        make_index(
            self.env.cr,
            "external_order_service_instance_unique",
            "external_order_service (instance)",
        )
        return super().init()

    @api.model
    def _beat(self, instance, host, version, protocol, notice=None):
        """Note that this instance is alive; returns its record and whether anything was written."""
        service = self.sudo().search([("instance", "=", instance)], limit=1)
        now = fields.Datetime.now()
        vals = {"host": host, "version": version, "protocol": protocol}
        if notice is not None:
            vals["notice"] = notice
        if not service:
            return service.create(dict(vals, instance=instance, last_seen=now)), True
        recent = service.last_seen and now - service.last_seen < timedelta(
            seconds=BEAT_SECONDS
        )
        if recent and all(
            (service[name] or "") == value for name, value in vals.items()
        ):
            return service, False
        service.write(dict(vals, last_seen=now))
        return service, True

    @api.model
    def _last(self):
        """The service heard from most recently, or an empty record."""
        return self.sudo().search([("last_seen", "!=", False)], limit=1)

    def _absent(self, **limit):
        """Whether nothing was heard from this service within the limit, given as for ``timedelta``."""
        limit = timedelta(**(limit or {"seconds": ABSENT_SECONDS}))
        return not self.last_seen or fields.Datetime.now() - self.last_seen > limit

    def _last_seen_text(self):
        """When the service was last heard from, for people: in the user's zone, the date only when not today."""
        return moment_text(self, self.last_seen)

    def _absence_text(self):
        """What to tell people when no service is there; empty while one is."""
        if not self:
            return _(
                "No tillbridge service has connected yet. An administrator connects one with "
                "Point of Sale → External Orders → Connect the Service."
            )
        if self._absent():
            return _(
                "The tillbridge service has not been heard from since %s. "
                "Orders are not lost: they are fetched when it is back.",
                self._last_seen_text(),
            )
        return ""

    def _absence_title(self):
        """The same in three or four words, for where there is room for no more."""
        if not self:
            return _("no service connected")
        if self._absent():
            return _("service silent since %s", self._last_seen_text())
        return ""

    def _banner(self):
        """What people should see about the service before anything else; empty when all is well."""
        return self._absence_text() or self.notice or ""

    def _description_text(self):
        """One line on this service."""
        self.ensure_one()
        return _(
            "%(host)s, version %(version)s, last heard %(when)s",
            host=self.host or "?",
            version=self.version or "?",
            when=self._last_seen_text(),
        )
