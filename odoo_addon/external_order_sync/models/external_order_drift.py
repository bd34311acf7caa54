from odoo import _, api, fields, models

from ..orm import flush, forget, make_index

# Orders sold longer ago are history: their days are closed and their entries made.
DAYS = 35

# What stands is compared with what was booked in one statement. Halves of a cent are noise of doubles.
LOOK = """
    WITH held AS (
        SELECT o.id, o.drift_codes AS known, concat_ws(',',
               CASE WHEN p.state IN ('cancel', 'draft') THEN 'cancelled' END,
               CASE WHEN o.total IS NOT NULL AND abs(p.amount_total - o.total) > 0.005 THEN 'total' END,
               CASE WHEN abs(p.amount_paid - COALESCE(
                    (SELECT sum(y.amount) FROM pos_payment y WHERE y.pos_order_id = p.id), 0)) > 0.005
                    THEN 'payments' END,
               CASE WHEN {by_line} OR {by_number} THEN 'refunded' END,
               CASE WHEN p.account_move IS NOT NULL AND sync.invoicing = 'off' THEN 'invoiced' END) AS found
          FROM external_order o
          JOIN pos_order p ON p.id = o.pos_order_id
     LEFT JOIN external_order_sync sync ON sync.id = o.sync_id
         WHERE o.state IN ('booked', 'conflict')
           AND o.sale_date >= now() AT TIME ZONE 'UTC' - interval '1 day' * %(days)s
    )
    UPDATE external_order o
       SET drift_codes = NULLIF(held.found, '')
      FROM held
     WHERE o.id = held.id AND held.known IS DISTINCT FROM NULLIF(held.found, '')
 RETURNING o.id
"""
# From 15 on a line names the line it returns; before, a refund by hand has the number of its sale.
BY_LINE = """EXISTS (
    SELECT FROM pos_order_line sold
      JOIN pos_order_line back ON back.refunded_orderline_id = sold.id
      JOIN pos_order r ON r.id = back.order_id
     WHERE sold.order_id = p.id AND r.external_order_key IS NULL AND r.state NOT IN ('cancel', 'draft'))"""
BY_NUMBER = """EXISTS (
    SELECT FROM pos_order r
     WHERE r.pos_reference = p.pos_reference AND r.id <> p.id AND r.company_id = p.company_id
       AND r.external_order_key IS NULL AND r.amount_total * p.amount_total < 0
       AND r.state NOT IN ('cancel', 'draft'))"""


class ExternalOrder(models.Model):
    """What somebody did in Odoo to an order after it was booked. It is shown, never undone."""

    _inherit = "external.order"

    drift_codes = fields.Char(readonly=True)
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
        by_line = BY_LINE if linked else "FALSE"
        statement = LOOK.format(by_line=by_line, by_number=BY_NUMBER)
        self.env.cr.execute(statement, {"days": days})
        changed = [row[0] for row in self.env.cr.fetchall()]
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
