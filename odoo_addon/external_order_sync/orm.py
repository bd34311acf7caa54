"""Small things every model may need of the ORM, the same on every series."""

from odoo import fields


def moment_text(record, moment):
    """A moment for people: in the user's zone, the date only when it is not today."""
    here = fields.Datetime.context_timestamp(record, moment)
    today = fields.Datetime.context_timestamp(record, fields.Datetime.now()).date()
    return here.strftime("%H:%M" if here.date() == today else "%Y-%m-%d %H:%M")


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
