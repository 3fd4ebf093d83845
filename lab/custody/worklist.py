"""What waits at a site and what somebody carries: the lists that a worker, a courier and a laboratory work from."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.custody.handover import holders
from lab.custody.models import Handover, Manifest, Parcel, ParcelItem, ParcelState, Receiving
from lab.network.access import Actor, Permission


@dataclass(frozen=True)
class Waiting:
    """A parcel in a list: how many containers, since when it waits, who carries it, and an open offer of it."""

    parcel: Parcel
    count: int
    since: datetime
    holder: Handover | None
    offer: Handover | None
    receiving: Receiving | None


@dataclass(frozen=True)
class Worklist:
    """Parcels by what is to be done with them, the oldest first in each list."""

    offered: tuple[Waiting, ...]  # to this account, which has not taken them yet
    carrying: tuple[Waiting, ...]  # this account took them and nobody has received them
    to_hand_over: tuple[Waiting, ...]  # packed at this account's sites
    under_way: tuple[Waiting, ...]  # left this account's sites, carried by others
    to_receive: tuple[Waiting, ...]  # on their way to this account's sites, or being unpacked there
    incomplete: tuple[Waiting, ...]  # received, with something missing


def worklist(session: Session, *, actor: Actor, site_id: UUID | None = None) -> Worklist:
    """The parcels that concern ``actor``; with ``site_id`` those of that site, and what the account itself carries.

    Raises :class:`~lab.errors.ForbiddenError`.
    """
    actor.require(Permission.CUSTODY_HANDLE, site_id)
    allowed = actor.sites(Permission.CUSTODY_HANDLE) if site_id is None else frozenset({site_id})
    me = actor.account_id
    open_parcels = _waiting(session, _open())
    mine = [one for one in open_parcels if one.offer is not None and one.offer.receiver_id == me]
    carrying = [
        one for one in open_parcels
        if one.parcel.state is ParcelState.IN_TRANSIT and one.holder is not None and one.holder.receiver_id == me
    ]  # fmt: skip
    leaving = [one for one in open_parcels if allowed is None or one.parcel.from_site_id in allowed]
    coming = [one for one in open_parcels if allowed is None or one.parcel.to_site_id in allowed]
    return Worklist(
        offered=tuple(mine),
        carrying=tuple(carrying),
        to_hand_over=tuple(one for one in leaving if one.parcel.state is ParcelState.PACKED),
        under_way=tuple(
            one
            for one in leaving
            if one.parcel.state is ParcelState.IN_TRANSIT and one not in carrying and one.parcel.refused_at is None
        ),  # what was refused comes back: it stands in ``to_receive``
        to_receive=tuple(one for one in coming if one.parcel.state is ParcelState.IN_TRANSIT or one.receiving),
        incomplete=tuple(_waiting(session, _incomplete(allowed))),
    )


def _open() -> sa.ColumnElement[bool]:
    return col(Parcel.state) != ParcelState.RECEIVED


def _incomplete(allowed: frozenset[UUID] | None) -> sa.ColumnElement[bool]:
    missing = select(ParcelItem.parcel_id).where(ParcelItem.outcome == Manifest.MISSING)
    concerned = col(Parcel.id).in_(missing)
    if allowed is None:
        return concerned
    return concerned & (col(Parcel.from_site_id).in_(allowed) | col(Parcel.to_site_id).in_(allowed))


def _waiting(session: Session, condition: sa.ColumnElement[bool]) -> list[Waiting]:
    parcels = session.exec(select(Parcel).where(condition)).all()
    ids = [parcel.id for parcel in parcels]
    counted = session.exec(
        select(ParcelItem.parcel_id, sa.func.count())
        .where(col(ParcelItem.parcel_id).in_(ids), ParcelItem.outcome != Manifest.UNEXPECTED)
        .group_by(col(ParcelItem.parcel_id))
    ).all()
    counts = dict(counted)
    held = holders(session, parcel_ids=ids)
    offers = {
        one.parcel_id: one
        for one in session.exec(
            select(Handover).where(
                col(Handover.parcel_id).in_(ids), col(Handover.confirmed_at).is_(None),
                col(Handover.withdrawn_at).is_(None),
            )
        )
    }  # fmt: skip
    begun = {one.parcel_id: one for one in session.exec(select(Receiving).where(col(Receiving.parcel_id).in_(ids)))}
    waiting = [
        Waiting(
            parcel, counts.get(parcel.id, 0), parcel.received_at or parcel.handed_over_at or parcel.packed_at,
            held.get(parcel.id), offers.get(parcel.id), begun.get(parcel.id),
        )
        for parcel in parcels
    ]  # fmt: skip
    return sorted(waiting, key=lambda one: (one.since, one.parcel.id))
