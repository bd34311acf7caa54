from datetime import datetime, time, timedelta

from psycopg2.extras import execute_values
from pytz import timezone, utc

from odoo import _, api, fields, models
from odoo.tools.misc import format_date

from ..in_words import moment_text
from ..orm import check_readable, flush
from ..silence import judge

# Orders that come later than this are not waited for.
LONGEST_DELAY = timedelta(hours=12)
# Each stretch by itself, so that each is read from the index.
COUNTS = """
    SELECT (SELECT count(*)
              FROM external_order o
             WHERE o.sync_id = %d AND o.sale_date > since AND o.sale_date <= until AND o.document = 'sale')
      FROM (VALUES %%s) AS stretch (place, since, until)
  ORDER BY place
"""
# How late orders come: three of four of the last ones were here by then.
DELAY = """
    SELECT percentile_cont(0.75) WITHIN GROUP (ORDER BY extract(epoch FROM fetched_date - sale_date))
      FROM (SELECT fetched_date, sale_date
              FROM external_order
             WHERE sync_id = %s AND sale_date IS NOT NULL
          ORDER BY sale_date DESC, id DESC
             LIMIT 200) late
     WHERE fetched_date > sale_date
"""
FIRST = (
    "SELECT min(sale_date) FROM external_order WHERE sync_id = %s AND document = 'sale'"
)
LAST = """
    SELECT sale_date FROM external_order
     WHERE sync_id = %s AND document = 'sale' AND sale_date <= %s
  ORDER BY sale_date DESC, id DESC
     LIMIT 1
"""


class ExternalOrderSync(models.Model):
    """The silence alarm: far fewer orders than usual at this time of this weekday. The rule stands in silence.py."""

    _inherit = "external.order.sync"

    silence_alarm = fields.Boolean(
        string="Tell When Orders Stay Away",
        default=True,
        tracking=True,
        help="The responsible user is told when far fewer orders come than usual at this time of this weekday. "
        "What is usual is learned from the last eight weeks.",
    )
    quiet_until = fields.Datetime(
        string="Closed Until",
        readonly=True,
        copy=False,
        help="Until then nobody expects orders: somebody said so, or it is a public holiday.",
    )
    silence_text = fields.Char(string="Orders Today", compute="_compute_silence_text")
    is_silent = fields.Boolean(compute="_compute_is_silent")

    @api.depends("alert_ids.code")
    def _compute_is_silent(self):
        for sync in self:
            sync.is_silent = "no_orders" in sync.alert_ids.mapped("code")

    @api.depends("silence_alarm", "quiet_until", "last_sync_date", "active", "paused")
    def _compute_silence_text(self):
        for sync in self:
            sync.silence_text = (
                sync._origin._silence()[1]
                if sync._origin and sync.silence_alarm and sync.active
                else False
            )

    def action_closed_today(self):
        """No orders are expected any more today, by the shop's clock."""
        # Whoever may not see a sync may not silence it.
        check_readable(self)
        for sync in self.sudo():
            zone = timezone(sync.timezone)
            today = utc.localize(fields.Datetime.now()).astimezone(zone).date()
            midnight = datetime.combine(today + timedelta(days=1), time.min)
            sync.quiet_until = (
                zone.localize(midnight).astimezone(utc).replace(tzinfo=None)
            )
            sync._message_log(
                body=_("%s: no more orders are expected today.", self.env.user.name)
            )
            sync._update_alerts(begin=False)
        return True

    def _incidents(self):
        incidents = super()._incidents()
        if incidents or not self.silence_alarm:
            return incidents
        # As orders come in a silence can end, not begin.
        if not (self.env.context.get("begin_alerts", True) or self.is_silent):
            return []
        judgement, text = self._silence()
        if judgement.state != "silent":
            return []
        fix = _(
            "See whether the shop sells: its system, its network, its registers. "
            "Is it closed? Press Closed Today on the page of the sync."
        )
        return [("no_orders", text, fix)]

    def _silence(self):
        """The judgement of now, and a sentence."""
        self.ensure_one()
        flush(self.env["external.order"])
        now = fields.Datetime.now()
        seen = self._seen_until(now)
        zone = timezone(self.timezone)
        self.env.cr.execute(FIRST, [self.id])
        first = self.env.cr.fetchone()[0]
        self.env.cr.execute(LAST, [self.id, seen])
        last = (self.env.cr.fetchone() or [None])[0]
        if not last:
            first = None
        closed = self._closed_until(now)
        if closed and closed > now:
            judgement = judge(seen, zone, first, last, self._counts, seen)
            # What is not known of usual days is not known of this one either.
            if judgement.state in ("usual", "silent"):
                judgement.state = "closed"
        else:
            judgement = judge(seen, zone, first, last, self._counts, closed)
        return judgement, self._silence_sentence(judgement, zone, seen, last)

    def _seen_until(self, now):
        """Up to when all orders should be here: the last look at the source, less what orders usually take."""
        self.env.cr.execute(DELAY, [self.id])
        delay = timedelta(seconds=int(self.env.cr.fetchone()[0] or 0))
        return min(now, self.last_sync_date or now) - min(delay, LONGEST_DELAY)

    def _counts(self, stretches):
        """How many sales there are in each stretch, in one statement."""
        rows = execute_values(
            self.env.cr._obj,
            COUNTS % self.id,
            [(place, *stretch) for place, stretch in enumerate(stretches)],
            page_size=len(stretches),
            fetch=True,
        )
        return [row[0] for row in rows]

    def _closed_until(self, now):
        """The end of the last time when nobody expected orders, past or to come; a false value if there was none."""
        leave = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search(
                [
                    ("resource_id", "=", False),
                    ("company_id", "in", [False, self.company_id.id]),
                    ("date_from", "<=", now),
                ],
                order="date_to desc",
                limit=1,
            )
        )
        ends = [end for end in (self.quiet_until, leave.date_to) if end]
        return max(ends, default=None)

    def _silence_sentence(self, judgement, zone, seen, last):
        if judgement.state == "learning":
            return _("Four weeks of orders are needed to know what is usual.")
        if judgement.state == "few":
            return _(
                "Too few orders to tell a silence: at least %s a day are needed.",
                round(judgement.needed) + 1,
            )
        here = utc.localize(seen).astimezone(zone)
        weekday = format_date(self.env, here.date(), date_format="EEEE")
        there = self.with_context(tz=self.timezone)
        if judgement.state == "silent":
            return _(
                "Usually %(usual)s orders come on a %(weekday)s between %(since)s and %(until)s; %(came)s came.",
                usual=round(judgement.missed),
                weekday=weekday,
                since=moment_text(there, judgement.since),
                until=moment_text(there, seen),
                came=judgement.here,
            )
        said = _(
            "Usually %(usual)s orders by %(until)s on a %(weekday)s; %(came)s came, the last at %(last)s.",
            usual=round(judgement.usual),
            until=moment_text(there, seen),
            weekday=weekday,
            came=judgement.came,
            last=moment_text(there, last),
        )
        if judgement.state == "closed":
            said = _("%s None are expected: closed today.", said)
        return said
