from odoo import _, api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import plaintext2html

from ..orm import flush

SUPPORT = "external_order_sync.group_support"
LONGEST = 160
# Causes told at once for one sync; the next ones follow as these are solved.
MOST = 20


class ExternalOrderAlert(models.Model):
    """One cause that keeps orders of a sync back, told once to the sync's responsible user.

    300 orders broken by one cause are one activity on the sync. It goes when the cause is gone; one that
    its user marks as done is not made again while the cause lasts.
    """

    _name = "external.order.alert"
    _description = "Cause That Keeps External Orders Back"
    _order = "id"
    _rec_name = "code"

    sync_id = fields.Many2one(
        "external.order.sync", required=True, ondelete="cascade", index=True
    )
    code = fields.Char(required=True)
    subject_kind = fields.Char()
    subject_value = fields.Char()
    count = fields.Integer()
    activity_id = fields.Many2one("mail.activity", ondelete="set null", index=True)

    def _summary(self, message, count=None):
        count = self.count if count is None else count
        text = (
            _("1 order needs you: %s", message)
            if count == 1
            else _(
                "%(count)s orders need you: %(message)s",
                count=count,
                message=message,
            )
        )
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

    def _open_activity(self):
        """The activity, unless it was marked as done: newer series archive it then, older ones delete it."""
        activities = self.env["mail.activity"].with_context(active_test=True)
        return activities.search([("id", "in", self.activity_id.ids)])


class ExternalOrderSync(models.Model):
    """Who is told when orders need somebody, and the telling."""

    _name = "external.order.sync"
    _inherit = ["external.order.sync", "mail.activity.mixin"]

    responsible_id = fields.Many2one(
        "res.users",
        default=lambda self: self._default_responsible(),
        copy=False,
        tracking=True,
        help="Gets an activity for each cause that keeps orders back. Empty: nobody does.",
    )
    alert_ids = fields.One2many("external.order.alert", "sync_id")

    @api.model
    def _default_responsible(self):
        user = self.env.user
        # At an upgrade it is Odoo itself, whom nobody can ask.
        return user if user.active and user.has_group(SUPPORT) else False

    @api.constrains("responsible_id")
    def _check_responsible(self):
        for sync in self:
            user = sync.responsible_id
            if user and not user.has_group(SUPPORT):
                raise ValidationError(
                    _(
                        "%s may not see external orders. Choose somebody of the group “External Orders: Support”, "
                        "or give that group to this user.",
                        user.name,
                    )
                )

    def _update_alerts(self, begin=True):
        """Bring the activities in line with the causes there are now; new ones only where ``begin`` is set."""
        for sync in self.sudo():
            if not begin and not sync.alert_ids:
                continue
            user = sync.responsible_id
            sync = sync.with_context(lang=user.lang, tz=user.tz) if user else sync
            sync = sync.with_context(begin_alerts=begin)
            causes = sync._causes() if sync.active else {}
            for alert in sync.alert_ids:
                cause = (alert.code, alert.subject_kind, alert.subject_value)
                found = causes.pop(cause, None)
                if not found:
                    alert.activity_id.exists().unlink()
                    alert.unlink()
                elif found[0] != alert.count:
                    sync._retell(alert, *found)
            if begin:
                sync._begin_alerts(causes)

    def _retell(self, alert, count, message, _fix):
        """There are more or fewer orders of a cause than were told."""
        alert.count = count
        alert._open_activity().summary = alert._summary(message)

    def _causes(self):
        """(how many orders, a message, a fix) by (code, subject kind, subject value), the commonest cause first."""
        self.ensure_one()
        flush(self.env["external.order"])
        self.env.cr.execute(
            """
            SELECT code, subject_kind, subject_value, count(*), max(id)
              FROM external_order
             WHERE attention AND sync_id = %s AND code IS NOT NULL
             GROUP BY code, subject_kind, subject_value
             ORDER BY count(*) DESC, code
            """,
            [self.id],
        )
        rows = self.env.cr.fetchall()
        # What is said of one of them is said of all, in the language of whoever is told.
        orders = self.env["external.order"].browse([row[-1] for row in rows])
        causes = {}
        for (code, kind, value, count, _last), order in zip(rows, orders):
            told = (count, order.message_text or code, order._fix_text())
            causes[code, kind or False, value or False] = told
        return causes

    def _told_user(self):
        """Who is told, if anybody."""
        user = self.responsible_id
        return user if user.active and user.has_group(SUPPORT) else user.browse()

    def _begin_alerts(self, causes):
        user = self._told_user()
        if not user:
            return
        room = max(0, MOST - len(self.alert_ids))
        for (code, kind, value), (count, message, fix) in list(causes.items())[:room]:
            alert = self.alert_ids.create(
                {
                    "sync_id": self.id,
                    "code": code,
                    "subject_kind": kind,
                    "subject_value": value,
                    "count": count,
                }
            )
            alert.activity_id = self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=alert._summary(message),
                note=plaintext2html(fix),
                user_id=user.id,
            )


class ExternalOrderService(models.Model):
    """When alerts are looked at: new causes by the watching job, their end and their count as orders are reported."""

    _inherit = "external.order.service"

    @api.model
    def _watch(self):
        result = super()._watch()
        syncs = self.env["external.order.sync"].sudo().with_context(active_test=False)
        syncs.search(
            ["|", ("active", "=", True), ("alert_ids", "!=", False)]
        )._update_alerts()
        return result

    @api.model
    def _take_orders(self, orders):
        taken = super()._take_orders(orders)
        told = (
            self.env["external.order.alert"]
            .sudo()
            .search([("sync_id", "!=", False)])
            .sync_id
        )
        if told:
            orders = self.env["external.order"].sudo().browse(taken)
            changed = told & orders.with_context(prefetch_fields=False).sync_id
            changed._update_alerts(begin=False)
        return taken
