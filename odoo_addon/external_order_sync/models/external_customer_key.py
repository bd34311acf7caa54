from odoo import api, fields, models

from ..orm import make_index


class ExternalCustomerKey(models.Model):
    """Of which external customer a contact was made.

    A table of its own rather than a column of the contact: merging contacts in Odoo then moves the keys
    of all of them to the one that stays, and none is made anew.
    """

    _name = "external.customer.key"
    _description = "External Customer Key"
    _rec_name = "key"

    key = fields.Char(
        required=True,
        readonly=True,
        help="Identity of the external customer: source and customer. The database keeps it unique.",
    )
    partner_id = fields.Many2one(
        "res.partner", required=True, readonly=True, ondelete="cascade", index=True
    )

    def init(self):
        # The guarantee that no external customer is created twice, on every series.
        make_index(
            self.env.cr,
            "external_customer_key_key_unique",
            "external_customer_key (key)",
        )
        return super().init()


class ResPartner(models.Model):
    _inherit = "res.partner"

    external_customer_key_ids = fields.One2many(
        "external.customer.key",
        "partner_id",
        string="External Customer Keys",
        copy=False,
        groups="base.group_user",
    )
    external_customer_key = fields.Char(
        compute="_compute_external_customer_key",
        inverse="_inverse_external_customer_key",
        search="_search_external_customer_key",
        compute_sudo=True,
        copy=False,
        groups="base.group_user",
        help="Of which external customers this contact was made, one per line.",
    )

    @api.depends("external_customer_key_ids.key")
    def _compute_external_customer_key(self):
        for partner in self:
            keys = partner.external_customer_key_ids.mapped("key")
            partner.external_customer_key = "\n".join(sorted(keys)) or False

    def _inverse_external_customer_key(self):
        """Add the keys that are new; none is ever taken away."""
        for partner in self:
            known = partner.sudo().external_customer_key_ids.mapped("key")
            for key in (partner.external_customer_key or "").split("\n"):
                if key and key not in known:
                    known.append(key)
                    self.env["external.customer.key"].sudo().create(
                        {"key": key, "partner_id": partner.id}
                    )

    @api.model
    def _search_external_customer_key(self, operator, value):
        found = (
            self.env["external.customer.key"].sudo().search([("key", operator, value)])
        )
        return [("id", "in", found.mapped("partner_id").ids)]
