"""A parcel from hand to hand, both sides confirming: on one device, or offered on one and taken on another.

On two devices each side acts under its own account, and the receiver reads the seal of the parcel in hand. On one
device the receiving side is what the giver chose and ticked: the giver's word, and kept as that (``mode``).
"""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from lab.custody.errors import (
    HandoverOverError,
    OtherSealError,
    ParcelNotFoundError,
    ParcelStateError,
    ReceiverAbsentError,
    ReceiverUnknownError,
)
from lab.custody.models import EntryMode, Handover, HandoverMode, Parcel, ParcelState
from lab.custody.parcels import get_parcel, hand_over_parcel
from lab.custody.qr import parcel_seal_of
from lab.kit.clock import now
from lab.network import accounts
from lab.network.access import GRANTS, Actor, Permission
from lab.network.models import Account, RoleGrant

_HANDLERS = [role for role, permissions in GRANTS.items() if Permission.CUSTODY_HANDLE in permissions]


def carriers(session: Session, *, site_ids: Sequence[UUID], but: UUID | None = None) -> Sequence[Account]:
    """The accounts that may be given a parcel of these sites, by name."""
    return session.exec(
        select(Account)
        .where(
            col(Account.active),
            Account.id != but,
            col(Account.id).in_(
                select(RoleGrant.account_id).where(
                    col(RoleGrant.role).in_(_HANDLERS),
                    col(RoleGrant.site_id).in_(site_ids) | col(RoleGrant.site_id).is_(None),
                )
            ),
        )
        .order_by(Account.display_name)
    ).all()


def _parcel(session: Session, actor: Actor, parcel_id: UUID) -> Parcel:
    parcel = get_parcel(session, parcel_id=parcel_id)
    if not actor.may_at_any(Permission.CUSTODY_HANDLE, parcel.ends):
        raise ParcelNotFoundError(parcel=str(parcel_id))
    if parcel.state is ParcelState.RECEIVED:
        raise ParcelStateError(state=parcel.state.value)
    return parcel


def _receiver(session: Session, parcel: Parcel, giver: UUID, receiver_id: UUID | None) -> UUID:
    known = carriers(session, site_ids=parcel.ends, but=giver)
    if receiver_id not in {account.id for account in known}:
        raise ReceiverUnknownError
    return UUID(str(receiver_id))


def hand_over(
    session: Session,
    *,
    actor: Actor,
    parcel_id: UUID,
    receiver_id: UUID | None,
    confirmed: bool,
    note: str | None = None,
) -> Handover:
    """Both sides on this device: the parcel is on its way. ``receiver_id`` None: a courier without an account.

    Raises :class:`ReceiverAbsentError` unless the receiving side ``confirmed``, :class:`ReceiverUnknownError`,
    :class:`ParcelStateError`.
    """
    parcel = _parcel(session, actor, parcel_id)
    if receiver_id is not None:
        _receiver(session, parcel, actor.account_id, receiver_id)
    if not confirmed:
        raise ReceiverAbsentError
    _withdraw_offers(session, parcel_id=parcel_id, by=actor.account_id)
    details = {"witness_id": receiver_id, "note": note}
    hand_over_parcel(session, actor=actor, parcel_id=parcel_id, **{k: v for k, v in details.items() if v is not None})
    moment = now()
    handover = Handover(
        parcel_id=parcel_id,
        mode=HandoverMode.ONE_DEVICE,
        giver_id=actor.account_id,
        receiver_id=receiver_id,
        offered_at=moment,
        confirmed_at=moment,
    )
    session.add(handover)
    session.flush()
    return handover


def offer(session: Session, *, actor: Actor, parcel_id: UUID, receiver_id: UUID | None) -> Handover:
    """Offer the parcel to a colleague, who takes it on their own device. A new offer replaces an open one."""
    parcel = _parcel(session, actor, parcel_id)
    chosen = _receiver(session, parcel, actor.account_id, receiver_id)
    _withdraw_offers(session, parcel_id=parcel_id, by=actor.account_id)
    handover = Handover(
        parcel_id=parcel_id,
        mode=HandoverMode.TWO_DEVICES,
        giver_id=actor.account_id,
        receiver_id=chosen,
        offered_at=now(),
    )
    session.add(handover)
    session.flush()
    return handover


def _open_offers(session: Session, parcel_id: UUID) -> Sequence[Handover]:
    return session.exec(
        select(Handover).where(
            Handover.parcel_id == parcel_id, col(Handover.confirmed_at).is_(None), col(Handover.withdrawn_at).is_(None)
        )
    ).all()


def _withdraw_offers(session: Session, *, parcel_id: UUID, by: UUID) -> None:
    for open_offer in _open_offers(session, parcel_id):
        open_offer.withdrawn_at, open_offer.withdrawn_by = now(), by
        session.add(open_offer)


def offer_of(session: Session, *, parcel_id: UUID) -> Handover | None:
    """The open offer of a parcel."""
    return next(iter(_open_offers(session, parcel_id)), None)


def confirmed(session: Session, *, parcel_id: UUID) -> Sequence[Handover]:
    """From whose hands into whose a parcel went, the first one first."""
    given = select(Handover).where(Handover.parcel_id == parcel_id, col(Handover.confirmed_at).is_not(None))
    return session.exec(given.order_by(col(Handover.confirmed_at))).all()


def confirm(
    session: Session, *, actor: Actor, handover_id: UUID, seal_number: str, entry: EntryMode | None = None
) -> Handover:
    """Take the parcel that was offered to ``actor``: the seal read on it must be the one on its manifest.

    The ledger's event is the giver's, with the receiver as its witness. Raises :class:`HandoverOverError`,
    :class:`OtherSealError`.
    """
    handover = _open(session, handover_id)
    if handover.receiver_id != actor.account_id:
        raise HandoverOverError
    parcel = get_parcel(session, parcel_id=handover.parcel_id)
    if parcel_seal_of(seal_number).casefold() != parcel.seal_number.casefold():
        raise OtherSealError(seal_number=parcel.seal_number)
    giver = accounts.actor_of(session, account_id=handover.giver_id)
    hand_over_parcel(session, actor=giver, parcel_id=parcel.id, witness_id=actor.account_id)
    handover.confirmed_at, handover.entry = now(), entry
    session.add(handover)
    session.flush()
    return handover


def withdraw(session: Session, *, actor: Actor, handover_id: UUID) -> Handover:
    """Take an offer back, or decline it: the parcel stays with whoever has it."""
    handover = _open(session, handover_id)
    if actor.account_id not in {handover.giver_id, handover.receiver_id}:
        raise HandoverOverError
    handover.withdrawn_at, handover.withdrawn_by = now(), actor.account_id
    session.add(handover)
    session.flush()
    return handover


def _open(session: Session, handover_id: UUID) -> Handover:
    handover = session.get(Handover, handover_id, with_for_update=True)
    if handover is None or handover.confirmed_at is not None or handover.withdrawn_at is not None:
        raise HandoverOverError
    return handover


def holders(session: Session, *, parcel_ids: Sequence[UUID]) -> dict[UUID, Handover]:
    """The last confirmed handover of each parcel that was handed over: its receiver carries it."""
    rows = session.exec(
        select(Handover).where(col(Handover.parcel_id).in_(parcel_ids), col(Handover.confirmed_at).is_not(None))
    ).all()
    return {row.parcel_id: row for row in sorted(rows, key=lambda row: (row.confirmed_at or row.offered_at, row.id))}
