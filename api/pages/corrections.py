"""A chemist's corrections without a script: single numbers changed, or the whole picture read anew with a hint."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, NumberError, Refusal, attempt
from api.pages.layout import go
from api.pages.plates import WORK, show_plate
from api.pages.viewer import band_fields, shown_hrf
from api.routing import GuardedRouter
from lab.plates import service
from lab.plates.by_numbers import BandName, Numbers, edits_of
from lab.plates.models import Reading, ReadingOrder
from templates.i18n import Translator
from tlc_analysis.model import Polyline

router = GuardedRouter(prefix="/plates", html=True)
SIDES = ("top", "right", "bottom", "left")
_POINTS = 2  # a line is given by its two ends


@router.post("/{plate_id}/readings/{reading_id}/correct", access=WORK)
def correct(
    plate_id: UUID, reading_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Order a reading with what the chemist says; it supersedes when it is there."""
    plate = service.get_plate(session, actor=identity.actor, plate_id=plate_id)
    reading = service.get_reading(session, actor=identity.actor, reading_id=reading_id)
    done = attempt(session, translator_of(request), lambda: _correct(session, identity, reading, form))
    if isinstance(done, Refusal):
        refused = form.refused(done.errors)
        return show_plate(request, session, identity, plate, refused, chosen=reading.picture_id, status=422)
    return go(f"/plates/{plate_id}?picture={reading.picture_id}")


def _correct(session: Session, identity: IdentityDep, reading: Reading, form: Form) -> ReadingOrder:
    hints = merged(reading.hints, form)
    reason = form.get("reason").strip() or None
    return service.correct_reading(session, actor=identity.actor, reading_id=reading.id, hints=hints, reason=reason)


def merged(before: Mapping[str, Any] | None, form: Form) -> dict[str, Any]:
    """What a person has said by now: the hints before, with what this form adds to the picture's first plate."""
    hints: dict[str, Any] = dict(before or {})
    first, *others = hints.get("plates") or [{}]
    said = dict(first)
    lanes = form.number("lane_count")
    if lanes is not None:
        said["lane_count"] = int(lanes)
    if form.get("up") in SIDES:
        hints["up"] = form.get("up")
    return hints | {"plates": [said, *others]}


@router.post("/{plate_id}/readings/{reading_id}/numbers", access=WORK)
def amend(
    plate_id: UUID, reading_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Order a reading that differs only in the numbers that were changed."""
    plate = service.get_plate(session, actor=identity.actor, plate_id=plate_id)
    reading = service.get_reading(session, actor=identity.actor, reading_id=reading_id)
    translator = translator_of(request)
    done = attempt(session, translator, lambda: _amend(session, identity, translator, reading, form))
    if isinstance(done, Refusal):
        latest = service.latest_reading(session, picture_id=reading.picture_id)
        stands = latest is not None and latest.id == reading.id
        refused = form.refused(done.errors if stands else _of_another(reading, form, done.errors, translator))
        return show_plate(request, session, identity, plate, refused, chosen=reading.picture_id, status=422)
    return go(f"/plates/{plate_id}?picture={reading.picture_id}")


def _amend(
    session: Session, identity: IdentityDep, translator: Translator, reading: Reading, form: Form
) -> ReadingOrder:
    edits = edits_of(reading.document, typed(form, reading.document, translator))
    reason = form.get("why")
    return service.amend_reading(session, actor=identity.actor, reading_id=reading.id, edits=edits, reason=reason)


def _of_another(reading: Reading, form: Form, errors: Mapping[str, str], translator: Translator) -> Mapping[str, str]:
    """The numbers of a reading that no longer stands must not slip into the one that does: they are said instead."""
    names = {f"{plate}-{lane}-{place}": spot for plate, lane, place, spot in _bands(reading.document)}
    letters = {field.name: f"{field.lane}{field.letter}" for field in band_fields(reading.document, translator)}
    said = [
        f"{letters[name]} {shown_hrf(spot, translator)} → {_said(form, name)}"
        for name, spot in names.items()
        if form.get(f"remove-{name}") or form.get(f"hrf-{name}") not in {"", shown_hrf(spot, translator)}
    ]
    return {**errors, "edits": translator.text("viewer.numbers.yours", list="; ".join(said))} if said else errors


def _said(form: Form, name: str) -> str:
    return "–" if form.get(f"remove-{name}") else form.get(f"hrf-{name}")


def typed(form: Form, document: Mapping[str, Any], translator: Translator) -> Numbers:
    """What of the form's numbers is not as it was shown. Raises :class:`NumberError`."""
    moved: dict[BandName, float] = {}
    removed, removed_lanes = [], []
    for plate, lane, place, spot in _bands(document):
        name = f"{plate}-{lane}-{place}"
        value = form.number(f"hrf-{name}")
        if form.get(f"remove-{name}"):
            removed.append((plate, lane, place))
        elif value is not None and form.get(f"hrf-{name}") != shown_hrf(spot, translator):
            moved[plate, lane, place] = value
    for plate, one in enumerate(document["plates"], start=1):
        removed_lanes += [(plate, x["index"]) for x in one["lanes"] if form.get(f"remove_lane-{plate}-{x['index']}")]
    lane_number, hrf = form.number("add_lane"), form.number("add_hrf")
    return Numbers(
        origin_px=_line(form, "origin_px"),
        front_px=_line(form, "front_px"),
        moved=moved,
        removed=removed,
        added=[(1, int(lane_number), hrf)] if lane_number is not None and hrf is not None else [],
        removed_lanes=removed_lanes,
        new_lane=form.number("new_lane"),
    )


def _bands(document: Mapping[str, Any]) -> Iterator[tuple[int, int, int, Mapping[str, Any]]]:
    for number, plate in enumerate(document["plates"], start=1):
        for lane in plate["lanes"]:
            for place, spot in enumerate(lane["spots"]):
                yield number, lane["index"], place, spot


def _line(form: Form, name: str) -> Polyline | None:
    """Two points typed as ``x y x y``; None when nothing was. Raises :class:`NumberError`."""
    words = form.get(name).replace(",", ".").split()
    if not words:
        return None
    try:
        numbers = [float(word) for word in words]
    except ValueError as error:
        raise NumberError(field=name) from error
    if len(numbers) != 2 * _POINTS:
        raise NumberError(field=name)
    return (numbers[0], numbers[1]), (numbers[2], numbers[3])
