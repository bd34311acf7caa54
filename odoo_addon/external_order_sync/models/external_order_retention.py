import time
from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ..orm import flush, forget, make_index

# How long what an order left behind is kept, in days, where no sync says so.
DAYS = {"keep_payload_days": 90, "keep_log_days": 180, "keep_order_days": 730}
BATCH = 2000
# A run ends after so long; the next one goes on.
LONGEST_SECONDS = 60
INDEXES = {
    "external_order_personal": "external_order (sync_id, fetched_date) WHERE raw IS NOT NULL OR sent IS NOT NULL "
    "OR newer IS NOT NULL OR customer IS NOT NULL OR phone_digest IS NOT NULL",
    "external_order_fetched": "external_order (sync_id, fetched_date)",
}
# Personal data first. Nothing of an order that is open, or that needs somebody, is taken away; and what a person
# decided stays for good, for its source may show the order at any time.
RETIRE = {
    "keep_payload_days": """
        UPDATE external_order SET raw = NULL, sent = NULL, newer = NULL, customer = NULL, phone_digest = NULL
         WHERE id IN (SELECT id FROM external_order
                       WHERE {of_sync} AND fetched_date < %(before)s
                             AND (raw IS NOT NULL OR sent IS NOT NULL OR newer IS NOT NULL OR customer IS NOT NULL
                                  OR phone_digest IS NOT NULL)
                             AND state IN ('booked', 'skipped', 'ignored') AND NOT attention
                    ORDER BY fetched_date LIMIT %(batch)s)""",
    "keep_log_days": """
        DELETE FROM external_order_log
         WHERE id IN (SELECT log.id FROM external_order_log log JOIN external_order o ON o.id = log.order_id
                       WHERE log.{of_sync} AND log.date < %(before)s
                             AND o.state IN ('booked', 'skipped', 'ignored') AND NOT o.attention
                    ORDER BY log.date, log.id LIMIT %(batch)s)""",
    "keep_order_days": """
        DELETE FROM external_order
         WHERE id IN (SELECT id FROM external_order
                       WHERE {of_sync} AND fetched_date < %(before)s
                             AND state IN ('booked', 'skipped') AND NOT attention
                             AND decision = 'none' AND COALESCE(decision_number, 0) = 0
                    ORDER BY fetched_date LIMIT %(batch)s)""",
}


class ExternalOrderSync(models.Model):
    """How long what orders leave behind is kept."""

    _inherit = "external.order.sync"

    keep_payload_days = fields.Integer(
        string="Keep Personal Data (days)",
        default=DAYS["keep_payload_days"],
        tracking=True,
        help="So long the document that was sent, the customer's name and the phone's digest of a finished order are "
        "kept here, counted from when it was fetched. 0: for good.",
    )
    keep_log_days = fields.Integer(
        string="Keep Steps (days)",
        default=DAYS["keep_log_days"],
        tracking=True,
        help="So long the steps of finished orders are kept. 0: for good.",
    )
    keep_order_days = fields.Integer(
        string="Keep Finished Orders (days)",
        default=DAYS["keep_order_days"],
        tracking=True,
        help="So long the rows of orders that are booked or left out are kept; their POS orders stay. 0: for good.",
    )

    @api.constrains("keep_payload_days", "keep_log_days", "keep_order_days")
    def _check_keep_days(self):
        for sync in self:
            if min(sync[name] for name in DAYS) < 0:
                raise ValidationError(
                    _("A number of days cannot be negative. 0 keeps for good.")
                )

    def _configuration(self):
        return dict(super()._configuration(), **{name: self[name] for name in DAYS})


class ExternalOrder(models.Model):
    """What orders leave behind ages out, a batch at a time. That no order is booked twice does not rest on it."""

    _inherit = "external.order"

    def init(self):
        for name, on in INDEXES.items():
            make_index(self.env.cr, name, on)
        return super().init()

    @api.model
    def _retire(self, commit=False):
        """Take away what is older than its sync says; ``commit`` ends each batch. How many rows that was."""
        flush(self)
        end = time.monotonic() + LONGEST_SECONDS
        syncs = self.env["external.order.sync"].with_context(active_test=False).sudo()
        syncs = syncs.search([("draft_of_id", "=", False)], order="id")
        count = 0
        for name, days in DAYS.items():
            for sync in [*syncs, syncs.browse()]:
                kept = sync[name] if sync else days
                # An index finds either; it finds nothing that may be both.
                of_sync = "sync_id = %(sync)s" if sync else "sync_id IS NULL"
                statement = RETIRE[name].format(of_sync=of_sync)
                values = {
                    "sync": sync.id,
                    "before": fields.Datetime.now() - timedelta(days=kept),
                    "batch": BATCH,
                }
                more = bool(kept)
                while more and time.monotonic() < end:
                    self.env.cr.execute(statement, values)
                    more = self.env.cr.rowcount == BATCH
                    count += self.env.cr.rowcount
                    if commit:
                        self.env.cr.commit()  # pylint: disable=invalid-commit
        forget(self)
        forget(self.env["external.order.log"])
        return count
