import hashlib

from odoo import _, api, fields, models
from odoo.exceptions import UserError

# Held by the one transaction that gives numbers, so that a higher one is never seen before a lower one.
LOCK = 0x65787464
# Decisions read at once; the service asks for the next ones until there are none.
PAGE = 200


class ExternalOrderService(models.Model):
    """The part of the exchange about decisions: the service tells its own, and reads back all it does not know."""

    _inherit = "external.order.service"

    @api.model
    def exchange(self, message):
        answer = super().exchange(message)
        asked = isinstance(message, dict) and message.get("decisions")
        if asked and not answer["too_old"]:
            answer["decisions"] = self.env["external.order"].sudo()._exchange(asked)
        return answer


class ExternalOrder(models.Model):
    """Decisions, each with a number that says which of two is the later one. The newest by this server's time
    stands; whoever told an older one reads back what stands instead."""

    _inherit = "external.order"

    @api.model
    def _exchange(self, asked):
        since = int(asked.get("since") or 0)
        told = asked.get("told") or []
        if told:
            self._take(told)
        digest = asked.get("digest") or ""
        return {
            # What this transaction sees may be older than the numbers it gave: they are read with the next call.
            "rows": [] if told else [order._row() for order in self._after(since)],
            "through": self.search(
                # Most orders have no number, and would come first.
                [("decision_number", ">", 0)],
                order="decision_number desc",
                limit=1,
            ).decision_number,
            "same": not digest or digest == self._digest(),
        }

    @api.model
    def _after(self, number):
        return self.search(
            [("decision_number", ">", number)], order="decision_number", limit=PAGE
        )

    def _row(self):
        self.ensure_one()
        return {
            "key": self.key,
            "decision": self.decision,
            "reason": self.decision_reason or "",
            "by": self.decision_by or "",
            "at": fields.Datetime.to_string(self.decision_date),
            "number": self.decision_number,
        }

    @api.model
    def _digest(self):
        """A digest of all decisions, by which the service notices that the two sides differ."""
        orders = self.search([("decision_number", ">", 0)])
        lines = [
            "%s %s\n" % (order.key, order.decision) for order in orders.sorted("key")
        ]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @api.model
    def _take(self, rows):
        self.env.cr.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        known = {
            order.key: order
            for order in self.search([("key", "in", [row.get("key") for row in rows])])
        }
        for row in rows:
            vals = self._values(row)
            order = known.get(vals["key"])
            if not order:
                vals.update(self._identity(row), decision_number=self._next_number())
                known[vals["key"]] = self.create(vals)
            elif any(order[name] != value for name, value in vals.items()):
                if order.decision_date and order.decision_date > vals["decision_date"]:
                    # It stands; with a new number the service reads it back.
                    vals = {}
                order.write(dict(vals, decision_number=self._next_number()))

    @api.model
    def _values(self, row):
        key = str(row.get("key") or "")
        decision = row.get("decision")
        if not key or decision not in dict(self._fields["decision"].selection):
            raise UserError(
                _("exchange(): “%s” is not a decision about an order.", decision)
            )
        now = fields.Datetime.now()
        try:
            date = fields.Datetime.to_datetime(row.get("at") or False) or now
        except ValueError:
            raise UserError(
                _("exchange(): “%s” is not a date in UTC.", row.get("at"))
            ) from None
        return {
            "key": key,
            "decision": decision,
            "decision_reason": str(row.get("reason") or "") or False,
            "decision_by": str(row.get("by") or "") or False,
            "decision_date": min(date, now),
        }

    @api.model
    def _identity(self, row):
        syncs = self.env["external.order.sync"].with_context(active_test=False)
        sync = row.get("sync")
        if isinstance(sync, int):
            found = syncs.search([("id", "=", sync)])
        else:
            found = syncs.search(
                [("from_file", "=", True), ("name", "=", str(sync or ""))], limit=1
            )
        return {
            "external_id": str(row.get("order") or ""),
            "document": str(row.get("document") or ""),
            "sync_id": found.id,
        }

    @api.model
    def _next_number(self):
        self.env.cr.execute("SELECT nextval('external_order_decision_number_seq')")
        return self.env.cr.fetchone()[0]
