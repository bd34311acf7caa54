from odoo import _, api, fields, models

from ..models.external_order_request_kinds import FITTING, MANAGER_KINDS


class ExternalOrderBulk(models.AbstractModel):
    """Ask the same about many orders: says first for how many it fits, and asks for these."""

    _name = "external.order.bulk"
    _description = "Ask About External Orders"

    kind = fields.Selection(
        selection=lambda self: self.env["external.order.request"]._kinds(FITTING),
        required=True,
    )
    order_ids = fields.Many2many("external.order", readonly=True)
    fitting_count = fields.Integer(compute="_compute_plan")
    plan = fields.Text(compute="_compute_plan")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "external.order":
            chosen = self.env.context.get("active_ids") or []
            values["order_ids"] = [(6, 0, chosen)]
        return values

    @api.depends("kind", "order_ids.state")
    def _compute_plan(self):
        for wizard in self:
            fitting = wizard._fitting()
            wizard.fitting_count = len(fitting)
            wizard.plan = wizard._plan_text(fitting, wizard.order_ids - fitting)

    def _fitting(self):
        states = FITTING.get(self.kind, ())
        return self.order_ids.filtered(lambda order: order.state in states)

    def _plan_text(self, fitting, others):
        if not self.kind:
            return ""
        one, many = {
            "retry": (
                _("This order will be tried again."),
                _("%s orders will be tried again."),
            ),
            "ignore": (
                _("This order will be closed and not booked."),
                _("%s orders will be closed and not booked."),
            ),
            "complete": (
                _("This order counts as completed and will be booked."),
                _("%s orders count as completed and will be booked."),
            ),
            "reopen": (
                _("This order will be open again."),
                _("%s orders will be open again."),
            ),
            "rebook": (
                _("This order will be booked again, under the same identity."),
                _("%s orders will be booked again, under the same identity."),
            ),
        }[self.kind]
        alone = len(fitting) == 1 and not others
        text = one if alone else many % len(fitting)
        if not others:
            return text
        counts = {}
        for order in others:
            # Without the sign that it begins with.
            label = order._state_label().partition(" ")[2].lower()
            counts[label] = counts.get(label, 0) + 1
        return _(
            "%(plan)s\n%(count)s cannot: %(states)s.",
            plan=text,
            count=len(others),
            states=", ".join(
                "%s %s" % (count, label) for label, count in counts.items()
            ),
        )

    def action_confirm(self):
        """Ask the service; many orders are followed on the request's own page."""
        self.ensure_one()
        requests = self.env["external.order.request"]._ask_about(
            self.kind, self._fitting(), **self._payload()
        )
        if len(self.order_ids) == 1:
            return {"type": "ir.actions.act_window_close"}
        return requests._show()

    def _payload(self):
        return {}


class ExternalOrderRetry(models.TransientModel):
    """Try orders again."""

    _name = "external.order.retry"
    _inherit = "external.order.bulk"
    _description = "Retry External Orders"

    kind = fields.Selection(default="retry", readonly=True)


class ExternalOrderDecide(models.TransientModel):
    """Decide about orders, which managers do."""

    _name = "external.order.decide"
    _inherit = "external.order.bulk"
    _description = "Decide About External Orders"

    kind = fields.Selection(
        selection=lambda self: self.env["external.order.request"]._kinds(MANAGER_KINDS)
    )
    reason = fields.Text(help="Kept with the order and your name.")

    def _payload(self):
        return {"reason": self.reason} if self.kind == "ignore" else {}
