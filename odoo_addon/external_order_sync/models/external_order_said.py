import json
import re

from odoo import _, api, fields, models

from ..in_words import figure_text, moment_text

PLACEHOLDER = re.compile(r"\{(\w+)\}")


class ExternalOrder(models.Model):
    """What the service says of an order, in the language of who reads it.

    The service sends its sentences in English and, beside them, the template and the parts of each. The templates
    are translated with this app (see service_texts); one that this app does not know stays English.
    """

    _inherit = "external.order"

    message_text = fields.Text(string="Message", compute="_compute_said")
    fix_text = fields.Text(string="What to Do", compute="_compute_said")

    @api.depends("message", "fix", "said")
    @api.depends_context("lang", "tz")
    def _compute_said(self):
        for order in self:
            said = json.loads(order.said or "{}")
            order.message_text = order._say(said.get("message"), order.message)
            order.fix_text = order._say(said.get("fix"), order.fix)

    def _say(self, made, english):
        """A sentence anew from what it was made of, or the English one where that cannot be said."""
        template = made and made.get("template")
        if not template:
            return english
        parts = made.get("parts") or {}
        return PLACEHOLDER.sub(
            lambda found: self._part(parts.get(found.group(1))), _(template)
        )

    def _part(self, part):
        if not isinstance(part, dict):
            return str(part or "")
        if "figure" in part:
            return figure_text(self.env, part["figure"])
        if "moment" in part:
            moment = part["moment"][:19].replace("T", " ")
            return moment_text(self, fields.Datetime.to_datetime(moment))
        return self._say(part, part.get("text") or "")
