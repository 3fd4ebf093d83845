"""Unpacking a parcel by scanning what is in it: each scan is kept at once, by whoever scans it, on any device.

The ledger hears of it when the receiving is closed, each container with the moment it was scanned and by whom.
Until then a mistaken scan can be undone; it stays on record, struck out. What was scanned before the parcel itself
is known here (its phone has not synced) is kept, and compared when the parcel arrives (:func:`adopt`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from lab.custody.containers import find_container
from lab.custody.errors import (
    NothingScannedError,
    ParcelSealMissingError,
    ParcelStateError,
    ReceivingClosedError,
    ReceivingNotFoundError,
    SampleScannedError,
)
from lab.custody.models import (
    EntryMode,
    Item,
    Manifest,
    Parcel,
    ParcelItem,
    ParcelState,
    Receiving,
    ReceivingScan,
    ScanKind,
    SealState,
)
from lab.custody.qr import parcel_seal_of
from lab.custody.schemas import to_ug
from lab.errors import LabError
from lab.kit.clock import now
from lab.kit.ids import new_id
from lab.network.access import Actor, Permission
from lab.samples.codes import parse_code
from lab.samples.models import Sample


@dataclass(frozen=True)
class Line:
    """A container of the manifest or of a scan, with both where there are both."""

    scan: ReceivingScan | None
    item: Item | None
    sample: Sample | None

    @property
    def deviates(self) -> bool:
        return self.scan is not None and (
            self.scan.seal_state is not SealState.INTACT or self.scan.condition is not None
        )


@dataclass(frozen=True)
class Progress:
    """A receiving as it stands."""

    receiving: Receiving
    parcel: Parcel | None
    expected: int  # lines of the manifest
    missing: tuple[Line, ...]  # of those, not scanned (yet)
    scanned: tuple[Line, ...]  # the last one first
    undone: int

    @property
    def received(self) -> int:
        """How many of the expected ones were scanned."""
        return self.expected - len(self.missing)

    def of(self, kind: ScanKind) -> tuple[Line, ...]:
        return tuple(line for line in self.scanned if line.scan is not None and line.scan.kind is kind)

    @property
    def unexpected(self) -> tuple[Line, ...]:
        """Scanned and not on the manifest, known here or not."""
        return tuple(line for line in self.scanned if line.scan is not None and line.scan.kind is not ScanKind.EXPECTED)

    @property
    def broken(self) -> tuple[Line, ...]:
        return tuple(line for line in self.scanned if line.scan and line.scan.seal_state is not SealState.INTACT)

    @property
    def damaged(self) -> tuple[Line, ...]:
        return tuple(line for line in self.scanned if line.scan and line.scan.condition)


@dataclass(frozen=True)
class Scanned:
    """A scan as it was kept; ``repeated``: it had been scanned before, and nothing was added."""

    scan: ReceivingScan
    repeated: bool


def open_by_seal(session: Session, *, actor: Actor, site_id: UUID, seal: str) -> Receiving:
    """Begin, or go on, unpacking the parcel with this seal (its label or number) at ``site_id``.

    A seal that is not known here begins a receiving without a manifest. Raises :class:`SampleScannedError` for the
    code of a sample, and what :func:`~lab.custody.qr.parcel_seal_of` raises.
    """
    actor.require(Permission.CUSTODY_HANDLE, site_id)
    number = parcel_seal_of(seal)
    coming = select(Parcel).where(Parcel.to_site_id == site_id, Parcel.state != ParcelState.RECEIVED)
    parcel = next((one for one in session.exec(coming) if one.seal_number.casefold() == number.casefold()), None)
    if parcel is not None:
        return open_receiving(session, actor=actor, parcel_id=parcel.id)
    going_on = select(Receiving).where(
        Receiving.site_id == site_id, Receiving.seal_number == number,
        col(Receiving.parcel_id).is_(None), col(Receiving.closed_at).is_(None),
    )  # fmt: skip
    known = session.exec(going_on).first()
    if known is not None:
        return known
    if _is_sample(session, number):
        raise SampleScannedError(field="seal_number")
    return _begin(session, Receiving(site_id=site_id, seal_number=number, started_by=actor.account_id))


def _is_sample(session: Session, text: str) -> bool:
    try:
        code = parse_code(text)
    except LabError:
        return False
    return session.exec(select(Sample.id).where(Sample.code == code)).first() is not None


def open_receiving(session: Session, *, actor: Actor, parcel_id: UUID) -> Receiving:
    """Begin, or go on, unpacking this parcel; raises :class:`ParcelStateError` when it was received otherwise."""
    parcel = session.get(Parcel, parcel_id, with_for_update=True)
    if parcel is None or not actor.may(Permission.CUSTODY_HANDLE, parcel.to_site_id):
        raise ReceivingNotFoundError
    known = session.exec(select(Receiving).where(Receiving.parcel_id == parcel_id)).one_or_none()
    if known is not None:
        return known
    if parcel.state is ParcelState.RECEIVED:
        raise ParcelStateError(state=parcel.state.value)
    return _begin(
        session,
        Receiving(
            parcel_id=parcel_id,
            site_id=parcel.to_site_id,
            seal_number=parcel.seal_number,
            started_by=actor.account_id,
        ),
    )


def _begin(session: Session, receiving: Receiving) -> Receiving:
    session.add(receiving)
    session.flush()
    return receiving


def get_receiving(session: Session, *, actor: Actor, receiving_id: UUID, lock: bool = False) -> Receiving:
    """The receiving; raises :class:`ReceivingNotFoundError` also where ``actor`` does not handle custody."""
    receiving = session.get(Receiving, receiving_id, with_for_update=lock)
    if receiving is None or not actor.may(Permission.CUSTODY_HANDLE, receiving.site_id):
        raise ReceivingNotFoundError
    return receiving


def open_receivings(session: Session, *, actor: Actor, site_id: UUID) -> Sequence[Receiving]:
    """What is being unpacked at ``site_id``, the oldest first."""
    actor.require(Permission.CUSTODY_HANDLE, site_id)
    here = select(Receiving).where(Receiving.site_id == site_id, col(Receiving.closed_at).is_(None))
    return session.exec(here.order_by(col(Receiving.started_at))).all()


def add_scan(
    session: Session,
    *,
    actor: Actor,
    receiving_id: UUID,
    text: str | None = None,
    item_id: UUID | None = None,
    scan_id: UUID | None = None,
    seal_state: SealState = SealState.INTACT,
    condition: str | None = None,
    entry: EntryMode | None = None,
    scanned_at: datetime | None = None,
    device: UUID | None = None,
    keep_unknown: bool = False,
    closed_too: bool = False,
) -> Scanned:
    """Keep one scan: a sample's code, a bag's seal number, or a line of the manifest (``item_id``).

    The same container again, or the same ``scan_id``, adds nothing. ``keep_unknown`` keeps also what cannot be
    read as a code: something is in the parcel all the same. ``closed_too``: a device tells late what it scanned
    before the receiving was closed. Raises what :func:`~lab.custody.containers.find_container` raises.
    """
    receiving = get_receiving(session, actor=actor, receiving_id=receiving_id, lock=True)
    known = session.get(ReceivingScan, scan_id) if scan_id else None
    if known is not None:
        return Scanned(known, repeated=True)
    if receiving.closed_at is not None and not closed_too:
        raise ReceivingClosedError
    scans = _scans(session, receiving)
    manifest = _manifest(session, receiving)
    found = find_container(
        session, text=text, item_id=item_id, manifest=manifest, taken={scan.item_id for scan in scans},
        keep_unknown=keep_unknown,
    )  # fmt: skip
    again = next((scan for scan in scans if _same(scan, found.item, found.text)), None)
    if again is not None:
        return Scanned(again, repeated=True)
    scan = ReceivingScan(
        id=scan_id or new_id(), receiving_id=receiving.id, text=found.text,
        item_id=found.item.id if found.item else None,
        kind=_kind(found.item, manifest), seal_state=seal_state, condition=(condition or "").strip() or None,
        entry=entry, scanned_by=actor.account_id, scanned_at=min(scanned_at or now(), now()), device_id=device,
    )  # fmt: skip
    session.add(scan)
    session.flush()
    return Scanned(scan, repeated=False)


def _same(scan: ReceivingScan, item: Item | None, text: str) -> bool:
    return scan.item_id == item.id if item else scan.item_id is None and scan.text == text


def _kind(item: Item | None, manifest: Sequence[Item]) -> ScanKind:
    if item is None:
        return ScanKind.UNKNOWN
    return ScanKind.EXPECTED if item.id in {one.id for one in manifest} else ScanKind.UNEXPECTED


def _scans(session: Session, receiving: Receiving) -> Sequence[ReceivingScan]:
    """Those that were not undone, the first one first."""
    kept = select(ReceivingScan).where(
        ReceivingScan.receiving_id == receiving.id, col(ReceivingScan.undone_at).is_(None)
    )
    return session.exec(kept.order_by(col(ReceivingScan.scanned_at), col(ReceivingScan.id))).all()


def _manifest(session: Session, receiving: Receiving) -> Sequence[Item]:
    if receiving.parcel_id is None:
        return ()
    lines = select(Item).join(ParcelItem, col(ParcelItem.item_id) == col(Item.id))
    return session.exec(
        lines.where(ParcelItem.parcel_id == receiving.parcel_id, ParcelItem.outcome != Manifest.UNEXPECTED)
    ).all()


def _scan(session: Session, actor: Actor, receiving_id: UUID, scan_id: UUID) -> ReceivingScan:
    receiving = get_receiving(session, actor=actor, receiving_id=receiving_id, lock=True)
    scan = session.get(ReceivingScan, scan_id)
    if scan is None or scan.receiving_id != receiving.id:
        raise ReceivingNotFoundError
    if receiving.closed_at is not None:
        raise ReceivingClosedError
    return scan


def undo_scan(session: Session, *, actor: Actor, receiving_id: UUID, scan_id: UUID) -> ReceivingScan:
    """Strike out a mistaken scan, before the receiving is closed."""
    scan = _scan(session, actor, receiving_id, scan_id)
    scan.undone_at, scan.undone_by = scan.undone_at or now(), scan.undone_by or actor.account_id
    session.add(scan)
    session.flush()
    return scan


def mark_scan(
    session: Session,
    *,
    actor: Actor,
    receiving_id: UUID,
    scan_id: UUID,
    seal_state: SealState,
    condition: str | None,
    mass_mg: float | None = None,
) -> ReceivingScan:
    """Say how the seal of a scanned container looks, and in what condition it is; no condition: nothing to note.

    ``mass_mg``: what its content weighs on arrival, where somebody weighed it.
    """
    scan = _scan(session, actor, receiving_id, scan_id)
    scan.seal_state, scan.condition = seal_state, (condition or "").strip()[:200] or None
    scan.weighed_ug = None if mass_mg is None else to_ug(mass_mg)
    session.add(scan)
    session.flush()
    return scan


def mark_parcel(session: Session, *, actor: Actor, receiving_id: UUID, seal_state: SealState) -> Receiving:
    """Say how the seal of the parcel itself looks."""
    receiving = get_receiving(session, actor=actor, receiving_id=receiving_id, lock=True)
    if receiving.closed_at is not None:
        raise ReceivingClosedError
    receiving.seal_state = seal_state
    session.add(receiving)
    session.flush()
    return receiving


def require_ready(session: Session, receiving: Receiving, seal_state: SealState | None) -> SealState:
    """The state of the parcel's seal, once all is said that closing needs.

    Raises :class:`ReceivingClosedError`, :class:`ParcelSealMissingError`, :class:`NothingScannedError`.
    """
    if receiving.closed_at is not None:
        raise ReceivingClosedError
    state = seal_state or receiving.seal_state
    if state is None:
        raise ParcelSealMissingError
    if receiving.parcel_id is None and not _scans(session, receiving):
        raise NothingScannedError
    return state


def progress(session: Session, *, actor: Actor, receiving_id: UUID) -> Progress:
    """How far a receiving is."""
    receiving = get_receiving(session, actor=actor, receiving_id=receiving_id)
    scans, manifest = _scans(session, receiving), _manifest(session, receiving)
    ids = {scan.item_id for scan in scans if scan.item_id} | {item.id for item in manifest}
    rows = session.exec(
        select(Item, Sample).join(Sample, col(Sample.id) == col(Item.sample_id)).where(col(Item.id).in_(ids))
    ).all()
    known = {item.id: (item, sample) for item, sample in rows}
    seen = {scan.item_id for scan in scans}
    missing = [Line(None, *known[item.id]) for item in manifest if item.id not in seen]
    undone = select(ReceivingScan).where(
        ReceivingScan.receiving_id == receiving.id, col(ReceivingScan.undone_at).is_not(None)
    )
    return Progress(
        receiving=receiving,
        parcel=session.get(Parcel, receiving.parcel_id) if receiving.parcel_id else None,
        expected=len(manifest),
        missing=tuple(sorted(missing, key=lambda line: line.sample.code if line.sample else "")),
        scanned=tuple(Line(scan, *(known[scan.item_id] if scan.item_id else (None, None))) for scan in reversed(scans)),
        undone=len(session.exec(undone).all()),
    )
