from odoo import _, api, models
from odoo.exceptions import AccessError, UserError

from ..orm import may

# Taken from the shop that a new one is to be like; not every series has every one.
LIKE = (
    "journal_id",
    "invoice_journal_id",
    "picking_type_id",
    "warehouse_id",
    "use_pricelist",
    "pricelist_id",
    "default_fiscal_position_id",
    "tax_regime",
    "tax_regime_selection",
    "cash_rounding",
    "rounding_method",
    "only_round_cash_method",
)
# What comes with a new shop.
MADE = ("pos.config", "pos.payment.method", "account.journal", "account.account")


class ExternalOrderSync(models.Model):
    """A shop of its own for external orders, ready to open, book and close."""

    _inherit = "external.order.sync"

    def action_create_shop(self):
        """Make the shop of this sync, named like it, unless it has one."""
        self.ensure_one()
        if not self.pos_config_id:
            self.pos_config_id = self._create_shop(self.name, self.company_id)[0]
        return True

    @api.model
    def create_shop(self, name, like=""):
        """The shop of this name in the user's company, made now when it is not there.

        It takes the caller's own rights: those to make shops and journals. ``like`` names a
        shop whose settings and methods it takes over; cash gets a journal of its own always,
        for a drawer belongs to one shop.
        """
        model = self.env["pos.config"]
        company = self.env.company
        other = model
        if like:
            other = model.search(
                [("name", "=", like), ("company_id", "=", company.id)], limit=1
            )
            if not other:
                raise UserError(_("There is no shop “%s” in this company.", like))
        shop, created = self._create_shop((name or "").strip(), company, other)
        return {"shop": shop.id, "name": shop.name, "created": created}

    @api.model
    def _check_may_create_shop(self):
        """Odoo would name one model after the other; say at once what is needed."""
        if not all(may(self.env[model], "create") for model in MADE):
            raise AccessError(
                _(
                    "Making a shop makes its journals and accounts, too: that takes the rights "
                    "“Point of Sale: Administrator” and “Invoicing: Administrator”. "
                    "Ask somebody who has them, or choose a shop that is there."
                )
            )

    @api.model
    def _create_shop(self, name, company, like=None):
        """The shop, and whether it was made now."""
        if not name:
            raise UserError(_("A shop needs a name."))
        shops = self.env["pos.config"].with_company(company)
        found = shops.search(
            [("name", "=", name), ("company_id", "=", company.id)], limit=1
        )
        if found:
            return found, False
        self._check_may_create_shop()
        like = like or shops
        methods = (
            self._shop_cash_method(name, company)
            | self._shop_bank_methods(company, like)
            | self._shop_customer_account(company, like)
        )
        values = {
            "name": name,
            "company_id": company.id,
            "payment_method_ids": [(6, 0, methods.ids)],
        }
        for field in LIKE:
            if like and field in like._fields and like[field]:
                value = like[field]
                values[field] = (
                    value.id if isinstance(value, models.BaseModel) else value
                )
        shop = shops.create(values)
        if shop.invoice_journal_id and not shop.journal_id:
            # The older series make it apart, with what a company sells by and not with its chart.
            shop.generate_pos_journal(company)
        if not shop.journal_id or not shop.invoice_journal_id:
            raise UserError(
                _(
                    "The company %s has no journal for sales. Install its chart of accounts first.",
                    company.display_name,
                )
            )
        return shop, True

    @api.model
    def _shop_cash_method(self, name, company):
        journal = (
            self.env["account.journal"]
            .with_company(company)
            .create(
                {
                    "name": _("Cash of %s", name),
                    "type": "cash",
                    "company_id": company.id,
                }
            )
        )
        methods = self.env["pos.payment.method"].with_company(company)
        values = {"name": _("Cash"), "company_id": company.id}
        if "journal_id" in methods._fields:
            values["journal_id"] = journal.id
        else:
            values.update(is_cash_count=True, cash_journal_id=journal.id)
        return methods.create(values)

    @api.model
    def _shop_bank_methods(self, company, like):
        """Those of the other shop, else all of the company that need no terminal, else a new one."""
        methods = self.env["pos.payment.method"].with_company(company)
        own_journal = "journal_id" in methods._fields
        found = (
            like.payment_method_ids
            if like
            else methods.search([("company_id", "=", company.id)])
        ).filtered(
            lambda method: (
                not method.is_cash_count
                and not method.use_payment_terminal
                and (
                    method.journal_id.type == "bank"
                    if own_journal
                    else not method.split_transactions
                )
            )
        )
        if found:
            return found
        values = {"name": _("Card"), "company_id": company.id}
        if own_journal:
            journal = self.env["account.journal"].search(
                [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
            )
            if not journal:
                raise UserError(
                    _("The company %s has no bank journal.", company.display_name)
                )
            values["journal_id"] = journal.id
        return methods.create(values)

    @api.model
    def _shop_customer_account(self, company, like):
        """The method for sales on account, where there is one that asks for the customer."""
        methods = self.env["pos.payment.method"].with_company(company)
        found = (
            like.payment_method_ids
            if like
            else methods.search([("company_id", "=", company.id)])
        ).filtered(
            lambda method: not method.is_cash_count and method.split_transactions
        )
        if "journal_id" in methods._fields:
            found = found.filtered(lambda method: not method.journal_id)
        return found[:1]
