import json
import re

from odoo import _, api, fields, models
from odoo.tools.misc import format_date

from ..in_words import figure_text, moment_text

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def kept(name, made):
    """What one sentence was made of, as ``said`` of a record whose field ``name`` has it."""
    return json.dumps({name: made}) if made else False


class ExternalOrderSpeech(models.AbstractModel):
    """What the service said, in the language of who reads it.

    The service sends its sentences in English and, beside them, the template and the parts of each. The templates
    are translated with this app (see service_texts); one that this app does not know stays English.
    """

    _name = "external.order.speech"
    _description = "Speech of the Service"

    # By the name of the field: what the English sentence in it was made of.
    said = fields.Text(readonly=True, prefetch=False, copy=False)

    def _said(self, name):
        """What a field says, anew."""
        self.ensure_one()
        made = json.loads(self.said or "{}").get(name)
        return self._say(made, self[name])

    def _say_anew(self, **sentences):
        """Fill these fields with what others say, which are given by name."""
        for record in self:
            for text, name in sentences.items():
                record[text] = record._said(name)

    @api.model
    def _said_in(self, row, name):
        """The same of a mapping that the service sent; several sentences stand one below the other."""
        said, english = row.get("said"), row.get(name)
        if isinstance(english, list):
            english = "\n".join(map(str, english))
        made = said.get(name) if isinstance(said, dict) else None
        return self._say(made, "" if english is None else str(english))

    @api.model
    def _said_lines(self, row, name):
        """The same of several sentences, one by one."""
        return [line for line in self._said_in(row, name).split("\n") if line]

    @api.model
    def _say(self, made, english):
        """A sentence anew from what it was made of, or the English one where that cannot be said."""
        template = made.get("template") if isinstance(made, dict) else None
        if not template:
            return english
        parts = made.get("parts") or {}
        return PLACEHOLDER.sub(
            lambda found: self._part(parts.get(found.group(1))), _(template)
        )

    @api.model
    def _part(self, part):
        if not isinstance(part, dict):
            return str(part or "")
        if "figure" in part:
            return figure_text(self.env, part["figure"])
        if "moment" in part:
            moment = part["moment"][:19].replace("T", " ")
            return moment_text(self, fields.Datetime.to_datetime(moment))
        if "day" in part:
            return format_date(self.env, fields.Date.to_date(part["day"]))
        return self._say(part, part.get("text") or "")
