from odoo import fields, models


class ExternalOrderConnected(models.AbstractModel):
    """Shows the service's file. It has no table: what it shows comes with the action and goes with the page."""

    _name = "external.order.connected"
    _description = "The External Order Service's File"

    file = fields.Text(readonly=True)
    note = fields.Char(readonly=True)
