"""What the service reports of orders, as columns of this app's tables; no database."""

import json
import re
from datetime import datetime
from decimal import Decimal, InvalidOperation

from .any_id import keys_of

MOMENT = "%Y-%m-%d %H:%M:%S"
STATES = [
    ("waiting", "○ Waiting"),
    ("ready", "… Queued"),
    ("sending", "▶ Being booked"),
    ("booked", "✔ Booked"),
    ("refused", "⚠ Needs you"),
    ("retrying", "↻ Will retry"),
    ("skipped", "– Left out by rule"),
    ("ignored", "– Closed"),
    ("conflict", "⚠ Changed after booking"),
    ("missing", "✖ Not found"),
]
ATTENTION = ("refused", "conflict", "missing")
STEPS = [
    ("fetched", "Fetched"),
    ("create_order", "Create Order"),
    ("add_payment", "Add Payment"),
    ("create_invoice", "Create Invoice"),
    ("outbound_delivery", "Outbound Delivery"),
    ("refund", "Void / Refund"),
]
# In the manner of HTTP.
CODES = [
    ("200", "✔ 200 OK"),
    ("202", "… 202 Asked, not done yet"),
    ("409", "✔ 409 Already there"),
    ("400", "✖ 400 Wrong status or data"),
    ("404", "✖ 404 Missing"),
    ("503", "↻ 503 To be tried again"),
]


LIGHTS = ("green", "amber", "red", "grey")
DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")


class Unkeepable(Exception):
    """A report that says what cannot be."""


def needs_attention(state, code):
    """Whether an order stays where it is until somebody sees to it."""
    return state in ATTENTION or (state == "waiting" and code == "waiting_long")


def reason_of(code):
    """A reason's code in words: “unknown_product” is “Unknown product”."""
    return (code or "").replace("_", " ").capitalize()


def order_row(order, syncs):
    """The columns of a reported order; what is absent is None."""
    key, state, code = (_text(order.get(name)) for name in ("key", "state", "code"))
    if not key or state not in dict(STATES):
        raise Unkeepable("“%s” is not the state of an order (%s)." % (state, key))
    sync, sent = order.get("sync"), order.get("sent") or {}
    subject = order.get("subject") or {}
    external_id = _text(order.get("external_id"))
    references = [_text(reference) for reference in order.get("references") or []]
    row = {
        name: _text(order.get(name))
        for name in (
            "document",
            "location",
            "register",
            "customer",
            "currency",
            "message",
            "fix",
            "phone_digest",
            "likeness",
            "source_status",
            "raw",
        )
    }
    row.update(
        {
            name: _moment(order.get(name))
            for name in ("sale_date", "next_try_date", "fetched_date", "booked_date")
        },
        key=key,
        external_id=external_id,
        sync=sync if isinstance(sync, int) else syncs.get(sync),
        shop=_count(order.get("shop")),
        products=_lines(_products(sent)),
        total=_amount(order.get("total")),
        sent=_json(sent),
        newer=_json(order.get("newer")),
        said=_json(order.get("said")),
        state=state,
        attention=needs_attention(state, code),
        code=code,
        reason=reason_of(code) or None,
        subject_kind=_text(subject.get("kind")),
        subject_value=_text(subject.get("value")),
        attempts=_count(order.get("attempts")),
        warnings=_lines(map(_text, order.get("warnings") or [])),
        pos_order=_count(order.get("pos_order")),
        reference_text=_lines(references),
        reference_keys=keys_of([external_id] + references) or None,
    )
    return row


def step_row(step):
    """The columns of a step."""
    row = {name: _text(step.get(name)) for name in ("key", "step", "text", "truth")}
    row.update(
        number=_count(step.get("number")),
        code=str(step.get("code") or ""),
        date=_moment(step.get("date")),
        duration=_count(step.get("duration")),
        attempt=_count(step.get("attempt")),
    )
    if (
        row["step"] not in dict(STEPS)
        or row["code"] not in dict(CODES)
        or not row["date"]
    ):
        raise Unkeepable(
            "“%s” with the code “%s” at “%s” is not a step."
            % (row["step"], row["code"], step.get("date"))
        )
    return row


def day_row(day, syncs):
    """The columns of a reported day of a shop."""
    sync, state = day.get("sync"), _text(day.get("state"))
    date = _text(day.get("day")) or ""
    if state not in LIGHTS or not DAY.match(date):
        raise Unkeepable("“%s” is not the state of a day (%s)." % (state, date))
    return {
        "sync": sync if isinstance(sync, int) else syncs.get(sync),
        "shop": _count(day.get("shop")) or None,
        "currency": _text(day.get("currency")),
        "day": date,
        "state": state,
        "checked_date": _moment(day.get("checked")),
        "source_count": _count(day.get("source_count")),
        "odoo_count": _count(day.get("odoo_count")),
        "left_out_count": _count(day.get("left_out_count")),
        "source_sum": _amount(day.get("source_sum")) or "0",
        "odoo_sum": _amount(day.get("odoo_sum")) or "0",
        "unchecked": _lines(map(_text, day.get("unchecked") or [])),
    }


def difference_rows(day, row):
    """The columns of what differs on a day."""
    return [
        {
            "sync": row["sync"],
            "shop": row["shop"],
            "day": row["day"],
            "number": number,
            "kind": _text(one.get("kind")),
            "key": _text(one.get("key")),
            "external_id": _text(one.get("id")),
            "pos_order": _count(one.get("pos_order")) or None,
            "source_total": _amount(one.get("source_total")),
            "odoo_total": _amount(one.get("odoo_total")),
            "message": _text(one.get("message")),
            "fix": _text(one.get("fix")),
        }
        for number, one in enumerate(day.get("differences") or [])
    ]


def _products(sent):
    for line in sent.get("lines") or []:
        yield _text(line.get("name"))
        yield _text(line.get("code"))


def _lines(texts):
    """Texts one below the other, without repeating one."""
    return "\n".join(dict.fromkeys(filter(None, texts))) or None


def _text(value):
    # PostgreSQL keeps no NUL in a text.
    return str(value or "").replace("\0", "").strip() or None


def _json(value):
    return _text(json.dumps(value, ensure_ascii=False)) if value else None


def _count(value):
    return int(value or 0)


def _amount(value):
    try:
        amount = Decimal(value or "NaN")
    except InvalidOperation:
        raise Unkeepable("“%s” is not an amount." % value) from None
    return str(amount) if amount.is_finite() else None


def _moment(value):
    try:
        moment = datetime.strptime(value, MOMENT) if value else None
    except ValueError:
        raise Unkeepable("“%s” is not a date in UTC." % value) from None
    return moment and moment.strftime(MOMENT)
