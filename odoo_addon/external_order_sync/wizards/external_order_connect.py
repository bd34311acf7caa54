from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.res_users import check_identity

from ..models.external_order_exchange import SIDECAR
from ..service_file import service_file

ADMINISTRATOR = "base.group_system"
LOGIN = "tillbridge"
NEW_CUSTOMERS = "base.group_partner_manager"


class ExternalOrderConnect(models.TransientModel):
    """Makes the user that the service logs in as, and its key, and shows the service's file once.

    The key goes to the browser of who asked and is kept nowhere: not in this wizard, no field, no log.
    """

    _name = "external.order.connect"
    _description = "Connect the External Order Service"

    user_id = fields.Many2one(
        "res.users",
        domain="[('share', '=', False)]",
        default=lambda self: self._service_user(),
        help="The user that the service logs in as. Empty: a new one is made, which has no password.",
    )
    login = fields.Char(
        string="Login of the New User", default=lambda self: self._free_login()
    )
    company_ids = fields.Many2many(
        "res.company",
        string="Companies",
        required=True,
        default=lambda self: self.env.user.company_ids,
        help="The companies whose shops the service books for.",
    )
    url = fields.Char(
        string="Address of This Odoo",
        required=True,
        default=lambda self: self._own_address(),
        help="As the service's machine reaches it, without /web or /odoo.",
    )
    key_count = fields.Integer(compute="_compute_key_count")
    withdraw_keys = fields.Boolean(
        string="Withdraw Its Other Keys",
        help="A service that uses one of them stops until it has the new key.",
    )

    @api.model
    def _service_user(self):
        """The user that a service was heard from, or else one with its rights."""
        heard = self.env["external.order.service"]._last().user_id
        groups = self.env.ref(SIDECAR).ids
        with_rights = self.env["res.users"].search(
            [(_groups_field(self.env), "in", groups), ("share", "=", False)], order="id"
        )
        return (heard.sudo(False) | with_rights).filtered(
            lambda user: not user.has_group(ADMINISTRATOR)
        )[:1]

    @api.model
    def _free_login(self):
        users = self.env["res.users"].with_context(active_test=False)
        taken = users.search([("login", "=like", LOGIN + "%")]).mapped("login")
        numbers = (LOGIN + str(number) for number in range(2, len(taken) + 3))
        return next(login for login in (LOGIN, *numbers) if login not in taken)

    @api.model
    def _own_address(self):
        return self.env["ir.config_parameter"].sudo().get_param("web.base.url", "")

    @api.depends("user_id")
    def _compute_key_count(self):
        for wizard in self:
            wizard.key_count = len(wizard._keys())

    def _keys(self):
        return (
            self.env["res.users.apikeys"]
            .sudo()
            .search([("user_id", "=", self.user_id.id or 0)])
        )

    @check_identity
    def action_connect(self):
        """Make it so, after Odoo has asked who is there for the password once more."""
        return self._connect()

    def _connect(self):
        self.ensure_one()
        if not self.env.user.has_group(ADMINISTRATOR):
            raise UserError(_("Only an administrator can connect the service."))
        user = self.user_id
        if user:
            self._check_user(user)
            self._extend(user)
        else:
            user = self._create_user()
        if self.withdraw_keys:
            self._keys().unlink()
        key, expires = self._make_key(user)
        text = service_file(self.url, self.env.cr.dbname, user.login, key)
        return {
            "type": "ir.actions.act_window",
            "name": _("The Service's File"),
            "res_model": "external.order.connected",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_file": text,
                "default_note": self._note(user, expires),
            },
        }

    @api.model
    def _check_user(self, user):
        if user.has_group(ADMINISTRATOR):
            raise UserError(
                _(
                    "“%s” is an administrator: the service's key would open all of Odoo. "
                    "Leave the field empty, and a user with just the rights it needs is made.",
                    user.name,
                )
            )

    def _extend(self, user):
        links = [(4, company.id) for company in self.company_ids]
        groups = [(4, group.id) for group in self._groups()]
        user.write({"company_ids": links, _groups_field(self.env): groups})

    def _create_user(self):
        login = (self.login or "").strip()
        users = self.env["res.users"].with_context(active_test=False)
        if not login or users.search([("login", "=", login)]):
            raise UserError(
                _(
                    "Give the new user a login that nobody has, or choose the user that is there."
                )
            )
        companies = self.company_ids
        company = self.env.company if self.env.company in companies else companies[:1]
        # An administrator may make users; on Odoo 14 not always the contact that comes with one.
        user = users.sudo().with_context(no_reset_password=True)
        return user.create(
            {
                "name": login,
                "login": login,
                "company_id": company.id,
                "company_ids": [(6, 0, companies.ids)],
                _groups_field(self.env): [(6, 0, self._groups().ids)],
            }
        ).sudo(False)

    def _groups(self):
        """The service's rights, and that to create customers where a sync does so."""
        groups = self.env.ref(SIDECAR)
        syncs = self.env["external.order.sync"].sudo()
        if syncs.search([("customers", "=", "create")], limit=1):
            groups |= self.env.ref(NEW_CUSTOMERS)
        return groups

    @api.model
    def _make_key(self, user):
        """A key of this user for RPC, and when it expires: as late as the user's groups allow."""
        keys = self.env["res.users.apikeys"].with_user(user)
        if "expiration_date" not in keys._fields:
            return keys._generate("rpc", LOGIN), False
        groups = (
            user.all_group_ids if "all_group_ids" in user._fields else user.groups_id
        )
        days = max(groups.mapped("api_key_duration")) or 1
        # A little less than is allowed, for Odoo checks it a moment later.
        expires = fields.Datetime.now() + timedelta(days=days, minutes=-1)
        return keys._generate("rpc", LOGIN, expires), expires

    @api.model
    def _note(self, user, expires):
        if not expires:
            return _("The user is “%s”. Its key does not expire.", user.login)
        return _(
            "The user is “%(login)s”. Its key expires on %(date)s; "
            "this is told on every sync two weeks ahead.",
            login=user.login,
            date=fields.Date.to_string(expires),
        )


def _groups_field(env):
    """What a user's own groups are called: another name since 19."""
    return "group_ids" if "group_ids" in env["res.users"]._fields else "groups_id"
