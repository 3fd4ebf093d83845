"""Refusing a parcel at the door: nothing of it enters the house, whoever carries it keeps it, and it goes back.

Each container in it gets an event *refused* with the reason and what the parcel's seal looked like. From then on the
parcel is on its way to where it left; there it is received like any other.
"""

from uuid import UUID

from sqlmodel import Session, col, select

from lab.custody.errors import ParcelNotFoundError
from lab.custody.models import (
    Action,
    CustodyEvent,
    Manifest,
    Parcel,
    ParcelItem,
    ParcelState,
    Receiving,
    SealState,
)
from lab.custody.recording import details, get_item, history, record
from lab.kit import ledger
from lab.kit.clock import now
from lab.network.access import Actor, Permission
from lab.register.errors import ReasonMissingError, RefusalInvalidError


def refuse_parcel(
    session: Session,
    *,
    actor: Actor,
    parcel_id: UUID,
    reason: str,
    seal_state: SealState,
    witness_id: UUID | None = None,
) -> Parcel:
    """Refuse a parcel that is under way to a site of ``actor`` and that nobody has begun to unpack.

    ``reason`` is kept beside the events, ``seal_state`` in them; ``witness_id`` is the account of whoever carries it.
    Raises :class:`ParcelNotFoundError`, :class:`RefusalInvalidError`, :class:`ReasonMissingError`.
    """
    ledger.lock(session)
    parcel = session.get(Parcel, parcel_id, with_for_update=True)
    if parcel is None or not actor.may(Permission.CUSTODY_HANDLE, parcel.to_site_id):
        raise ParcelNotFoundError(parcel=str(parcel_id))
    if not may_be_refused(session, parcel):
        raise RefusalInvalidError
    if not reason.strip():
        raise ReasonMissingError
    reason, here = reason.strip()[:500], parcel.to_site_id
    data = details(
        {"parcel_id": parcel.id, "to_site_id": parcel.from_site_id, "condition": reason, "witness_id": witness_id}
    )
    extra = {"parcel_seal": parcel.seal_number, "parcel_seal_state": seal_state.value}
    lines = select(ParcelItem.item_id).where(ParcelItem.parcel_id == parcel.id, ParcelItem.outcome == Manifest.EXPECTED)
    for item_id in session.exec(lines).all():
        item = get_item(session, item_id)
        record(session, actor=actor, item=item, action=Action.REFUSED, data=data, extra=extra, also_at=here)
    parcel.refused_at, parcel.refused_by, parcel.refused_why = now(), actor.account_id, reason
    parcel.refused_site_id, parcel.to_site_id = here, parcel.from_site_id
    session.add(parcel)
    session.flush()
    return parcel


def may_be_refused(session: Session, parcel: Parcel) -> bool:
    """Whether the parcel is under way, was not refused before, and is not being unpacked."""
    begun = select(Receiving.id).where(Receiving.parcel_id == parcel.id)
    under_way = parcel.state is ParcelState.IN_TRANSIT and parcel.refused_at is None
    return under_way and session.exec(begun).first() is None


def seal_when_refused(session: Session, parcel: Parcel) -> SealState | None:
    """What the parcel's seal looked like when it was refused, as the log says; None: it was not refused."""
    query = select(CustodyEvent).where(CustodyEvent.parcel_id == parcel.id, CustodyEvent.action == Action.REFUSED)
    row = session.exec(query.order_by(col(CustodyEvent.seq)).limit(1)).first()
    if row is None:
        return None
    event = next(one for one in history(session, row.item_id) if one.id == row.id)
    return event.parcel_seal_state
