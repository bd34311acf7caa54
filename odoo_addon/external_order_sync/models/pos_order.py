from odoo import fields, models
from odoo.tools.sql import index_exists


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
        if not index_exists(self.env.cr, "pos_order_external_order_key_unique"):
            self.env.cr.execute(
                "CREATE UNIQUE INDEX pos_order_external_order_key_unique "
                "ON pos_order (external_order_key) WHERE external_order_key IS NOT NULL"
            )
        return super().init()
