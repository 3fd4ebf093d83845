"""Destruction by two: one account proposes containers, method and place; another, who was there, confirms.

Only the confirmation writes to the log: one event for each container, by whoever proposed, with the confirming account
as its witness. All of a batch is destroyed, or nothing is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.custody.errors import OnHoldError
from lab.custody.models import Action, Item
from lab.custody.recording import details, get_item, record
from lab.kit import ledger
from lab.kit.clock import now
from lab.network import accounts
from lab.network.access import Actor, Permission
from lab.register.errors import (
    DisposalEmptyError,
    DisposalNotFoundError,
    DisposalOverError,
    DisposalTwiceError,
    MethodMissingError,
    OwnWitnessError,
)
from lab.register.models import Disposal, DisposalItem
from lab.register.storage import HERE, is_held
from lab.samples.models import Sample

MOST = 500


@dataclass(frozen=True)
class DisposalLine:
    """A container of a destruction and its sample."""

    item: Item
    sample: Sample


def propose(
    session: Session, *, actor: Actor, site_id: UUID, item_ids: Sequence[UUID], method: str, place: str
) -> Disposal:
    """Set containers of ``site_id`` aside for destruction. They stay in the stock until a second account confirms.

    Raises :class:`DisposalEmptyError`, :class:`DisposalTwiceError`, :class:`MethodMissingError`,
    :class:`~lab.custody.errors.OnHoldError`.
    """
    actor.require(Permission.CUSTODY_LABORATORY, site_id)
    ledger.lock(session)
    if not method.strip():
        raise MethodMissingError
    details({"place": place.strip()})  # refuses what no place is called
    wanted = list(dict.fromkeys(item_ids))
    if not 0 < len(wanted) <= MOST:
        raise DisposalEmptyError
    for item_id in wanted:
        _check(session, get_item(session, item_id), site_id)
    disposal = Disposal(site_id=site_id, method=method.strip()[:200], place=place.strip(), proposed_by=actor.account_id)
    session.add(disposal)
    session.flush()
    session.add_all([DisposalItem(disposal_id=disposal.id, item_id=item_id) for item_id in wanted])
    session.flush()
    return disposal


def _check(session: Session, item: Item, site_id: UUID) -> None:
    if item.site_id != site_id or item.state not in HERE:
        raise DisposalEmptyError
    if is_held(session, sample_id=item.sample_id):
        raise OnHoldError(field="item_ids", item=str(item.id))
    waiting = (
        select(Disposal.id)
        .join(DisposalItem, col(DisposalItem.disposal_id) == col(Disposal.id))
        .where(DisposalItem.item_id == item.id, _open())
    )
    if session.exec(waiting).first() is not None:
        raise DisposalTwiceError


def _open() -> sa.ColumnElement[bool]:
    return col(Disposal.confirmed_at).is_(None) & col(Disposal.cancelled_at).is_(None)


def get_disposal(session: Session, *, actor: Actor, disposal_id: UUID, lock: bool = False) -> Disposal:
    """The destruction, for whoever handles custody or audits where it is; raises :class:`DisposalNotFoundError`."""
    disposal = session.get(Disposal, disposal_id, with_for_update=lock)
    may = (Permission.CUSTODY_HANDLE, Permission.CUSTODY_AUDIT)
    if disposal is None or not any(actor.may(one, disposal.site_id) for one in may):
        raise DisposalNotFoundError
    return disposal


def confirm(session: Session, *, actor: Actor, disposal_id: UUID) -> Disposal:
    """The second account was there: everything in it is destroyed. Raises :class:`OwnWitnessError`."""
    ledger.lock(session)
    disposal = _still_open(session, actor, disposal_id)
    if disposal.proposed_by == actor.account_id:
        raise OwnWitnessError
    proposer = accounts.actor_of(session, account_id=disposal.proposed_by)
    data = {"method": disposal.method, "place": disposal.place, "witness_id": actor.account_id}
    for line in lines_of(session, disposal_id=disposal.id):
        record(session, actor=proposer, item=line.item, action=Action.DESTROYED, data=details(data))
    disposal.confirmed_by, disposal.confirmed_at = actor.account_id, now()
    session.add(disposal)
    session.flush()
    return disposal


def cancel(session: Session, *, actor: Actor, disposal_id: UUID) -> Disposal:
    """Destroy nothing of it."""
    disposal = _still_open(session, actor, disposal_id)
    disposal.cancelled_by, disposal.cancelled_at = actor.account_id, now()
    session.add(disposal)
    session.flush()
    return disposal


def _still_open(session: Session, actor: Actor, disposal_id: UUID) -> Disposal:
    disposal = get_disposal(session, actor=actor, disposal_id=disposal_id, lock=True)
    actor.require(Permission.CUSTODY_HANDLE, disposal.site_id)
    if disposal.confirmed_at is not None or disposal.cancelled_at is not None:
        raise DisposalOverError
    return disposal


def lines_of(session: Session, *, disposal_id: UUID) -> Sequence[DisposalLine]:
    """The containers of a destruction, by the codes of their samples."""
    rows = session.exec(
        select(Item, Sample)
        .join(DisposalItem, col(DisposalItem.item_id) == col(Item.id))
        .join(Sample, col(Sample.id) == col(Item.sample_id))
        .where(DisposalItem.disposal_id == disposal_id)
        .order_by(col(Sample.code), col(Item.created_at))
    ).all()
    return [DisposalLine(item, sample) for item, sample in rows]


def disposals_of(session: Session, *, site_id: UUID, limit: int = 50) -> Sequence[Disposal]:
    """The destructions of a site: those that wait first, then the latest."""
    query = select(Disposal).where(Disposal.site_id == site_id).order_by(col(Disposal.proposed_at).desc())
    found = session.exec(query.limit(limit)).all()
    return sorted(found, key=lambda one: one.confirmed_at is not None or one.cancelled_at is not None)
