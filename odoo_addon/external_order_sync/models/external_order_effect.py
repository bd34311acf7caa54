import json

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..in_words import figure_text, left_to_right
from ..orm import page_of
from .external_order_draft import EDITED, LISTS
from .external_order_request import OPEN_STATES
from .external_order_request_kinds import FITTING
from .external_order_request_result import _rows

GROUPS = ("cured", "refused", "differing", "still")
# Settings that the service knows by another name.
SENT_AS = {
    "pos_config_id": "shop",
    "location_ids": "locations",
    "product_match_ids": "product_matching",
    "product_map_ids": "product_map",
    "payment_line_ids": "payment_map",
}
# More orders are shown when they are asked for.
OPENED = 5
# A service reads no further back.
MOST_DAYS = 90


class ExternalOrderSync(models.Model):
    """What the changes of a draft would change: asked of the service, which plans the orders and writes nothing."""

    _inherit = "external.order.sync"

    effect_days = fields.Integer(
        string="Look Back (days)",
        default=7,
        copy=False,
        help="Open orders are all looked at, booked ones of so many days.",
    )
    effect_request_id = fields.Many2one(
        "external.order.request", readonly=True, copy=False, ondelete="set null"
    )
    effect_html = fields.Html(
        string="Effect", compute="_compute_effect", sanitize=False
    )
    effect_is_old = fields.Boolean(compute="_compute_effect_is_old")
    effect_cured_count = fields.Integer(string="Cured", compute="_compute_effect")
    effect_refused_count = fields.Integer(
        string="No Longer Booked", compute="_compute_effect"
    )
    effect_differing_count = fields.Integer(
        string="Booked Differently", compute="_compute_effect"
    )
    effect_still_count = fields.Integer(string="Still Open", compute="_compute_effect")

    @api.depends("effect_request_id.state", "effect_request_id.result")
    @api.depends_context("lang", "tz")
    def _compute_effect(self):
        for sync in self:
            request = sync.effect_request_id
            sync.effect_html = bool(request) and request._result_html()
            for name in GROUPS:
                sync["effect_%s_count" % name] = len(request._effect_keys(name))

    @api.depends("draft_changes", "effect_request_id.state")
    def _compute_effect_is_old(self):
        for sync in self:
            request = sync.effect_request_id
            # As it is stored: what is being typed need not make sense yet.
            draft = sync._origin
            sync.effect_is_old = (
                bool(draft and request)
                and request.state == "done"
                and json.loads(request.payload or "{}").get("draft")
                != json.loads(json.dumps(draft._draft_configuration()))
            )

    @api.depends("effect_request_id.state")
    def _compute_requests(self):
        result = super()._compute_requests()
        for draft in self.filtered("draft_of_id"):
            draft.has_open_request = draft.effect_request_id.has_open_request
        return result

    def request_progress(self):
        if self.draft_of_id:
            return self.effect_request_id._progress()
        return super().request_progress()

    def action_show_effect(self):
        """Ask the service what the changes would change."""
        self.ensure_one()
        self._something_changed()
        if self.effect_request_id.state in OPEN_STATES:
            self.effect_request_id.action_cancel()
        asked = {"draft": self.id, "days": self.effect_days}
        self.effect_request_id = self.env["external.order.request"].create(
            {
                "sync_id": self.draft_of_id.id,
                "kind": "effect",
                "payload": json.dumps(asked),
            }
        )
        return True

    def action_open_effect(self):
        """Open the orders of one kind; the context says which."""
        self.ensure_one()
        keys = self.effect_request_id._effect_keys(self.env.context.get("effect_group"))
        orders = self.env["external.order"].search([("key", "in", keys)])
        return page_of(orders, _("What Would Change"))

    def _cured_orders(self):
        """The orders that the effect was seen to cure and that can be tried again now."""
        keys = self.effect_request_id._effect_keys("cured")
        domain = [("key", "in", keys), ("state", "in", FITTING["retry"])]
        return self.env["external.order"].search(domain)

    def _draft_configuration(self):
        """The sync's configuration with what the draft changes, and without the key, which is nobody's to carry around."""
        self.ensure_one()
        # A manager may not read the model of keys.
        configuration = self.sudo().draft_of_id._configuration()
        drafted = self.sudo()._configuration()
        for name in (*EDITED, *LISTS):
            key = SENT_AS.get(name, name)
            configuration[key] = drafted[key]
        return dict(configuration, api_key="", url="")


class ExternalOrderRequest(models.Model):
    """The question, and the page of its answer."""

    _inherit = "external.order.request"

    @api.model
    def _checked_effect(self, vals, asked):
        """A draft of the sync it is about that the user may see, as it is configured now."""
        draft = (
            self.env["external.order.sync"]
            .with_context(active_test=False)
            .search(
                [
                    ("id", "=", asked.get("draft")),
                    ("draft_of_id", "!=", False),
                    ("draft_of_id", "=", vals.get("sync_id")),
                ]
            )
        )
        if not draft:
            raise UserError(
                _("This draft is gone. Open What Would Change on the sync again.")
            )
        days = asked.get("days")
        days = days if isinstance(days, int) else 7
        return {
            "draft": draft._draft_configuration(),
            "days": max(1, min(MOST_DAYS, days)),
        }

    def _effect_keys(self, name):
        """The orders of one kind in what was found, by key."""
        found = self._found() if self.kind == "effect" else {}
        group = found.get(name)
        keys = group.get("keys") if isinstance(group, dict) else None
        return keys if isinstance(keys, list) else []

    @api.model
    def _effect(self, found):
        words = {
            "cured": ("✔", _("Would be booked"), "success"),
            "refused": ("⚠", _("Would no longer be booked"), "danger"),
            "differing": ("≠", _("Would be booked differently"), "body"),
            "still": ("○", _("Still not booked"), "body"),
        }
        groups = []
        for name in GROUPS:
            group = found.get(name) if isinstance(found.get(name), dict) else {}
            icon, word, colour = words[name]
            orders = [self._affected(row) for row in _rows(group, "orders")]
            count = group.get("count") or 0
            groups.append(
                {
                    "icon": icon,
                    "word": word,
                    "colour": colour if count else "muted",
                    "count": count,
                    "sums": self._sums(name, _rows(group, "sums")),
                    "orders": orders,
                    "open": "open" if 0 < count <= OPENED else None,
                    "more": _("And %s more.", count - len(orders))
                    if count > len(orders)
                    else "",
                }
            )
        return {"groups": groups, "notes": self._effect_notes(found)}

    @api.model
    def _affected(self, row):
        return {
            "id": str(row.get("id") or ""),
            "was": figure_text(self.env, row.get("was")),
            "now": figure_text(self.env, row.get("now")),
            "currency": str(row.get("currency") or ""),
            "differences": self._said_lines(row, "differences"),
            "message": self._said_in(row, "message"),
            "fix": self._said_in(row, "fix"),
        }

    @api.model
    def _sums(self, name, rows):
        """The sums of a group; of orders booked differently, by how much."""
        sign = "+" if name == "differing" else ""
        shown = []
        for row in rows:
            figures = {}
            for part in ("total", "tax"):
                text = str(row.get(part) or "0")
                figure = figure_text(self.env, text)
                figures[part] = figure if text.startswith("-") else sign + figure
            currency = str(row.get("currency") or "")
            total = left_to_right(self.env, "%s %s" % (figures["total"], currency))
            tax = left_to_right(self.env, "%s %s" % (figures["tax"], currency))
            if name == "differing":
                shown.append(_("total %(total)s, tax %(tax)s", total=total, tax=tax))
            else:
                shown.append(total)
        return ", ".join(shown)

    @api.model
    def _effect_notes(self, found):
        notes = [
            _(
                "Looked at: %(open)s open orders, and %(booked)s booked from %(from)s to %(to)s. Nothing was written.",
                **{
                    "open": found.get("open") or 0,
                    "booked": found.get("booked") or 0,
                    "from": found.get("from") or "",
                    "to": found.get("to") or "",
                },
            )
        ]
        if found.get("forgotten"):
            notes.append(
                _(
                    "%s orders could not be planned: their content is no longer kept.",
                    found["forgotten"],
                )
            )
        if found.get("beyond"):
            notes.append(
                _("%s older orders were too many to look at.", found["beyond"])
            )
        return notes
