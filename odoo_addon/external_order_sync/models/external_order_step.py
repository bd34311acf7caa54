from odoo import _, api, fields, models

from ..orm import midnight
from ..reported import CODES
from ..series import LIST

# Of how many days the counts are, where the page does not say.
DAYS = 7
# A list of more orders than this is nobody's to read.
MOST = 10000
# How many orders met each result in each step, and in any. Sorted by bytes: twice as quick as by a language.
COUNTS = """
    SELECT COALESCE(step, 'all'), code, count(DISTINCT order_id)
      FROM (SELECT step COLLATE "C" AS step, code COLLATE "C" AS code, order_id
              FROM external_order_log
             WHERE date >= %(since)s AND (company_id IS NULL OR company_id = ANY(%(companies)s))) met
  GROUP BY GROUPING SETS ((step, code), (code))
"""


class ExternalOrderStep(models.Model):
    """Sync Logs: one row for each step that the service takes with orders, with how many orders met which result.

    Counted over the last days, today included; the filters of the page say of how many.
    """

    _name = "external.order.step"
    _description = "External Order Step"
    _auto = False
    _order = "id"
    _rec_name = "step"
    _table_query = """
        SELECT * FROM (VALUES
            (1, 'create_order'), (2, 'convert'), (3, 'create_invoice'), (4, 'outbound_delivery'),
            (5, 'add_payment'), (6, 'refund'), (7, 'fetched'), (8, 'all')) AS steps (id, step)
    """

    step = fields.Selection(
        [
            ("create_order", "Create Order"),
            ("convert", "Convert Order to Invoice"),
            ("create_invoice", "Create Invoice"),
            ("outbound_delivery", "Create Outbound Logistic"),
            ("add_payment", "Add Payment"),
            ("refund", "Void Invoice"),
            ("fetched", "Fetch Order"),
            ("all", "All"),
        ],
        readonly=True,
    )
    ok_count = fields.Integer(string="OK (200)", compute="_compute_counts")
    conflict_count = fields.Integer(string="Conflict (409)", compute="_compute_counts")
    wrong_count = fields.Integer(string="Wrong Status (400)", compute="_compute_counts")
    missing_count = fields.Integer(string="Missing (404)", compute="_compute_counts")
    asked_count = fields.Integer(string="Asked (202)", compute="_compute_counts")
    retry_count = fields.Integer(
        string="To Be Retried (503)", compute="_compute_counts"
    )
    note = fields.Char(compute="_compute_counts")

    @api.depends_context("log_days", "allowed_company_ids")
    def _compute_counts(self):
        self.env.cr.execute(
            COUNTS, {"since": self._since(), "companies": self.env.companies.ids}
        )
        counts = {(step, code): count for step, code, count in self.env.cr.fetchall()}
        syncs = self.env["external.order.sync"].search([("active", "=", True)])
        for row in self:
            for name, code in (
                ("ok_count", "200"),
                ("conflict_count", "409"),
                ("wrong_count", "400"),
                ("missing_count", "404"),
                ("asked_count", "202"),
                ("retry_count", "503"),
            ):
                row[name] = counts.get((row.step, code), 0)
            row.note = (
                row._note(syncs)
                if not any(counts.get((row.step, code)) for code in dict(CODES))
                else False
            )

    def _note(self, syncs):
        """Why nothing is counted for a step while these syncs are active."""
        if not syncs:
            return _("not used: no sync is active")
        if self.step == "convert":
            return _("not used: invoiced when booked")
        if self.step == "create_invoice" and set(syncs.mapped("invoicing")) == {"off"}:
            return _("not used: invoicing is off")
        return _("nothing in these days")

    def action_show_orders(self):
        """The orders that met the result which the context names, the newest first."""
        code = self.env.context.get("log_code")
        logs = self.env["external.order.log"].search(self._logs(code), limit=MOST)
        return {
            "type": "ir.actions.act_window",
            "name": self._title(code),
            "res_model": "external.order",
            "view_mode": LIST + ",form,pivot,graph",
            "domain": [("id", "in", logs.mapped("order_id").ids)],
        }

    def action_show_log(self):
        return {
            "type": "ir.actions.act_window",
            "name": self._title(),
            "res_model": "external.order.log",
            "view_mode": LIST + ",form,pivot,graph",
            "domain": self._logs(),
        }

    def _logs(self, code=None):
        domain = [("date", ">=", self._since())]
        if self.step != "all":
            domain.append(("step", "=", self.step))
        if code:
            domain.append(("code", "=", code))
        return domain

    def _title(self, code=None):
        step = dict(self._fields["step"]._description_selection(self.env))[self.step]
        if not code:
            return step
        results = self.env["external.order.log"]._fields["code"]
        return "%s: %s" % (step, dict(results._description_selection(self.env))[code])

    @api.model
    def _since(self):
        """When the counted days begin."""
        return midnight(self, self.env.context.get("log_days") or DAYS)
