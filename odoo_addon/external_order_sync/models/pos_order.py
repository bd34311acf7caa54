from odoo import api, fields, models

from ..orm import make_index

# What an order and a payment bring along. Series 14 to 17 keep only what they know; later ones keep all.
ORDER_FIELDS = (
    "external_order_key",
    "external_order_id",
    "external_source",
    "note",
)
INDEXES = {
    # How much of a source was booked today.
    "pos_order_external_booked": "pos_order (external_source, create_date) WHERE external_source IS NOT NULL",
    # By which *Where is my order?* looks, too, in any case of letters.
    "pos_order_any_case_name": "pos_order (lower(name))",
    "pos_order_any_case_reference": "pos_order (lower(pos_reference))",
}
PAYMENT_FIELDS = ("card_type", "transaction_id", "is_change")


class PosOrder(models.Model):
    """A POS order remembers which external order it is. The values come with the order's creation."""

    _inherit = "pos.order"

    external_order_key = fields.Char(
        readonly=True,
        copy=False,
        help="Identity of the external order: source, location, order and document. "
        "The database keeps it unique.",
    )
    external_order_id = fields.Char(
        readonly=True,
        copy=False,
        index=True,
        help="The order's number in the external system.",
    )
    external_source = fields.Char(
        readonly=True,
        copy=False,
        index=True,
        help="Source id of the external system the order comes from.",
    )

    def init(self):
        # The guarantee that no external order is booked twice, on every series. It is also the look-up's index.
        make_index(
            self.env.cr,
            "pos_order_external_order_key_unique",
            "pos_order (external_order_key) WHERE external_order_key IS NOT NULL",
        )
        for name, on in INDEXES.items():
            make_index(self.env.cr, name, on)
        return super().init()

    @api.model
    def _order_fields(self, ui_order):
        """Series 14 to 17: the values of an order sent to ``create_from_ui``."""
        return self._carried(super()._order_fields(ui_order), ui_order, ORDER_FIELDS)

    @api.model
    def _payment_fields(self, order, ui_paymentline):
        """Series 14 to 17: the values of its payments."""
        values = super()._payment_fields(order, ui_paymentline)
        return self._carried(values, ui_paymentline, PAYMENT_FIELDS)

    @api.model
    def _carried(self, values, sent, names):
        return dict({name: sent[name] for name in names if name in sent}, **values)
