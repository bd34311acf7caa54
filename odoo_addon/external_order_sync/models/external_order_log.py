from odoo import api, fields, models

from ..orm import make_index
from ..reported import CODES, REASONS, STEPS
from ..series import AGGREGATE

INDEXES = {
    "external_order_log_number_unique": "external_order_log (instance, number)",
    "external_order_log_date": "external_order_log (date, id)",
    "external_order_log_of_sync": "external_order_log (sync_id, date, id)",
}

# An earlier revision kept reasons as words.
NAME_REASONS = """
    UPDATE external_order_log
       SET reason = CASE WHEN lower(replace(reason, ' ', '_')) = ANY(%(reasons)s) THEN lower(replace(reason, ' ', '_'))
                         ELSE 'other' END
     WHERE reason <> ALL(%(reasons)s)
"""


class ExternalOrderLog(models.Model):
    """A step the service took with an order, and what came of it. Written by ``take_orders`` alone."""

    _name = "external.order.log"
    _inherit = "external.order.speech"
    _description = "External Order Log"
    _order = "date desc, number desc, id desc"
    _rec_name = "what_text"
    _log_access = False

    order_id = fields.Many2one(
        "external.order", readonly=True, required=True, ondelete="cascade", index=True
    )
    # Of the order, as it was then: a report over many steps reads this table alone.
    sync_id = fields.Many2one("external.order.sync", readonly=True, ondelete="set null")
    shop_id = fields.Many2one(
        "pos.config", readonly=True, ondelete="set null", index=True
    )
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    # The installation of the service and its own number for the step: together they are unique.
    instance = fields.Char(readonly=True, required=True)
    number = fields.Integer(readonly=True, required=True, **{AGGREGATE: None})
    step = fields.Selection(STEPS, readonly=True, required=True)
    code = fields.Selection(CODES, string="Result", readonly=True, required=True)
    reason = fields.Selection(REASONS, readonly=True)
    text = fields.Char(string="What Happened in English", readonly=True)
    truth = fields.Char(string="Seen In, in English", readonly=True)
    date = fields.Datetime(readonly=True, required=True)
    duration = fields.Integer(
        string="Duration (ms)",
        readonly=True,
        **{AGGREGATE: "avg"},
    )
    duration_text = fields.Char(string="Duration", compute="_compute_duration_text")
    attempt = fields.Integer(readonly=True, **{AGGREGATE: None})

    def init(self):
        for name, on in INDEXES.items():
            make_index(self.env.cr, name, on)
        self.env.cr.execute(NAME_REASONS, {"reasons": list(dict(REASONS))})
        return super().init()

    @api.depends("duration")
    def _compute_duration_text(self):
        for log in self:
            log.duration_text = "%d ms" % log.duration if log.duration else False

    def action_open_order(self):
        return self.order_id.action_open()
