"""The prose rules of CAP 1.2 that its schema does not hold (OASIS CAP 1.2, 3.2), and this project's own.

The schema accepts a Cancel without references, a Restricted message without a restriction, an open polygon, an
expiry in the past: receivers do not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from alerts.cap import NAMESPACE

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
_FORBIDDEN = re.compile(r"[\s,<&]")
_NEEDS_REFERENCES = frozenset({"Update", "Cancel", "Ack", "Error"})
_TIMES = ("sent", "effective", "onset", "expires")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")  # RFC 3066
_RING = 4  # pairs: a triangle that comes back to its beginning


@dataclass(frozen=True)
class Problem:
    """What is wrong, and under which rule: an element's name in 3.2, or ``house`` for a rule of this project."""

    rule: str
    text: str


def check_cap(document: bytes, *, house: bool = True) -> list[Problem]:
    """Everything wrong with a CAP message beyond its schema; empty when nothing is.

    ``house`` adds this project's rules: every info block has its own language and an expiry, and no geometry.
    """
    if b"<!DOCTYPE" in document:
        return [Problem("xml", "a CAP message has no document type")]
    try:
        root = ET.fromstring(document)  # noqa: S314 -- without a document type there are no entities to expand
    except ET.ParseError as error:
        return [Problem("xml", f"not well-formed: {error}")]
    if root.tag != _tag("alert"):
        return [Problem("alert", f"the root is not a CAP 1.2 alert but {root.tag}")]
    problems = [*_names(root), *_moments(root), *_scope(root), *_references(root), *_infos(root)]
    return [*problems, *_house(root)] if house else problems


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _text(parent: ET.Element, name: str) -> str | None:
    found = parent.find(_tag(name))
    return None if found is None else (found.text or "").strip()


def _names(root: ET.Element) -> Iterator[Problem]:
    for name in ("identifier", "sender"):
        value = _text(root, name)
        if not value or _FORBIDDEN.search(value):
            yield Problem(name, "must be there, without spaces, commas, < or &")
    if _text(root, "status") == "Exercise" and not _text(root, "note"):
        yield Problem("status", "an exercise says which one it is in <note>")


def _moments(root: ET.Element) -> Iterator[Problem]:
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name not in _TIMES:
            continue
        value = (element.text or "").strip()
        if not _MOMENT.fullmatch(value) or _parsed(value) is None:
            yield Problem(name, f"{value!r} is not a time with seconds and a numeric zone")
        elif value.endswith("+00:00"):
            # 3.2 under each of the four, and 3.3.2: "The timezone for UTC MUST be represented as -00:00".
            yield Problem(name, "UTC is written -00:00")


def _parsed(value: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if value else None
    except ValueError:
        return None


def _scope(root: ET.Element) -> Iterator[Problem]:
    scope = _text(root, "scope")
    if (scope == "Restricted") != bool(_text(root, "restriction")):
        yield Problem("restriction", "goes with the scope Restricted, and with no other")
    if scope == "Private" and not _text(root, "addresses"):
        yield Problem("addresses", "a private message names its recipients")


def _references(root: ET.Element) -> Iterator[Problem]:
    kind, references = _text(root, "msgType"), _text(root, "references")
    if kind in _NEEDS_REFERENCES and not references:
        yield Problem("references", f"{kind} names the messages that it is about")
    for one in (references or "").split():
        parts = one.split(",")
        if len(parts) != 3 or not all(parts) or not _MOMENT.fullmatch(parts[2]):
            yield Problem("references", f"{one!r} is not sender,identifier,sent")
        elif parts[:2] == [_text(root, "sender"), _text(root, "identifier")]:
            yield Problem("references", "a message does not refer to itself")


def _infos(root: ET.Element) -> Iterator[Problem]:
    for info in root.iterfind(_tag("info")):
        language = _text(info, "language")
        if language is not None and not _LANGUAGE.fullmatch(language):
            yield Problem("language", f"{language!r} is not a language code (RFC 3066)")
        yield from _order(root, info)
        for name in ("web",):
            yield from _uri(name, _text(info, name))
        for area in info.iterfind(_tag("area")):
            yield from _area(area)


def _order(root: ET.Element, info: ET.Element) -> Iterator[Problem]:
    begins = _parsed(_text(info, "effective")) or _parsed(_text(root, "sent"))
    expires = _parsed(_text(info, "expires"))
    if begins is not None and expires is not None and expires <= begins:
        yield Problem("expires", "ends before it begins")


def _uri(name: str, value: str | None) -> Iterator[Problem]:
    if value is None:
        return
    parts = urlsplit(value)
    if not parts.scheme or not parts.netloc:
        yield Problem(name, f"{value!r} is not a full, absolute URI")


def _area(area: ET.Element) -> Iterator[Problem]:
    for polygon in area.iterfind(_tag("polygon")):
        pairs = (polygon.text or "").split()
        if len(pairs) < _RING or pairs[0] != pairs[-1] or not all(_is_point(pair) for pair in pairs):
            yield Problem("polygon", "needs at least four points, the last the same as the first")
    for circle in area.iterfind(_tag("circle")):
        point, _, radius = (circle.text or "").strip().partition(" ")
        if not _is_point(point) or not _is_number(radius):
            yield Problem("circle", "is a point, a space and a radius in kilometres")
    if _text(area, "ceiling") is not None and _text(area, "altitude") is None:
        yield Problem("ceiling", "goes with an altitude only")


def _is_point(pair: str) -> bool:
    latitude, _, longitude = pair.partition(",")
    return (
        _is_number(latitude) and _is_number(longitude) and abs(float(latitude)) <= 90 and abs(float(longitude)) <= 180
    )


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _house(root: ET.Element) -> Iterator[Problem]:
    infos = root.findall(_tag("info"))
    languages = [_text(info, "language") for info in infos]
    if not infos or None in languages or len(set(languages)) != len(languages):
        yield Problem("house", "one info block for each language")
    if any(not _text(info, "expires") for info in infos):
        yield Problem("house", "every alert expires")
    if any(root.find(f".//{_tag(name)}") is not None for name in ("polygon", "circle", "geocode")):
        yield Problem("house", "an area is words, never a shape")
