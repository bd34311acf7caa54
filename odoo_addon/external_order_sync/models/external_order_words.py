from odoo import _, api, fields, models
from odoo.tools.misc import formatLang

from ..in_words import moment_text

# The number of a refund that the service made, for a sale that was cancelled.
CANCELLED = "cancelled"


class ExternalOrder(models.Model):
    """An order in words: how it stands, why, and what is to be done."""

    _inherit = "external.order"

    state_text = fields.Char(string="Standing", compute="_compute_words")
    kind_text = fields.Char(string="Kind", compute="_compute_words")
    sentence = fields.Char(string="In One Sentence", compute="_compute_sentences")
    what_to_do = fields.Char(compute="_compute_sentences")
    likeness_text = fields.Char(compute="_compute_sentences")

    # What is said depends on the clock, too: it is computed whenever it is read.
    @api.depends(
        "state", "code", "warnings", "next_try_date", "decision", "pos_order_id"
    )
    def _compute_words(self):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for order in self:
            order.state_text = order._state_text(labels)
            order.kind_text = order._kind_text()

    # Apart, for lists do without them: they read the POS order and its session.
    @api.depends(
        "state",
        "code",
        "message_text",
        "fix_text",
        "warnings",
        "next_try_date",
        "decision",
        "pos_order_id",
        "looks_like_id",
    )
    def _compute_sentences(self):
        for order in self:
            order.sentence = order._sentence()
            order.what_to_do = order._fix_text() or order._nothing_to_do()
            order.likeness_text = order._likeness_text()

    def _state_text(self, labels):
        if self.state == "retrying" and self.next_try_date:
            return _("↻ Will retry at %s", moment_text(self, self.next_try_date))
        if self.state == "skipped" and self.reason:
            return _("– Left out by rule: %s", self._reason_text())
        if self.state == "ignored" and self.decision_by:
            return _("– Closed by %s", self.decision_by)
        if self.state == "waiting" and self.attention:
            return _("⚠ Waiting for long")
        if self.state == "booked" and not self.pos_order_id:
            return _("⚠ Booked, but gone from Odoo")
        if self.state == "booked" and self.warnings:
            return _("✔ Booked, with warnings")
        return labels.get(self.state) or _("○ Not reported yet")

    def _kind_text(self):
        kind, _colon, number = (self.document or "").partition(":")
        if kind == "sale":
            return _("Sale")
        if kind == "refund" and number == CANCELLED:
            return _("Refund of a cancelled sale")
        if kind == "refund":
            return _("Refund %s", number) if number else _("Refund")
        return _("Unreadable")

    def _sentence(self):
        """One sentence that answers where this order is."""
        if self.state == "booked":
            return self._booked_sentence()
        if self.state == "conflict":
            return _(
                "%(booked)s The source changed it afterwards: %(message)s",
                booked=self._booked_sentence(),
                message=self.message_text or "",
            )
        if self.state == "ignored":
            return self._closed_sentence()
        if self.state == "retrying":
            return _(
                "It could not be booked yet (attempt %(attempt)s) and is tried again at %(when)s: %(message)s",
                attempt=self.attempts,
                when=moment_text(self, self.next_try_date)
                if self.next_try_date
                else _("the next pass"),
                message=self.message_text or "",
            )
        return self._open_sentence()

    def _open_sentence(self):
        """The sentence of one that is not booked, and of which nobody decided anything."""
        why = self.message_text or self._reason_text()
        return {
            "waiting": _("It waits: %s", why),
            "refused": _("It needs you: %s", why),
            "skipped": _("It was left out by a rule: %s", why),
            "missing": _("It was not found: %s", why),
            "sending": _("It is being booked right now."),
            "ready": _("It is queued and is booked with the next pass."),
        }.get(self.state) or _("The service has not reported it yet.")

    def _booked_sentence(self):
        booked = self.sudo().pos_order_id
        if not booked:
            return _("It was booked, but its POS order is not in Odoo any more.")
        return _(
            "It is booked as %(name)s in %(session)s (%(when)s), %(amount)s.",
            name=booked.name or booked.pos_reference or booked.id,
            session=booked.session_id.name or "",
            when=moment_text(self, booked.date_order),
            amount=self._amount_text(booked.amount_total, booked.currency_id),
        )

    def _closed_sentence(self):
        if not self.decision_by:
            return _("It was closed and is not booked: %s", self.message_text or "")
        return _(
            "It was closed by %(name)s at %(when)s and is not booked: %(reason)s",
            name=self.decision_by,
            when=moment_text(self, self.decision_date),
            reason=self.decision_reason or "",
        )

    def _likeness_text(self):
        if not self.looks_like_id:
            return False
        return _(
            "It looks like a duplicate of %s: the same shop, lines, total and payments within five minutes.",
            self.looks_like_id.external_id,
        )

    def _nothing_to_do(self):
        if self.state == "booked" and (self.warnings or self.looks_like_id):
            return _("See whether it is right: a warning stands below.")
        return {
            "waiting": _(
                "Nothing. It is booked once the source shows it as completed and paid."
            ),
            "ready": _("Nothing. It is booked with the next pass."),
            "sending": _("Nothing. It is being booked."),
            "booked": _("Nothing."),
            "retrying": _("Nothing. It is tried again by itself."),
            "skipped": _(
                "Nothing, unless the rule is wrong: it is a setting of the sync."
            ),
            "ignored": _("Nothing."),
        }.get(self.state) or _("Nothing yet.")

    @api.model
    def _amount_text(self, amount, currency):
        return formatLang(self.env, amount, currency_obj=currency or None)
