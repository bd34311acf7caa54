from odoo import _, fields, models
from odoo.exceptions import UserError


class ExternalOrderSync(models.Model):
    """A paused sync keeps its orders and books none. One made by hand begins so: look first, then start it."""

    _inherit = "external.order.sync"

    paused = fields.Boolean(
        tracking=True,
        copy=False,
        help="While a sync is paused no orders are fetched or booked for it.",
    )

    def action_pause(self):
        """Let the service rest on this sync. Its orders are kept."""
        self.write({"paused": True})
        return True

    def action_resume(self):
        """Let the service work on this sync, from now on and right now."""
        self.write({"paused": False})
        return self.action_sync_now()

    def action_sync_now(self):
        for sync in self.filtered("paused"):
            raise UserError(
                _(
                    "“%s” is paused, so nothing is booked for it. Start it first.",
                    sync.name,
                )
            )
        return super().action_sync_now()

    def _badge_value(self, silent):
        if self.active and self.paused:
            return "draft" if self.last_sync_status == "never" else "paused"
        return super()._badge_value(silent)

    def _next_sync(self):
        return False if self.paused else super()._next_sync()

    def _ask_for_overdue(self):
        return super(
            ExternalOrderSync, self.filtered(lambda sync: not sync.paused)
        )._ask_for_overdue()

    def _configuration(self):
        values = super()._configuration()
        return dict(values, active=values["active"] and not self.paused)
