import re

from odoo import _, models

# What the service names by its command, and these pages have a button for.
COMMAND = re.compile(
    r"tillbridge orders (?:(rebook)|(complete|ignore|retry|reopen) \S+?(?=\.?(?:\s|$)))(?: --reason TEXT)?"
)


class ExternalOrder(models.Model):
    """What to do about an order, in the words of its page: the service says it in those of its commands."""

    _inherit = "external.order"

    def _fix_text(self):
        self.ensure_one()
        requests = self.env["external.order.request"]
        labels = dict(requests._fields["kind"]._description_selection(self.env))

        def named(found):
            return "“%s”" % labels[found.group(1) or found.group(2)]

        said = COMMAND.sub(named, self.fix_text or "")
        return " ".join(filter(None, (said, self._map_hint())))

    def _map_hint(self):
        """Where a mapping cures it: the button for that."""
        button = {
            "payment": _("Map this payment code…"),
            "product": _("Map this product…"),
            "location": _("Choose the shop for this location…"),
        }.get(self.subject_kind)
        if not button or self.state != "refused":
            return ""
        if self.sync_id.from_file:
            return _("Or say what it stands for: %s", self._map_command())
        return _("Or a manager presses “%s”.", button)

    def _map_command(self):
        """What maps it in the service's file."""
        return "tillbridge map %s %s NAME --sync %s" % (
            self.subject_kind,
            _quoted(self.subject_value),
            _quoted(self.sync_id.name),
        )


def _quoted(text):
    return "'%s'" % (text or "").replace("'", "'\\''")
