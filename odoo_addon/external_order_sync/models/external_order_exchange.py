import hashlib
import json

from odoo import _, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..tools import split_list
from .external_order_request import OPEN_STATES
from .external_order_speech import kept

PROTOCOL = 1
SIDECAR = "external_order_sync.group_sidecar"
# Keys of a report and the fields they are kept in.
REPORT_COUNTS = {
    "booked": "last_booked_count",
    "already_booked": "last_already_booked_count",
    "refused": "last_refused_count",
    "retrying": "last_retrying_count",
    "skipped": "last_skipped_count",
    "conflict": "last_conflict_count",
    "waiting": "waiting_count",
    "attention": "attention_count",
}
REPORT_STATUSES = ("success", "error", "no_orders")
ANSWER_STATES = ("taken", "done", "failed")
# A unique index on this column alone, partial at most by leaving NULL out.
UNIQUE_COLUMNS = """
    SELECT a.attname
      FROM pg_index i
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
     WHERE i.indrelid = 'pos_order'::regclass
       AND i.indisunique AND i.indisvalid AND i.indnatts = 1
       AND a.attname IN ('uuid', 'external_order_key')
       AND (i.indpred IS NULL
            OR pg_get_expr(i.indpred, i.indrelid) = '(' || a.attname || ' IS NOT NULL)')
"""


class ExternalOrderService(models.Model):
    """The contract with the service, version ``PROTOCOL``. Plain values both ways, never None.

    Times are texts ``YYYY-MM-DD HH:MM:SS`` in UTC; an absent one is the empty text.
    """

    _inherit = "external.order.service"

    @api.model
    def exchange(self, message):
        """Take the service's heartbeat, reports and answers; return what changed and what is asked.

        Calling it again with the same message changes nothing more. When idle it only reads,
        but for the heartbeat, written once a minute, which also renews the shops it holds. One that
        ``looks`` only reads: it is no heartbeat, and what it reports is not taken.
        """
        too_old = self._begin("exchange", message)
        if too_old:
            return dict(self._empty_answer(), too_old=too_old)
        here = self._with_all_companies()
        who = message.get("service") or {}
        instance = str(who.get("instance") or "").strip()
        if not instance:
            raise UserError(_("exchange(): service.instance is missing."))
        if message.get("looks"):
            # A command that writes nothing: no service is heard by that.
            return here._answer(str(message.get("known") or ""))
        service, beaten = here._beat(
            instance,
            str(who.get("host") or ""),
            str(who.get("version") or ""),
            PROTOCOL,
            str(who["notice"]) if "notice" in who else None,
        )
        if beaten:
            service._renew_leases()
            here._end_incident()
        for report in message.get("reports") or []:
            here._take_report(report)
        for answer in message.get("answers") or []:
            here._take_answer(answer)
        if "file_syncs" in message:
            service._take_file_syncs(message["file_syncs"] or [])
        return dict(
            here._answer(str(message.get("known") or "")),
            shops=service._held_shops(),
        )

    @api.model
    def booked(self, keys):
        """The POS orders that already carry one of these external keys, by key."""
        self._check_sidecar()
        orders = (
            self._with_all_companies()
            .env["pos.order"]
            .search([("external_order_key", "in", [str(key) for key in keys])])
        )
        return {
            order.external_order_key: {
                "id": order.id,
                "uuid": order.uuid or "" if "uuid" in order._fields else "",
                "state": order.state or "",
                "amount_total": order.amount_total,
                "pos_reference": order.pos_reference or "",
            }
            for order in orders
        }

    @api.model
    def _check_sidecar(self):
        if not self.env.user.has_group(SIDECAR):
            raise AccessError(
                _(
                    "Only a user of the group “External Orders Service: Service” may do this."
                )
            )

    @api.model
    def _begin(self, name, message):
        """Check who calls and with what; why the two cannot talk to each other, if so."""
        self._check_sidecar()
        if not isinstance(message, dict):
            raise UserError(_("%s() takes one mapping.", name))
        protocol = message.get("protocol")
        return "" if protocol == PROTOCOL else self._too_old(protocol)

    @api.model
    def _with_all_companies(self):
        """Act for every company the user is allowed in, whatever the call's context says."""
        companies = self.env.user.company_ids.ids
        return self.with_context(allowed_company_ids=companies)

    @api.model
    def _too_old(self, protocol):
        if isinstance(protocol, int) and protocol > PROTOCOL:
            return _(
                "The addon External Order Sync in Odoo is older than this service "
                "(it speaks protocol %(ours)s, the service %(theirs)s). Upgrade the addon.",
                ours=PROTOCOL,
                theirs=protocol,
            )
        return _(
            "This service is older than the addon External Order Sync in Odoo "
            "(the addon speaks protocol %(ours)s, the service %(theirs)s). Upgrade the service.",
            ours=PROTOCOL,
            theirs=protocol or "?",
        )

    @api.model
    def _empty_answer(self):
        return {
            "protocol": PROTOCOL,
            "stamp": "",
            "syncs": [],
            "requests": [],
            "shops": [],
            "unique_uuid": False,
            "unique_key": False,
            "database_uuid": "",
            "server_time": fields.Datetime.to_string(fields.Datetime.now()),
            "too_old": "",
            # This addon keeps orders: see take_orders().
            "orders": 1,
            "days": 1,
        }

    @api.model
    def _answer(self, known):
        """What the service needs to know. One that knows nothing has just begun: it also hears of
        what an earlier one took and did not end."""
        syncs = (
            self.env["external.order.sync"]
            .with_context(active_test=False)
            .search(
                [("from_file", "=", False), ("draft_of_id", "=", False)], order="id"
            )
        )
        configurations = [sync._configuration() for sync in syncs]
        stamp = self._stamp(configurations)
        self.env.cr.execute(UNIQUE_COLUMNS)
        unique = {row[0] for row in self.env.cr.fetchall()}
        return dict(
            self._empty_answer(),
            stamp=stamp,
            syncs=False
            if stamp == known
            else [
                dict(values, last_sync_date=_text(sync.last_sync_date))
                for sync, values in zip(syncs, configurations)
            ],
            requests=self.env["external.order.request"]._rows(
                ("asked",) if known else OPEN_STATES
            ),
            unique_uuid="uuid" in unique,
            unique_key="external_order_key" in unique,
            database_uuid=self.env["ir.config_parameter"]
            .sudo()
            .get_param("database.uuid", ""),
        )

    @api.model
    def _stamp(self, configurations):
        """A digest of all that is sent, so that no change can be missed and none is imagined."""
        text = json.dumps(configurations, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @api.model
    def _take_report(self, report):
        sync = (
            self.env["external.order.sync"]
            .with_context(active_test=False)
            .search([("id", "=", int(report.get("sync") or 0))])
        )
        sync._record_report(report)

    @api.model
    def _take_answer(self, answer):
        state = answer.get("state")
        if state not in ANSWER_STATES:
            raise UserError(_("exchange(): “%s” is not a state of a request.", state))
        self.env["external.order.request"].search(
            [("id", "=", int(answer.get("request") or 0))]
        )._answer(
            state,
            100
            if state == "done"
            else max(0, min(100, int(answer.get("progress") or 0))),
            str(answer.get("message") or ""),
            answer.get("result"),
            answer.get("said"),
        )


class ExternalOrderSync(models.Model):
    """The two directions of a sync: its configuration out, its report in."""

    _inherit = "external.order.sync"

    def _configuration(self):
        """Everything the service needs to run this sync, as plain values."""
        self.ensure_one()
        shop = self.pos_config_id
        return {
            "id": self.id,
            "name": self.name,
            "source": self.source or "",
            "active": self.active,
            "url": self.external_api_url or "",
            "api_key": self.key_ids.value or "",
            "auth": self.auth_type,
            "shop": shop.id or 0,
            "shop_name": shop.name or "",
            "company": self.company_id.id or 0,
            "auto_create_session": self.auto_create_session,
            "interval": self.sync_interval,
            "start_date": _text(self.start_date),
            "timezone": self.timezone,
            "registers": split_list(self.registers),
            "price_mode": self.price_mode,
            "payment_fallback": self.payment_fallback,
            "payment_map": [
                {"code": line.code.strip(), "method": line.payment_method_id.id}
                for line in self.payment_line_ids.sorted("sequence")
            ],
            "product_matching": self._product_match_kinds(),
            "status_completed": split_list(self.status_completed),
            "status_refund": split_list(self.status_refund),
            "status_cancelled": split_list(self.status_cancelled),
            "since_param": self.since_param or "",
            "since_field": self.since_field,
            "overlap_hours": self.overlap_hours,
            "paging": self.paging,
            "page_param": self.page_param or "",
            "page_size_param": self.page_size_param or "",
            "page_size": self.page_size,
        }

    def _record_report(self, report):
        """Keep a report. The last one stands; nothing is added up, so a repeated one does no harm."""
        status = report.get("status")
        if status not in REPORT_STATUSES:
            raise UserError(_("exchange(): “%s” is not a status of a sync.", status))
        try:
            date = fields.Datetime.to_datetime(report.get("date") or False)
        except ValueError:
            raise UserError(
                _("exchange(): “%s” is not a date in UTC.", report.get("date"))
            ) from None
        vals = {
            "last_sync_date": date or fields.Datetime.now(),
            "last_sync_status": status,
            "last_sync_message": str(report.get("message") or ""),
            "said": kept(
                "last_sync_message", (report.get("said") or {}).get("message")
            ),
        }
        for key, name in REPORT_COUNTS.items():
            vals[name] = max(0, int(report.get(key) or 0))
        for sync in self.sudo():
            sync.write(vals)


def _text(moment):
    return fields.Datetime.to_string(moment) if moment else ""
