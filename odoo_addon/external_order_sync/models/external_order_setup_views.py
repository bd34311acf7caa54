import inspect
import io
import os

from lxml import etree

from odoo import api, models
from odoo.tools.convert import convert_xml_import

from ..series import MAJOR
from ..view_syntax import rewrite
from .external_order_setup import MODULE

FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "views")
VIEWS = (
    "external_order_request_views.xml",
    "external_order_views.xml",
    "external_order_log_views.xml",
    "external_order_where_views.xml",
    "external_order_request_result.xml",
    "external_order_action_views.xml",
    "external_order_day_views.xml",
    "external_order_connect_views.xml",
    "external_order_service_views.xml",
    "external_order_sync_form.xml",
    "external_order_sync_settings.xml",
    "external_order_draft_views.xml",
    "external_order_sync_views.xml",
    "external_order_digest_views.xml",
    "pos_order_views.xml",
    "menus.xml",
)
WIDGET = MODULE + "/static/src/follow_request/"


class ExternalOrderSetup(models.AbstractModel):
    """Views and assets, which each series of Odoo writes in its own way."""

    _inherit = "external.order.setup"

    @api.model
    def _set_up(self):
        self._set_up_views()
        self._set_up_assets()
        return super()._set_up()

    @api.model
    def _set_up_views(self):
        """Load the files as Odoo would, had they been written for this series."""
        for name in VIEWS:
            path = os.path.join(FOLDER, name)
            tree = etree.parse(path)
            rewrite(tree.getroot(), MAJOR, self._fields_of)
            self._load(tree, name)

    @api.model
    def _fields_of(self, model):
        fields = self.env[model]._fields.values()
        return {field.name: (field.type, field.comodel_name) for field in fields}

    @api.model
    def _load(self, tree, name):
        content = io.BytesIO(etree.tostring(tree, encoding="utf-8"))
        # Not a path, so that nothing reads the view from the unconverted file later.
        content.name = "%s, converted for Odoo %s" % (name, MAJOR)
        takes_env = "env" in inspect.signature(convert_xml_import).parameters
        target = self.env if takes_env else self.env.cr
        convert_xml_import(target, MODULE, content, {}, "update")

    @api.model
    def _set_up_assets(self):
        """The widget that follows a request: for the web client of this series alone."""
        if "ir.asset" not in self.env:
            self._load(etree.parse(os.path.join(FOLDER, "assets_14.xml")), "assets")
            return
        if MAJOR < 16:
            files = ("legacy/follow_request.js",)
        else:
            register = "register.js" if MAJOR > 16 else "register_16.js"
            files = ("follow_request.js", "follow_request.xml", register)
        assets = self.env["ir.asset"]
        for file in files:
            values = {
                "name": "External Order Sync: " + file,
                "bundle": "web.assets_backend",
                "path": WIDGET + file,
            }
            name = "asset_" + file.translate(str.maketrans("/.", "__"))
            assets._load_records(
                [{"xml_id": "%s.%s" % (MODULE, name), "values": values}], update=True
            )
