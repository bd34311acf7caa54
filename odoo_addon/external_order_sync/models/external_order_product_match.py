from odoo import fields, models

# The values are part of the exchange with the service; the order is the default one.
KINDS = [
    ("odoo_item_id", "OdooItemID is the id of the Odoo product"),
    ("item_id", "ItemID is the id of the Odoo product"),
    ("barcode", "Same barcode"),
    ("default_code", "Same internal reference"),
    ("name", "Same name"),
    ("name_ci", "Same name, upper and lower case ignored"),
]


class ExternalOrderProductMatch(models.Model):
    """One way to find the Odoo product of an order line; the first that finds one wins."""

    _name = "external.order.product.match"
    _description = "External Order Product Matching"
    _order = "sequence, id"
    _rec_name = "kind"

    sync_id = fields.Many2one(
        "external.order.sync", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=100)
    kind = fields.Selection(KINDS, string="Find the Product By", required=True)
