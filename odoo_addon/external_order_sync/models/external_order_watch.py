from datetime import timedelta

from odoo import _, api, fields, models

from .external_order_service import INCIDENT_MINUTES

# A sync may be this late before it is asked for; the service itself keeps time.
SLACK_MINUTES = 5
# A request that is running without a word for so long will not end any more.
ABANDONED_MINUTES = 60


class ExternalOrderService(models.Model):
    """The scheduled watch: asks for what is overdue and tells once when the service falls silent."""

    _inherit = "external.order.service"

    @api.model
    def _watch(self):
        syncs = self.env["external.order.sync"].sudo().search([("active", "=", True)])
        self.env["external.order.request"]._fail_abandoned(ABANDONED_MINUTES)
        syncs._ask_for_overdue()
        service = self._last()
        if service and service._absent(minutes=INCIDENT_MINUTES):
            syncs._tell_silence(service)

    @api.model
    def _end_incident(self):
        """The service is heard again: say so where its silence was told."""
        silent = (
            self.env["external.order.sync"]
            .with_context(active_test=False)
            .sudo()
            .search([("service_silent", "=", True)])
        )
        if silent:
            silent.write({"service_silent": False})
            for sync in silent:
                sync._message_log(body=_("The tillbridge service is heard from again."))


class ExternalOrderSync(models.Model):
    _inherit = "external.order.sync"

    def _ask_for_overdue(self):
        now = fields.Datetime.now()
        requests = self.env["external.order.request"].sudo()
        for sync in self:
            due = (sync.last_sync_date or sync.create_date) + timedelta(
                minutes=sync.sync_interval + SLACK_MINUTES
            )
            if due < now and not requests._open_of(sync):
                requests.create({"sync_id": sync.id, "kind": "sync"})

    def _tell_silence(self, service):
        for sync in self.filtered(lambda s: not s.service_silent):
            sync.service_silent = True
            sync._message_log(
                body=_(
                    "The tillbridge service has not been heard from since %s (UTC). "
                    "Orders are fetched when it is back. Check that it runs on its machine.",
                    fields.Datetime.to_string(service.last_seen),
                )
            )
