"""What the service reports of orders, as columns of this app's tables; no database."""

import json
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
# Why an order is not booked: the codes of the service, and one for those that this app does not know.
REASONS = [
    ("unreadable", "Not readable"),
    ("unreadable_page", "Page not readable"),
    ("missing_field", "Missing field"),
    ("bad_value", "Impossible value"),
    ("contradiction", "Contradiction"),
    ("not_completed", "Not completed"),
    ("waiting_long", "Waiting for long"),
    ("cancelled", "Cancelled"),
    ("before_start_date", "Before the start date"),
    ("other_register", "Other register"),
    ("closed_by_person", "Closed by a person"),
    ("gone_from_odoo", "Gone from Odoo"),
    ("aged_out", "Aged out"),
    ("unknown_location", "Unknown location"),
    ("unknown_product", "Unknown product"),
    ("ambiguous_product", "Ambiguous product"),
    ("unavailable_product", "Unavailable product"),
    ("missing_product", "Missing product"),
    ("missing_lot", "Missing lot"),
    ("unknown_payment", "Unknown payment"),
    ("unusable_payment", "Unusable payment"),
    ("ambiguous_customer", "Ambiguous customer"),
    ("customer_needed", "Customer needed"),
    ("cannot_invoice", "Cannot be invoiced"),
    ("payment_mismatch", "Payments do not match"),
    ("total_mismatch", "Total does not match"),
    ("tax_mismatch", "Tax does not match"),
    ("currency_mismatch", "Other currency"),
    ("quantity_precision", "Too many decimals"),
    ("not_supported", "Not supported"),
    ("possible_duplicate", "Possible duplicate"),
    ("refund_without_sale", "Refund without its sale"),
    ("over_refund", "Refund of too much"),
    ("sale_not_booked", "Sale not booked yet"),
    ("no_open_session", "No open session"),
    ("late_order", "Late order"),
    ("shared_shop_cash", "Cash of a shared shop"),
    ("shop_not_ready", "Shop not ready"),
    ("odoo_refused", "Refused by Odoo"),
    ("odoo_unavailable", "Odoo not available"),
    ("outcome_unknown", "Outcome unknown"),
    ("not_paid_in_odoo", "Not paid in Odoo"),
    ("booked_differently", "Booked differently"),
    ("changed_after_booking", "Changed after booking"),
    ("other", "Another reason"),
]
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


# In words, for a colour never stands alone.
DAY_STATES = [
    ("green", "✔ Complete"),
    ("amber", "● Explained"),
    ("red", "✖ Needs you"),
    ("grey", "? Not fully checked"),
]
DIFFERENCES = [
    ("never_seen", "Never received"),
    ("gone", "Gone from Odoo"),
    ("refused", "Not booked: needs you"),
    ("not_fetched", "Not fetched yet"),
    ("in_work", "Being booked"),
    ("waiting", "Waiting at its source"),
    ("ignored", "Closed by a person"),
    ("left_out", "Left out by rule"),
    ("other_total", "Other total"),
    ("changed_at_source", "Changed at its source"),
    ("cancelled_at_source", "Cancelled at its source"),
    ("other_day", "On another day"),
    ("other_shop", "In another shop"),
    ("not_shown", "Not shown by the source"),
    ("draft", "Draft in Odoo"),
    ("cancelled_in_odoo", "Cancelled in Odoo"),
    ("twice", "Booked twice"),
    ("refunded_in_odoo", "Refunded in Odoo by hand"),
]
# Differences that need nobody, as the service has it: they are explained, or in work.
EXPLAINED = (
    "not_fetched",
    "in_work",
    "waiting",
    "ignored",
    "left_out",
    "refunded_in_odoo",
)
DAY = "%Y-%m-%d"


class Unkeepable(Exception):
    """A report that says what cannot be."""


def needs_attention(state, code):
    """Whether an order stays where it is until somebody sees to it."""
    return state in ATTENTION or (state == "waiting" and code == "waiting_long")


def reason_of(code):
    """The reason of this code, among those that have a name."""
    if not code:
        return None
    return code if code in dict(REASONS) else "other"


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
        reason=reason_of(code),
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
    if state not in dict(DAY_STATES):
        raise Unkeepable("“%s” is not the state of a day (%s)." % (state, date))
    try:
        date = datetime.strptime(date, DAY).strftime(DAY)
    except ValueError:
        raise Unkeepable("“%s” is not a day." % date) from None
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
    for one in day.get("differences") or []:
        if not _text(one.get("kind")):
            raise Unkeepable("A difference of %s has no kind." % row["day"])
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
