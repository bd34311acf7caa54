from odoo import _, api, models
from odoo.exceptions import ValidationError

from ..tools import has_credentials, origin, same_address, split_list


class ExternalOrderSync(models.Model):
    """What a sync must satisfy before it is saved. Syncs of the service's file are checked by the service."""

    _inherit = "external.order.sync"

    @api.constrains(
        "active", "name", "source", "external_api_url", "pos_config_id", "location_ids"
    )
    def _check_complete(self):
        for sync in self:
            if not sync.name or not sync.name.strip():
                raise ValidationError(_("Give the sync a name."))
            if not sync.active or sync.from_file:
                continue
            missing = [
                label
                for value, label in (
                    (sync.external_api_url, _("API Address")),
                    (sync.shop_ids, _("Shop")),
                    (
                        sync.source and sync.source.strip(),
                        _("Source ID (tab Advanced)"),
                    ),
                )
                if not value
            ]
            if missing:
                raise ValidationError(
                    _(
                        "“%(name)s” cannot be active yet. Fill in: %(missing)s.",
                        name=sync.name,
                        missing=", ".join(missing),
                    )
                )

    @api.constrains("external_api_url")
    def _check_url(self):
        for sync in self:
            url = sync.external_api_url
            if not url or sync.from_file:
                continue
            if not origin(url):
                raise ValidationError(
                    _(
                        "“%s” is not a web address. It must begin with https:// or http:// and name a host, "
                        "as in https://pos.example.com/api/orders.",
                        url,
                    )
                )
            if has_credentials(url):
                raise ValidationError(
                    _(
                        "The API address holds a user name or a password, and everybody who may see the sync "
                        "would read it. Put the key into API Key."
                    )
                )

    @api.constrains("sync_interval", "overlap_hours", "page_size")
    def _check_numbers(self):
        for sync in self:
            if sync.from_file:
                continue
            if sync.sync_interval < 1:
                raise ValidationError(_("The interval must be at least 1 minute."))
            if sync.overlap_hours < 0:
                raise ValidationError(_("The overlap cannot be negative."))
            if sync.page_size < 1:
                raise ValidationError(_("The page size must be at least 1."))

    @api.constrains("product_match_ids", "from_file")
    def _check_product_matching(self):
        for sync in self:
            kinds = sync.product_match_ids.mapped("kind")
            if not kinds:
                raise ValidationError(
                    _(
                        "“%s” needs at least one way to find a product (tab Products & Customers).",
                        sync.name,
                    )
                )
            if len(set(kinds)) < len(kinds):
                raise ValidationError(
                    _(
                        "“%s” lists a way to find a product twice (tab Products & Customers).",
                        sync.name,
                    )
                )

    @api.constrains("payment_line_ids", "pos_config_id", "location_ids")
    def _check_payment_mapping(self):
        for sync in self:
            sync.payment_line_ids._check_lines()

    @api.constrains("active", "external_api_url", "registers", "from_file")
    def _check_overlap(self):
        """Two active syncs never read the same orders, whatever company they belong to."""
        active = self.sudo().search([("active", "=", True)])
        for sync in self:
            if not sync.active or sync.from_file:
                continue
            for other in active - sync:
                if same_address(
                    sync.external_api_url, other.external_api_url
                ) and sync._registers_overlap(other):
                    raise ValidationError(sync._overlap_text(other))

    def _overlap_text(self, other):
        if other.from_file:
            return _(
                "“%(other)s” in the service's file tillbridge.toml already reads the same orders. "
                "Take it out of the file first, and give this sync the same source id, “%(source_id)s”, "
                "so that nothing is booked twice.",
                other=other.name,
                source_id=other.source,
            )
        return _(
            "“%(other)s” already reads the same orders: the address is the same and the registers overlap. "
            "Archive one of the two, or give each its own registers (tab Which Orders).",
            other=other.name,
        )

    def _registers_overlap(self, other):
        mine = {name.casefold() for name in split_list(self.registers)}
        theirs = {name.casefold() for name in split_list(other.registers)}
        return not mine or not theirs or bool(mine & theirs)
