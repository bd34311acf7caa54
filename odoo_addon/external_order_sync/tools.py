"""Reading web addresses and comma separated settings; no database."""

from ipaddress import ip_address
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


def split_list(text):
    """The trimmed, non-empty parts of a comma separated text."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def origin(url):
    """(scheme, host, port) of an address, or False when it is not a usable http(s) one."""
    try:
        parts = urlsplit((url or "").strip())
        port = parts.port
    except ValueError:
        return False
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS or not parts.hostname:
        return False
    return scheme, parts.hostname.lower(), port or DEFAULT_PORTS[scheme]


def has_credentials(url):
    """Whether a user name or password stands before the host of the address."""
    return "@" in urlsplit((url or "").strip()).netloc


def is_loopback(host):
    """Whether this host is the machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def same_address(one, other):
    """Whether two addresses name the same resource: spelling of host, default port and a final slash do not matter."""
    return bool(origin(one)) and _resource(one) == _resource(other)


def _resource(url):
    parts = urlsplit((url or "").strip())
    return origin(url), parts.path.rstrip("/"), parts.query
