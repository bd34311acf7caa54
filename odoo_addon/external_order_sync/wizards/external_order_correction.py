from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import formatLang

from ..orm import page_of

# A company's account for payments under way: one of its fields, later a name in its chart.
TRANSIT = "account_journal_payment_debit_account_id"


class ExternalOrderCorrection(models.TransientModel):
    """Which entry corrects a payment of an order whose session is closed. Nothing is entered here."""

    _name = "external.order.correction"
    _description = "Correct the Payment of a Closed Order"

    order_id = fields.Many2one("external.order", required=True, readonly=True)
    why = fields.Text(compute="_compute_why")
    payment_choice_ids = fields.Many2many(
        "pos.payment", compute="_compute_choices", string="Payments"
    )
    method_choice_ids = fields.Many2many(
        "pos.payment.method", compute="_compute_choices", string="Methods"
    )
    payment_id = fields.Many2one("pos.payment")
    method_id = fields.Many2one("pos.payment.method", string="Should Have Been")
    entry = fields.Text(compute="_compute_entry", string="Entry to Make")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        order = self.env["external.order"].browse(values.get("order_id"))
        payments = order.pos_order_id.payment_ids
        if len(payments) == 1:
            values["payment_id"] = payments.id
        return values

    @api.depends("order_id")
    def _compute_why(self):
        for wizard in self:
            wizard.why = wizard.order_id._posted_text()

    @api.depends("order_id", "payment_id")
    def _compute_choices(self):
        for wizard in self:
            order = wizard.order_id.pos_order_id
            wizard.payment_choice_ids = order.payment_ids
            wizard.method_choice_ids = (
                order.config_id.payment_method_ids - wizard.payment_id.payment_method_id
            )

    @api.depends("payment_id", "method_id")
    def _compute_entry(self):
        for wizard in self:
            wizard.entry = (
                wizard._entry_text() if wizard.payment_id and wizard.method_id else ""
            )

    def _entry_text(self):
        payment = self.payment_id
        order = payment.pos_order_id
        now = payment.payment_method_id._external_account(order)
        right = self.method_id._external_account(order)
        if now == right:
            return _(
                "None: both methods are booked on %s. Tell them apart when that account is reconciled.",
                right.display_name,
            )
        amount = payment.amount
        debit, credit = (right, now) if amount > 0 else (now, right)
        return _(
            "In a journal for miscellaneous operations, dated as you close the matter:\n"
            "Debit   %(debit)s   %(amount)s\n"
            "Credit  %(credit)s   %(amount)s\n"
            "Label: %(order)s, %(now)s was %(right)s",
            debit=debit.display_name,
            credit=credit.display_name,
            amount=formatLang(self.env, abs(amount), currency_obj=order.currency_id),
            order=order.external_order_id or order.name,
            now=payment.payment_method_id.name,
            right=self.method_id.name,
        )


class ExternalOrder(models.Model):
    """Correcting a payment: in Odoo's own way while the session is open, by an entry afterwards."""

    _inherit = "external.order"

    def action_correct_payment(self):
        """Open the payments to be corrected, or say which entry corrects them."""
        self.ensure_one()
        self._check_manager()
        order = self.pos_order_id
        if not order:
            raise UserError(
                _("Order %s is not booked in Odoo.", self.external_id or "?")
            )
        if self._posted_text():
            return self._dialog(
                "external.order.correction", _("Correct payment"), order_id=self.id
            )
        if not order._fields["payment_ids"].readonly:
            return self.action_open_pos_order()
        return self._open_payments(order.payment_ids)

    def _open_payments(self, payments):
        """Where the form of an order does not let its payments be changed, their own form does."""
        return page_of(
            payments,
            _("Payments of %s", self.external_id),
            context={"create": False},
        )

    def _posted_text(self):
        """Why the payments of this order can no longer be changed; empty while they can."""
        order = self.pos_order_id
        if order.session_id.state == "closed":
            return _(
                "The session %(session)s is closed, and its payments are posted: the order keeps them as they are, "
                "and an entry in accounting corrects the books.",
                session=order.session_id.name,
            )
        if order.sudo().account_move:
            return _(
                "The order has the invoice %(invoice)s, and its payments are posted with it: the order keeps them "
                "as they are, and an entry in accounting corrects the books.",
                invoice=order.sudo().account_move.name,
            )
        return ""


class PosPaymentMethod(models.Model):
    _inherit = "pos.payment.method"

    def _external_account(self, order):
        """The account on which a payment by this method has arrived once its session is closed."""
        self.ensure_one()
        method = self.sudo().with_company(order.company_id)
        receivable = (
            method.receivable_account_id
            or method.company_id.account_default_pos_receivable_account_id
        )
        own_journal = "journal_id" in method._fields
        journal = method.journal_id if own_journal else method.cash_journal_id
        if method.is_cash_count:
            return journal.default_account_id
        if not own_journal:
            return receivable
        if not journal:
            partner = order.partner_id.commercial_partner_id
            return partner.property_account_receivable_id or receivable
        lines = journal.inbound_payment_method_line_ids
        return (
            method.outstanding_account_id
            or lines.payment_account_id[:1]
            or method._external_transit_account(journal.company_id)
            or receivable
        )

    @api.model
    def _external_transit_account(self, company):
        """The company's account for payments under way, where it says so itself or its chart does."""
        if TRANSIT in company._fields:
            return company[TRANSIT]
        charts = self.env["account.chart.template"].with_context(
            allowed_company_ids=company.root_id.ids
        )
        account = charts.ref(TRANSIT, raise_if_not_found=False)
        return account or company.transfer_account_id
