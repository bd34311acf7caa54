from datetime import timedelta

from odoo import _, api, fields, models

from ..in_words import moment_text
from .external_order_service import INCIDENT_MINUTES

# The source may answer errors for so long before somebody is told.
ERROR_MINUTES = 30
# A sync that is late by so many of its intervals, and at least by so many minutes, does not move.
LATE_INTERVALS, LATE_MINUTES = 3, 60
SUBJECT = "incident"


class ExternalOrderAlert(models.Model):
    _inherit = "external.order.alert"

    def _summary(self, message, count=None):
        """An incident is about no number of orders."""
        if self.subject_kind == SUBJECT:
            return message
        return super()._summary(message, count)


class ExternalOrderSync(models.Model):
    """What keeps a sync as a whole from working, told like a cause that keeps orders back: once, until it is over."""

    _inherit = "external.order.sync"

    error_since = fields.Datetime(readonly=True, copy=False)

    def _record_report(self, report):
        result = super()._record_report(report)
        for sync in self.sudo():
            failed = sync.last_sync_status == "error"
            if failed != bool(sync.error_since):
                sync.error_since = failed and sync.last_sync_date
                sync._update_alerts(begin=False)
        return result

    def _causes(self):
        # First, for of many causes only some are told at once.
        incidents = {
            (code, SUBJECT, False): (0, message, fix)
            for code, message, fix in ([] if self.paused else self._incidents())
        }
        return {**incidents, **super()._causes()}

    def _incidents(self):
        """What there is now, each as (code, message, fix). The first that holds explains the others."""
        now = fields.Datetime.now()
        service = self.env["external.order.service"]._last()
        if service and service._absent(minutes=INCIDENT_MINUTES):
            message = _(
                "The tillbridge service has not been heard from since %s.",
                service._last_seen_text(),
            )
            fix = _(
                "Check that it runs on its machine. Orders are fetched when it is back."
            )
            return [("service_silent", message, fix)]
        if self.error_since and now - self.error_since > timedelta(
            minutes=ERROR_MINUTES
        ):
            message = _(
                "The source has answered with errors since %(when)s: %(message)s",
                when=moment_text(self, self.error_since),
                message=self.last_sync_summary,
            )
            fix = _(
                "See the last message of the sync; Test connection says more. Orders are fetched when it answers."
            )
            return [("source_failing", message, fix)]
        late = timedelta(minutes=max(LATE_MINUTES, LATE_INTERVALS * self.sync_interval))
        if service and self.last_sync_date and now - self.last_sync_date > late:
            message = _(
                "Nothing was fetched since %s, though the service is heard from.",
                moment_text(self, self.last_sync_date),
            )
            fix = _(
                "Press Sync Now and look at the answer; see the log of the service."
            )
            return [("sync_stuck", message, fix)]
        return []


class ExternalOrderService(models.Model):
    _inherit = "external.order.service"

    @api.model
    def _end_incident(self):
        result = super()._end_incident()
        alerts = self.env["external.order.alert"].sudo()
        told = alerts.search([("code", "=", "service_silent")])
        told.sync_id._update_alerts(begin=False)
        return result
