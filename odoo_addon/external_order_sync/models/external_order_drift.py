from odoo import _, api, fields, models

from ..orm import flush, forget, make_index

# Orders sold longer ago are history: their days are closed and their entries made.
DAYS = 35

# What stands is compared with what was booked in one statement, each table read once: on 14 no index helps. Halves
# of a cent are noise of doubles.
LOOK = """
    WITH booked AS (
        SELECT o.id, o.drift_codes AS known, o.booked_lines, o.total, sync.invoicing, p.id AS pos_order, p.state,
               p.amount_total, p.amount_paid, p.account_move, p.pos_reference, p.company_id
          FROM external_order o
          JOIN pos_order p ON p.id = o.pos_order_id
     LEFT JOIN external_order_sync sync ON sync.id = o.sync_id
         WHERE o.state IN ('booked', 'conflict')
           AND o.sale_date >= now() AT TIME ZONE 'UTC' - interval '1 day' * %(days)s
    ), paid AS (
        SELECT y.pos_order_id AS pos_order, sum(y.amount) AS amount
          FROM pos_payment y
         WHERE y.pos_order_id IN (SELECT pos_order FROM booked)
      GROUP BY y.pos_order_id
    ), lines AS (
        SELECT pos_order, md5(string_agg(product || ' ' || quantity, ',' ORDER BY product)) AS digest
          FROM (SELECT l.order_id AS pos_order, l.product_id AS product, round(sum(l.qty)::numeric, 6) AS quantity
                  FROM pos_order_line l
                 WHERE l.order_id IN (SELECT pos_order FROM booked)
              GROUP BY l.order_id, l.product_id) sold
      GROUP BY pos_order
    ), compared AS (
        SELECT booked.*, concat(pos_order, ' ', digest) AS lines,
               CASE WHEN booked_lines LIKE pos_order || ' %%' THEN booked_lines
                    ELSE concat(pos_order, ' ', digest) END AS first_lines
          FROM booked
     LEFT JOIN lines USING (pos_order)
    ), refunded AS (
        {refunded}
    ), held AS (
        SELECT id, known, first_lines, concat_ws(',',
               CASE WHEN state IN ('cancel', 'draft') THEN 'cancelled' END,
               CASE WHEN total IS NOT NULL AND abs(amount_total - total) > 0.005 THEN 'total' END,
               CASE WHEN lines <> first_lines THEN 'lines' END,
               CASE WHEN abs(amount_paid - COALESCE(paid.amount, 0)) > 0.005 THEN 'payments' END,
               CASE WHEN pos_order IN (SELECT pos_order FROM refunded) THEN 'refunded' END,
               CASE WHEN account_move IS NOT NULL AND invoicing = 'off' THEN 'invoiced' END) AS found
          FROM compared
     LEFT JOIN paid USING (pos_order)
    )
    UPDATE external_order o
       SET drift_codes = NULLIF(held.found, ''), booked_lines = held.first_lines
      FROM held
     WHERE o.id = held.id
       AND (held.known IS DISTINCT FROM NULLIF(held.found, '') OR o.booked_lines IS DISTINCT FROM held.first_lines)
 RETURNING o.id, held.known IS DISTINCT FROM NULLIF(held.found, '')
"""
# A refund by hand has the number of its sale.
BY_NUMBER = """
        SELECT booked.pos_order
          FROM booked
          JOIN pos_order r ON r.pos_reference = booked.pos_reference AND r.id <> booked.pos_order
               AND r.company_id = booked.company_id
         WHERE r.external_order_key IS NULL AND r.amount_total * booked.amount_total < 0
           AND r.state NOT IN ('cancel', 'draft')"""
# From 15 on a line also names the line it returns.
BY_LINE = """
        UNION ALL
        SELECT sold.order_id
          FROM pos_order_line sold
          JOIN pos_order_line back ON back.refunded_orderline_id = sold.id
          JOIN pos_order r ON r.id = back.order_id
         WHERE sold.order_id IN (SELECT pos_order FROM booked)
           AND r.external_order_key IS NULL AND r.state NOT IN ('cancel', 'draft')"""


class ExternalOrder(models.Model):
    """What somebody did in Odoo to an order after it was booked. It is shown, never undone."""

    _inherit = "external.order"

    drift_codes = fields.Char(readonly=True)
    # The order in Odoo, and a digest of its products and quantities when it was first looked at.
    booked_lines = fields.Char(readonly=True)
    drift = fields.Text(string="Changed Since It Was Booked", compute="_compute_drift")

    def init(self):
        on = "external_order (sale_date, id) WHERE drift_codes IS NOT NULL"
        make_index(self.env.cr, "external_order_drifted", on)
        return super().init()

    @api.depends("drift_codes")
    def _compute_drift(self):
        words = {
            "cancelled": _("Somebody cancelled it in Odoo, or set it back to draft."),
            "total": _("Its total in Odoo is not the one it was booked with."),
            "lines": _(
                "Its lines in Odoo are not those it was booked with: another product or quantity."
            ),
            "payments": _("Its payments were edited in Odoo."),
            "refunded": _("Somebody refunded it in Odoo by hand."),
            "invoiced": _("Somebody invoiced it in Odoo."),
        }
        for order in self:
            codes = (order.drift_codes or "").split(",")
            order.drift = "\n".join(words[code] for code in codes if code in words)

    @api.model
    def _look_for_drift(self, days=DAYS):
        """Compare the orders booked lately with what stands; the orders for which that is news."""
        compared = ("pos.order", "pos.order.line", "pos.payment", "external.order.sync")
        for model in (self, *map(self.env.__getitem__, compared)):
            flush(model)
        linked = "refunded_orderline_id" in self.env["pos.order.line"]._fields
        statement = LOOK.format(refunded=BY_NUMBER + (BY_LINE if linked else ""))
        self.env.cr.execute(statement, {"days": days})
        changed = [order for order, is_news in self.env.cr.fetchall() if is_news]
        forget(self)
        return self.browse(changed)


class ExternalOrderService(models.Model):
    """Looks for it now and then, and whenever days were compared."""

    _inherit = "external.order.service"

    @api.model
    def _watch(self):
        result = super()._watch()
        self.env["external.order"].sudo()._look_for_drift()
        return result

    @api.model
    def _take_days(self, days):
        taken = super()._take_days(days)
        self.env["external.order"].sudo()._look_for_drift()
        return taken
