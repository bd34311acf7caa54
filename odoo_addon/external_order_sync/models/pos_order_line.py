from odoo import api, fields, models

from ..series import MAJOR

if MAJOR < 15:

    class PosOrderLine(models.Model):
        """Series 14 does not keep which line a refund gives back.

        The fields are named as those that Odoo itself has from 15 on, so an upgrade keeps the links.
        ``create_from_ui`` passes on whatever is a field of the line.
        """

        _inherit = "pos.order.line"

        refunded_orderline_id = fields.Many2one(
            "pos.order.line",
            string="Refunded Order Line",
            readonly=True,
            copy=False,
            index=True,
            help="The line of the sale that this line gives back.",
        )
        refund_orderline_ids = fields.One2many(
            "pos.order.line",
            "refunded_orderline_id",
            string="Refund Lines",
            readonly=True,
        )
        refunded_qty = fields.Float(
            string="Refunded Quantity",
            digits="Product Unit of Measure",
            compute="_compute_refunded_qty",
            help="How much of this line was given back.",
        )

        @api.depends("refund_orderline_ids.qty", "refund_orderline_ids.order_id.state")
        def _compute_refunded_qty(self):
            for line in self:
                given_back = line.refund_orderline_ids.filtered(
                    lambda refund: refund.order_id.state != "cancel"
                )
                line.refunded_qty = -sum(given_back.mapped("qty"))
