from odoo import api, fields, models

from ..any_id import key_of, phone_digest

# Whole ids and phones, each by its index.
EXACT = """
    SELECT id FROM external_order WHERE string_to_array(reference_keys, ' ') @> ARRAY[%(key)s]
     UNION
    SELECT id FROM external_order WHERE phone_digest = %(phone)s
"""


class ExternalOrder(models.Model):
    """Finding an order by whatever number somebody has of it."""

    _inherit = "external.order"

    any_id = fields.Char(
        string="Any ID",
        compute="_compute_any_id",
        search="_search_any_id",
        help="Any number of the order, in any spelling, or the customer's phone.",
    )

    @api.depends("external_id")
    def _compute_any_id(self):
        for order in self:
            order.any_id = order.external_id

    @api.model
    def _search_any_id(self, operator, value):
        ids = self._with_any_id(value)
        if operator in ("!=", "not ilike", "not like", "not in"):
            return [("id", "not in", ids)]
        if ids or operator in ("=", "in"):
            return [("id", "in", ids)]
        # Part of a number, as it stands there: this reads through all orders.
        return [("reference_text", operator, value)]

    @api.model
    def _with_any_id(self, text):
        """The ids of the orders that have this number, or whose customer has this phone."""
        texts = [text] if isinstance(text, str) else list(text or [])
        ids = set()
        for one in texts:
            key = key_of(one)
            if key:
                self.env.cr.execute(
                    EXACT, {"key": key, "phone": phone_digest(one) or None}
                )
                ids.update(row[0] for row in self.env.cr.fetchall())
        return sorted(ids)
