from pytz import all_timezones_set

from odoo import api, fields, models

from ..orm import write_changed
from .external_order_exchange import REPORT_STATUSES


class ExternalOrderService(models.Model):
    """Syncs that stand in a service's own file are shown in Odoo, read-only and without a key."""

    _inherit = "external.order.service"

    def _take_file_syncs(self, rows):
        """Show exactly these as the syncs of this service's file; those that are gone are archived."""
        self.ensure_one()
        syncs = self.env["external.order.sync"].with_context(active_test=False).sudo()
        shown = syncs.browse()
        for row in rows:
            name = str(row.get("name") or "").strip()
            if not name:
                continue
            vals = self._file_sync_values(name, row)
            sync = syncs.search(
                [("from_file", "=", True), ("name", "=", name)], limit=1
            )
            if sync:
                write_changed(sync, vals)
            else:
                sync = syncs.create(vals)
            if row.get("status") in REPORT_STATUSES:
                sync._record_file_report(row)
            shown |= sync
        gone = syncs.search(
            [
                ("from_file", "=", True),
                ("service_id", "=", self.id),
                ("active", "=", True),
            ]
        )
        (gone - shown).write({"active": False})

    def _file_sync_values(self, name, row):
        shop = self._find_shop(row.get("shop"))
        return {
            **self._file_sync_rules(row),
            "name": name,
            "source": str(row.get("source") or name),
            "external_api_url": str(row.get("url") or ""),
            "pos_config_id": shop.id,
            "sync_interval": int(row.get("interval") or 0),
            "start_date": False,
            "from_file": True,
            "active": True,
            "service_id": self.id,
        }

    @api.model
    def _file_sync_rules(self, row):
        """What the addon judges silence and waiting by; a service of before says nothing of it."""
        rules = {}
        if "waiting_days" in row:
            rules["waiting_days"] = max(0, int(row["waiting_days"] or 0))
        if row.get("timezone") in all_timezones_set:
            rules["timezone"] = row["timezone"]
        return rules

    @api.model
    def _find_shop(self, shop):
        """The shop a file names by its name or its id; empty when it names none or several."""
        shops = self.env["pos.config"].sudo(False)
        if isinstance(shop, int):
            return shops.search([("id", "=", shop)])
        found = shops.search([("name", "=", str(shop or ""))], limit=2)
        return found if len(found) == 1 else shops.browse()


class ExternalOrderSync(models.Model):
    _inherit = "external.order.sync"

    def _record_file_report(self, row):
        """A file's row carries its last report; without a date the moment of the change is kept."""
        same = self.last_sync_status == row["status"] and (
            self.last_sync_message or ""
        ) == str(row.get("message") or "")
        date = str(row.get("date") or "")[:19]
        if same and (
            not date or date == fields.Datetime.to_string(self.last_sync_date)
        ):
            return
        self._record_report(row)
