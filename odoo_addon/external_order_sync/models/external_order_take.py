import json

from odoo import _, api, models
from odoo.exceptions import UserError

from ..orm import flush, forget
from ..reported import Unkeepable, order_row, step_row

# More than these in one call would hold a worker, and its locks, for too long.
MOST_ORDERS = 200
MOST_STEPS = 1000
# Two orders that are alike count as one sold twice when they are not further apart.
ALIKE_WITHIN = "5 minutes"

# One statement for the whole batch, so that of two services that report an order at once neither fails, and for
# its cost: new or changed, 0.5 ms of Odoo's and PostgreSQL's time an order with five steps (measured on 19, batches
# of 200); by the ORM a new one costs 1.2 ms, and a changed one a read and a write of its own.
# What people decided is not among the columns. An order of a company that is not the caller's is left alone.
TAKE_ORDERS = """
    INSERT INTO external_order AS kept (
                key, external_id, document, sync_id, shop_id, company_id, location, register, sale_date,
                customer, products, total, currency_id, source_status, sent, newer, raw,
                state, attention, code, reason, message, fix, said, subject_kind, subject_value,
                attempts, next_try_date, fetched_date, booked_date, warnings, pos_order_id,
                reference_text, reference_keys, phone_digest, likeness,
                decision, create_uid, create_date, write_uid, write_date)
         SELECT r.key, r.external_id, r.document, sync.id, shop.id, company.id, r.location, r.register, r.sale_date,
                r.customer, r.products, r.total, COALESCE(currency.id, company.currency_id), r.source_status,
                r.sent, r.newer, r.raw,
                r.state, r.attention, r.code, r.reason, r.message, r.fix, r.said, r.subject_kind, r.subject_value,
                r.attempts, r.next_try_date, r.fetched_date, r.booked_date, r.warnings, booked.id,
                r.reference_text, r.reference_keys, r.phone_digest, r.likeness,
                'none', %(user)s, now() AT TIME ZONE 'UTC', %(user)s, now() AT TIME ZONE 'UTC'
           FROM json_to_recordset(%(rows)s) AS r (
                key text, external_id text, document text, sync integer, shop integer, location text, register text,
                sale_date timestamp, customer text, products text, total numeric, currency text, source_status text,
                sent text, newer text, raw text, state text, attention boolean, code text, reason text, message text,
                fix text, said text, subject_kind text, subject_value text, attempts integer, next_try_date timestamp,
                fetched_date timestamp, booked_date timestamp, warnings text, pos_order integer,
                reference_text text, reference_keys text, phone_digest text, likeness text)
      LEFT JOIN external_order_sync sync ON sync.id = r.sync
      LEFT JOIN pos_config shop ON shop.id = r.shop
      LEFT JOIN res_company company ON company.id = COALESCE(shop.company_id, sync.company_id)
      LEFT JOIN res_currency currency ON currency.name = r.currency
      LEFT JOIN pos_order booked ON booked.id = r.pos_order AND booked.company_id = company.id
          WHERE company.id IS NULL OR company.id = ANY(%(companies)s)
       ORDER BY r.key
    ON CONFLICT (key) DO UPDATE
            SET external_id = excluded.external_id, document = excluded.document,
                sync_id = COALESCE(excluded.sync_id, kept.sync_id), shop_id = excluded.shop_id,
                company_id = COALESCE(excluded.company_id, kept.company_id),
                location = excluded.location, register = excluded.register, sale_date = excluded.sale_date,
                customer = excluded.customer, products = excluded.products, total = excluded.total,
                currency_id = excluded.currency_id, source_status = excluded.source_status,
                sent = excluded.sent, newer = excluded.newer, raw = excluded.raw,
                state = excluded.state, attention = excluded.attention, code = excluded.code,
                reason = excluded.reason, message = excluded.message, fix = excluded.fix, said = excluded.said,
                subject_kind = excluded.subject_kind, subject_value = excluded.subject_value,
                attempts = excluded.attempts, next_try_date = excluded.next_try_date,
                fetched_date = excluded.fetched_date, booked_date = excluded.booked_date,
                warnings = excluded.warnings, pos_order_id = excluded.pos_order_id,
                reference_text = excluded.reference_text, reference_keys = excluded.reference_keys,
                phone_digest = excluded.phone_digest, likeness = excluded.likeness,
                write_uid = excluded.write_uid, write_date = excluded.write_date
          WHERE kept.company_id IS NULL OR kept.company_id = ANY(%(companies)s)
      RETURNING id
"""
# Of orders that are alike the later points to the first one. Those that follow a taken one are looked at, too:
# the earlier may be reported last.
MARK_ALIKE = """
    WITH near AS (
        SELECT DISTINCT later.id
          FROM external_order taken
          JOIN external_order later ON later.likeness = taken.likeness
               AND later.sale_date BETWEEN taken.sale_date AND taken.sale_date + interval %(within)s
         WHERE taken.id = ANY(%(taken)s)
    ), first AS (
        SELECT later.id, (
               SELECT earlier.id
                 FROM external_order earlier
                WHERE earlier.likeness = later.likeness
                  AND earlier.company_id IS NOT DISTINCT FROM later.company_id
                  AND earlier.sale_date BETWEEN later.sale_date - interval %(within)s AND later.sale_date
                  AND (earlier.sale_date, earlier.id) < (later.sale_date, later.id)
                  AND earlier.state NOT IN ('skipped', 'ignored', 'missing')
                  AND later.state NOT IN ('skipped', 'ignored', 'missing')
             ORDER BY earlier.sale_date, earlier.id
                LIMIT 1) AS earlier_id
          FROM near
          JOIN external_order later ON later.id = near.id
    )
    UPDATE external_order later
       SET looks_like_id = first.earlier_id
      FROM first
     WHERE later.id = first.id AND later.looks_like_id IS DISTINCT FROM first.earlier_id
"""
UNMARK = """
    UPDATE external_order SET looks_like_id = NULL
     WHERE id = ANY(%(taken)s) AND looks_like_id IS NOT NULL AND (likeness IS NULL OR sale_date IS NULL)
"""
# A step that was reported before is there already, under the same number of the same service.
TAKE_STEPS = """
    INSERT INTO external_order_log (
                order_id, sync_id, shop_id, company_id, instance, number, step, code, reason,
                text, truth, date, duration, attempt)
         SELECT o.id, o.sync_id, o.shop_id, o.company_id, %(instance)s, r.number, r.step, r.code,
                CASE WHEN r.code NOT IN ('200', '202') THEN o.reason END,
                r.text, r.truth, r.date, r.duration, r.attempt
           FROM json_to_recordset(%(rows)s) AS r (
                key text, number integer, step text, code text, text text, truth text,
                date timestamp, duration integer, attempt integer)
           JOIN external_order o ON o.key = r.key
          WHERE o.company_id IS NULL OR o.company_id = ANY(%(companies)s)
       ORDER BY r.number
    ON CONFLICT (instance, number) DO NOTHING
"""
# Steps of orders that are not here, or not any more: their orders are to be reported first.
UNKNOWN = """
    SELECT asked.key
      FROM (SELECT DISTINCT unnest(%s::text[]) AS key) asked
     WHERE NOT EXISTS (SELECT FROM external_order o WHERE o.key = asked.key)
  ORDER BY asked.key
"""


class ExternalOrderService(models.Model):
    """The service reports orders, and the steps it took with them."""

    _inherit = "external.order.service"

    @api.model
    def take_orders(self, message):
        """Keep these orders, each by its key, and these steps, each once. The same message again changes nothing.

        ``taken`` is how many of the orders are kept now; one of a company that the caller is not allowed in is not.
        ``unknown`` are keys of steps that are not kept, because no order here has them.
        """
        too_old = self._begin("take_orders", message)
        if too_old:
            return {"too_old": too_old, "taken": 0, "unknown": []}
        instance = str(message.get("instance") or "").strip()
        if not instance:
            raise UserError(_("take_orders(): instance is missing."))
        orders, steps = message.get("orders") or [], message.get("steps") or []
        if len(orders) > MOST_ORDERS or len(steps) > MOST_STEPS:
            raise UserError(
                _(
                    "take_orders() takes at most %(orders)s orders and %(steps)s steps in one call.",
                    orders=MOST_ORDERS,
                    steps=MOST_STEPS,
                )
            )
        try:
            taken = self._take_orders(orders) if orders else []
            unknown = self._take_steps(instance, steps) if steps else []
        except Unkeepable as error:
            raise UserError(_("take_orders(): %s", error)) from None
        return {"too_old": "", "taken": len(taken), "unknown": unknown}

    @api.model
    def _take_orders(self, orders):
        model = self.env["external.order"]
        flush(model)
        syncs = self._syncs_by_name(orders)
        # Of an order that is given twice the last word counts.
        rows = {
            row["key"]: row for row in (order_row(order, syncs) for order in orders)
        }
        self.env.cr.execute(
            TAKE_ORDERS,
            {
                "rows": json.dumps(list(rows.values())),
                "user": self.env.uid,
                "companies": self.env.user.company_ids.ids,
            },
        )
        taken = [row[0] for row in self.env.cr.fetchall()]
        values = {"taken": taken, "within": ALIKE_WITHIN}
        self.env.cr.execute(UNMARK, values)
        self.env.cr.execute(MARK_ALIKE, values)
        forget(model)
        return taken

    @api.model
    def _take_steps(self, instance, steps):
        rows = [step_row(step) for step in steps]
        self.env.cr.execute(
            TAKE_STEPS,
            {
                "rows": json.dumps(rows),
                "instance": instance,
                "companies": self.env.user.company_ids.ids,
            },
        )
        forget(self.env["external.order.log"])
        self.env.cr.execute(UNKNOWN, [[row["key"] for row in rows]])
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _syncs_by_name(self, orders):
        """The ids of the syncs that stand in a service's file, which are known by their names."""
        names = {order.get("sync") for order in orders}
        names = [name for name in names if name and isinstance(name, str)]
        if not names:
            return {}
        syncs = self.env["external.order.sync"].with_context(active_test=False).sudo()
        found = syncs.search([("from_file", "=", True), ("name", "in", names)])
        return {sync.name: sync.id for sync in found}
