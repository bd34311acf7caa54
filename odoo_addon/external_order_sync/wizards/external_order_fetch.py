import json
import re

from odoo import fields, models

BETWEEN_IDS = re.compile(r"[,;\t\n]")


class ExternalOrderFetch(models.TransientModel):
    """Ask the external system for orders that it has not shown, or for what they are now."""

    _name = "external.order.fetch"
    _description = "Fetch External Orders"

    sync_id = fields.Many2one(
        "external.order.sync",
        required=True,
        default=lambda self: self._only_sync(),
        domain=[("active", "=", True)],
    )
    by = fields.Selection(
        [("ids", "Their ids"), ("dates", "Their dates")],
        string="Which Orders",
        default="ids",
        required=True,
    )
    ids_text = fields.Text(
        string="External IDs", help="One a line, or separated by commas."
    )
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="To", default=fields.Date.context_today)

    def _only_sync(self):
        """The sync, where there is just one."""
        syncs = self.env["external.order.sync"].search([], limit=2)
        return syncs if len(syncs) == 1 else False

    def action_confirm(self):
        """Ask the service, and follow it on the request's own page."""
        self.ensure_one()
        if self.by == "ids":
            numbers = BETWEEN_IDS.split(self.ids_text or "")
            payload = {"ids": [number.strip() for number in numbers]}
        else:
            payload = {
                "from": fields.Date.to_string(self.date_from) or "",
                "to": fields.Date.to_string(self.date_to) or "",
            }
        request = self.env["external.order.request"].create(
            {
                "kind": "fetch",
                "sync_id": self.sync_id.id,
                "payload": json.dumps(payload),
            }
        )
        return request._show()
