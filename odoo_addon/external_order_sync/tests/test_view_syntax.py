from lxml import etree

from odoo.tests.common import BaseCase, tagged

from ..view_syntax import rewrite

FIELDS = {
    "box": {
        "id": ("integer", None),
        "name": ("char", None),
        "size": ("integer", None),
        "state": ("selection", None),
        "item_ids": ("one2many", "item"),
        "message_ids": ("one2many", "mail.message"),
        "message_follower_ids": ("one2many", "mail.followers"),
    },
    "task": {
        "message_ids": ("one2many", "mail.message"),
        "message_follower_ids": ("one2many", "mail.followers"),
        "activity_ids": ("one2many", "mail.activity"),
    },
    "item": {"price": ("float", None), "size": ("char", None)},
}
DATA = """
<odoo>
    <record id="view" model="ir.ui.view">
        <field name="name">a list</field>
        <field name="model">box</field>
        <field name="arch" type="xml">%s</field>
    </record>
</odoo>
"""


@tagged("post_install", "-at_install")
class TestViewSyntax(BaseCase):
    def _rewritten(self, arch, major):
        root = etree.fromstring(DATA % arch)
        rewrite(root, major, FIELDS.get)
        return etree.tostring(root.find(".//field[@name='arch']")[0]).decode().strip()

    def _assert(self, arch, **expected):
        """``expected`` has what the arch becomes since each series; the rest is as it was."""
        becomes = arch
        for major in (19, 18, 17, 16, 15, 14):
            becomes = expected.get("upto%s" % major, becomes)
            self.assertXMLEqual(self._rewritten(arch, major), becomes, major)

    def assertXMLEqual(self, one, other, major):
        canonical = [
            etree.tostring(etree.fromstring(text), method="c14n")
            for text in (one, other)
        ]
        self.assertEqual(*canonical, "series %s" % major)

    def test_lists(self):
        self._assert(
            '<list><field name="name"/></list>',
            upto17='<tree><field name="name"/></tree>',
        )

    def test_conditions(self):
        self._assert(
            '<form><field name="name" invisible="not size" readonly="state == \'a\'"/></form>',
            upto16='<form><field name="name" '
            "attrs=\"{'invisible': [('size', '=', 0)], 'readonly': [('state', '=', 'a')]}\"/></form>",
        )
        self._assert('<form><field name="name" invisible="1" readonly="True"/></form>')

    def test_columns(self):
        self._assert(
            '<list><field name="name" column_invisible="1"/></list>',
            upto17='<tree><field name="name" column_invisible="1"/></tree>',
            upto16='<tree><field name="name" invisible="1"/></tree>',
        )

    def test_embedded_lists_name_their_own_fields(self):
        self._assert(
            '<form><field name="item_ids" invisible="not size"><list>'
            '<field name="price" invisible="not size"/></list></field></form>',
            upto17='<form><field name="item_ids" invisible="not size"><tree>'
            '<field name="price" invisible="not size"/></tree></field></form>',
            upto16="<form><field name=\"item_ids\" attrs=\"{'invisible': [('size', '=', 0)]}\"><tree>"
            "<field name=\"price\" attrs=\"{'invisible': [('size', 'in', [False, ''])]}\"/></tree></field></form>",
        )

    def test_inherited_views(self):
        self._assert(
            '<field name="name" position="before"><field name="size" invisible="not size"/></field>',
            upto16='<field name="name" position="before">'
            "<field name=\"size\" attrs=\"{'invisible': [('size', '=', 0)]}\"/></field>",
        )

    def test_chatter(self):
        self._assert(
            "<form><chatter/></form>",
            upto17='<form><div class="oe_chatter"><field name="message_follower_ids"/>'
            '<field name="message_ids"/></div></form>',
        )

    def test_chatter_with_activities(self):
        root = etree.fromstring(
            (DATA % "<form><chatter/></form>").replace(">box<", ">task<")
        )
        rewrite(root, 14, FIELDS.get)
        self.assertEqual(
            [field.get("name") for field in root.findall(".//div/field")],
            ["message_follower_ids", "activity_ids", "message_ids"],
        )

    def test_classes(self):
        self._assert(
            '<form><i class="fa me-2 ms-auto"/><widget name="web_ribbon" bg_color="text-bg-danger"/></form>',
            upto16='<form><i class="fa me-2 ms-auto"/><widget name="web_ribbon" bg_color="bg-danger"/></form>',
            upto15='<form><i class="fa mr-2 ml-auto"/><widget name="web_ribbon" bg_color="bg-danger"/></form>',
        )

    def test_cards(self):
        inside = '<field name="name" class="fw-bold"/><b t-if="record.size.raw_value"/>'
        box = (
            '<kanban><templates><t t-name="kanban-box">'
            '<div class="oe_kanban_card oe_kanban_global_click%s">%s</div></t></templates></kanban>'
        )
        self._assert(
            '<kanban><templates><t t-name="card" class="p-2">%s</t></templates></kanban>'
            % inside,
            upto17=box % (" p-2", inside),
            upto15=box % (" p-2", inside.replace("fw-bold", "font-weight-bold")),
        )
        self._assert(
            '<kanban><templates><t t-name="card"><b/></t></templates></kanban>',
            upto17=box % ("", "<b/>"),
        )

    def test_texts_of_cards_and_templates(self):
        self._assert(
            '<kanban><t t-name="menu"><b t-out="record.name.value"/></t></kanban>',
            upto15='<kanban><t t-name="menu"><b t-esc="record.name.value"/></t></kanban>',
        )
        for major, becomes in (
            (19, '<p class="me-2 ps-1" t-out="text"/>'),
            (16, '<p class="me-2 ps-1" t-out="text"/>'),
            (15, '<p class="mr-2 pl-1" t-esc="text"/>'),
            (14, '<p class="mr-2 pl-1" t-esc="text"/>'),
        ):
            root = etree.fromstring(
                '<odoo><template id="t"><p class="me-2 ps-1" t-out="text"/></template></odoo>'
            )
            rewrite(root, major, FIELDS.get)
            text = etree.tostring(root.find("template/p")).decode()
            self.assertXMLEqual(text, becomes, major)

    def test_what_it_does_not_know_is_refused(self):
        for arch in (
            '<form><field name="name" invisible="nothing"/></form>',
            '<form><field name="name" invisible="context.get(\'a\')"/></form>',
        ):
            with self.assertRaises(ValueError):
                self._rewritten(arch, 16)

    def test_actions(self):
        for major, mode in (
            (19, "list,form"),
            (18, "list,form"),
            (17, "tree,form"),
            (14, "tree,form"),
        ):
            root = etree.fromstring(
                '<odoo><record id="a" model="ir.actions.act_window">'
                '<field name="view_mode">list,form</field></record></odoo>'
            )
            rewrite(root, major, FIELDS.get)
            self.assertEqual(root.findtext(".//field"), mode)

    def test_groups_of_actions(self):
        for major, name in ((19, "group_ids"), (18, "groups_id"), (14, "groups_id")):
            root = etree.fromstring(
                '<odoo><record id="a" model="ir.actions.server"><field name="group_ids"/></record></odoo>'
            )
            rewrite(root, major, FIELDS.get)
            self.assertEqual(root.find(".//field").get("name"), name)
