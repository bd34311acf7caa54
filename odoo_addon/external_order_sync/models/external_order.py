from odoo import fields, models
from odoo.tools.sql import index_exists


class ExternalOrder(models.Model):
    """An external order, by its key: what people decided about it.

    The service reports decisions through ``external.order.service.exchange`` and reads them back, so that they
    outlive its own store (see external_order_decision).
    """

    _name = "external.order"
    _description = "External Order"
    _order = "decision_date desc, id desc"
    _rec_name = "external_id"

    key = fields.Char(
        required=True,
        readonly=True,
        help="Identity of the external order: source, location, order and document.",
    )
    external_id = fields.Char(string="External ID", readonly=True, index=True)
    document = fields.Char(
        readonly=True, help="“sale”, or “refund” with the refund's own id."
    )
    sync_id = fields.Many2one(
        "external.order.sync",
        readonly=True,
        ondelete="set null",
        index=True,
    )
    company_id = fields.Many2one(
        related="sync_id.company_id", store=True, index=True, string="Company"
    )
    decision = fields.Selection(
        [
            ("none", "None"),
            ("ignored", "Closed: not to be booked"),
            ("completed", "Counts as completed"),
            ("released", "Booked although late"),
        ],
        default="none",
        required=True,
        readonly=True,
    )
    decision_reason = fields.Text(string="Reason", readonly=True)
    decision_by = fields.Char(string="Decided By", readonly=True)
    decision_date = fields.Datetime(string="Decided", readonly=True)
    # Grows with each decision in this database; 0 while there was none.
    decision_number = fields.Integer(readonly=True, index=True)

    def init(self):
        if not index_exists(self.env.cr, "external_order_key_unique"):
            self.env.cr.execute(
                "CREATE UNIQUE INDEX external_order_key_unique ON external_order (key)"
            )
        self.env.cr.execute(
            "CREATE SEQUENCE IF NOT EXISTS external_order_decision_number_seq "
            "OWNED BY external_order.decision_number"
        )
        return super().init()
