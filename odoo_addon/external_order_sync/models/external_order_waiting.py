from odoo import _, api, fields, models
from odoo.tools import plaintext2html

WAITING_LONG = "waiting_long"
# More names than this are nobody's to read: the list has them all.
NAMED = 30


class ExternalOrder(models.Model):
    """Orders that are not complete: how long they wait, and whether somebody was told."""

    _inherit = "external.order"

    waiting_days = fields.Integer(
        string="Waits (days)",
        compute="_compute_waiting_days",
        help="Days since the sale of an order that is not complete or not paid.",
    )
    # Once for each order, whatever the service reports of it later.
    waiting_told = fields.Boolean(readonly=True)

    @api.depends("state", "sale_date", "fetched_date")
    def _compute_waiting_days(self):
        now = fields.Datetime.now()
        for order in self:
            since = order.sale_date or order.fetched_date
            waits = order.state == "waiting" and since
            order.waiting_days = max(0, (now - since).days) if waits else 0

    def _waiting_line(self):
        return _(
            "%(order)s: %(days)s days, status %(status)s",
            order=self.external_id or self.key,
            days=self.waiting_days,
            status=self.source_status or "?",
        )


class ExternalOrderSync(models.Model):
    """Orders that wait for too long are told together, and each of them once."""

    _inherit = "external.order.sync"

    def _waiting_long(self, told):
        return self.env["external.order"].search(
            [
                ("sync_id", "=", self.id),
                ("state", "=", "waiting"),
                ("code", "=", WAITING_LONG),
                ("waiting_told", "=", told),
            ],
            order="sale_date, id",
        )

    def _begin_alerts(self, causes):
        """Also for a cause that is told already: the orders that are new to it."""
        causes = {
            cause: found for cause, found in causes.items() if cause[0] != WAITING_LONG
        }
        result = super()._begin_alerts(causes)
        user = self._told_user()
        new = self._waiting_long(told=False)
        if user and new:
            self._tell_waiting(user, new)
        return result

    def _retell(self, alert, count, message, fix):
        if alert.code != WAITING_LONG:
            return super()._retell(alert, count, message, fix)
        alert.count = count
        activity = alert._open_activity()
        told = self._waiting_long(told=True)
        if activity and told:
            activity.write(self._waiting_words(alert, told))
        elif activity:
            activity.unlink()

    def _tell_waiting(self, user, new):
        """One activity lists them; while it is open, those that follow are added to it."""
        alert = self.alert_ids.filtered(lambda alert: alert.code == WAITING_LONG)[:1]
        alert = alert or alert.create({"sync_id": self.id, "code": WAITING_LONG})
        activity = alert._open_activity()
        told = self._waiting_long(told=True)
        alert.count = len(told | new)
        words = self._waiting_words(alert, told | new if activity else new)
        if activity:
            activity.write(words)
        else:
            alert.activity_id = self.activity_schedule(
                "mail.mail_activity_data_todo", user_id=user.id, **words
            )
        new.write({"waiting_told": True})

    def _waiting_words(self, alert, listed):
        """Summary and note of an activity about these orders."""
        listed = listed.sorted(
            lambda order: (order.sale_date or order.fetched_date, order.id)
        )
        lines = [order._waiting_line() for order in listed[:NAMED]]
        if len(listed) > NAMED:
            lines.append(_("… and %s more", len(listed) - NAMED))
        lines.append(
            _(
                "See Orders, filter “Waiting too long”. Complete them in the external system, book them as completed, "
                "or ignore them."
            )
        )
        why = _("not completed for more than %s days", self.waiting_days)
        return {
            "summary": alert._summary(why, len(listed)),
            "note": plaintext2html("\n".join(lines)),
        }
