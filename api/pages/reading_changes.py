"""What people changed on a reading since the machine's own: what a verifier looks at first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from lab.network.models import Account
from lab.plates import service
from lab.plates.models import Plate, PlatePicture, Reading
from templates.i18n import Translator
from tlc_analysis.compare import Change, compare
from tlc_analysis.serialise import from_json

Json = Mapping[str, Any]
Drawn = tuple[str, str]
_LINES: Mapping[Drawn, tuple[str, str]] = {
    ("origin_px", "origin"): ("origin_from_hint", "origin_not_found"),
    ("front_px", "front"): ("front_from_hint", "front_not_found"),
}


@dataclass(frozen=True)
class Step:
    """One correction: which reading it made, who, when and why."""

    number: int
    name: str
    at: datetime
    reason: str | None


@dataclass(frozen=True)
class Row:
    """One difference in words."""

    what: str
    lane: str
    before: str
    after: str


@dataclass(frozen=True)
class ReadingChanges:
    """The machine's reading against the one that stands, and the picture that both are of."""

    plate: str
    plate_id: UUID
    picture_id: UUID
    steps: Sequence[Step]
    rows: Sequence[Row]
    unchanged: int


def changes_of(session: Session, reading: Reading, translator: Translator) -> ReadingChanges | None:
    """What people changed; None for a reading that nobody corrected."""
    chain = [one for one in service.readings_of(session, picture_id=reading.picture_id) if one.number <= reading.number]
    steps = [
        Step(one.number, session.get_one(Account, one.created_by).display_name, one.created_at, one.reason)
        for one in chain
        if one.created_by is not None
    ]
    if not steps:
        return None
    first, now = chain[0].document, reading.document
    found = compare(from_json(dict(first)), from_json(dict(now)))
    order = {"lost": 0, "appeared": 1, "moved": 2}
    bands = sorted(found.changes, key=lambda one: (order[one.kind], one.lane_after or one.lane_before or 0))
    rows = [*_drawn(first, now, translator), *(_band(change, translator) for change in bands)]
    picture = session.get_one(PlatePicture, reading.picture_id)
    plate = session.get_one(Plate, picture.plate_id)
    return ReadingChanges(plate.number, plate.id, picture.id, steps, rows, found.unchanged)


def _drawn(first: Json, now: Json, translator: Translator) -> list[Row]:
    """Lines, corners and lanes, plate by plate."""
    rows = []
    for before, after in zip(first["plates"], now["plates"], strict=False):
        for (key, name), (by_hand, missing) in _LINES.items():
            if before[key] != after[key]:
                was = "missing" if missing in before["flags"] else "drawn" if by_hand in before["flags"] else "found"
                rows.append(_row(name, was, "drawn" if by_hand in after["flags"] else "found", translator))
        if before["corners_px"] != after["corners_px"]:
            rows.append(_row("corners", "found", "drawn", translator))
        counts = len(before["lanes"]), len(after["lanes"])
        if counts[0] != counts[1]:
            rows.append(Row(translator.text("viewer.changes.lanes"), "", *(translator.number(n) for n in counts)))
    return rows


def _row(name: str, before: str, after: str, translator: Translator) -> Row:
    words = (translator.text(f"viewer.changes.{word}") for word in (name, before, after))
    what, was, now = words
    return Row(what, "", was, now)


def _band(change: Change, translator: Translator) -> Row:
    def hrf(rf: float | None, lane: int | None) -> str:
        if lane is None:
            return "–"
        return translator.text("plate.no_rf") if rf is None else f"hRf {translator.number(100 * rf, 1)}"

    return Row(
        translator.text(f"viewer.changes.{change.kind}"),
        translator.number(change.lane_after or change.lane_before or 0),
        hrf(change.rf_before, change.lane_before),
        hrf(change.rf_after, change.lane_after),
    )
