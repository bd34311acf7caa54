import re

from odoo import _, api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ..orm import make_index
from ..tools import origin

SECRET_NAME = re.compile(r"secret:[A-Za-z0-9_.-]+")


class ExternalOrderKey(models.Model):
    """The key of a sync's external system. It has a table of its own that only the service's user may read."""

    _name = "external.order.key"
    _description = "External Order Key"
    _rec_name = "sync_id"

    sync_id = fields.Many2one(
        "external.order.sync", required=True, ondelete="cascade", index=True
    )
    value = fields.Char(
        required=True, groups="external_order_sync.group_sidecar", copy=False
    )

    def init(self):
        make_index(
            self.env.cr,
            "external_order_key_sync_unique",
            "external_order_key (sync_id)",
        )
        return super().init()


class ExternalOrderSync(models.Model):
    """The write-only side of the key: it can be set, replaced and removed, and is never shown again."""

    _inherit = "external.order.sync"

    external_api_key = fields.Char(
        string="API Key",
        compute="_compute_external_api_key",
        inverse="_inverse_external_api_key",
        search="_search_external_api_key",
        copy=False,
        help="Written only: once saved, nobody can read it here. "
        "“secret:NAME” stands for the entry NAME in the service's own file.",
    )
    key_ids = fields.One2many(
        "external.order.key",
        "sync_id",
        copy=False,
        groups="external_order_sync.group_sidecar",
    )
    has_api_key = fields.Boolean(
        string="Key Is Set", compute="_compute_has_api_key", compute_sudo=True
    )
    api_key_hint = fields.Char(compute="_compute_has_api_key", compute_sudo=True)

    def _compute_external_api_key(self):
        for sync in self:
            sync.external_api_key = False

    @api.depends("key_ids")
    def _compute_has_api_key(self):
        for sync in self:
            sync.has_api_key = bool(sync.key_ids)
            sync.api_key_hint = (
                _("•••••••• set, type to replace")
                if sync.has_api_key
                else _("Paste the key here")
            )

    def _inverse_external_api_key(self):
        for sync in self:
            value = (sync.external_api_key or "").strip()
            # The typed value must not be readable for the rest of this transaction either.
            sync.external_api_key = False
            sync._store_key(value)

    def _search_external_api_key(self, operator, value):
        raise AccessError(_("API keys cannot be searched."))

    def write(self, vals):
        moved = self.browse()
        if "external_api_url" in vals and not vals.get("external_api_key"):
            moved = self.filtered(
                lambda sync: (
                    sync.has_api_key
                    and origin(sync.external_api_url)
                    != origin(vals["external_api_url"])
                )
            )
        result = super().write(vals)
        if moved:
            moved.sudo().mapped("key_ids").unlink()
            moved._log_key(
                _(
                    "The address now points to another server, so the stored API key was removed. "
                    "Enter the key of the new server."
                )
            )
        return result

    def action_remove_api_key(self):
        self.write({"external_api_key": False})
        return True

    @api.onchange("external_api_url")
    def _onchange_external_api_url(self):
        before = self._origin.external_api_url
        if self.has_api_key and origin(before) != origin(self.external_api_url):
            return {
                "warning": {
                    "title": _("Another server"),
                    "message": _(
                        "The stored API key belongs to the server of the old address. "
                        "Saving removes it unless you enter the new server's key."
                    ),
                }
            }
        return {}

    def _store_key(self, value):
        self.ensure_one()
        if value.startswith("secret:") and not SECRET_NAME.fullmatch(value):
            raise ValidationError(
                _(
                    "After “secret:” comes the name of an entry in the service's file: "
                    "letters, digits, “_”, “-” and “.”, as in secret:main_shop."
                )
            )
        stored = self.sudo().key_ids
        if not value:
            if stored:
                stored.unlink()
                self._log_key(_("API key removed."))
        elif stored:
            stored.write({"value": value})
            self._log_key(_("API key replaced."))
        else:
            stored.create({"sync_id": self.id, "value": value})
            self._log_key(_("API key set."))

    def _log_key(self, text):
        for sync in self:
            sync._message_log(body=text)
