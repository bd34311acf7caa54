from odoo import _, api, models

MODULE = "external_order_sync"
KEY_DAYS = 3650
# Rules as an earlier revision had them, and as they are: an upgrade leaves rules alone by itself.
OLD_COMPANY_RULE = "[('company_id', 'in', company_ids)]"
COMPANY_RULE = "['|', ('company_id', '=', False), ('company_id', 'in', company_ids)]"


class ExternalOrderSetup(models.AbstractModel):
    """Records whose fields differ between Odoo's series; called from data at install and upgrade."""

    _name = "external.order.setup"
    _description = "External Order Setup"

    @api.model
    def _set_up(self):
        self._set_up_groups()
        self._set_up_rules()
        self._set_up_jobs()

    @api.model
    def _set_up_groups(self):
        groups = self.env["res.groups"]
        sidecar = self.env.ref(MODULE + ".group_sidecar")
        if "api_key_duration" in groups._fields and not sidecar.api_key_duration:
            sidecar.api_key_duration = KEY_DAYS
        people = self.env.ref(MODULE + ".group_support") | self.env.ref(
            MODULE + ".group_manager"
        )
        if "privilege_id" in groups._fields:
            category = self.env.ref("base.module_category_sales").id
            people.privilege_id = self._record(
                "res.groups.privilege",
                "privilege_people",
                {"name": _("External Orders"), "sequence": 22, "category_id": category},
            )
            sidecar.privilege_id = self._record(
                "res.groups.privilege",
                "privilege_service",
                {
                    "name": _("External Orders Service"),
                    "sequence": 23,
                    "category_id": category,
                },
            )
        elif "category_id" in groups._fields:
            people.category_id = self._record(
                "ir.module.category", "category_people", {"name": _("External Orders")}
            )
            sidecar.category_id = self._record(
                "ir.module.category",
                "category_service",
                {"name": _("External Orders Service")},
            )

    @api.model
    def _set_up_rules(self):
        """A rule that somebody changed stays as it is."""
        rule = self.env.ref(MODULE + ".rule_request_company", raise_if_not_found=False)
        if rule and rule.domain_force == OLD_COMPANY_RULE:
            rule.domain_force = COMPANY_RULE

    @api.model
    def _set_up_jobs(self):
        name = _("External Order Sync: watch the service")
        service = self.env["external.order.service"]
        self._job("cron_watch", name, service, "model._watch()", (15, "minutes"))
        name = _("External Order Sync: take away what is kept no longer")
        orders = self.env["external.order"]
        self._job(
            "cron_retire", name, orders, "model._retire(commit=True)", (4, "hours")
        )
        name = _("External Order Sync: daily digest")
        digests = self.env["external.order.digest"]
        self._job("cron_digest", name, digests, "model._send_due()", (1, "hours"))

    @api.model
    def _job(self, xml_id, name, model, code, every):
        interval_number, interval_type = every
        values = {
            "name": name,
            "model_id": self.env["ir.model"]._get_id(model._name),
            "state": "code",
            "code": code,
            "interval_number": interval_number,
            "interval_type": interval_type,
            "active": True,
        }
        if "numbercall" in self.env["ir.cron"]._fields:
            values.update(numbercall=-1, doall=False)
        self._record("ir.cron", xml_id, values)

    @api.model
    def _record(self, model, name, values):
        """The record with this external id, made now when it is not there; a changed one is left as it is."""
        xml_id = "%s.%s" % (MODULE, name)
        return self.env.ref(xml_id, raise_if_not_found=False) or self.env[
            model
        ]._load_records([{"xml_id": xml_id, "values": values, "noupdate": True}])
