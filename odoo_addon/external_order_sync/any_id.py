"""Ids and phone numbers as people type them, to find an order by; no database."""

import hashlib
import re
import unicodedata

# Of a phone number these last digits are the same with and without the country's prefix.
PHONE_DIGITS = 9
# Fewer digits than this are no phone number.
PHONE_SHORTEST = 7


def key_of(text):
    """The form in which all spellings of an id are one: “# 0070211” and “70211”, “Order 12-3” and “12 3”."""
    kept = "".join(filter(str.isalnum, _plain(text)))
    kept = re.sub(r"^order(?=\d)", "", kept)
    return kept.lstrip("0") or kept[:1]


def keys_of(texts):
    """The keys of several ids, each once, joined by blanks: a key has none."""
    return " ".join(sorted(set(filter(None, map(key_of, texts)))))


def phone_digest(text):
    """What the service sends instead of a phone number; empty for what cannot be one."""
    digits = "".join(filter(str.isdigit, _plain(text)))
    if len(digits) < PHONE_SHORTEST:
        return ""
    return hashlib.sha256(digits[-PHONE_DIGITS:].encode()).hexdigest()


def _plain(text):
    """Lower case, with the digits of every script as 0 to 9."""
    return "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() else letter
        for letter in (text or "").casefold()
    )
