"""The text of the service's own file, tillbridge.toml; no database."""

import json

from .tools import is_loopback, origin

INTRODUCTION = """\
# How tillbridge reaches Odoo. Syncs are kept in Odoo, by the app External Order Sync.
# It holds a key: let only its owner read it. Check it with: tillbridge doctor
"""
INSECURE = "# Without https the key travels readable for everybody on the way."
STORE = """
[store]
# The orders received and where they stand, beside this file.
path = "tillbridge.sqlite"
"""


def service_file(url, database, username, api_key):
    """A file with which the service reaches this Odoo."""
    lines = ["", "[odoo]"]
    for name, value in (
        ("url", url.rstrip("/")),
        ("database", database),
        ("username", username),
        ("api_key", api_key),
    ):
        lines.append("%s = %s" % (name, _quoted(value)))
    found = origin(url)
    if found and found[0] == "http" and not is_loopback(found[1]):
        lines += [INSECURE, "allow_insecure_http = true"]
    return "%s%s\n%s" % (INTRODUCTION, "\n".join(lines), STORE)


def _quoted(text):
    """A basic string of TOML, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
