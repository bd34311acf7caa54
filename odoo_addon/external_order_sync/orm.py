"""Small things every model may need of the ORM, the same on every series."""

from datetime import datetime, time, timedelta

from pytz import timezone, utc

from odoo import fields
from odoo.tools.sql import index_exists

from .series import LIST, MAJOR


def midnight(record, days=1):
    """The midnight of the user's zone, in UTC, at which so many days begin, today's included."""
    first = fields.Date.context_today(record) - timedelta(days=days - 1)
    zone = timezone(record.env.context.get("tz") or record.env.user.tz or "UTC")
    here = zone.localize(datetime.combine(first, time.min))
    return here.astimezone(utc).replace(tzinfo=None)


def page_of(records, name, **more):
    """The page of a record, or the list of none or several."""
    action = dict(
        more, type="ir.actions.act_window", name=name, res_model=records._name
    )
    if len(records) == 1:
        return dict(
            action, res_id=records.id, view_mode="form", views=[(False, "form")]
        )
    return dict(
        action,
        domain=[("id", "in", records.ids)],
        view_mode=LIST + ",form",
        views=[(False, LIST), (False, "form")],
    )


def write_changed(record, vals):
    """Write only what differs, so that what is told every second is written when it changes."""
    changed = {
        name: value
        for name, value in vals.items()
        if record._fields[name].convert_to_write(record[name], record)
        != (value or False)
        and (record[name] or value)
    }
    if changed:
        record.write(changed)


def counted(records, domain, *groups):
    """How many records of a model there are for each value of these fields, by the ids or values of the groups."""
    if MAJOR > 16:
        rows = records._read_group(domain, groups, ["__count"])
        return {tuple(getattr(v, "id", v) for v in row[:-1]): row[-1] for row in rows}
    rows = records.read_group(domain, list(groups), list(groups), lazy=False)
    return {
        tuple(v[0] if isinstance(v, tuple) else v for v in map(row.get, groups)): row[
            "__count"
        ]
        for row in rows
    }


def may(model, operation):
    """Whether the user has the right to do this with some record of a model."""
    if hasattr(model, "has_access"):
        return model.has_access(operation)
    return model.check_access_rights(operation, raise_exception=False)


def check_readable(records):
    """Refuse whoever may not see these records, whatever is in the cache."""
    if hasattr(records, "check_access"):
        records.check_access("read")
    else:
        records.check_access_rights("read")
        records.check_access_rule("read")


def flush(model):
    """Write what the ORM still holds of a model, so that a statement finds it."""
    if hasattr(model, "flush_model"):
        model.flush_model()
    else:
        model.flush()


def forget(model):
    """Let the ORM read again what a statement wrote to a model."""
    if hasattr(model, "invalidate_model"):
        model.invalidate_model()
    else:
        model.invalidate_cache()


def make_index(cr, name, on):
    """Make the index of this name, on columns of a table, unless it is there. It is unique when it is called so."""
    if not index_exists(cr, name):
        kind = "UNIQUE INDEX" if name.endswith("_unique") else "INDEX"
        # All of it is written in this addon.
        cr.execute("CREATE %s %s ON %s" % (kind, name, on))  # pylint: disable=sql-injection
