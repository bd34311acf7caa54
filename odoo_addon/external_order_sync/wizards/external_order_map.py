from odoo import _, api, fields, models
from odoo.exceptions import UserError

# In these states an order is cured when its cause goes away.
CURABLE = ("refused", "retrying", "waiting")
# What a mapping line is written into: the sync's lines, what it maps, and to what.
LINES = {
    "payment": ("payment_line_ids", "code", "payment_method_id"),
    "product": ("product_map_ids", "code", "product_id"),
    "location": ("location_ids", "location", "pos_config_id"),
}


class ExternalOrderMap(models.TransientModel):
    """Say what a payment, product or location of the external system stands for, from an order that lacks it."""

    _name = "external.order.map"
    _description = "Map a Value of an External Order"

    order_id = fields.Many2one("external.order", required=True, readonly=True)
    sync_id = fields.Many2one("external.order.sync", compute="_compute_subject")
    company_id = fields.Many2one("res.company", compute="_compute_subject")
    kind = fields.Char(compute="_compute_subject")
    value = fields.Char(compute="_compute_subject")
    reason = fields.Text(compute="_compute_subject")
    payment_method_id = fields.Many2one("pos.payment.method")
    method_ids = fields.Many2many(
        "pos.payment.method", compute="_compute_method_ids", string="Methods"
    )
    product_id = fields.Many2one("product.product")
    pos_config_id = fields.Many2one("pos.config", string="Shop")
    cure = fields.Char(compute="_compute_cure")

    @api.depends("order_id")
    def _compute_subject(self):
        for wizard in self:
            order = wizard.order_id
            wizard.sync_id = order.sync_id
            wizard.company_id = order.company_id
            wizard.kind = order.subject_kind
            wizard.value = order.subject_value
            wizard.reason = order.message_text

    @api.depends("order_id")
    def _compute_method_ids(self):
        """The methods of the order's shop; where that is not known, of all shops of the sync."""
        for wizard in self:
            order = wizard.order_id
            shops = order.shop_id or order.sync_id.shop_ids
            wizard.method_ids = shops.payment_method_ids

    @api.depends("order_id")
    def _compute_cure(self):
        for wizard in self:
            count = len(wizard._cured())
            wizard.cure = (
                _("This cures this order. Others of its kind are booked at once.")
                if count == 1
                else _("This cures %s orders: all that have the same cause.", count)
            )

    def _cured(self):
        """The open orders of this sync with the same cause."""
        order = self.order_id
        return order.search(
            [
                ("sync_id", "=", order.sync_id.id),
                ("code", "=", order.code),
                ("subject_kind", "=", order.subject_kind),
                ("subject_value", "=", order.subject_value),
                ("state", "in", CURABLE),
            ]
        )

    def action_confirm(self):
        """Write the line and have the orders tried again."""
        self.ensure_one()
        self.order_id._check_mapped_in_odoo()
        cured = self._cured()
        self._write_line()
        requests = self.env["external.order.request"]
        if cured:
            requests = requests._ask_about("retry", cured)
        if len(cured) > 1:
            return requests._show()
        return {"type": "ir.actions.act_window_close"}

    def _write_line(self):
        """One line for each value: one that is there is corrected."""
        lines, name, target = LINES[self.kind]
        chosen = self[target]
        if not chosen:
            raise UserError(_("Choose what “%s” stands for.", self.value))
        plain = _stripped if self.kind == "location" else _folded
        wanted = plain(self.value)
        line = self.sync_id[lines].filtered(lambda one: plain(one[name]) == wanted)
        values = {target: chosen.id}
        command = (
            (1, line[0].id, values)
            if line
            else (0, 0, dict(values, **{name: self.value}))
        )
        self.sync_id.write({lines: [command]})


def _stripped(text):
    return (text or "").strip()


def _folded(text):
    return _stripped(text).casefold()
