"""The body of a custody event: which members it has, what each may hold, and how it is read. Pure.

A body holds opaque keys, codes, moments and whole micrograms, never a name or a sentence: ``texts`` carries
commitments to what people wrote (:mod:`lab.custody.texts`). Members without a value are left out. The format is
documented for readers of bundles in ``docs/custody.md``.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from lab.custody.models import Action, EntryMode, SealState
from lab.kit import canonical
from lab.kit.canonical import MAX_INTEGER, CanonicalError

EVENT_SCHEMA = "custody-event/1"
STATEMENT_SCHEMA = "custody-statement/1"
TEXT_FIELDS = ("condition", "legal_basis", "method", "note", "purpose")
LABORATORY, SITE = "laboratory", "site"

CODE = r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,39}"  # seal numbers and storage places, as printed on them
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_MOMENT = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
_HASH = "[0-9a-f]{64}"
_moment_form = re.compile(_MOMENT).fullmatch


class BodyError(ValueError):
    """Not the body of a ledger entry. ``member`` names what is wrong with it; None: its bytes."""

    def __init__(self, member: str | None) -> None:
        super().__init__(member or "bytes")
        self.member = member


@dataclass(frozen=True)
class Kind:
    """What a member may hold: the check of its value, and a pattern of canonical JSON that only good values match.

    ``pattern`` may leave out rare good values, and is None where there is no simple pattern.
    """

    check: Callable[[Any], bool]
    pattern: str | None = None


def _text(pattern: str) -> Kind:
    full = re.compile(pattern).fullmatch
    return Kind(lambda value: type(value) is str and full(value) is not None, f'"{pattern}"')


def _is_moment(value: Any) -> bool:
    """A moment that the calendar has, in the one form that is written."""
    if type(value) is not str or _moment_form(value) is None:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _one_of(*allowed: str) -> Kind:
    known = frozenset(allowed)
    return Kind(lambda value: type(value) is str and value in known, '"(?:' + "|".join(map(re.escape, allowed)) + ')"')


def _whole(least: int) -> Kind:
    pattern = "[1-9][0-9]{0,14}" if least else "(?:0|[1-9][0-9]{0,14})"
    return Kind(lambda value: type(value) is int and least <= value <= MAX_INTEGER, pattern)


_uuid, _hash, _code = _text(_UUID), _text(_HASH), _text(CODE)
_moment = Kind(_is_moment, f'"{_MOMENT}"')
_count, _quantity = _whole(1), _whole(0)
_seal_state = _one_of(*SealState)


def _is_texts(value: Any) -> bool:
    names = type(value) is dict and value.keys() <= set(TEXT_FIELDS)
    return names and bool(value) and all(map(_hash.check, value.values()))


def _is_keys(value: Any) -> bool:
    return type(value) is list and bool(value) and all(map(_uuid.check, value)) and sorted(set(value)) == value


def _is_counts(value: Any) -> bool:
    return type(value) is dict and bool(value) and all(_uuid.check(key) and _count.check(value[key]) for key in value)


REQUIRED: Mapping[str, Kind] = {
    "schema": _one_of(EVENT_SCHEMA),
    "id": _uuid,
    "sample": _uuid,
    "item": _uuid,
    "item_seq": _count,  # position in the item's history, in the order of arrival, from 1
    "action": _one_of(*Action),
    "actor": _uuid,
    "occurred_at": _moment,
    "recorded_at": _moment,
}
OPTIONAL: Mapping[str, Kind] = {
    "after": _uuid,  # the last event of this item that the device knew
    "corrects": _uuid,
    "joins": Kind(_is_keys),  # other ends of a forked history that this event closes
    "device": _uuid,
    "device_seq": _quantity,
    "witness": _uuid,
    "from": _uuid,
    "to": _uuid,
    "to_kind": _one_of(SITE, LABORATORY),
    "place": _code,
    "parcel": _uuid,
    "parcel_seal": _code,
    "parcel_seal_state": _seal_state,
    "manifest": _hash,
    "parent": _uuid,
    "child": _uuid,
    "analysis": _uuid,
    "seal_number": _code,
    "seal_state": _seal_state,
    "entry": _one_of(*EntryMode),
    "entered_ug": _quantity,  # mass that enters the books: first weighing, or an aliquot's own beginning
    "weighed_ug": _quantity,  # mass read from the scale later; does not change the books
    "amount_ug": _quantity,  # mass taken out (or, when found, put back)
    "before_ug": _quantity,  # the books of this item before this entry
    "after_ug": _quantity,
    "texts": Kind(_is_texts),
}
_STATEMENT: Mapping[str, Kind] = {
    "schema": _one_of(STATEMENT_SCHEMA),
    "recorded_at": _moment,
    # Either of an extract: item -> number of its events in the log before this entry, ...
    "items": Kind(_is_counts),
    "sample": _uuid,  # given when these are all the items of one sample
    # ... or of the whole log: number of entries before this one.
    "entries": _count,
}
_REQUIRED_NAMES = REQUIRED.keys()
_KNOWN: Mapping[str, Kind] = {**REQUIRED, **OPTIONAL}


def _plain_pattern() -> re.Pattern[bytes]:
    """Canonical JSON of an event without the members that have no simple pattern: known members, in order."""
    members = []
    for name in sorted(_KNOWN):
        pattern = _KNOWN[name].pattern
        if pattern is not None:
            member = f',"{name}":{pattern}'
            members.append(member if name in REQUIRED else f"(?:{member})?")
    return re.compile(("{" + "".join(members).removeprefix(",") + "}").encode())


# Most entries are found well-formed and canonical in one pass; all others are looked at member by member.
_is_plain = _plain_pattern().fullmatch
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "collected": ("to", "to_kind"),
    "received": ("to", "to_kind"),
    "found": ("to", "to_kind"),
    "consumed": ("amount_ug",),
    "sealed": ("seal_number",),
    "packed": ("parcel", "manifest"),
    "refused": ("parcel", "to"),
}


def read_entry(content: bytes) -> dict[str, Any]:
    """The members of an entry's bytes; raises :class:`BodyError` for anything but a well-formed entry."""
    if _is_plain(content):
        plain: dict[str, Any] = orjson.loads(content)
        check_action(plain)
        for name in ("occurred_at", "recorded_at"):  # the pattern knows digits, not the calendar
            if not _is_moment(plain[name]):
                raise BodyError(name)
        return plain
    return _read_any(content)


def _read_any(content: bytes) -> dict[str, Any]:
    try:
        body = canonical.loads(content)
    except CanonicalError as error:
        raise BodyError(None) from error
    if type(body) is not dict:
        raise BodyError(None)
    if body.get("schema") == STATEMENT_SCHEMA:
        _check_members(body, _STATEMENT, {"schema", "recorded_at", "items" if "items" in body else "entries"})
        if "entries" in body and len(body) > len(("schema", "recorded_at", "entries")):
            raise BodyError("entries")
    else:
        _check_members(body, _KNOWN, _REQUIRED_NAMES)
        check_action(body)
    return body


def _check_members(body: dict[str, Any], known: Mapping[str, Kind], required: Any) -> None:
    for name, value in body.items():
        kind = known.get(name)
        if kind is None or not kind.check(value):
            raise BodyError(name)
    if not required <= body.keys():
        raise BodyError(min(required - body.keys()))


def check_action(body: Mapping[str, Any]) -> None:
    """Raise :class:`BodyError` unless the action has what it needs.

    An aliquot is written twice, as in double-entry bookkeeping: in the history of the item that it was taken from
    (naming the ``child``) and as the first event of the new item (naming the ``parent``).
    """
    action = body["action"]
    begins = action == "collected" or (action == "aliquoted" and "parent" in body)
    needed = _NEEDS.get(action, ())
    if action == "aliquoted":
        needed = ("to", "to_kind", "entered_ug") if begins else ("child", "amount_ug")
    for name in needed:
        if name not in body:
            raise BodyError(name)
    if begins == ("after" in body):
        raise BodyError("after")
    if begins and "child" in body:
        raise BodyError("child")
    if action == "corrected" and not ("corrects" in body or "joins" in body):
        raise BodyError("corrects")


def moment(value: datetime) -> str:
    """A moment as bodies write it: UTC, whole seconds."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _key(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event as its body says it, with its place in the log."""

    seq: int
    id: UUID
    sample: UUID
    item: UUID
    item_seq: int
    action: Action
    actor: UUID
    occurred_at: datetime
    recorded_at: datetime
    after: UUID | None = None
    corrects: UUID | None = None
    joins: tuple[UUID, ...] = ()
    witness: UUID | None = None
    from_site: UUID | None = None
    to_site: UUID | None = None
    to_laboratory: bool = False
    place: str | None = None
    parcel: UUID | None = None
    parent: UUID | None = None
    child: UUID | None = None
    analysis: UUID | None = None
    seal_number: str | None = None
    seal_state: SealState | None = None
    parcel_seal_state: SealState | None = None
    entered_ug: int | None = None
    weighed_ug: int | None = None
    amount_ug: int | None = None
    before_ug: int | None = None
    after_ug: int | None = None
    texts: Mapping[str, str] = field(default_factory=dict)


def event_of(seq: int, body: Mapping[str, Any]) -> Event:
    """The event of a body that :func:`read_entry` has let through."""
    seal_state, parcel_state = body.get("seal_state"), body.get("parcel_seal_state")
    return Event(
        seq=seq,
        id=UUID(body["id"]),
        sample=UUID(body["sample"]),
        item=UUID(body["item"]),
        item_seq=body["item_seq"],
        action=Action(body["action"]),
        actor=UUID(body["actor"]),
        occurred_at=datetime.fromisoformat(body["occurred_at"]),
        recorded_at=datetime.fromisoformat(body["recorded_at"]),
        after=_key(body.get("after")),
        corrects=_key(body.get("corrects")),
        joins=tuple(UUID(key) for key in body.get("joins", ())),
        witness=_key(body.get("witness")),
        from_site=_key(body.get("from")),
        to_site=_key(body.get("to")),
        to_laboratory=body.get("to_kind") == LABORATORY,
        place=body.get("place"),
        parcel=_key(body.get("parcel")),
        parent=_key(body.get("parent")),
        child=_key(body.get("child")),
        analysis=_key(body.get("analysis")),
        seal_number=body.get("seal_number"),
        seal_state=None if seal_state is None else SealState(seal_state),
        parcel_seal_state=None if parcel_state is None else SealState(parcel_state),
        entered_ug=body.get("entered_ug"),
        weighed_ug=body.get("weighed_ug"),
        amount_ug=body.get("amount_ug"),
        before_ug=body.get("before_ug"),
        after_ug=body.get("after_ug"),
        texts=body.get("texts", {}),
    )
