import json
from itertools import zip_longest

from odoo import _, api, fields, models

from ..in_words import figure_text, left_to_right
from ..side_by_side import Row, amount_of, differ, note, number, plain, table

# Of what Odoo keeps as a double, the digits that mean something.
QUANTITY_DIGITS = 4
PRICE_DIGITS = 6


class ExternalOrder(models.Model):
    """What the source sent beside what Odoo booked, in words, with the differences marked.

    The side of Odoo is read from the POS order whenever the page is opened: figures only, for somebody
    who may see the order but not all that it points to.
    """

    _inherit = "external.order"

    comparison = fields.Html(compute="_compute_comparison", sanitize=False)

    @api.depends("sent", "newer", "pos_order_id")
    def _compute_comparison(self):
        for order in self:
            sides = order._sides()
            rows = order._comparison_rows([content for _title, content in sides])
            titles = [title for title, _content in sides]
            parts = [table(titles, rows, _("≠ differs"))] if rows else []
            if order.fetched_date and not (order.raw or order.sent):
                parts.append(
                    note(
                        _(
                            "What the source sent is not kept any more (Alerts & Retention)."
                        )
                    )
                )
            elif not rows:
                parts.append(
                    note(_("Nothing of it can be read. What came is in Raw Payload."))
                )
            order.comparison = "".join(parts)

    def _sides(self):
        """The contents there are, each with its title: as sent, as sent later, as booked."""
        sent, newer = (json.loads(text or "{}") for text in (self.sent, self.newer))
        sides = []
        if sent:
            sides.append((newer and _("Sent first") or _("Sent by the source"), sent))
        if newer:
            sides.append((_("Sent since"), newer))
        if self.pos_order_id:
            with_tax = (sent or newer).get("prices") != "tax_excluded"
            sides.append((_("Booked in Odoo"), self._booked_content(with_tax)))
        return sides

    def _booked_content(self, with_tax):
        """The POS order in the shape of what a source sends, its lines with or without tax as the source has them."""
        booked = self.sudo().pos_order_id
        subtotal = "price_subtotal_incl" if with_tax else "price_subtotal"
        payments = booked.payment_ids.sorted("id")
        change = payments.filtered("is_change")
        decimals = booked.currency_id.decimal_places

        def figure(value, digits=decimals):
            return "%.*f" % (digits, value)

        return {
            "lines": [
                {
                    "name": line.product_id.display_name,
                    "quantity": figure(line.qty, QUANTITY_DIGITS),
                    "price": figure(line.price_unit, PRICE_DIGITS),
                    "discount": figure(
                        line.qty * line.price_unit * (line.discount or 0) / 100
                    ),
                    "total": figure(line[subtotal]),
                }
                for line in booked.lines.sorted("id")
            ],
            "subtotal": figure(booked.amount_total - booked.amount_tax),
            "tax": figure(booked.amount_tax),
            "total": figure(booked.amount_total),
            "payments": [
                {
                    "name": payment.payment_method_id.name,
                    "card": payment.card_type or "",
                    "reference": payment.transaction_id or "",
                    "amount": figure(payment.amount),
                }
                for payment in payments - change
            ],
            "change": figure(-sum(change.mapped("amount"))) if change else "",
            "customer": booked.partner_id.name or "",
        }

    def _comparison_rows(self, contents):
        if not contents:
            return []
        refund = (self.document or "").startswith("refund")
        rows = [
            self._line_row(place, lines, contents, refund)
            for place, lines in enumerate(
                zip_longest(*[content.get("lines") or [] for content in contents]), 1
            )
        ]
        rows += [
            Row(
                _("Charge"),
                [
                    self._named(charge, charge and self._money(charge.get("amount")))
                    for charge in charges
                ],
                False,
            )
            for charges in zip_longest(
                *[content.get("charges") or [] for content in contents]
            )
        ]
        for name, label in (
            ("discount", _("Discount")),
            ("subtotal", _("Before tax")),
            ("tax", _("Tax")),
            ("total", _("Total")),
        ):
            texts = [content.get(name) or "" for content in contents]
            # A source may state them before or after its discount.
            compared = name in ("tax", "total") and differ(texts, refund)
            rows.append(Row(label, [self._money(text) for text in texts], compared))
        rows += [
            Row(
                _("Payment %s", place),
                [self._payment_text(payment) for payment in payments],
                None in payments
                or differ([payment.get("amount") for payment in payments], refund),
            )
            for place, payments in enumerate(
                zip_longest(*[content.get("payments") or [] for content in contents]), 1
            )
        ]
        for name, label in (
            ("change", _("Change")),
            ("customer", _("Customer")),
            ("status", _("Status at the source")),
        ):
            texts = [str(content.get(name) or "") for content in contents]
            rows.append(
                Row(
                    label,
                    list(map(self._money, texts)) if name == "change" else texts,
                    False,
                )
            )
        return [row for row in rows if any(row.texts)]

    def _line_row(self, place, lines, contents, refund):
        """A line of each content: quantities are compared, amounts only where no discount is spread over them."""
        quantities = [(line or {}).get("quantity") for line in lines]
        amounts = [amount_of(line or {}) for line in lines]
        spread = any(
            number(content.get("discount")) or content.get("charges")
            for content in contents
        )
        # The booking has more lines than were sent where there are charges, tips or a rounding.
        sent = lines[:-1] if self.pos_order_id else lines
        extra = bool(sent) and not any(sent)
        differs = not extra and (
            None in lines
            or differ(quantities, refund)
            or (not spread and differ(amounts, refund))
        )
        label = _("Further line") if extra else _("Line %s", place)
        return Row(label, [self._line_text(line) for line in lines], differs)

    def _line_text(self, line):
        """Such as “Car Wash: 2 × 40.00 − 4.00 = 76.00”."""
        if not line:
            return ""
        text = "%s × %s" % (
            figure_text(self.env, plain(line.get("quantity"))) or "1",
            self._money(line.get("price")),
        )
        if number(line.get("discount")):
            text += " − %s" % self._money(line["discount"])
        if number(line.get("tax")):
            text = _("%(text)s, tax %(tax)s", text=text, tax=self._money(line["tax"]))
        amount = amount_of(line)
        if amount is not None:
            text += " = %s" % self._money(amount)
        return self._named(line, left_to_right(self.env, text))

    def _payment_text(self, payment):
        if not payment:
            return ""
        parts = [payment.get("card"), payment.get("reference")]
        parts = [part for part in parts if part and part != payment.get("name")]
        text = self._named(payment, self._money(payment.get("amount")))
        return "%s (%s)" % (text, ", ".join(parts)) if parts else text

    @api.model
    def _named(self, part, text):
        if not part:
            return ""
        name = (part.get("name") or part.get("code") or "").strip()
        return "%s: %s" % (name, text) if name else str(text or "")

    def _money(self, amount):
        # Without a currency, two; a currency may have none.
        places = self.currency_id.decimal_places if self.currency_id else 2
        return figure_text(self.env, plain(amount), places)
