"""Several pictures of one plate laid over each other: ordered when they are read, and one spot with several colours.

The reference is the plate's first picture that was read and shows it; every other picture is aligned with it. What
joins two pictures is the plate on them, so a picture that shows several plates joins by the layout's number of lanes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from sqlmodel import Session, col, select

from lab.kit.jobs import enqueue
from lab.plates.joining import JoinedLane, join
from lab.plates.models import AlignmentState, PictureAlignment, PlateLane, PlatePicture, Reading
from tlc_analysis.model import Flag, Illumination, Lab
from tlc_analysis.model import Plate as ReadPlate
from tlc_analysis.register import Alignment, merge
from tlc_analysis.serialise import from_json

ALIGN = "plates.align"
"""The task that lays a picture over its reference; its key is the picture's."""


@dataclass(frozen=True, kw_only=True)
class AlignTask:
    """Everything that aligning needs, so that no database is held meanwhile."""

    picture_id: UUID
    reference_id: UUID
    reference_key: str
    other_key: str
    documents: tuple[dict[str, Any], dict[str, Any]]
    plates: tuple[int, int]
    basis: list[Any]


@dataclass(frozen=True)
class ReadPicture:
    """A picture with the reading that stands, and which plate of it is this plate, lane by lane."""

    picture: PlatePicture
    reading: Reading
    number: int
    plate: ReadPlate
    lanes: tuple[JoinedLane, ...]
    name: str
    light: Illumination


def read_pictures(session: Session, *, plate_id: UUID) -> list[ReadPicture]:
    """In the order they came; pictures on which the plate was not found are left out."""
    layout = session.exec(select(PlateLane).where(PlateLane.plate_id == plate_id).order_by(col(PlateLane.index))).all()
    rows = session.exec(
        select(PlatePicture, Reading)
        .join(Reading, col(Reading.picture_id) == col(PlatePicture.id))
        .where(PlatePicture.plate_id == plate_id)
        .order_by(col(PlatePicture.uploaded_at), col(PlatePicture.id), col(Reading.number))
    ).all()
    newest = {picture.id: (picture, reading) for picture, reading in rows}
    found = []
    for picture, reading in newest.values():
        content = from_json(reading.document)
        joined = join(content, layout)
        if joined.plate is not None:
            number = next(i for i, plate in enumerate(content.plates) if plate is joined.plate)
            light = content.image.illumination
            name = picture.reagent or light
            found.append(ReadPicture(picture, reading, number, joined.plate, joined.lanes, name, light))
    return found


def order_alignments(session: Session, *, picture_id: UUID) -> None:
    """Queue what a fresh reading makes possible: pairs not aligned yet, or found from other corners."""
    picture = session.get_one(PlatePicture, picture_id)
    pictures = read_pictures(session, plate_id=picture.plate_id)
    for other in pictures[1:]:
        basis = _basis(pictures[0], other)
        row = session.get(PictureAlignment, other.picture.id)
        if row is not None and row.basis == basis and row.reference_id == pictures[0].picture.id:
            continue
        row = row or PictureAlignment(picture_id=other.picture.id, reference_id=pictures[0].picture.id)
        row.reference_id, row.state, row.basis = pictures[0].picture.id, AlignmentState.WAITING, basis
        row.matrix = row.likeness = row.failure = None
        session.add(row)
        session.flush()
        enqueue(session, ALIGN, str(other.picture.id))


def _basis(reference: ReadPicture, other: ReadPicture) -> list[Any]:
    return [[list(point) for point in one.plate.corners_px] for one in (reference, other)]


def waiting_alignments(session: Session) -> list[str]:
    """The keys of what waits."""
    statement = select(PictureAlignment.picture_id).where(PictureAlignment.state == AlignmentState.WAITING)
    return [str(key) for key in session.exec(statement).all()]


def to_align(session: Session, *, picture_id: UUID) -> AlignTask | None:
    """The work for one picture; None when none waits."""
    row = session.get(PictureAlignment, picture_id)
    if row is None or row.state is not AlignmentState.WAITING:
        return None
    plate_id = session.get_one(PlatePicture, picture_id).plate_id
    pictures = {one.picture.id: one for one in read_pictures(session, plate_id=plate_id)}
    reference, other = pictures.get(row.reference_id), pictures.get(picture_id)
    if reference is None or other is None:
        return None
    return AlignTask(
        picture_id=picture_id, reference_id=reference.picture.id, reference_key=reference.picture.file_key,
        other_key=other.picture.file_key, documents=(reference.reading.document, other.reading.document),
        plates=(reference.number, other.number), basis=row.basis,
    )  # fmt: skip


def finish(session: Session, *, task: AlignTask, found: dict[str, Any] | None, failure: str | None) -> None:
    """Keep the outcome, unless other corners have asked for another one meanwhile."""
    row = session.get(PictureAlignment, task.picture_id, with_for_update=True)
    if row is None or row.state is not AlignmentState.WAITING or row.basis != task.basis:
        return
    row.state, row.failure = (AlignmentState.DONE, None) if found is not None else (AlignmentState.FAILED, failure)
    if found is not None:
        row.matrix, row.likeness, row.turned = found["matrix"], found["likeness"], found["turned"]
    session.add(row)
    session.flush()


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """How a band shows on another picture of the plate: ``view`` is its light or reagent."""

    picture_id: UUID
    view: str
    colour_lab: Lab
    snr: float
    saturated: bool


@dataclass(frozen=True, kw_only=True)
class Overlaid:
    """One band over all pictures. ``here``: the centre on the picture asked for; None where only others show it."""

    lane: int
    rf: float | None
    rf_u: float | None
    best_view: str
    here: tuple[float, float] | None
    seen: tuple[Elsewhere, ...]


@dataclass(frozen=True)
class _Named:
    name: str
    plate: ReadPlate


def overlaid(session: Session, *, plate_id: UUID, picture_id: UUID) -> tuple[Overlaid, ...]:
    """The bands of a plate over all pictures that are aligned; empty while there is only one."""
    pictures = read_pictures(session, plate_id=plate_id)
    if len(pictures) < 2:
        return ()
    rows = {row.picture_id: row for row in _done(session, [one.picture.id for one in pictures[1:]])}
    aligned = [one for one in pictures[1:] if one.picture.id in rows]
    views = [pictures[0], *aligned]
    if len(views) < 2 or picture_id not in {one.picture.id for one in views}:
        return ()
    merged = merge(
        [_Named(str(one.picture.id), one.plate) for one in views], [_alignment(rows[one.picture.id]) for one in aligned]
    )
    names = {str(one.picture.id): one.name for one in views}
    here = str(picture_id)
    return tuple(
        Overlaid(
            lane=spot.lane, rf=spot.rf, rf_u=spot.rf_u, best_view=names[spot.best_view],
            here=spot.seen[here].centre_px if here in spot.seen else None,
            seen=tuple(
                Elsewhere(
                    picture_id=UUID(key), view=names[key], colour_lab=one.colour_lab, snr=one.snr,
                    saturated=Flag.SATURATED in one.flags,
                )
                for key, one in spot.seen.items()
            ),
        )
        for spot in merged
    )  # fmt: skip


def _done(session: Session, picture_ids: Sequence[UUID]) -> Sequence[PictureAlignment]:
    statement = select(PictureAlignment).where(
        col(PictureAlignment.picture_id).in_(picture_ids), PictureAlignment.state == AlignmentState.DONE
    )
    return session.exec(statement).all()


def _alignment(row: PictureAlignment) -> Alignment:
    return Alignment(
        to_reference=np.asarray(row.matrix, np.float64), likeness=row.likeness or 0.0, refined=True, turned=row.turned
    )


def alignment_of(session: Session, *, picture_id: UUID) -> PictureAlignment | None:
    """How far the aligning of a picture is; None for the reference itself and for a plate with one picture."""
    return session.get(PictureAlignment, picture_id)


def give_up(session: Session, *, picture_id: UUID) -> None:
    """Its job died: say so, and wait for a new reading to ask again."""
    row = session.get(PictureAlignment, picture_id)
    if row is not None and row.state is AlignmentState.WAITING:
        row.state, row.failure = AlignmentState.FAILED, "failure.plate.given_up"
        session.add(row)
        session.flush()
