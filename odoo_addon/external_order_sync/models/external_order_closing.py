from odoo import api, fields, models
from odoo.tools import float_is_zero

# What keeps entries out of a period; not every series has every one.
LOCKS = (
    "fiscalyear_lock_date",
    "tax_lock_date",
    "sale_lock_date",
    "hard_lock_date",
    "period_lock_date",
)


class ExternalOrderService(models.Model):
    """What became of a session in accounting: figures that a Point of Sale user may not read.

    Only the service's user may ask, about sessions of its own companies. Plain values, never
    None: an absent text is empty.
    """

    _inherit = "external.order.service"

    @api.model
    def closing_entry(self, session_ids):
        """What accounting and stock hold of these sessions, one mapping each.

        * ``session``, ``found``, ``state``: the session; nothing more of one that is not found
        * ``entry``, ``posted``, ``date``: the closing entry; it has none without a sale
        * ``balanced``: its debit equals its credit
        * ``difference``: what it holds beyond the payments; ``differences``: the lines of it
        * ``cash_difference``: counted less expected
        * ``methods``: per payment method what was ``tendered`` and what is ``posted``
        * ``stock``: goods of which less or more was moved than sold
        """
        self._check_sidecar()
        here = self._with_all_companies()
        sessions = here.env["pos.session"].search(
            [("id", "in", [int(session) for session in session_ids])]
        )
        found = {session.id: session.sudo() for session in sessions}
        return [
            found[session]._external_closing()
            if session in found
            else {"session": session, "found": False}
            for session in session_ids
        ]

    @api.model
    def locked_through(self, company_id):
        """The newest date through which this company's books are locked; empty without one."""
        self._check_sidecar()
        company = self.env["res.company"].browse(int(company_id))
        if company not in self.env.user.company_ids:
            return ""
        company = company.sudo()
        dates = [
            company[name] for name in LOCKS if name in company._fields and company[name]
        ]
        return fields.Date.to_string(max(dates)) if dates else ""


class PosSession(models.Model):
    _inherit = "pos.session"

    def _external_closing(self):
        """See ``closing_entry``. Amounts are in the shop's currency."""
        self.ensure_one()
        entry = self.move_id
        receivable = entry.line_ids.filtered(_is_receivable)
        methods = self._external_methods(receivable)
        names = {"%s - %s" % (self.name, method["method"]) for method in methods}
        invoiced = self._external_orders().filtered("account_move")
        # The entry owes what was paid, less what the invoices own already. Whatever else
        # stands on a receivable account was put there to make the entry balance.
        owed = sum(method["tendered"] for method in methods) - sum(
            invoiced.mapped("amount_total")
        )
        difference = (
            sum(map(self._external_amount, receivable)) - owed if entry else 0.0
        )
        zero = self._external_is_zero(difference)
        return {
            "session": self.id,
            "found": True,
            "state": self.state or "",
            "name": self.name or "",
            "orders": len(self._external_orders()),
            "entry": entry.name or "",
            "posted": entry.state == "posted",
            "date": fields.Date.to_string(entry.date) if entry else "",
            "balanced": self.company_id.currency_id.is_zero(
                sum(entry.line_ids.mapped("balance"))
            ),
            "difference": 0.0 if zero else self.currency_id.round(difference),
            "differences": []
            if zero
            else [
                {
                    "account": line.account_id.display_name or "",
                    "label": line.name or "",
                    "amount": self._external_amount(line),
                }
                for line in receivable
                if line.name not in names
            ],
            "cash_difference": self._external_cash_difference(),
            "methods": methods,
            "stock": self._external_stock(),
        }

    def _external_orders(self):
        """The orders that count: drafts and cancelled ones do not."""
        return self.order_ids.filtered(
            lambda order: order.state not in ("draft", "cancel")
        )

    def _external_is_zero(self, amount):
        return float_is_zero(amount, precision_rounding=self.currency_id.rounding)

    def _external_amount(self, line):
        """The balance of a journal item in the session's currency."""
        foreign = self.currency_id != self.company_id.currency_id
        return (
            line.amount_currency
            if foreign and line.currency_id == self.currency_id
            else line.balance
        )

    def _external_cash_difference(self):
        if self.state != "closed" or not self.cash_register_difference:
            return 0.0
        return self.currency_id.round(self.cash_register_difference)

    def _external_methods(self, receivable):
        """Per method: the payments of the orders, and what the entry holds under its name.

        Odoo labels these items "<session> - <method>" on every series, untranslated. Methods
        of one name count together. ``drawer`` is what the cash journal says, where there is one.
        """
        methods = {}
        for payment in self._external_orders().mapped("payment_ids"):
            name = payment.payment_method_id.name or ""
            found = methods.setdefault(
                name, {"method": name, "tendered": 0.0, "posted": 0.0, "cash": False}
            )
            found["tendered"] += payment.amount
            found["cash"] = bool(payment.payment_method_id.is_cash_count)
        for name, found in methods.items():
            label = "%s - %s" % (self.name, name)
            lines = receivable.filtered(lambda line: line.name == label)  # noqa: B023
            found["posted"] = self.currency_id.round(
                sum(map(self._external_amount, lines))
            )
            found["tendered"] = self.currency_id.round(found["tendered"])
        return [methods[name] for name in sorted(methods)]

    def _external_stock(self):
        """Goods of which another quantity was moved than sold. Kits move their parts instead, so
        with goods moved that nobody sold nothing can be said."""
        sold, moved = {}, {}
        for line in self._external_orders().mapped("lines"):
            if line.product_id.type in ("consu", "product"):
                sold[line.product_id] = sold.get(line.product_id, 0.0) + line.qty
        pickings = self.env["stock.picking"].search(
            [
                "|",
                ("pos_session_id", "=", self.id),
                ("pos_order_id.session_id", "=", self.id),
            ]
        )
        for move in pickings.mapped(
            "move_lines" if "move_lines" in pickings._fields else "move_ids"
        ):
            if move.state != "done":
                continue
            done = (
                move.quantity_done if "quantity_done" in move._fields else move.quantity
            )
            back = move.location_dest_id.usage != "customer"
            moved[move.product_id] = moved.get(move.product_id, 0.0) + (
                -done if back else done
            )
        if set(moved) - set(sold):
            return []
        return [
            {
                "product": product.display_name or "",
                "sold": quantity,
                "moved": moved.get(product, 0.0),
            }
            for product, quantity in sold.items()
            if not float_is_zero(
                quantity - moved.get(product, 0.0),
                precision_rounding=product.uom_id.rounding,
            )
        ]


def _is_receivable(line):
    """Whether a journal item stands on a receivable account, of customers or of the Point of Sale."""
    account = line.account_id
    if "account_type" in account._fields:
        return account.account_type == "asset_receivable"
    return account.internal_type == "receivable"
