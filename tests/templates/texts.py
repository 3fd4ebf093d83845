"""Finds the ids of texts in templates and code."""

import re
from collections.abc import Iterator
from pathlib import Path

import alerts
import api
import lab
import templates

PACKAGES = (alerts, api, lab, templates)
# t.text("id"), translator.text("id"), Message("id"), message_id = "id", _texts(…) and the like
_WHOLE = re.compile(
    r"""(?:\.text\(\s*|Message\(\s*|message_id\s*=\s*|text_id\s*=\s*|has\(\s*)["']([\w.-]+)["']\s*[,)\n]"""
)
_BEGUN = re.compile(r"""\.text\(\s*(?:f["']([\w.-]+\.)\{|["']([\w.-]+\.)["']\s*~)""")
_SPOKEN = re.compile(r"^[a-z_]+(\.[\w-]+)+$")


def sources() -> Iterator[Path]:
    """Every Python file and template of the packages that speak."""
    for package in PACKAGES:
        root = Path(package.__path__[0])
        for pattern in ("*.py", "*.html", "*.jinja"):
            yield from sorted(root.rglob(pattern))


def whole_ids() -> dict[str, Path]:
    """Ids that stand in the source as they are, with a file that asks for them."""
    found = {}
    for path in sources():
        for match in _WHOLE.finditer(path.read_text(encoding="utf-8")):
            if _SPOKEN.match(match[1]):
                found[match[1]] = path
    return found


def begun_ids() -> dict[str, Path]:
    """Beginnings of ids that the source completes with a value, such as ``colour_word.``."""
    found = {}
    for path in sources():
        for match in _BEGUN.finditer(path.read_text(encoding="utf-8")):
            found[match[1] or match[2]] = path
    return found
