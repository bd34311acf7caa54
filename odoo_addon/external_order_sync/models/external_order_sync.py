from odoo import _, api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.res_partner import _tz_get

from .external_order_product_match import KINDS

TRIMMED = ("name", "source", "external_api_url", "order_url", "registers")


class ExternalOrderSync(models.Model):
    """One configuration: the orders of one external system become orders of one shop.

    The records are read by the tillbridge service through ``external.order.service.exchange``,
    which also writes back what happened. Nothing in Odoo calls the external system.
    """

    _name = "external.order.sync"
    _description = "External Order Sync"
    _inherit = ["mail.thread"]
    _order = "name, id"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True, copy=False)
    source = fields.Char(
        string="Source ID",
        copy=False,
        tracking=True,
        help="Part of the identity of every order. Syncs that read the same external system share it. "
        "Left empty, the name is taken. It cannot be changed once an order has been booked.",
    )
    from_file = fields.Boolean(
        string="Defined in the Service's File",
        readonly=True,
        copy=False,
        help="This sync stands in the configuration file of the tillbridge service and is only shown here.",
    )

    # Connection
    external_api_url = fields.Char(
        string="API Address",
        tracking=True,
        help="The address that lists the orders. A key does not belong in it: use API Key.",
    )
    auth_type = fields.Selection(
        [("bearer", "Authorization: Bearer"), ("x_api_key", "X-API-Key")],
        string="Key Is Sent As",
        default="bearer",
        required=True,
        tracking=True,
        help="The header that carries the key to the external system.",
    )

    # Destination
    pos_config_id = fields.Many2one(
        "pos.config",
        string="Shop",
        ondelete="restrict",
        index=True,
        copy=False,
        tracking=True,
        help="The Point of Sale the orders are booked in. Use one that no cashier works with. "
        "Where locations are listed (tab Which Orders), the shop of all the others.",
    )
    shop_ids = fields.Many2many(
        "pos.config",
        string="Shops",
        compute="_compute_shop_ids",
        help="All the shops that orders of this sync may be booked in.",
    )
    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, index=True
    )

    # Which orders
    start_date = fields.Datetime(
        string="Start From",
        default=lambda self: fields.Datetime.now(),
        copy=False,
        tracking=True,
        help="Orders completed before this moment are left out. Empty: everything the system returns.",
    )
    timezone = fields.Selection(
        _tz_get,
        string="Time Zone",
        required=True,
        default=lambda self: self.env.user.tz or "UTC",
        tracking=True,
        help="For times that come without a zone.",
    )
    registers = fields.Char(
        tracking=True,
        help="Names of the registers whose orders are taken, separated by commas. Empty: all.",
    )
    status_completed = fields.Char(
        default="103",
        tracking=True,
        help="Status numbers of sales that are complete, separated by commas.",
    )
    status_refund = fields.Char(
        default="106",
        tracking=True,
        help="Status numbers of refunds that are complete, separated by commas.",
    )
    status_cancelled = fields.Char(
        default="",
        tracking=True,
        help="Status numbers of orders that are left out as cancelled, separated by commas.",
    )

    # How they are booked
    price_mode = fields.Selection(
        [
            ("auto", "Find out for each order"),
            ("tax_included", "Tax included"),
            ("tax_excluded", "Tax excluded"),
        ],
        string="Prices",
        default="auto",
        required=True,
        tracking=True,
        help="Whether the prices of the lines contain the tax. Whichever it is, an order is booked with exactly its own total.",
    )
    product_match_ids = fields.One2many(
        "external.order.product.match",
        "sync_id",
        string="Product Matching",
        copy=True,
        default=lambda self: [
            (0, 0, {"kind": kind, "sequence": place * 10})
            for place, (kind, _text) in enumerate(KINDS)
        ],
    )
    product_matching = fields.Char(
        string="Products Found By",
        compute="_compute_product_matching",
        store=True,
        tracking=True,
    )
    payment_line_ids = fields.One2many(
        "external.order.payment.map", "sync_id", string="Payment Mapping", copy=False
    )
    payment_mapping = fields.Char(
        string="Payments Mapped",
        compute="_compute_payment_mapping",
        store=True,
        tracking=True,
    )
    payment_fallback = fields.Selection(
        [
            ("first_available", "Take the first suitable method of the shop"),
            ("ask", "Keep the order and ask"),
        ],
        string="Unknown Payment",
        default="first_available",
        required=True,
        tracking=True,
        help="For a payment that is neither listed nor recognised by its name.",
    )

    # Sessions and timing
    auto_create_session = fields.Boolean(
        string="Open Session Automatically",
        default=True,
        tracking=True,
        help="Open a session when the shop has none. Off: orders are kept until somebody opens it.",
    )
    sync_interval = fields.Integer(
        string="Interval (minutes)",
        default=15,
        required=True,
        tracking=True,
        help="How often the external system is asked for new orders.",
    )

    # How the source is asked
    since_param = fields.Char(
        string="Since Parameter",
        default="since",
        tracking=True,
        help="The query parameter that asks for orders since a moment.",
    )
    since_field = fields.Selection(
        [("modified", "Last change"), ("created", "Creation")],
        string="Since Means",
        default="modified",
        required=True,
        tracking=True,
        help="What the external system compares that parameter with.",
    )
    overlap_hours = fields.Integer(
        string="Overlap (hours)",
        default=72,
        tracking=True,
        help="Each sync looks back this far again, for orders that arrive late.",
    )
    paging = fields.Selection(
        [
            ("auto", "Follow the source's links"),
            ("none", "One page"),
            ("page", "Page number"),
            ("offset", "Offset and limit"),
        ],
        default="auto",
        required=True,
        tracking=True,
        help="How the external system divides a long list.",
    )
    page_param = fields.Char(
        string="Page Parameter",
        default="page",
        tracking=True,
        help="The query parameter of the page or the offset.",
    )
    page_size_param = fields.Char(
        string="Page Size Parameter",
        default="limit",
        tracking=True,
        help="The query parameter of the number of orders on a page.",
    )
    page_size = fields.Integer(
        default=100, tracking=True, help="How many orders are asked for at once."
    )

    @api.depends("pos_config_id")
    def _compute_shop_ids(self):
        for sync in self:
            sync.shop_ids = sync.pos_config_id

    @api.depends("shop_ids")
    def _compute_company_id(self):
        for sync in self:
            sync.company_id = (
                sync.shop_ids[:1].company_id or sync.company_id or self.env.company
            )

    @api.depends("product_match_ids.kind", "product_match_ids.sequence")
    def _compute_product_matching(self):
        kinds = self.env["external.order.product.match"]._fields["kind"]
        labels = dict(kinds._description_selection(self.env))
        for sync in self:
            sync.product_matching = ", ".join(
                labels.get(kind, "") for kind in sync._product_match_kinds()
            )

    @api.depends(
        "payment_line_ids.code",
        "payment_line_ids.sequence",
        "payment_line_ids.payment_method_id",
    )
    def _compute_payment_mapping(self):
        for sync in self:
            sync.payment_mapping = ", ".join(
                "%s → %s" % (line.code, line.payment_method_id.name)
                for line in sync.payment_line_ids.sorted("sequence")
            )

    def _product_match_kinds(self):
        """The ways of matching, in the order they are tried."""
        self.ensure_one()
        return self.product_match_ids.sorted("sequence").mapped("kind")

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._trimmed(vals) for vals in vals_list]
        for vals in vals_list:
            self._check_only_user_fields(vals)
            if vals.get("active", True) and not vals.get("source"):
                vals["source"] = vals.get("name")
        return super().create(vals_list)

    def write(self, vals):
        vals = self._trimmed(vals)
        self._check_only_user_fields(vals)
        if "source" in vals:
            self._check_source_may_change(vals["source"])
        return super().write(vals)

    def unlink(self):
        for sync in self:
            if sync._has_orders():
                raise UserError(
                    _(
                        "“%s” has booked orders, so it can be archived but not deleted: "
                        "the orders keep their link to it.",
                        sync.name,
                    )
                )
        return super().unlink()

    def copy_data(self, default=None):
        """A duplicate is an inactive draft: source id, shop and all that belongs to the shop stay empty."""
        vals_list = super().copy_data(default)
        for sync, vals in zip(self, vals_list):
            if "name" not in (default or {}):
                vals["name"] = _("%s (copy)", sync.name)
            vals.setdefault("active", False)
        return vals_list

    @api.model
    def _trimmed(self, vals):
        return {
            name: value.strip() if name in TRIMMED and isinstance(value, str) else value
            for name, value in vals.items()
        }

    def _has_orders(self):
        """Whether any POS order, of any company, carries this sync's source id."""
        self.ensure_one()
        return bool(
            self.source
            and self.env["pos.order"]
            .sudo()
            .search([("external_source", "=", self.source)], limit=1)
        )

    def _check_source_may_change(self, source):
        for sync in self:
            if sync.from_file or not sync.source or sync.source == source:
                continue
            if sync._has_orders():
                raise UserError(
                    _(
                        "The source id of “%(name)s” stays “%(source_id)s”: orders are booked under it, "
                        "and under another id they would be booked a second time.",
                        name=sync.name,
                        source_id=sync.source,
                    )
                )
