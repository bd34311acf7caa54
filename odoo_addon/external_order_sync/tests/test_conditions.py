from odoo.tests.common import BaseCase, tagged

from ..conditions import domain

TYPES = {
    "id": "integer",
    "active": "boolean",
    "count": "integer",
    "total": "float",
    "kind": "selection",
    "text": "char",
    "shop_id": "many2one",
    "line_ids": "one2many",
    "date": "datetime",
}


@tagged("post_install", "-at_install")
class TestConditions(BaseCase):
    def test_each_kind_of_condition(self):
        for condition, expected in (
            ("active", [("active", "!=", False)]),
            ("not active", [("active", "=", False)]),
            ("not id", [("id", "=", False)]),
            ("not count", [("count", "=", 0)]),
            ("count", [("count", "!=", 0)]),
            ("not total", [("total", "=", 0)]),
            ("not text", [("text", "in", [False, ""])]),
            ("text", [("text", "not in", [False, ""])]),
            ("not shop_id", [("shop_id", "=", False)]),
            ("not line_ids", [("line_ids", "=", [])]),
            ("date", [("date", "!=", False)]),
            ("kind == 'a'", [("kind", "=", "a")]),
            ("kind != 'a'", [("kind", "!=", "a")]),
            ("not kind == 'a'", [("kind", "!=", "a")]),
            ("kind in ('a', 'b')", [("kind", "in", ["a", "b"])]),
            ("kind not in ['a']", [("kind", "not in", ["a"])]),
            ("count >= 2", [("count", ">=", 2)]),
            ("not count >= 2", [("count", "<", 2)]),
            ("count < -1", [("count", "<", -1)]),
        ):
            self.assertEqual(domain(condition, TYPES), expected, condition)

    def test_joined_conditions(self):
        active, count = ("active", "!=", False), ("count", "!=", 0)
        idle, none = ("active", "=", False), ("count", "=", 0)
        for condition, expected in (
            ("active and count", ["&", active, count]),
            ("active or count", ["|", active, count]),
            ("active and not count", ["&", active, none]),
            ("not (active and count)", ["|", idle, none]),
            ("not (active or count)", ["&", idle, none]),
            ("active and count and id", ["&", "&", active, count, ("id", "!=", False)]),
            ("active or count and id", ["|", active, "&", count, ("id", "!=", False)]),
        ):
            self.assertEqual(domain(condition, TYPES), expected, condition)

    def test_what_a_domain_cannot_say_is_refused(self):
        for condition in (
            "unknown",
            "parent.active",
            "count + 1",
            "len(text)",
            "1 < count < 3",
            "'a' == kind",
            "kind == text",
            "active if count else id",
            "active and",
            "",
        ):
            with self.assertRaises(ValueError) as refused:
                domain(condition, TYPES)
            self.assertIn(condition, str(refused.exception))
