from datetime import datetime, time, timedelta

from pytz import timezone, utc

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import config
from odoo.tools.misc import format_date, formatLang

from odoo.addons.base.models.res_partner import _tz_get

from ..orm import flush

SUPPORT = "external_order_sync.group_support"
TEMPLATE = "external_order_sync.external_order_digest_mail"
# No more lines of a kind are listed.
MOST = 15
# Days are checked again while tills that were offline deliver late.
CHECKED_DAYS = 7
BOOKED = """
    SELECT shop_id, currency_id, count(*), COALESCE(sum(total), 0)
      FROM external_order
     WHERE company_id = %s AND state = 'booked' AND booked_date >= %s AND booked_date < %s
  GROUP BY shop_id, currency_id
"""
OPEN = """
    SELECT state = 'waiting' AND NOT attention, code, count(*), max(id)
      FROM external_order
     WHERE company_id = %s AND (attention OR state = 'waiting')
  GROUP BY 1, 2
  ORDER BY count(*) DESC, code
"""


class ExternalOrderDigest(models.Model):
    """A mail in the morning about the day before, for one company. Nobody gets one until it is set up."""

    _name = "external.order.digest"
    _description = "External Order Digest"
    _order = "company_id"
    _rec_name = "company_id"

    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    user_ids = fields.Many2many(
        "res.users",
        string="Recipients",
        required=True,
        default=lambda self: self.env.user,
        help="They need an e-mail address and the right to see external orders.",
    )
    timezone = fields.Selection(
        _tz_get,
        string="Time Zone",
        required=True,
        default=lambda self: self.env.user.tz or "UTC",
        help="By its clock a day begins and ends.",
    )
    hour = fields.Integer(
        string="Sent at (hour)", default=7, help="0 to 23, by that clock."
    )
    last_day = fields.Date(string="Last Day Told", readonly=True, copy=False)
    no_server = fields.Boolean(compute="_compute_no_server")

    @api.constrains("company_id", "user_ids", "hour")
    def _check_digest(self):
        for digest in self:
            if not 0 <= digest.hour <= 23:
                raise ValidationError(_("The hour is a number from 0 to 23."))
            others = self.sudo().with_context(active_test=False)
            if others.search_count([("company_id", "=", digest.company_id.id)]) > 1:
                raise ValidationError(
                    _("There is a digest of %s already.", digest.company_id.name)
                )
            for user in digest.user_ids:
                if not digest._may_read(user):
                    raise ValidationError(
                        _("%s may not see the orders of this company.", user.name)
                    )

    def _may_read(self, user):
        """Whether somebody may see the orders that this tells of."""
        return user.has_group(SUPPORT) and self.company_id in user.company_ids

    @api.depends("active")
    def _compute_no_server(self):
        self.no_server = not self._has_server()

    @api.model
    def _has_server(self):
        """Whether mail can go out: by a server that is set up here, or in Odoo's own configuration."""
        servers = self.env["ir.mail_server"].sudo()
        return bool(
            servers.search_count([("active", "=", True)])
            or config["smtp_server"] not in (False, "", "localhost")
        )

    @api.model
    def _send_due(self):
        """Send each digest whose hour has come, once a day. What could not be sent in the morning goes later."""
        for digest in self.search([("active", "=", True)]):
            here = utc.localize(fields.Datetime.now()).astimezone(
                timezone(digest.timezone)
            )
            day = here.date() - timedelta(days=1)
            new = not digest.last_day or digest.last_day < day
            if new and here.hour >= digest.hour and self._has_server():
                digest._send(day)
                digest.last_day = day

    def action_send_now(self):
        """Send yesterday's digest to whoever asks, as a sample."""
        self.ensure_one()
        here = utc.localize(fields.Datetime.now()).astimezone(timezone(self.timezone))
        self._mail(self.env.user, here.date() - timedelta(days=1))
        return True

    def _send(self, day):
        for user in self.user_ids:
            if user.active and user.email and self._may_read(user):
                self._mail(user, day)

    def _mail(self, user, day):
        """Queue the mail, in the user's language."""
        # Read with all rights, for the company alone: every statement names it.
        digest = self.sudo().with_context(
            lang=user.lang, tz=self.timezone, allowed_company_ids=self.company_id.ids
        )
        return digest._queue(user, day)

    def _queue(self, user, day):
        subject = _(
            "%(company)s: external orders of %(day)s",
            company=self.company_id.name,
            day=format_date(self.env, day),
        )
        values = {"title": subject, "parts": self._parts(day), "link": self._link()}
        body = self.env["ir.qweb"]._render(TEMPLATE, values)
        return self.env["mail.mail"].create(
            {
                "subject": subject,
                "body_html": body.decode() if isinstance(body, bytes) else body,
                "email_to": user.email_formatted,
                "auto_delete": True,
            }
        )

    def _parts(self, day):
        """What is told: [(heading, lines, a sentence where there are none)]. Others may add to it."""
        flush(self.env["external.order"])
        waiting, needing = self._open_lines()
        return [
            (_("Booked"), self._booked_lines(day), _("Nothing was booked.")),
            (_("Needs You"), needing, _("Nothing needs anybody.")),
            (_("Waiting"), waiting, _("Nothing waits.")),
            (_("Completeness"), *self._day_lines(day)),
            (_("Alerts"), self._alert_lines(), _("There are none.")),
        ]

    def _booked_lines(self, day):
        zone = timezone(self.timezone)
        begin, end = (
            zone.localize(datetime.combine(date, time.min))
            .astimezone(utc)
            .replace(tzinfo=None)
            for date in (day, day + timedelta(days=1))
        )
        self.env.cr.execute(BOOKED, [self.company_id.id, begin, end])
        lines = []
        for shop, currency, count, total in self.env.cr.fetchall():
            currency = self.env["res.currency"].browse(currency)
            lines.append(
                _(
                    "%(shop)s: %(count)s orders, %(sum)s",
                    shop=self.env["pos.config"].browse(shop).name or _("No shop"),
                    count=count,
                    sum=formatLang(self.env, total, currency_obj=currency or None),
                )
            )
        return sorted(lines)

    def _open_lines(self):
        """What waits, and what needs somebody, by its cause."""
        self.env.cr.execute(OPEN, [self.company_id.id])
        lines = {True: [], False: []}
        rows = self.env.cr.fetchall()
        orders = self.env["external.order"].browse([row[-1] for row in rows])
        for (waits, code, count, _last), order in zip(rows, orders):
            said = order.message_text if count == 1 else order._reason_text()
            lines[waits].append("%s × %s" % (count, said or code or "?"))
        return lines[True][:MOST], lines[False][:MOST]

    def _day_lines(self, day):
        """The days, up to this one, on which source and Odoo differ, and a sentence where there are none."""
        days = self.env["external.order.day"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("day", "<=", day),
                ("day", ">", day - timedelta(days=CHECKED_DAYS)),
            ]
        )
        if not days:
            return [], _("No day was checked.")
        differing = days.filtered(lambda day: day.state != "green")
        return (
            [
                "%s · %s" % (format_date(self.env, day.day), day.name)
                for day in differing[:MOST]
            ],
            _("Every day that was checked is complete."),
        )

    def _alert_lines(self):
        alerts = self.env["external.order.alert"].search(
            [("sync_id.company_id", "=", self.company_id.id)], limit=MOST
        )
        return [
            "%s: %s" % (alert.sync_id.name, activity.summary)
            for alert in alerts
            for activity in alert._open_activity()
        ]

    def _link(self):
        action = self.env.ref("external_order_sync.external_order_action")
        return "%s/web#action=%s" % (self.get_base_url(), action.id)
