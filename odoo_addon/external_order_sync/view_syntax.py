"""Views are written once, in the newest series' syntax, and rewritten here for the others; no database.

| construct             | 18, 19           | 17              | 14 to 16                        |
|-----------------------|------------------|-----------------|---------------------------------|
| a list                | ``list``         | ``tree``        | ``tree``                        |
| a condition           | ``invisible=""`` | the same        | ``attrs=""`` with a domain      |
| a column's condition  | ``column_``…     | the same        | in ``attrs``; always: invisible |
| the chatter           | ``chatter``      | ``div``         | ``div``                         |
| groups of an action   | ``group_ids`` 19 | ``groups_id``   | ``groups_id``                   |
| a card of a kanban    | ``card``         | ``kanban-box``  | ``kanban-box``                  |
| text in a template    | ``t-out``        | the same        | ``t-esc`` on 14 and 15          |
| classes of Bootstrap  | 5                | 5               | 5.1 on 16, 4 on 14 and 15       |
"""

import re

from lxml import etree

from .conditions import CONSTANTS, domain

MODIFIERS = ("invisible", "readonly", "required", "column_invisible")
CHATTER = ("message_follower_ids", "activity_ids", "message_ids")
# What makes a card of the earlier series look and open as one.
CARD = "oe_kanban_card oe_kanban_global_click"
# The series from which a class is called so, what it is called and what it was called before.
CLASSES = (
    (17, re.compile(r"\btext-bg-(\w+)"), r"bg-\1"),
    (16, re.compile(r"\b([mp])e-(\d|auto)\b"), r"\1r-\2"),
    (16, re.compile(r"\b([mp])s-(\d|auto)\b"), r"\1l-\2"),
    (16, re.compile(r"\bfw-bold\b"), "font-weight-bold"),
    (16, re.compile(r"\btext-end\b"), "text-right"),
)


def rewrite(root, major, fields_of):
    """Rewrite the records of a data file, in place, for the series with this number.

    ``fields_of(model)`` gives (type, model it points to) by name for the fields of a model.
    """
    for record in root.iter("record"):
        if record.get("model") == "ir.ui.view":
            model = record.findtext("field[@name='model']")
            for node in record.findall("field[@name='arch']/*"):
                _rewrite_node(node, major, model, fields_of)
        elif record.get("model") == "ir.actions.act_window" and major < 18:
            mode = record.find("field[@name='view_mode']")
            mode.text = re.sub(r"\blist\b", "tree", mode.text)
        elif record.get("model") == "ir.actions.server" and major < 19:
            for groups in record.findall("field[@name='group_ids']"):
                groups.set("name", "groups_id")
    for template in root.iter("template"):
        for node in template.iter(etree.Element):
            _rewrite_template(node, major)


def _rewrite_node(node, major, model, fields_of):
    if not isinstance(node.tag, str):
        return
    if node.tag == "list" and major < 18:
        node.tag = "tree"
    elif node.tag == "chatter" and major < 18:
        _rewrite_chatter(node, fields_of(model))
    elif node.get("t-name") == "card" and major < 18:
        _rewrite_card(node)
    _rewrite_template(node, major)
    if major < 17:
        _rewrite_conditions(
            node, {k: kind for k, (kind, _) in fields_of(model).items()}
        )
    if node.tag == "field" and len(node) and not node.get("position"):
        model = fields_of(model)[node.get("name")][1]
    for child in node:
        _rewrite_node(child, major, model, fields_of)


def _rewrite_template(node, major):
    """What views and templates have in common."""
    for name in ("class", "bg_color"):
        if name in node.attrib:
            node.set(name, _classes(node.get(name), major))
    if major < 16 and "t-out" in node.attrib:
        node.set("t-esc", node.attrib.pop("t-out"))


def _rewrite_card(node):
    """A card was a template with one element, whose class said that a press opens it."""
    node.set("t-name", "kanban-box")
    box = etree.Element("div")
    box.set("class", " ".join([CARD, *node.attrib.pop("class", "").split()]))
    box.text, node.text = node.text, None
    box.extend(list(node))
    node.append(box)


def _rewrite_chatter(node, fields):
    node.tag = "div"
    node.set("class", "oe_chatter")
    for name in CHATTER:
        # Not every model with messages has activities.
        if name in fields:
            etree.SubElement(node, "field", name=name)


def _rewrite_conditions(node, types):
    attrs = {}
    for name in MODIFIERS:
        condition = node.attrib.pop(name, None)
        if condition in CONSTANTS:
            # A list hides a column for good by the attribute that hides a field.
            node.set(name.replace("column_", ""), condition)
        elif condition:
            attrs[name] = domain(condition, types)
    if attrs:
        node.set("attrs", repr(attrs))


def _classes(text, major):
    for since, here, before in CLASSES:
        if major < since:
            text = here.sub(before, text)
    return text
