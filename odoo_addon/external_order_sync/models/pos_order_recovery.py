from odoo import api, models

from ..identity import of_reference, uuid_of
from ..orm import forget

BATCH = 10000


class PosOrder(models.Model):
    """The keys of orders that the service booked while this addon was not installed."""

    _inherit = "pos.order"

    @api.model
    def _recover_external_keys(self):
        """Give every order that the service booked its key (again); returns how many.

        The reference that the service gives an order is its key in another spelling. Where orders
        have a uuid, it is made of the key and proves it. Elsewhere the oldest order of a reference
        has the key: a refund made in Odoo repeats the reference of its sale.
        """
        has_uuid = "uuid" in self._fields
        names = ["pos_reference", "uuid"] if has_uuid else ["pos_reference"]
        domain = [("external_order_key", "=", False), ("pos_reference", "like", "/")]
        orders, seen, last, count = self.sudo(), set(), 0, 0
        while True:
            rows = orders.search_read(
                domain + [("id", ">", last)], names, order="id", limit=BATCH
            )
            if not rows:
                return count
            last = rows[-1]["id"]
            found = []
            for row in rows:
                identity = of_reference(row["pos_reference"])
                if not identity or identity.key in seen:
                    continue
                if has_uuid and row["uuid"] != uuid_of(identity.key):
                    continue
                seen.add(identity.key)
                found.append((row["id"], identity))
            count += self._set_external_keys(found)

    @api.model
    def _set_external_keys(self, found):
        """Write identities to orders by id, past those whose key another order has; returns how many."""
        self.env.cr.execute(
            """
            UPDATE pos_order o
               SET external_order_key = f.key, external_order_id = f.number, external_source = f.source
              FROM unnest(%s::integer[], %s::text[], %s::text[], %s::text[]) AS f (id, key, number, source)
             WHERE o.id = f.id
               AND NOT EXISTS (SELECT FROM pos_order p WHERE p.external_order_key = f.key)
            """,
            [
                [order for order, _identity in found],
                [identity.key for _order, identity in found],
                [identity.number for _order, identity in found],
                [identity.source for _order, identity in found],
            ],
        )
        count = self.env.cr.rowcount
        forget(self)
        return count
