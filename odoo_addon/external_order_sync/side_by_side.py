"""Contents of an order side by side, and whether they differ; no database.

A content is what ``take_orders`` has as ``sent``: lines, charges, payments and sums, all of them texts.
"""

import re
from collections import namedtuple
from decimal import Decimal, InvalidOperation

from lxml.html import builder as html
from lxml.html import tostring

# Amounts that are not further apart are equal: half a cent.
SLACK = Decimal("0.005")
# What no document can hold.
UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# A row of the table: its label, one text for each content, whether these differ.
Row = namedtuple("Row", "label texts differs")


def number(text):
    """The number that a text says, or None."""
    try:
        value = Decimal(str(text))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def differ(texts, signless=False):
    """Whether the numbers among these texts differ. A refund may come with either sign."""
    values = [value for value in map(number, texts) if value is not None]
    if signless:
        values = list(map(abs, values))
    return bool(values) and max(values) - min(values) > SLACK


def amount_of(line):
    """What a line comes to, in the prices of its content: stated, else computed; None when neither can be."""
    total = number(line.get("total"))
    if total is not None:
        return total
    price, quantity = number(line.get("price")), number(line.get("quantity"))
    if price is None or quantity is None:
        return None
    return price * quantity - (number(line.get("discount")) or 0)


def plain(text):
    """A number without the zeros that say nothing, but with two decimals if it has any."""
    value = number(text)
    if value is None:
        return str(text or "")
    whole, _point, decimals = format(value, "f").partition(".")
    decimals = decimals.rstrip("0")
    return "%s.%s" % (whole, decimals.ljust(2, "0")) if decimals else whole


def table(titles, rows, mark):
    """The rows as HTML. Everything is escaped; ``mark`` is the word that stands beside what differs."""
    head = html.TR(html.TH(), *[html.TH(_clean(title)) for title in titles])
    if len(titles) > 1:
        head.append(html.TH())
    body = []
    for row in rows:
        # A name has its own direction, whichever the page has.
        cells = [html.TD(_clean(text), dir="auto") for text in row.texts]
        if len(titles) > 1:
            cells.append(html.TD(html.B(_clean(mark)) if row.differs else ""))
        line = html.TR(html.TH(_clean(row.label)), *cells)
        if row.differs:
            line.set("class", "table-warning")
        body.append(line)
    whole = html.TABLE(html.THEAD(head), html.TBODY(*body))
    whole.set("class", "table table-sm")
    return tostring(whole, encoding="unicode")


def note(text):
    """A sentence as HTML, where there is no table."""
    return tostring(html.P(_clean(text)), encoding="unicode")


def _clean(text):
    return UNPRINTABLE.sub("�", str(text or ""))
