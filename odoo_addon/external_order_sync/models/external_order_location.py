from odoo import _, api, fields, models
from odoo.exceptions import ValidationError


class ExternalOrderLocation(models.Model):
    """A location of the external system, and the shop its orders are booked in."""

    _name = "external.order.location"
    _description = "External Order Location"
    _order = "location, id"
    _rec_name = "location"

    sync_id = fields.Many2one(
        "external.order.sync", required=True, ondelete="cascade", index=True
    )
    location = fields.Char(
        string="Location in the External System",
        required=True,
        help="The LocationID of its orders.",
    )
    pos_config_id = fields.Many2one(
        "pos.config", string="Shop", required=True, ondelete="restrict", index=True
    )

    @api.constrains("location", "pos_config_id", "sync_id")
    def _check_lines(self):
        for sync in self.mapped("sync_id"):
            locations = [
                (name or "").strip() for name in sync.location_ids.mapped("location")
            ]
            for line, name in zip(sync.location_ids, locations):
                if not name:
                    raise ValidationError(
                        _("A line of the locations names none (tab Which Orders).")
                    )
                if locations.count(name) > 1:
                    raise ValidationError(
                        _("The location “%s” is listed twice (tab Which Orders).", name)
                    )
                shop = line.pos_config_id
                if shop.company_id != sync.company_id:
                    raise ValidationError(
                        _(
                            "The shop “%(shop)s” of the location “%(location)s” belongs to %(company)s, "
                            "this sync to %(own)s. One sync books for one company (tab Which Orders).",
                            shop=shop.name,
                            location=name,
                            company=shop.company_id.name,
                            own=sync.company_id.name,
                        )
                    )


class ExternalOrderSync(models.Model):
    """One sync may feed many shops, by the location of each order."""

    _inherit = "external.order.sync"

    location_ids = fields.One2many(
        "external.order.location", "sync_id", string="Shops by Location", copy=False
    )
    location_mapping = fields.Char(
        string="Locations",
        compute="_compute_location_mapping",
        store=True,
        tracking=True,
    )

    @api.depends("location_ids.location", "location_ids.pos_config_id")
    def _compute_location_mapping(self):
        for sync in self:
            sync.location_mapping = ", ".join(
                "%s → %s" % (line.location, line.pos_config_id.name)
                for line in sync.location_ids
            )

    @api.depends("location_ids.pos_config_id")
    def _compute_shop_ids(self):
        result = super()._compute_shop_ids()
        for sync in self:
            sync.shop_ids |= sync.location_ids.pos_config_id
        return result

    @api.constrains("pos_config_id", "location_ids")
    def _check_locations(self):
        self.mapped("location_ids")._check_lines()

    def _configuration(self):
        return dict(
            super()._configuration(),
            locations=[
                {"location": line.location.strip(), "shop": line.pos_config_id.id}
                for line in self.location_ids
            ],
        )
