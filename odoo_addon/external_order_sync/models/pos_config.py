from odoo import api, models


class PosConfig(models.Model):
    """A name typed where a sync asks for its shop makes a shop for external orders."""

    _inherit = "pos.config"

    @api.model
    def name_create(self, name):
        if not self.env.context.get("external_order_shop"):
            return super().name_create(name)
        syncs = self.env["external.order.sync"]
        shop, _is_new = syncs._create_shop(name.strip(), self.env.company)
        return shop.id, shop.display_name
