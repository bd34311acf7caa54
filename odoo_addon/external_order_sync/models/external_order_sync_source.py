from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ..tools import has_credentials, origin

ID = "{id}"


class ExternalOrderSync(models.Model):
    """How the external system is asked for one order and for those of a period, where it can be."""

    _inherit = "external.order.sync"

    order_url = fields.Char(
        string="Address of One Order",
        tracking=True,
        help="Where the external system shows a single order, with {id} in place of its number. "
        "It must be on the server of the API address. Empty: its list is read again.",
    )
    until_param = fields.Char(
        string="Until Parameter",
        tracking=True,
        help="The query parameter that ends a period of orders. Empty: there is none.",
    )

    @api.constrains("order_url", "external_api_url")
    def _check_order_url(self):
        for sync in self:
            url = sync.order_url
            if not url or sync.from_file:
                continue
            if ID not in url:
                raise ValidationError(
                    _(
                        "The address of one order needs {id} where the order's number goes, "
                        "as in https://pos.example.com/api/orders/{id} (tab Connection)."
                    )
                )
            if has_credentials(url) or origin(url) != origin(sync.external_api_url):
                raise ValidationError(
                    _(
                        "The address of one order must be on the same server as the API address, "
                        "without a user name: the key is sent to that server only (tab Connection)."
                    )
                )

    def _configuration(self):
        return dict(
            super()._configuration(),
            order_url=self.order_url or "",
            until_param=(self.until_param or "").strip(),
        )
