"""The identity of an external order, as the service writes it (src/order/key.rs of its source); no database.

A key is ``v1:SOURCE/LOCATION/ORDER/DOCUMENT``, a reference ``SOURCE/LOCATION/ORDER``, for a refund with
``/R`` and the refund's own id behind it. The parts are escaped alike in both, and none is ever empty.
"""

from collections import namedtuple
from urllib.parse import unquote
from uuid import UUID, uuid5

# Neither ever changes.
NAMESPACE = UUID("a8b95546-51a3-4db0-885f-82d2563fca24")
VERSION = "v1:"

Identity = namedtuple("Identity", "key number source")


def of_reference(reference):
    """The identity that has this reference, or None for one that the service does not write."""
    parts = (reference or "").split("/")
    document = parts.pop() if len(parts) == 4 else None
    if len(parts) != 3 or not all(parts):
        return None
    if document is None:
        kind = "sale"
    elif document.startswith("R"):
        kind = "refund:" + document[1:] if document[1:] else "refund"
    else:
        return None
    source, _location, number = parts
    key = "%s%s/%s" % (VERSION, "/".join(parts), kind)
    return Identity(key, _unescaped(number), _unescaped(source))


def uuid_of(key):
    """The uuid that the service gives the order of this key."""
    return str(uuid5(NAMESPACE, key))


def _unescaped(part):
    return "" if part == "%" else unquote(part)
