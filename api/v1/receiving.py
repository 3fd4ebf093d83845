"""Unpacking a parcel as JSON: scans are kept one by one, by anybody at the site, on any device."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from api.deps import ActorDep, SessionDep
from api.routing import GuardedRouter, needs
from lab.custody import receiving, unpacking
from lab.custody.models import EntryMode, ScanKind, SealState
from lab.kit.text import PlainText
from lab.network.access import Actor, Permission

router = GuardedRouter(tags=["custody"])
HANDLE = needs(Permission.CUSTODY_HANDLE)


class ScanRequest(BaseModel):
    """A code or the number of a bag's seal, or a line of the manifest by its key."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    id: UUID | None = None  # made by the device; makes it harmless to send again
    code: Annotated[PlainText | None, Field(max_length=200)] = None
    item_id: UUID | None = None
    seal_state: SealState = SealState.INTACT
    condition: Annotated[PlainText | None, Field(max_length=200)] = None
    entry: EntryMode | None = None
    keep_unknown: bool = False  # keep also what is no code at all: something is in the parcel


class MarkIn(BaseModel):
    """How a scanned container looks."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    seal_state: SealState
    condition: Annotated[PlainText | None, Field(max_length=200)] = None


class CloseIn(BaseModel):
    """The end of a receiving."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    seal_state: SealState | None = None
    condition: Annotated[PlainText | None, Field(max_length=500)] = None


class LineOut(BaseModel):
    """A container scanned or missing."""

    scan_id: UUID | None
    item_id: UUID | None
    code: str
    kind: ScanKind | None  # None: missing
    seal_state: SealState | None
    condition: str | None
    scanned_at: datetime | None
    refused: str | None


class ReceivingOut(BaseModel):
    """How far a receiving is."""

    id: UUID
    parcel_id: UUID | None
    seal_number: str
    seal_state: SealState | None
    expected: int
    received: int
    missing: list[LineOut]
    scanned: list[LineOut]
    undone: int
    closed_at: datetime | None


class ScanOut(BaseModel):
    """One scan, and whether it had been made before."""

    scan_id: UUID
    repeated: bool
    receiving: ReceivingOut


def _line(line: receiving.Line) -> LineOut:
    scan, sample = line.scan, line.sample
    return LineOut(
        scan_id=scan.id if scan else None,
        item_id=line.item.id if line.item else None,
        code=sample.code if sample else scan.text if scan else "",
        kind=scan.kind if scan else None,
        seal_state=scan.seal_state if scan else None,
        condition=scan.condition if scan else None,
        scanned_at=scan.scanned_at if scan else None,
        refused=scan.refused if scan else None,
    )


def _out(session: Session, actor: Actor, receiving_id: UUID) -> ReceivingOut:
    at = receiving.progress(session, actor=actor, receiving_id=receiving_id)
    return ReceivingOut(
        id=at.receiving.id,
        parcel_id=at.receiving.parcel_id,
        seal_number=at.receiving.seal_number,
        seal_state=at.receiving.seal_state,
        expected=at.expected,
        received=at.received,
        missing=[_line(line) for line in at.missing],
        scanned=[_line(line) for line in at.scanned],
        undone=at.undone,
        closed_at=at.receiving.closed_at,
    )


@router.post("/parcels/{parcel_id}/receiving", access=HANDLE)
def begin(parcel_id: UUID, session: SessionDep, actor: ActorDep) -> ReceivingOut:
    """Begin unpacking a parcel, or go on with it."""
    opened = receiving.open_receiving(session, actor=actor, parcel_id=parcel_id)
    return _out(session, actor, opened.id)


@router.get("/receivings/{receiving_id}", access=HANDLE)
def get_receiving(receiving_id: UUID, session: SessionDep, actor: ActorDep) -> ReceivingOut:
    """How far it is."""
    return _out(session, actor, receiving_id)


@router.post("/receivings/{receiving_id}/scans", access=HANDLE, status_code=201)
def scan(receiving_id: UUID, data: ScanRequest, session: SessionDep, actor: ActorDep) -> ScanOut:
    """Keep one scan. The same container again adds nothing."""
    kept = receiving.add_scan(
        session,
        actor=actor,
        receiving_id=receiving_id,
        text=data.code,
        scan_id=data.id,
        **data.model_dump(exclude={"id", "code"}),
    )
    return ScanOut(scan_id=kept.scan.id, repeated=kept.repeated, receiving=_out(session, actor, receiving_id))


@router.post("/receivings/{receiving_id}/scans/{scan_id}/mark", access=HANDLE)
def mark(receiving_id: UUID, scan_id: UUID, data: MarkIn, session: SessionDep, actor: ActorDep) -> ReceivingOut:
    """Say how the seal of a scanned container looks, and in what condition it is."""
    receiving.mark_scan(session, actor=actor, receiving_id=receiving_id, scan_id=scan_id, **data.model_dump())
    return _out(session, actor, receiving_id)


@router.post("/receivings/{receiving_id}/scans/{scan_id}/undo", access=HANDLE)
def undo(receiving_id: UUID, scan_id: UUID, session: SessionDep, actor: ActorDep) -> ReceivingOut:
    """Strike out a mistaken scan, before closing."""
    receiving.undo_scan(session, actor=actor, receiving_id=receiving_id, scan_id=scan_id)
    return _out(session, actor, receiving_id)


@router.post("/receivings/{receiving_id}/close", access=HANDLE)
def close(receiving_id: UUID, data: CloseIn, session: SessionDep, actor: ActorDep) -> ReceivingOut:
    """Close: what was scanned is received, the rest of the manifest is missing."""
    unpacking.close(session, actor=actor, receiving_id=receiving_id, **data.model_dump())
    return _out(session, actor, receiving_id)
