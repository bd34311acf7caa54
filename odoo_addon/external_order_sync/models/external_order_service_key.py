from datetime import timedelta

from odoo import _, api, fields, models

from ..orm import write_changed

# So early people are told; the service tells the same.
NOTICE = timedelta(days=14)
OURS = "tillbridge"


class ExternalOrderService(models.Model):
    """When the key expires with which a service logs in: noted with its heartbeat, for an expired key is deleted."""

    _inherit = "external.order.service"

    user_id = fields.Many2one(
        "res.users", readonly=True, help="The user that the service logs in as."
    )
    key_expiry = fields.Datetime(
        string="Key Expires",
        readonly=True,
        help="When the API key of its user expires. Empty: never, or it uses a password.",
    )

    @api.model
    def _beat(self, *args, **kwargs):
        service, beaten = super()._beat(*args, **kwargs)
        if beaten:
            vals = {"user_id": self.env.uid, "key_expiry": self._find_key_expiry()}
            write_changed(service, vals)
        return service, beaten

    @api.model
    def _find_key_expiry(self):
        """The expiry of the one key of this user that is named after the service, or else of the first to expire."""
        keys = self.env["res.users.apikeys"].sudo()
        if "expiration_date" not in keys._fields:
            return False
        mine = keys.search(
            [("user_id", "=", self.env.uid), ("scope", "in", (False, "rpc"))]
        )
        ours = mine.filtered(lambda key: OURS in (key.name or "").lower())
        dates = (ours if len(ours) == 1 else mine).mapped("expiration_date")
        return min((date for date in dates if date), default=False)

    def _banner(self):
        absent, warning = self._absence_text(), self._key_warning()
        if absent and warning:
            return "%s %s" % (absent, warning)
        return super()._banner() or warning

    def _description_text(self):
        text = super()._description_text()
        if not self.key_expiry:
            return text
        return _("%(service)s; %(key)s", service=text, key=self._key_text())

    def _key_text(self):
        date = fields.Datetime.context_timestamp(self, self.key_expiry).date()
        if self.key_expiry < fields.Datetime.now():
            return _("its API key expired on %s", date)
        return _("its API key expires on %s", date)

    def _key_warning(self):
        """What to do about a key that expires soon or has expired; empty while there is nothing to do."""
        if not self.key_expiry or self.key_expiry - fields.Datetime.now() > NOTICE:
            return ""
        return _(
            "The tillbridge service: %s. An administrator makes a new one with "
            "Point of Sale → External Orders → Connect the Service and puts it in the service's file.",
            self._key_text(),
        )
