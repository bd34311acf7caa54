import json

from lxml import etree

from odoo.tests.common import tagged

from ..series import LIST, MAJOR
from .common import SyncCase

MODULE = "external_order_sync."
MODELS = ("external.order.sync", "external.order.request", "pos.order")


@tagged("post_install", "-at_install")
class TestSetup(SyncCase):
    """What is made for the series of this Odoo at the installation and at each upgrade."""

    def _arch(self, model, kind):
        model = self._as("manager", self.env[model])
        if hasattr(model, "get_view"):
            return etree.fromstring(model.get_view(view_type=kind)["arch"])
        return etree.fromstring(model.fields_view_get(view_type=kind)["arch"])

    def test_every_view_is_shown(self):
        for model in MODELS:
            for kind in (LIST, "form", "search"):
                arch = self._arch(model, kind)
                self.assertEqual(arch.tag, kind)
                self.assertTrue(arch.xpath("//field"), (model, kind))

    def test_conditions_reach_the_client(self):
        """A condition that a series does not read would show everything."""
        form = self._arch("external.order.sync", "form")
        conditions = {
            "closing_orders": ("closing != 'orders'", [["closing", "!=", "orders"]]),
            "ambiguous_customer": (
                "customers == 'ignore'",
                [["customers", "=", "ignore"]],
            ),
            "last_sync_message_text": (
                "not last_sync_message_text",
                [["last_sync_message_text", "in", [False, ""]]],
            ),
        }
        for name, (expression, domain) in conditions.items():
            node = form.xpath("//field[@name='%s']" % name)[0]
            if MAJOR > 16:
                self.assertEqual(node.get("invisible"), expression)
            else:
                told = json.loads(node.get("modifiers"))
                self.assertEqual(told["invisible"], domain)

    def test_an_upgrade_writes_the_views_anew(self):
        view = self.env.ref(MODULE + "external_order_sync_form")
        mended = view.arch_db
        view.arch_db = mended.replace("Sync Now", "Changed by hand")
        self.env["external.order.setup"]._set_up_views()
        self._forget()
        self.assertEqual(view.arch_db, mended)
        self.assertEqual(self.env.ref(MODULE + "external_order_sync_form"), view)

    def test_what_a_person_set_is_left_alone(self):
        cron = self.env.ref(MODULE + "cron_watch")
        cron.interval_number = 5
        self.env["external.order.setup"]._set_up()
        self.assertEqual(cron.interval_number, 5)

    def test_nothing_reads_a_view_from_its_file(self):
        """Which is written for another series."""
        data = self.env["ir.model.data"].search(
            [("module", "=", MODULE[:-1]), ("model", "=", "ir.ui.view")]
        )
        views = self.env["ir.ui.view"].browse(data.mapped("res_id"))
        self.assertGreater(len(views), 7)
        self.assertFalse(any(views.mapped("arch_fs")))

    def test_the_follower_is_among_the_assets(self):
        if MAJOR < 15:
            arch = self.env.ref(MODULE + "assets_backend").arch_db
            self.assertIn("/legacy/follow_request.js", arch)
            return
        data = self.env["ir.model.data"].search(
            [("module", "=", MODULE[:-1]), ("model", "=", "ir.asset")]
        )
        paths = self.env["ir.asset"].browse(data.mapped("res_id")).mapped("path")
        self.assertEqual(any("legacy" in path for path in paths), MAJOR == 15)
        files = self.env["ir.asset"]._get_asset_paths("web.assets_backend", {})
        shown = [file for file in map(str, files) if "follow_request" in file]
        self.assertEqual(len(shown), len(paths))

    def test_an_upgrade_brings_a_rule_up_to_date_that_nobody_changed(self):
        rule = self.env.ref(MODULE + "rule_request_company")
        for before, after in (
            ("[('company_id', 'in', company_ids)]", rule.domain_force),
            ("[(1, '=', 1)]", "[(1, '=', 1)]"),
        ):
            rule.domain_force = before
            self.env["external.order.setup"]._set_up()
            self.assertEqual(rule.domain_force, after)

    def test_lists_open_as_lists(self):
        action = self.env.ref(MODULE + "external_order_sync_action")
        self.assertEqual(action.view_mode, LIST + ",kanban,form")
        self.assertEqual(self.sync.action_view_orders()["view_mode"], LIST + ",form")
