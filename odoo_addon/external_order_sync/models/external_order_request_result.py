import json

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..in_words import figure_text, left_to_right
from ..orm import page_of
from ..side_by_side import number
from .external_order_setup import MODULE

# Kinds whose result is shown as more than a line, and the template that shows it.
TEMPLATES = {
    "test": MODULE + ".request_test",
    "preview": MODULE + ".request_preview",
    "effect": MODULE + ".request_effect",
}
CHECK_FIELDS = ("text", "fix")
ORDER_FIELDS = ("id", "total", "tax", "currency")
LINE_FIELDS = ("name", "product", "quantity", "price", "discount", "tax", "total")
FIGURES = {"quantity", "price", "discount", "tax", "total", "amount"}


class ExternalOrderRequest(models.Model):
    """What the service found, as a page for people: of a test its checks, of a preview its orders, of a draft its effect.

    Everything in it is data from outside. The templates escape all of it, and nothing is marked as safe.
    """

    _inherit = "external.order.request"

    result_html = fields.Html(
        string="Found", compute="_compute_result_html", sanitize=False
    )
    has_found = fields.Boolean(compute="_compute_has_found")

    @api.depends("kind", "state", "result", "message_text")
    @api.depends_context("lang", "tz")
    def _compute_result_html(self):
        for request in self:
            request.result_html = request._result_html()

    @api.depends("kind", "result")
    def _compute_has_found(self):
        for request in self:
            request.has_found = bool(request._found_keys())

    def _found_keys(self):
        """The orders that were fetched, by key: Odoo may hear of them a moment later."""
        keys = self._found().get("found") if self.kind == "fetch" else None
        return keys if isinstance(keys, list) else []

    def action_open_found(self):
        """Open what was fetched."""
        self.ensure_one()
        orders = self.env["external.order"].search([("key", "in", self._found_keys())])
        if not orders:
            raise UserError(
                _("The service has not shown it here yet. Try again in a moment.")
            )
        return page_of(orders, _("Fetched Orders"))

    def _result_html(self, **options):
        """The page, or False where there is nothing to show beside the message."""
        self.ensure_one()
        if self.kind not in TEMPLATES or self.state not in ("done", "failed"):
            return False
        kind, found = self.kind, self._found()
        if not found:
            # It ended with nothing but a sentence.
            level = "ok" if self.state == "done" else "problem"
            kind, found = (
                "test",
                {"checks": [{"level": level, "text": self.message_text}]},
            )
        shown = {"test": self._checks, "preview": self._orders, "effect": self._effect}
        values = shown[kind](found)
        html = self.env["ir.qweb"]._render(
            TEMPLATES[kind], dict({"title": False}, **values, **options)
        )
        return html.decode() if isinstance(html, bytes) else html

    def _found(self):
        try:
            found = json.loads(self.result or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @api.model
    def _checks(self, found):
        words = {
            "ok": ("✔", _("OK"), "success"),
            "note": ("•", _("Note"), "body"),
            "warning": ("⚠", _("Warning"), "body"),
            "problem": ("✖", _("Problem"), "danger"),
        }
        checks = []
        for row in _rows(found, "checks"):
            icon, word, colour = words.get(row.get("level"), words["note"])
            check = {name: self._said_in(row, name) for name in CHECK_FIELDS}
            check.update(icon=icon, word=word, colour=colour)
            checks.append(check)
        return {"checks": checks}

    @api.model
    def _orders(self, found):
        orders = [self._previewed(row) for row in _rows(found, "orders")]
        return {
            "orders": orders,
            "summary": self._summary(orders),
            "note": self._said_in(found, "note"),
        }

    @api.model
    def _previewed(self, row):
        standings = {
            "ready": ("✔", _("Would be booked"), "success"),
            "booked": ("✔", _("Already booked"), "success"),
            "refused": ("⚠", _("Needs you"), "danger"),
            "waiting": ("○", _("Waits"), "body"),
            "skipped": ("–", _("Left out by rule"), "body"),
            "ignored": ("–", _("Closed"), "body"),
        }
        state = str(row.get("state") or "")
        icon, word, colour = standings.get(state, ("○", state, "body"))
        order = _texts(row, ORDER_FIELDS)
        order.update(
            state=state,
            icon=icon,
            word=word,
            colour=colour,
            lines=[
                self._shown(_texts(line, LINE_FIELDS)) for line in _rows(row, "lines")
            ],
            payments=[
                self._shown(_texts(payment, ("method", "amount")))
                for payment in _rows(row, "payments")
            ],
            shown=self._shown({name: order[name] for name in ("tax", "total")}),
            message=self._said_in(row, "message"),
            fix=self._said_in(row, "fix"),
            warnings=self._said_lines(row, "warnings"),
        )
        return order

    @api.model
    def _shown(self, row):
        """A row with its figures as its reader writes them."""
        return {
            name: figure_text(self.env, value) if name in FIGURES else value
            for name, value in row.items()
        }

    @api.model
    def _summary(self, orders):
        """“18 of 20 orders would be booked. Together: 1234.50 USD”"""
        if not orders:
            return _("There is no order to show.")
        ready = [order for order in orders if order["state"] == "ready"]
        text = _(
            "%(ready)s of %(all)s orders would be booked.",
            ready=len(ready),
            all=len(orders),
        )
        sums = {}
        for order in ready:
            total = number(order["total"])
            if total is None:
                return text
            currency = order["currency"]
            sums[currency] = sums.get(currency, 0) + total
        if not sums:
            return text
        together = ", ".join(
            left_to_right(self.env, "%s %s" % (figure_text(self.env, total), currency))
            for currency, total in sorted(sums.items())
        )
        return "%s %s" % (text, _("Together: %s", together))


def _rows(found, name):
    """The mappings of a list; whatever else stands in it is left out."""
    rows = found.get(name)
    return (
        [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    )


def _texts(row, names):
    return {name: "" if row.get(name) is None else str(row[name]) for name in names}
