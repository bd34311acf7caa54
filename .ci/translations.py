"""Compares the addon's texts with their translations, in Odoo's shell. Run by .ci/translations."""

import io
import os
import re
import sys
from collections import Counter
from pathlib import Path

import polib
from odoo.tools.translate import trans_export

MODULE = "external_order_sync"
LANGUAGES = ("ar", "de", "es", "fr")
# Between names of another direction and the text around them.
RIGHT_TO_LEFT = ("ar",)
ISOLATED = re.compile("\u2068([^\u2068\u2069]*)\u2069")
# Kept as a name, in which no mark belongs.
NAMES = {"%s (copy)"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")
TAG = re.compile(r"</?[a-z]+")
PLURALS = {
    "ar": "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;",
    "de": "nplurals=2; plural=(n != 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
}


def exported(env):
    """The texts as Odoo finds them in the sources and in the database, without a date."""
    written = io.BytesIO()
    trans_export(None, [MODULE], written, "po", env)
    template = polib.pofile(written.getvalue().decode(), wrapwidth=0)
    template.header = "Translation of External Order Sync."
    template.metadata = metadata()
    return template


def metadata(language=None):
    more = {"Language": language, "Plural-Forms": PLURALS[language]} if language else {}
    return {
        "Project-Id-Version": "External Order Sync",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        **more,
    }


def translated(template, language, folder):
    """The template with what a language's file has of it."""
    path = folder / ("%s.po" % language)
    known = {}
    if path.exists():
        for entry in polib.pofile(str(path)):
            if not entry.fuzzy and not entry.obsolete:
                known[entry.msgid] = entry.msgstr
    filled = polib.POFile(wrapwidth=0)
    filled.header, filled.metadata = template.header, metadata(language)
    for entry in template:
        filled.append(
            polib.POEntry(
                msgid=entry.msgid,
                msgstr=known.get(entry.msgid, ""),
                comment=entry.comment,
                occurrences=entry.occurrences,
            )
        )
    return filled


def texts(entries):
    """The texts, each with the fields, views and sources that hold it; where in a source does not matter."""
    return {
        (entry.msgid, frozenset(place for place, _line in entry.occurrences))
        for entry in entries
        if not entry.obsolete
    }


def faults(entry, language):
    source, text = entry.msgid, entry.msgstr
    if not text:
        yield "not translated"
        return
    for what, pattern in (("placeholders", PLACEHOLDER), ("tags", TAG)):
        if Counter(pattern.findall(source)) != Counter(pattern.findall(text)):
            yield "other %s" % what
    if language in RIGHT_TO_LEFT and source not in NAMES:
        inside = "".join(ISOLATED.findall(text))
        if Counter(PLACEHOLDER.findall(inside)) != Counter(PLACEHOLDER.findall(text)):
            yield "a placeholder is not isolated (U+2068 … U+2069)"


def main(env):
    folder = Path(os.environ["TILLBRIDGE_I18N"])
    write = os.environ["TILLBRIDGE_TRANSLATIONS"] == "write"
    template, found = exported(env), []
    files = {"%s.pot" % MODULE: template}
    for language in LANGUAGES:
        filled = translated(template, language, folder)
        files["%s.po" % language] = filled
        for entry in filled:
            for fault in faults(entry, language):
                found.append("%s.po: %s: %s" % (language, fault, entry.msgid))
    for name, content in files.items():
        path, text = folder / name, str(content).rstrip("\n") + "\n"
        if write:
            path.write_text(text)
        elif not path.exists() or texts(polib.pofile(str(path))) != texts(content):
            # Where a text stands in the sources may have moved.
            found.append("%s is not in line with the sources: run .ci/translations" % name)
    print("\n".join(found))
    print("%s texts, %s faults" % (len(template), len(found)))
    return 1 if found and not write else 0


sys.exit(main(env))  # noqa: F821 (given by Odoo's shell)
