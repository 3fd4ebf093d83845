"""Where remainders lie: storage places, what is due to be destroyed, holds, and how near a place is to its limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, select

from lab.custody import texts
from lab.custody.body import CODE
from lab.custody.models import Action, CustodyEvent, Item, ItemState
from lab.custody.recording import details, get_item, record
from lab.kit import ledger
from lab.kit.clock import now, today
from lab.kit.text import PlainText
from lab.network.access import Actor, Permission
from lab.register.errors import (
    BasisMissingError,
    DeclaredNotFoundError,
    NotHeldError,
    PlaceInUseError,
    PlaceTakenError,
    PlaceUnknownError,
)
from lab.register.models import RetentionFrom, StockLimit, StoragePlace
from lab.register.rules import Rules, limits_of, rules_for
from lab.results.models import Analysis, Finding, Result
from lab.samples.models import Sample

HERE = (ItemState.AT_SITE, ItemState.AT_LABORATORY)
_LIVING = (*HERE, ItemState.IN_TRANSIT, ItemState.LOST)


class PlaceIn(BaseModel):
    """A storage place as a page writes it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    code: PlainText = Field(pattern=f"^{CODE}$", max_length=40)
    name: PlainText = Field(min_length=1, max_length=120)


@dataclass(frozen=True)
class Kept:
    """A container that is here: where it lies, until when it is kept, and whether a hold is on its sample."""

    item: Item
    sample: Sample
    due_on: date | None  # None: no rule, or its day is not known yet
    on_hold: bool

    @property
    def is_due(self) -> bool:
        return self.due_on is not None and self.due_on <= today()


class Nearness(StrEnum):
    """How near stock is to a limit."""

    BELOW = "below"
    NEAR = "near"
    OVER = "over"


@dataclass(frozen=True)
class LimitStanding:
    """A limit and what is held under it. ``unweighed`` containers are in no sum, and said."""

    limit: StockLimit
    held_ug: int
    unweighed: int

    @property
    def percent(self) -> float:
        return self.held_ug / self.limit.limit_ug * 100

    @property
    def nearness(self) -> Nearness:
        if self.held_ug > self.limit.limit_ug:
            return Nearness.OVER
        return Nearness.NEAR if self.percent >= self.limit.warn_percent else Nearness.BELOW


# Places


def add_place(session: Session, *, actor: Actor, site_id: UUID, data: PlaceIn) -> StoragePlace:
    """Name a storage place of a site; a closed one with this code is opened again."""
    actor.require(Permission.CUSTODY_HANDLE, site_id)
    known = _place(session, site_id, data.code)
    if known is not None and known.closed_at is None:
        raise PlaceTakenError(code=data.code)
    place = known or StoragePlace(site_id=site_id, code=data.code, name="", created_by=actor.account_id)
    place.name, place.closed_at = data.name, None
    session.add(place)
    session.flush()
    return place


def close_place(session: Session, *, actor: Actor, place_id: UUID) -> StoragePlace:
    """Keep nothing there any more; raises :class:`PlaceInUseError` while containers lie there."""
    place = session.get(StoragePlace, place_id)
    if place is None or not actor.may(Permission.CUSTODY_HANDLE, place.site_id):
        raise DeclaredNotFoundError
    lying = select(sa.func.count()).select_from(Item).where(
        Item.site_id == place.site_id, Item.place == place.code, col(Item.state).in_(HERE)
    )  # fmt: skip
    count = session.exec(lying).one()
    if count:
        raise PlaceInUseError(n=count)
    place.closed_at = now()
    session.add(place)
    session.flush()
    return place


def _place(session: Session, site_id: UUID, code: str) -> StoragePlace | None:
    same = select(StoragePlace).where(StoragePlace.site_id == site_id, StoragePlace.code == code)
    return session.exec(same).first()


def places_of(session: Session, *, site_id: UUID) -> Sequence[StoragePlace]:
    """The open storage places of a site, by code."""
    query = select(StoragePlace).where(StoragePlace.site_id == site_id, col(StoragePlace.closed_at).is_(None))
    return session.exec(query.order_by(StoragePlace.code)).all()


def store(session: Session, *, actor: Actor, item_id: UUID, place: str, mass_mg: float | None = None) -> CustodyEvent:
    """Put a container into a storage place of its site; raises :class:`PlaceUnknownError`."""
    ledger.lock(session)
    item = get_item(session, item_id)
    known = _place(session, item.site_id, place.strip())
    if known is None or known.closed_at is not None:
        raise PlaceUnknownError(place=place.strip())
    values: dict[str, Any] = {"place": known.code, "mass_mg": mass_mg}
    return record(session, actor=actor, item=item, action=Action.STORED, data=details(values))


# What is kept


def kept_at(session: Session, *, actor: Actor, site_id: UUID) -> Sequence[Kept]:
    """Every container at a site, those that are due first, then by place and code."""
    actor.require(Permission.CUSTODY_HANDLE, site_id)
    rows = session.exec(
        select(Item, Sample)
        .join(Sample, col(Sample.id) == col(Item.sample_id))
        .where(Item.site_id == site_id, col(Item.state).in_(HERE))
        .order_by(col(Item.place), col(Sample.code))
    ).all()
    rules = rules_for(session, site_id=site_id)
    reported = _reported_on(session, site_id) if rules.retention_from is RetentionFrom.REPORTED else {}
    held = _held_samples(session, site_id)
    kept = [Kept(item, sample, _due(rules, sample, reported), sample.id in held) for item, sample in rows]
    return sorted(kept, key=lambda one: not one.is_due)


def due_on(session: Session, *, item: Item, sample: Sample) -> date | None:
    """Until when a container is kept by the rule of where it is; None: no rule, or its day is not known yet."""
    rules = rules_for(session, site_id=item.site_id)
    return _due(rules, sample, _reported_on(session, item.site_id, sample_id=sample.id))


def _reported_on(session: Session, site_id: UUID, sample_id: UUID | None = None) -> dict[UUID, date]:
    query = (
        select(Result.sample_id, sa.func.max(Result.reported_at))
        .where(
            col(Result.reported_at).is_not(None),
            col(Result.sample_id).in_(select(Item.sample_id).where(Item.site_id == site_id)),
        )
        .group_by(col(Result.sample_id))
    )
    if sample_id is not None:
        query = query.where(Result.sample_id == sample_id)
    return {key: moment.date() for key, moment in session.exec(query) if moment is not None}


def _due(rules: Rules, sample: Sample, reported: dict[UUID, date]) -> date | None:
    if rules.retention_days is None:
        return None
    since = sample.collected_on if rules.retention_from is RetentionFrom.COLLECTED else reported.get(sample.id)
    return None if since is None else since + timedelta(days=rules.retention_days)


def _held_samples(session: Session, site_id: UUID) -> set[UUID]:
    here = select(Item.sample_id).where(Item.site_id == site_id)
    return set(session.exec(select(Item.sample_id).where(col(Item.on_hold), col(Item.sample_id).in_(here))))


# Legal hold


def is_held(session: Session, *, sample_id: UUID) -> bool:
    """Whether a hold is on any container of the sample."""
    return session.exec(select(Item.id).where(Item.sample_id == sample_id, col(Item.on_hold))).first() is not None


def hold(session: Session, *, actor: Actor, item_id: UUID, basis: str) -> CustodyEvent:
    """Place an authority's hold: nothing of the sample is destroyed or given back until it is released.

    ``basis``: who asked and on what ground, kept beside the event in the log.
    """
    if not basis.strip():
        raise BasisMissingError
    ledger.lock(session)
    item = get_item(session, item_id)
    extra = {"texts": {"legal_basis": texts.commit(session, basis.strip()[:300])}}
    return record(session, actor=actor, item=item, action=Action.HELD, data=details({}), extra=extra)


def release(session: Session, *, actor: Actor, item_id: UUID, basis: str) -> CustodyEvent:
    """Release the hold on the sample of this container; raises :class:`NotHeldError`."""
    if not basis.strip():
        raise BasisMissingError
    ledger.lock(session)
    asked = get_item(session, item_id)
    held = session.exec(select(Item).where(Item.sample_id == asked.sample_id, col(Item.on_hold))).all()
    if not held:
        raise NotHeldError
    events = []
    for item in held:
        extra = {"texts": {"legal_basis": texts.commit(session, basis.strip()[:300])}}
        events.append(record(session, actor=actor, item=item, action=Action.RELEASED, data=details({}), extra=extra))
    return events[-1]


# Limits


def standing_of(session: Session, *, site_id: UUID) -> Sequence[LimitStanding]:
    """The limits of a place and how near its stock is. A substance counts where it was found or sold as such."""
    return [_standing(session, limit) for limit in limits_of(session, site_id=site_id)]


def _standing(session: Session, limit: StockLimit) -> LimitStanding:
    query = select(
        sa.func.coalesce(sa.func.sum(Item.held_ug), 0), sa.func.count().filter(col(Item.held_ug).is_(None))
    ).where(Item.site_id == limit.site_id, col(Item.state).in_(HERE))
    if limit.substance_id is not None:
        found = select(Analysis.sample_id).join(Finding, col(Finding.analysis_id) == col(Analysis.id))
        sold = select(Sample.id).where(Sample.sold_as_substance_id == limit.substance_id)
        query = query.where(
            col(Item.sample_id).in_(found.where(Finding.substance_id == limit.substance_id))
            | col(Item.sample_id).in_(sold)
        )
    held_ug, unweighed = session.exec(query).one()
    return LimitStanding(limit, int(held_ug or 0), unweighed)


def warnings_of(session: Session, *, site_id: UUID) -> Sequence[LimitStanding]:
    """The limits that are near or passed."""
    return [one for one in standing_of(session, site_id=site_id) if one.nearness is not Nearness.BELOW]
