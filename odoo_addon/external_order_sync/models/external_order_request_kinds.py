import json

from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..orm import page_of
from .external_order_request import OPEN_STATES

MANAGER = "external_order_sync.group_manager"
# About orders, with the states of an order in which it can be asked.
FITTING = {
    "retry": ("refused", "retrying"),
    "ignore": ("waiting", "ready", "refused", "retrying", "missing"),
    "complete": ("waiting",),
    "reopen": ("ignored",),
    "rebook": ("missing",),
}
# Decisions, and what leads to them: the manager's.
MANAGER_KINDS = ("ignore", "complete", "reopen", "rebook", "effect")
# What a person writes into a request; all else is the addon's or the service's.
ASKED_FIELDS = {"sync_id", "kind", "order_ids", "payload"}
# What is asked by these has more to it than orders.
WITH_PAYLOAD = ("ignore", "fetch", "preview", "reconcile", "effect")
MOST_IDS = 200
PREVIEWED = 20


class ExternalOrderRequest(models.Model):
    """What may be asked of the service, by whom and about what."""

    _inherit = "external.order.request"

    kind = fields.Selection(
        [
            ("sync", "Sync Now"),
            ("test", "Test connection"),
            ("preview", "Preview"),
            ("retry", "Retry"),
            ("ignore", "Ignore"),
            ("complete", "Book as completed"),
            ("reopen", "Reopen"),
            ("fetch", "Fetch order"),
            ("rebook", "Book again"),
            ("reconcile", "Check completeness"),
            ("effect", "Effect of changes"),
        ],
        required=True,
        readonly=True,
        string="Request",
    )
    payload = fields.Text(
        readonly=True, help="What was asked, beside the orders it is about."
    )
    order_ids = fields.Many2many(
        "external.order",
        "external_order_request_order_rel",
        "request_id",
        "order_id",
        string="Orders",
        readonly=True,
    )
    order_count = fields.Integer(
        string="Orders Asked About", compute="_compute_order_count"
    )

    @api.depends("order_ids")
    def _compute_order_count(self):
        for request in self:
            request.order_count = len(request.order_ids)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not self.env.su:
                self._check_may_ask(vals)
            if "payload" in vals or vals.get("kind") in WITH_PAYLOAD:
                vals["payload"] = self._checked_payload(vals)
        requests = super().create(vals_list)
        requests._check_subject()
        return requests

    @api.model
    def _check_may_ask(self, vals):
        if set(vals) - ASKED_FIELDS:
            raise AccessError(
                _(
                    "A request is asked with its kind, its sync and its orders; the rest is the service's."
                )
            )
        if vals.get("kind") in MANAGER_KINDS and not self.env.user.has_group(MANAGER):
            raise AccessError(
                _(
                    "Only a manager of external orders may ask this (group “External Orders: Manager”)."
                )
            )

    @api.model
    def _checked_payload(self, vals):
        """The payload as it is kept: what its kind knows, checked."""
        try:
            asked = json.loads(vals.get("payload") or "{}")
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            raise ValidationError(_("The payload of a request is a JSON object."))
        kind = vals.get("kind")
        if kind == "ignore":
            kept = {"reason": _text(asked.get("reason"))}
            if not kept["reason"]:
                raise UserError(_("Say why this is not to be booked."))
        elif kind == "fetch":
            kept = self._checked_fetch(asked)
        elif kind == "reconcile":
            kept = self._checked_days(asked)
        elif kind == "effect":
            kept = self._checked_effect(vals, asked)
        elif kind == "preview":
            limit = asked.get("limit")
            kept = {"limit": limit if isinstance(limit, int) else PREVIEWED}
        else:
            kept = {}
        return json.dumps(kept, sort_keys=True) if kept else False

    @api.model
    def _checked_fetch(self, asked):
        ids = [_text(number) for number in asked.get("ids") or []]
        ids = list(dict.fromkeys(number for number in ids if number))
        if len(ids) > MOST_IDS:
            raise UserError(
                _(
                    "Ask for at most %s orders at once, or for a range of dates.",
                    MOST_IDS,
                )
            )
        if ids:
            return {"ids": ids}
        days = self._checked_days(asked)
        if not days["from"]:
            raise UserError(_("Say which orders: their ids, or from which day on."))
        days["to"] = days["to"] or str(fields.Date.context_today(self))
        if days["to"] < days["from"]:
            raise UserError(_("The last day is before the first one."))
        return days

    @api.model
    def _checked_days(self, asked):
        """A first and a last day, each empty where it is not said."""
        try:
            first = fields.Date.to_date(asked.get("from") or False)
            last = fields.Date.to_date(asked.get("to") or False)
        except ValueError:
            raise UserError(
                _("A date is written as year-month-day, as in 2026-11-01.")
            ) from None
        if first and last and last < first:
            raise UserError(_("The last day is before the first one."))
        return {"from": str(first or ""), "to": str(last or "")}

    def _check_subject(self):
        """Whom and what each request is about: its sync, or orders of one company that the user sees."""
        for request in self:
            if request.kind not in FITTING:
                if not request.sync_id:
                    raise ValidationError(_("This request needs its sync."))
                continue
            orders = request.sudo().order_ids
            if not orders:
                raise UserError(_("Say which orders this is about."))
            if len({order.company_id for order in orders}) > 1:
                raise ValidationError(
                    _("A request is about the orders of one company.")
                )
            if not self.env.su:
                seen = self.env["external.order"].search_count(
                    [("id", "in", orders.ids)]
                )
                if seen != len(orders):
                    raise AccessError(
                        _("Some of these orders belong to a company that is not yours.")
                    )

    def _asked_payload(self):
        self.ensure_one()
        payload = json.loads(self.payload or "{}")
        if self.kind in FITTING:
            payload["keys"] = self.order_ids.mapped("key")
        return payload

    @api.model
    def _ask_about(self, kind, orders, **payload):
        """Ask this about orders: one request a company, none for those about which it is asked already.

        Returns all requests that the orders are in."""
        open_requests = self._open_about(orders, kind)
        requests = open_requests
        by_company = {}
        for order in orders - open_requests.order_ids:
            by_company.setdefault(order.company_id, orders.browse())
            by_company[order.company_id] |= order
        for asked in by_company.values():
            sync = asked.sync_id
            requests |= self.create(
                {
                    "kind": kind,
                    "sync_id": sync.id if len(sync) == 1 else False,
                    "order_ids": [(6, 0, asked.ids)],
                    "payload": json.dumps(payload),
                }
            )
        return requests

    def _show(self):
        """Open these requests, one on its own page, which follows by itself."""
        name = self._kind_text() if len(self) == 1 else _("Requests")
        return page_of(self, name, target="current")

    @api.model
    def _kinds(self, kinds):
        """These kinds with their labels."""
        selection = self._fields["kind"]._description_selection(self.env)
        return [(kind, label) for kind, label in selection if kind in kinds]

    @api.model
    def _open_about(self, orders, kind=None):
        """The requests about one of these orders that have not ended, of one kind or of all."""
        domain = [("order_ids", "in", orders.ids), ("state", "in", OPEN_STATES)]
        if kind:
            domain.append(("kind", "=", kind))
        return self.search(domain)


def _text(value):
    """What a person or a page gave as one text, without blanks around it."""
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return str(value).strip()
    return ""
