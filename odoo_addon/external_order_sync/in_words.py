"""Moments and figures for people, in the zone and in the manner of the language of who reads them."""

from babel import Locale

from odoo import fields
from odoo.tools.misc import (
    format_datetime,
    formatLang,
    get_lang,
    posix_to_ldml,
)

from .side_by_side import number

# Around a text whose direction is not to mix with that of the sentence it stands in.
LEFT_TO_RIGHT, ISOLATE, END = "\u2066", "\u2068", "\u2069"


def moment_text(record, moment):
    """A moment, to the minute; its date only when it is not today."""
    here = fields.Datetime.context_timestamp(record, moment)
    today = fields.Datetime.context_timestamp(record, fields.Datetime.now()).date()
    lang = get_lang(record.env)
    pattern = lang.time_format.replace(":%S", "")
    if here.date() != today:
        pattern = "%s %s" % (lang.date_format, pattern)
    zone = record.env.context.get("tz") or record.env.user.tz or "UTC"
    return format_datetime(
        record.env, moment, tz=zone, dt_format=posix_to_ldml(pattern, Locale("en"))
    )


def figure_text(env, figure, decimals=0):
    """A number with its decimals, at least so many; what is none stays as it is."""
    value = number(figure)
    if value is None:
        return str(figure or "")
    decimals = max(decimals, -value.as_tuple().exponent)
    return formatLang(env, float(value), digits=decimals)


def first_line(text):
    return (text or "").partition("\n")[0]


def isolated(env, text):
    """A text that stands by itself within a sentence, where the sentence may run the other way."""
    return _around(env, text, ISOLATE)


def left_to_right(env, text):
    """A formula, which reads from left to right in any language."""
    return _around(env, text, LEFT_TO_RIGHT)


def _around(env, text, mark):
    text = str(text or "")
    if not text or get_lang(env).direction != "rtl":
        return text
    return mark + text + END
