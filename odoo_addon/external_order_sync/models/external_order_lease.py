from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..orm import make_index

# A shop whose holder falls silent is free after this. Longer than Odoo lets a request run, so
# that nothing the holder sent is still on its way then.
LEASE_SECONDS = 300
# Grants, renews, or leaves it to another holder: one statement, so that of two who ask at the
# same moment one is granted it. By the database's clock, which all workers share.
TAKE = """
    INSERT INTO external_order_lease AS lease (pos_config_id, service_id, since, until)
         VALUES (%(shop)s, %(service)s, now() AT TIME ZONE 'UTC',
                 now() AT TIME ZONE 'UTC' + %(seconds)s * interval '1 second')
    ON CONFLICT (pos_config_id) DO UPDATE
            SET service_id = excluded.service_id,
                until = excluded.until,
                since = CASE WHEN lease.service_id = excluded.service_id
                             THEN lease.since ELSE excluded.since END
          WHERE lease.service_id = excluded.service_id OR lease.until <= excluded.since
      RETURNING id
"""
RENEW = """
    UPDATE external_order_lease
       SET until = now() AT TIME ZONE 'UTC' + %(seconds)s * interval '1 second'
     WHERE service_id = %(service)s
"""


class ExternalOrderLease(models.Model):
    """Which installation of the service books into a shop. One at a time: two would open two sessions."""

    _name = "external.order.lease"
    _description = "External Order Lease"
    _rec_name = "pos_config_id"

    pos_config_id = fields.Many2one(
        "pos.config",
        string="Point of Sale",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    service_id = fields.Many2one(
        "external.order.service",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    since = fields.Datetime(required=True, readonly=True)
    until = fields.Datetime(required=True, readonly=True)

    def init(self):
        make_index(
            self.env.cr,
            "external_order_lease_pos_config_unique",
            "external_order_lease (pos_config_id)",
        )
        return super().init()


class ExternalOrderService(models.Model):
    """The service asks for a shop before it books into it, and gives it back when it ends.

    An installation is known by its store: services that share one are one. Heartbeats renew what it
    holds, so ``exchange`` says what that is.
    """

    _inherit = "external.order.service"

    lease_ids = fields.One2many("external.order.lease", "service_id", readonly=True)

    @api.model
    def hold_shop(self, instance, shop_id):
        """Ask for a shop, or renew it: ``granted``, or the ``host`` that holds it ``since`` then."""
        self._check_sidecar()
        service = self._of_instance(instance)
        shop = self._shop_of(shop_id)
        self.env.cr.execute(
            TAKE,
            {"shop": shop.id, "service": service.id, "seconds": LEASE_SECONDS},
        )
        if self.env.cr.fetchall():
            return {"granted": True, "host": "", "since": ""}
        holder = self._holder_of(shop)
        return {
            "granted": False,
            "host": holder.service_id.host or "",
            "since": fields.Datetime.to_string(holder.since),
        }

    @api.model
    def shop_holder(self, shop_id):
        """Who holds a shop: ``instance``, ``host`` and ``since``, empty when nobody does."""
        self._check_sidecar()
        holder = self._holder_of(self._shop_of(shop_id))
        if not holder or holder.until <= fields.Datetime.now():
            return {"instance": "", "host": "", "since": ""}
        return {
            "instance": holder.service_id.instance,
            "host": holder.service_id.host or "",
            "since": fields.Datetime.to_string(holder.since),
        }

    @api.model
    def give_back_shops(self, instance):
        """This installation ends: others may have its shops at once."""
        self._check_sidecar()
        self._of_instance(instance).lease_ids.unlink()
        return True

    @api.model
    def _of_instance(self, instance):
        service = self.sudo().search([("instance", "=", str(instance))], limit=1)
        if not service:
            raise UserError(_("An installation talks to exchange() first."))
        return service

    @api.model
    def _shop_of(self, shop_id):
        shop = (
            self._with_all_companies()
            .env["pos.config"]
            .search([("id", "=", int(shop_id))])
        )
        if not shop:
            raise UserError(_("There is no shop with the id %s.", shop_id))
        return shop

    @api.model
    def _holder_of(self, shop):
        return (
            self.env["external.order.lease"]
            .sudo()
            .search([("pos_config_id", "=", shop.id)])
        )

    def _renew_leases(self):
        self.env.cr.execute(RENEW, {"service": self.id, "seconds": LEASE_SECONDS})

    def _held_shops(self):
        """Ids of the shops this installation holds."""
        self.env.cr.execute(
            "SELECT pos_config_id FROM external_order_lease WHERE service_id = %s "
            "ORDER BY pos_config_id",
            [self.id],
        )
        return [row[0] for row in self.env.cr.fetchall()]
