"""A chemist's corrections of a reading: lines that were not found, lanes that were miscounted, which end is up."""

from collections.abc import Mapping
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
from api.routing import GuardedRouter
from lab.plates import service
from lab.plates.models import Reading, ReadingOrder

router = GuardedRouter(prefix="/plates", html=True)
LINES = ("origin_px", "front_px")
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
    for name in LINES:
        line = _line(form, name)
        if line is not None:
            said[name] = line
    lanes = form.number("lane_count")
    if lanes is not None:
        said["lane_count"] = int(lanes)
    if form.get("up") in SIDES:
        hints["up"] = form.get("up")
    return hints | {"plates": [said, *others]}


def _line(form: Form, name: str) -> list[list[float]] | None:
    """Two points typed or clicked as ``x y x y``; None when nothing was. Raises :class:`NumberError`."""
    words = form.get(name).replace(",", ".").split()
    if not words:
        return None
    try:
        numbers = [float(word) for word in words]
    except ValueError as error:
        raise NumberError(field=name) from error
    if len(numbers) != 2 * _POINTS:
        raise NumberError(field=name)
    return [numbers[:2], numbers[2:]]
