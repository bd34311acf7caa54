from odoo import api, fields, models

from ..orm import make_index
from ..reported import REASONS, STATES, needs_attention, reason_of
from ..series import AGGREGATE, PARTS

# What is found quickly among half a million orders: newest first, alone or with one condition.
INDEXES = {
    "external_order_key_unique": "external_order (key)",
    # With all that graphs and groups count by: they read this instead of the orders.
    "external_order_by_date": "external_order (sale_date, id, company_id, state, shop_id, sync_id, reason, total)",
    "external_order_of_sync": "external_order (sync_id, sale_date, id)",
    "external_order_of_shop": "external_order (shop_id, sale_date, id)",
    "external_order_of_state": "external_order (state, sale_date, id)",
    # Not a partial one: series differ in how they ask for a boolean.
    "external_order_attention": "external_order (attention, sale_date, id)",
    "external_order_warned": "external_order (sale_date, id) WHERE warnings IS NOT NULL",
    "external_order_alike": "external_order (likeness, sale_date) WHERE likeness IS NOT NULL",
    "external_order_phone": "external_order (phone_digest) WHERE phone_digest IS NOT NULL",
    "external_order_any_id": "external_order USING gin (string_to_array(reference_keys, ' '))",
    "external_order_decided": "external_order (decision_number, id) WHERE decision_number > 0",
}
# What an earlier revision had instead.
DROP_REPLACED = """
    DROP INDEX IF EXISTS external_order_newest, external_order__sync_id_index, external_order_sync_id_index,
                         external_order__decision_number_index, external_order_day__sync_id_index
"""
# It kept reasons as words.
NAME_REASONS = """
    UPDATE external_order SET reason = CASE WHEN code = ANY(%(reasons)s) THEN code ELSE 'other' END
     WHERE reason <> ALL(%(reasons)s)
"""


class ExternalOrder(models.Model):
    """An external order, one row each, as the service last reported it.

    Written by ``external.order.service.take_orders`` alone, but for what people decided, which comes with
    ``exchange`` (see external_order_decision). No mail thread: there are many, and each changes often.
    """

    _name = "external.order"
    _inherit = "external.order.speech"
    _description = "External Order"
    _order = "sale_date desc, id desc"
    _rec_name = "external_id"

    # Identity
    key = fields.Char(
        required=True,
        readonly=True,
        help="Identity of the external order: source, location, order and document.",
    )
    external_id = fields.Char(string="External ID", readonly=True, index=True)
    document = fields.Char(
        readonly=True, help="“sale”, or “refund” with the refund's own id."
    )
    sync_id = fields.Many2one("external.order.sync", readonly=True, ondelete="set null")
    shop_id = fields.Many2one("pos.config", readonly=True, ondelete="set null")
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        readonly=True,
        index=True,
    )

    # As the source sent it
    location = fields.Char(readonly=True)
    register = fields.Char(readonly=True)
    sale_date = fields.Datetime(string="Sold", readonly=True)
    customer = fields.Char(readonly=True, index=PARTS)
    products = fields.Text(
        readonly=True,
        index=PARTS,
        help="Names and codes of the lines, as they were sent.",
    )
    total = fields.Monetary(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    source_status = fields.Char(readonly=True)
    sent = fields.Text(readonly=True, prefetch=False)
    newer = fields.Text(readonly=True, prefetch=False)
    raw = fields.Text(string="Raw Payload", readonly=True, prefetch=False)

    # Where it stands
    state = fields.Selection(STATES, string="Status", readonly=True)
    attention = fields.Boolean(
        string="Needs Attention",
        compute="_compute_attention",
        store=True,
        readonly=True,
    )
    code = fields.Char(readonly=True)
    reason = fields.Selection(
        REASONS, compute="_compute_reason", store=True, readonly=True
    )
    message = fields.Text(string="Message in English", readonly=True, index=PARTS)
    fix = fields.Text(string="What to Do in English", readonly=True)
    subject_kind = fields.Char(readonly=True)
    subject_value = fields.Char(readonly=True)
    attempts = fields.Integer(readonly=True, **{AGGREGATE: None})
    next_try_date = fields.Datetime(string="Next Try", readonly=True)
    fetched_date = fields.Datetime(string="Fetched", readonly=True)
    booked_date = fields.Datetime(string="Booked", readonly=True)
    warnings = fields.Text(string="Warnings in English", readonly=True)
    pos_order_id = fields.Many2one(
        "pos.order", string="POS Order", readonly=True, ondelete="set null", index=True
    )

    # What it is found by
    reference_text = fields.Text(string="References", readonly=True, index=PARTS)
    reference_keys = fields.Char(readonly=True)
    phone_digest = fields.Char(readonly=True)
    likeness = fields.Char(readonly=True)
    looks_like_id = fields.Many2one(
        "external.order",
        string="Looks Like a Duplicate Of",
        readonly=True,
        ondelete="set null",
        index=True,
    )

    # What people decided
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
    decision_reason = fields.Text(string="Reason of the Decision", readonly=True)
    decision_by = fields.Char(string="Decided By", readonly=True)
    decision_date = fields.Datetime(string="Decided", readonly=True)
    # Grows with each decision in this database; 0 while there was none.
    decision_number = fields.Integer(readonly=True, **{AGGREGATE: None})

    def init(self):
        for name, on in INDEXES.items():
            make_index(self.env.cr, name, on)
        self.env.cr.execute(DROP_REPLACED)
        self.env.cr.execute(NAME_REASONS, {"reasons": list(dict(REASONS))})
        # The payloads go to a table beside this one, so that reading through all orders stays quick.
        if self.env.cr._cnx.server_version >= 110000:
            self.env.cr.execute(
                "ALTER TABLE external_order SET (toast_tuple_target = 512)"
            )
        self.env.cr.execute(
            "CREATE SEQUENCE IF NOT EXISTS external_order_decision_number_seq "
            "OWNED BY external_order.decision_number"
        )
        return super().init()

    @api.depends("sync_id", "shop_id")
    def _compute_company_id(self):
        for order in self:
            order.company_id = (
                order.shop_id.company_id or order.sync_id.company_id or order.company_id
            )

    @api.depends("state", "code")
    def _compute_attention(self):
        for order in self:
            order.attention = needs_attention(order.state, order.code)

    @api.depends("code")
    def _compute_reason(self):
        for order in self:
            order.reason = reason_of(order.code)

    def _reason_text(self):
        """The reason, in the language of who reads it."""
        labels = dict(self._fields["reason"]._description_selection(self.env))
        return labels.get(self.reason, "")
