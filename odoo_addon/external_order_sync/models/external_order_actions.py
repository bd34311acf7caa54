from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError

from .external_order_request_kinds import FITTING, MANAGER


class ExternalOrder(models.Model):
    """What people do about an order. Whatever the service has to do for it is asked by a request."""

    _inherit = "external.order"

    request_ids = fields.Many2many(
        "external.order.request",
        "external_order_request_order_rel",
        "order_id",
        "request_id",
        string="Requests",
        readonly=True,
    )
    has_open_request = fields.Boolean(compute="_compute_has_open_request")
    service_banner = fields.Char(compute="_compute_service_banner")

    @api.depends("request_ids.state")
    def _compute_has_open_request(self):
        asked = self.env["external.order.request"]._open_about(self).order_ids
        for order in self:
            order.has_open_request = order in asked

    @api.depends("sync_id")
    def _compute_service_banner(self):
        banner = self.env["external.order.service"]._last()._absence_text()
        for order in self:
            order.service_banner = banner

    @api.model
    def _open_home(self):
        """The orders; while no service is heard from, the title says so."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "external_order_sync.external_order_action"
        )
        absence = self.env["external.order.service"]._last()._absence_title()
        if absence:
            action["name"] = action["display_name"] = "%s – ⚠ %s" % (
                action["name"],
                absence,
            )
        return action

    def request_progress(self):
        """What the form's follower shows, of the oldest open request or else of the latest."""
        self.ensure_one()
        requests = self.env["external.order.request"]
        request = requests._open_about(self)[-1:] or requests.search(
            [("order_ids", "in", self.ids)], limit=1
        )
        return request._progress()

    def action_retry(self):
        """Try this order again now."""
        return self._ask("retry")

    def action_complete(self):
        """Book this order although its source does not call it completed."""
        return self._ask("complete")

    def action_reopen(self):
        """Take back that this order is not to be booked."""
        return self._ask("reopen")

    def action_rebook(self):
        """Book an order again that Odoo holds no more."""
        return self._ask("rebook")

    def action_ignore(self):
        """Ask why this order is not to be booked, and close it."""
        return self._dialog("external.order.decide", _("Ignore"), kind="ignore")

    def action_map(self):
        """Say what the payment, product or location stands for that keeps this order back."""
        self.ensure_one()
        names = {
            "payment": _("Map this payment code"),
            "product": _("Map this product"),
            "location": _("Choose the shop for this location"),
        }
        if self.subject_kind not in names:
            raise UserError(
                _("No mapping would mend this order: %s", self.message_text or "")
            )
        self._check_mapped_in_odoo()
        return self._dialog(
            "external.order.map", names[self.subject_kind], order_id=self.id
        )

    def action_fetch(self):
        """Ask the external system for this order again."""
        self.ensure_one()
        return self._dialog(
            "external.order.fetch",
            _("Fetch order"),
            sync_id=self.sync_id.id,
            ids_text=self.external_id,
        )

    def _ask(self, kind):
        requests = self.env["external.order.request"]
        fitting = self.filtered(lambda order: order.state in FITTING[kind])
        if not fitting:
            raise UserError(
                _(
                    "“%(asked)s” does not fit: order %(order)s is “%(state)s”.",
                    asked=dict(requests._kinds([kind]))[kind],
                    order=self[:1].external_id or "?",
                    state=self[:1]._state_label(),
                )
            )
        requests._ask_about(kind, fitting)
        return True

    def _state_label(self):
        labels = dict(self._fields["state"]._description_selection(self.env))
        return labels.get(self.state, "")

    def _dialog(self, model, name, **defaults):
        """Open a wizard about these orders."""
        context = {"default_%s" % field: value for field, value in defaults.items()}
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": dict(context, active_model=self._name, active_ids=self.ids),
        }

    def _check_manager(self):
        if not self.env.user.has_group(MANAGER):
            raise AccessError(
                _(
                    "Only a manager of external orders may do this (group “External Orders: Manager”)."
                )
            )

    def _check_mapped_in_odoo(self):
        """A sync of the service's file is mapped there; say how."""
        if not self.sync_id:
            raise UserError(
                _("The sync of this order is gone: there is nothing to map it in.")
            )
        if self.sync_id.from_file:
            raise UserError(
                _(
                    "The sync “%(sync)s” stands in the service's file and is mapped there, on the service's "
                    "machine, by: %(command)s",
                    sync=self.sync_id.name,
                    command=self._map_command(),
                )
            )
