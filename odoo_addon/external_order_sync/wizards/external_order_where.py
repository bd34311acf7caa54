import json
from datetime import datetime

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..in_words import isolated, moment_text
from ..orm import flush

# More hits than this tell nobody which order is meant.
MOST_HITS = 20
# POS orders, each way by its index.
BOOKED = """
    SELECT id FROM pos_order WHERE external_order_id = %(text)s
     UNION
    SELECT id FROM pos_order WHERE lower(pos_reference) = lower(%(text)s)
     UNION
    SELECT id FROM pos_order WHERE lower(name) = lower(%(text)s)
     LIMIT %(most)s
"""


class ExternalOrderWhere(models.TransientModel):
    """One box for whatever number somebody has of an order, and one sentence that says where it is."""

    _name = "external.order.where"
    _description = "Where Is My Order?"
    _rec_name = "text"

    text = fields.Char(
        string="Number or phone",
        help="The order's number, a payment's, the POS reference, a fiscal number, or the customer's phone. "
        "Blanks, # and leading zeros do not matter.",
    )
    answer = fields.Text(compute="_compute_answer")
    order_ids = fields.Many2many(
        "external.order", compute="_compute_answer", string="Orders"
    )
    order_id = fields.Many2one("external.order", compute="_compute_answer")
    pos_order_id = fields.Many2one("pos.order", compute="_compute_answer")
    unknown = fields.Boolean(compute="_compute_answer")
    sync_id = fields.Many2one(
        "external.order.sync",
        string="Fetch it from",
        default=lambda self: self._asked_syncs()[:1],
        domain="[('active', '=', True)]",
    )

    @api.depends("text")
    def _compute_answer(self):
        for where in self:
            text = (where.text or "").strip()
            orders = where._hits(text) if text else where.order_ids.browse()
            booked = where._booked_hits(text) if text and not orders else False
            where.order_ids = orders
            where.order_id = orders if len(orders) == 1 else False
            where.pos_order_id = booked if booked and len(booked) == 1 else False
            where.unknown = bool(text) and not orders and not booked
            where.answer = where._say(text, orders, booked) if text else False

    def action_find(self):
        """The answer is on the page already; a button says that there is nothing more to do than press it."""
        return self._page()

    def action_open_order(self):
        return self.order_id._open(self.order_id or self.pos_order_id)

    def action_fetch(self):
        """Ask the service to fetch the order from its source."""
        text = (self.text or "").strip()
        if not text or not self.sync_id:
            raise UserError(_("Enter the order's number and choose whom to ask."))
        requests = self.env["external.order.request"]
        return requests.create(
            {
                "kind": "fetch",
                "sync_id": self.sync_id.id,
                "payload": json.dumps({"ids": [text.lstrip("#").strip()]}),
            }
        )._show()

    def _page(self):
        return {
            "type": "ir.actions.act_window",
            "name": _("Where is my order?"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.model
    def _asked_syncs(self):
        """The syncs that are running, the last asked first. (In SQL one that never was would come before.)"""
        syncs = self.env["external.order.sync"].search([("active", "=", True)])
        return syncs.sorted(
            lambda sync: sync.last_sync_date or datetime.min, reverse=True
        )

    @api.model
    def _hits(self, text):
        """The orders that have this number; where none has it, those whose numbers contain it."""
        orders = self.env["external.order"]
        exact = orders.search([("id", "in", orders._with_any_id(text))])
        return exact or orders.search(
            [("reference_text", "ilike", text)], limit=MOST_HITS
        )

    @api.model
    def _booked_hits(self, text):
        """POS orders of this number that the service has not reported: somebody entered them, or it is catching up."""
        orders = self.env["pos.order"]
        flush(orders)
        self.env.cr.execute(BOOKED, {"text": text, "most": MOST_HITS})
        ids = [row[0] for row in self.env.cr.fetchall()]
        return orders.search([("id", "in", ids)])

    def _say(self, text, orders, booked):
        if len(orders) == 1:
            # The whole of what was typed need not be what the order is called.
            about = [orders.kind_text, orders.shop_id.name or orders.sync_id.name]
            answer = "%s (%s): %s" % (
                isolated(self.env, orders.external_id or orders.key),
                ", ".join(filter(None, about)),
                orders.sentence,
            )
            if orders.attention:
                answer += "\n" + _("What to do: %s", orders.what_to_do)
            return answer
        if orders:
            return _("%s orders fit. Which one is it?", len(orders))
        if booked and len(booked) == 1:
            return _(
                "It is booked as %(name)s in %(session)s on %(when)s; the service has not reported it.",
                name=booked.name,
                session=booked.session_id.name,
                when=moment_text(self, booked.date_order),
            )
        if booked:
            return _("%s POS orders fit: see Point of Sale → Orders.", len(booked))
        return self._never_shown(text)

    def _never_shown(self, text):
        syncs = self._asked_syncs()
        if not syncs:
            return _("No order “%s” is known, and no sync is active.", text)
        asked = [
            _(
                "%(sync)s was last asked at %(when)s",
                sync=sync.name,
                when=moment_text(self, sync.last_sync_date),
            )
            if sync.last_sync_date
            else _("%s was not asked yet", sync.name)
            for sync in syncs
        ]
        return _(
            "No source has shown an order “%(text)s”: %(asked)s.",
            text=text,
            asked="; ".join(asked),
        )
