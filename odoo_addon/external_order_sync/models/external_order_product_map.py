from odoo import _, api, fields, models
from odoo.exceptions import ValidationError


class ExternalOrderProductMap(models.Model):
    """An item of the external system, and the Odoo product that stands for it."""

    _name = "external.order.product.map"
    _description = "External Order Product Mapping"
    _order = "sequence, id"
    _rec_name = "code"

    sync_id = fields.Many2one(
        "external.order.sync", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    code = fields.Char(
        string="Item in the External System",
        required=True,
        help="The item's name, id, barcode or SKU, as a whole. Case does not matter.",
    )
    product_id = fields.Many2one("product.product", required=True, ondelete="restrict")

    @api.constrains("code", "sync_id")
    def _check_lines(self):
        for sync in self.mapped("sync_id"):
            codes = [
                (code or "").strip().casefold()
                for code in sync.product_map_ids.mapped("code")
            ]
            if "" in codes:
                raise ValidationError(
                    _(
                        "A line of the product mapping names no item (tab Products & Customers)."
                    )
                )
            for line in sync.product_map_ids:
                if codes.count(line.code.strip().casefold()) > 1:
                    raise ValidationError(
                        _(
                            "The product mapping lists “%s” twice (tab Products & Customers).",
                            line.code,
                        )
                    )


class ExternalOrderSync(models.Model):
    """The products that are named rather than found."""

    _inherit = "external.order.sync"

    product_map_ids = fields.One2many(
        "external.order.product.map", "sync_id", string="Product Mapping", copy=True
    )
    product_mapping = fields.Char(
        string="Products Mapped",
        compute="_compute_product_mapping",
        store=True,
        tracking=True,
    )

    @api.depends(
        "product_map_ids.code",
        "product_map_ids.sequence",
        "product_map_ids.product_id",
    )
    def _compute_product_mapping(self):
        for sync in self:
            sync.product_mapping = ", ".join(
                "%s → %s" % (line.code, line.product_id.display_name)
                for line in sync.product_map_ids.sorted("sequence")
            )

    def _configuration(self):
        return dict(
            super()._configuration(),
            product_map=[
                {"code": line.code.strip(), "product": line.product_id.id}
                for line in self.product_map_ids.sorted("sequence")
            ],
        )
