from odoo import fields, models


class ExternalOrderSync(models.Model):
    """What becomes of an order's customer, and of one that is not paid in full."""

    _inherit = "external.order.sync"

    customers = fields.Selection(
        [
            ("ignore", "Leave out"),
            ("find", "Find"),
            ("create", "Find, else create"),
        ],
        default="find",
        required=True,
        tracking=True,
        help="A customer is found by reference, then e-mail, then phone. An existing one is never changed.",
    )
    ambiguous_customer = fields.Selection(
        [
            ("note", "Book without one and note it"),
            ("refuse", "Keep the order and ask"),
        ],
        string="Several Customers Fit",
        default="note",
        required=True,
        tracking=True,
        help="What happens when more than one customer in Odoo fits.",
    )
    invoicing = fields.Selection(
        [
            ("off", "No invoices"),
            ("tax_id", "When the order has a tax id"),
            ("customer", "For every order with a customer"),
        ],
        string="Invoices",
        default="off",
        required=True,
        tracking=True,
        help="An order whose external system has issued a fiscal document is never invoiced again.",
    )
    part_paid = fields.Selection(
        [
            ("wait", "Wait until it is paid in full"),
            ("pay_later", "Rest on the customer's account"),
        ],
        string="Order Paid in Part",
        default="wait",
        required=True,
        tracking=True,
        help="The customer's account needs a pay-later method in the shop and a customer on the order.",
    )

    def _configuration(self):
        return dict(
            super()._configuration(),
            customers=self.customers,
            ambiguous_customer=self.ambiguous_customer,
            invoicing=self.invoicing,
            part_paid=self.part_paid,
        )
