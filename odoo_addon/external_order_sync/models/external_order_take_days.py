import json

from odoo import _, api, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from ..orm import flush, forget
from ..reported import EXPLAINED, Unkeepable, day_row, difference_rows

# More than these in one call would hold a worker, and its locks, for too long.
MOST_DAYS = 100
MOST_DIFFERENCES = 2000
# Days before this are history: nobody is called for them.
ALERT_DAYS = 30

# One statement for all, as for orders. A day of a company that is not the caller's is left alone.
TAKE_DAYS = """
    INSERT INTO external_order_day AS kept (
                sync_id, shop_id, company_id, currency_id, day, state, checked_date,
                source_count, odoo_count, difference_count, left_out_count,
                source_sum, odoo_sum, difference_sum, unchecked, said,
                create_uid, create_date, write_uid, write_date)
         SELECT sync.id, shop.id, company.id, COALESCE(currency.id, company.currency_id), r.day, r.state, r.checked_date,
                r.source_count, r.odoo_count, r.source_count - r.odoo_count, r.left_out_count,
                r.source_sum, r.odoo_sum, r.source_sum - r.odoo_sum, r.unchecked, r.said,
                %(user)s, now() AT TIME ZONE 'UTC', %(user)s, now() AT TIME ZONE 'UTC'
           FROM json_to_recordset(%(rows)s) AS r (
                sync integer, shop integer, currency text, day date, state text, checked_date timestamp,
                source_count integer, odoo_count integer, left_out_count integer,
                source_sum numeric, odoo_sum numeric, unchecked text, said text)
           JOIN external_order_sync sync ON sync.id = r.sync
      LEFT JOIN pos_config shop ON shop.id = r.shop
           JOIN res_company company ON company.id = COALESCE(shop.company_id, sync.company_id)
      LEFT JOIN res_currency currency ON currency.name = r.currency
          WHERE company.id = ANY(%(companies)s) AND (r.shop IS NULL OR shop.id IS NOT NULL)
       ORDER BY sync.id, COALESCE(shop.id, 0), r.day
    ON CONFLICT (sync_id, COALESCE(shop_id, 0), day) DO UPDATE
            SET company_id = excluded.company_id, currency_id = excluded.currency_id,
                state = excluded.state, checked_date = excluded.checked_date,
                source_count = excluded.source_count, odoo_count = excluded.odoo_count,
                difference_count = excluded.difference_count, left_out_count = excluded.left_out_count,
                source_sum = excluded.source_sum, odoo_sum = excluded.odoo_sum,
                difference_sum = excluded.difference_sum, unchecked = excluded.unchecked, said = excluded.said,
                write_uid = excluded.write_uid, write_date = excluded.write_date
          WHERE kept.company_id = ANY(%(companies)s)
      RETURNING id
"""
FORGET_DIFFERENCES = (
    "DELETE FROM external_order_difference WHERE day_id = ANY(%(days)s)"
)
TAKE_DIFFERENCES = """
    INSERT INTO external_order_difference (
                day_id, company_id, currency_id, kind, key, external_id, order_id, pos_order_id,
                source_total, odoo_total, message, fix, said)
         SELECT kept.id, kept.company_id, kept.currency_id, r.kind, r.key, r.external_id, o.id, booked.id,
                r.source_total, r.odoo_total, r.message, r.fix, r.said
           FROM json_to_recordset(%(rows)s) AS r (
                sync integer, shop integer, day date, number integer, kind text, key text, external_id text,
                pos_order integer, source_total numeric, odoo_total numeric, message text, fix text, said text)
           JOIN external_order_day kept ON kept.sync_id = r.sync AND kept.day = r.day
                AND COALESCE(kept.shop_id, 0) = COALESCE(r.shop, 0) AND kept.id = ANY(%(days)s)
      LEFT JOIN external_order o ON o.key = r.key AND o.company_id = kept.company_id
      LEFT JOIN pos_order booked ON booked.id = r.pos_order AND booked.company_id = kept.company_id
       ORDER BY r.number
"""


class ExternalOrderService(models.Model):
    """The service reports how complete the days are."""

    _inherit = "external.order.service"

    @api.model
    def take_days(self, message):
        """Keep these days, each by sync, shop and date, with what differs. The same message again changes nothing.

        ``taken`` is how many are kept now; one of a company that the caller is not allowed in is not.
        """
        too_old = self._begin("take_days", message)
        if too_old:
            return {"too_old": too_old, "taken": 0}
        days = message.get("days") or []
        differences = sum(len(day.get("differences") or []) for day in days)
        if len(days) > MOST_DAYS or differences > MOST_DIFFERENCES:
            raise UserError(
                _(
                    "take_days() takes at most %(days)s days and %(differences)s differences in one call.",
                    days=MOST_DAYS,
                    differences=MOST_DIFFERENCES,
                )
            )
        try:
            taken = self._take_days(days) if days else []
        except Unkeepable as error:
            raise UserError(_("take_days(): %s", error)) from None
        return {"too_old": "", "taken": len(taken)}

    @api.model
    def _take_days(self, days):
        models = [
            self.env["external.order.day"],
            self.env["external.order.difference"],
        ]
        for model in models:
            flush(model)
        syncs = self._syncs_by_name(days)
        # Of a day that is given twice the last word counts.
        last = {}
        for day in days:
            row = day_row(day, syncs)
            last[row["sync"], row["shop"], row["day"]] = (
                row,
                difference_rows(day, row),
            )
        values = {
            "rows": json.dumps([row for row, _lines in last.values()]),
            "user": self.env.uid,
            "companies": self.env.user.company_ids.ids,
        }
        self.env.cr.execute(TAKE_DAYS, values)
        taken = [row[0] for row in self.env.cr.fetchall()]
        lines = [line for _row, lines in last.values() for line in lines]
        values = {"days": taken, "rows": json.dumps(lines)}
        self.env.cr.execute(FORGET_DIFFERENCES, values)
        self.env.cr.execute(TAKE_DIFFERENCES, values)
        for model in models:
            forget(model)
        kept = self.env["external.order.day"].sudo().browse(taken)
        kept.sync_id._update_alerts(begin=True)
        return taken


class ExternalOrderSync(models.Model):
    """A red day calls its responsible user, once, until it is red no more."""

    _inherit = "external.order.sync"

    def _causes(self):
        causes = super()._causes()
        flush(self.env["external.order.day"])
        self.env.cr.execute(
            """
            SELECT d.day, count(l.id), min(l.id)
              FROM external_order_day d
         LEFT JOIN external_order_difference l ON l.day_id = d.id AND l.kind <> ALL(%s)
             WHERE d.sync_id = %s AND d.state = 'red'
               AND d.day >= CURRENT_DATE - %s
          GROUP BY d.day
          ORDER BY d.day DESC
            """,
            [list(EXPLAINED), self.id, ALERT_DAYS],
        )
        rows = self.env.cr.fetchall()
        differences = self.env["external.order.difference"]
        firsts = differences.browse([first for _day, _count, first in rows if first])
        said = {difference.id: difference.message_text for difference in firsts}
        for day, count, first in rows:
            causes["day_incomplete", "day", str(day)] = (
                max(count, 1),
                _(
                    "%(day)s: source and Odoo differ. %(message)s",
                    day=format_date(self.env, day),
                    message=said.get(first) or "",
                ),
                _(
                    "Open Point of Sale → External Orders → Completeness: each difference says what to do."
                ),
            )
        return causes
