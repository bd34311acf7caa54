"""Conditions of views: the expressions of series 17 and later, as the domains that earlier ones take.

The subset is what a domain can say: fields and comparisons of a field with a constant, joined by
``and``, ``or`` and ``not``. Anything else is refused, so that no view silently means something else.
"""

import ast

CONSTANTS = {"1": True, "True": True, "0": False, "False": False}
NUMBERS = ("integer", "float", "monetary")
TEXTS = ("char", "text", "html")
LISTS = ("one2many", "many2many")
COMPARISONS = {
    ast.Eq: "=",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
OPPOSITES = {
    "=": "!=",
    "!=": "=",
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "in": "not in",
    "not in": "in",
}


def domain(expression, types):
    """The domain of a condition. ``types`` has the type of each field that it may name.

    Raises ValueError, naming the condition, for one that cannot be said as a domain.
    """
    try:
        return _domain(ast.parse(expression.strip(), mode="eval").body, types, False)
    except (_NotADomain, SyntaxError, KeyError, ValueError):
        raise ValueError("not a condition of a view: %s" % expression) from None


class _NotADomain(Exception):
    pass


def _domain(node, types, negated):
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _domain(node.operand, types, not negated)
    if isinstance(node, ast.BoolOp):
        every = isinstance(node.op, ast.And) != negated
        parts = [_domain(part, types, negated) for part in node.values]
        return ["&" if every else "|"] * (len(parts) - 1) + sum(parts, [])
    if isinstance(node, ast.Name):
        operator, value = _empty(node.id, types)
        return [(node.id, operator if negated else OPPOSITES[operator], value)]
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        name, operator = node.left, COMPARISONS[type(node.ops[0])]
        if isinstance(name, ast.Name) and name.id in types:
            value = ast.literal_eval(node.comparators[0])
            if isinstance(value, tuple):
                value = list(value)
            return [(name.id, OPPOSITES[operator] if negated else operator, value)]
    raise _NotADomain


def _empty(name, types):
    """How a domain says that a field holds nothing. The client compares strictly: 0 is not False."""
    kind = types[name]
    if name == "id":
        return "=", False
    if kind in NUMBERS:
        return "=", 0
    if kind in TEXTS:
        return "in", [False, ""]
    if kind in LISTS:
        return "=", []
    return "=", False
