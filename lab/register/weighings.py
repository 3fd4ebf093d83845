"""The last weighing of each container against the books of that moment, one by one and added up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from lab.custody.models import CustodyEvent, Item
from lab.register.rules import Rules, rules_for

_EVENTS = SQLModel.metadata.tables["custody_event"]
_ENTRIES = SQLModel.metadata.tables["ledger_entry"]
_ITEMS = SQLModel.metadata.tables["custody_item"]


@dataclass(frozen=True)
class Weighing:
    """What a scale showed, and what the books said then, in micrograms."""

    item_id: UUID
    event_id: UUID
    weighed_ug: int
    books_ug: int

    @property
    def difference_ug(self) -> int:
        return self.weighed_ug - self.books_ug

    def within(self, rules: Rules) -> bool:
        return abs(self.difference_ug) <= rules.tolerance_of(self.books_ug)


@dataclass(frozen=True)
class Sum:
    """Weighings added up. Those that are off by themselves have a task of their own and are in no sum."""

    weighings: tuple[Weighing, ...]
    tolerance_ug: int

    @property
    def difference_ug(self) -> int:
        return sum(one.difference_ug for one in self.weighings)

    @property
    def differs(self) -> bool:
        """Whether they are off together, though none is alone."""
        return len(self.weighings) > 1 and abs(self.difference_ug) > self.tolerance_ug


def of_items(session: Session, condition: sa.ColumnElement[bool]) -> list[Weighing]:
    """The last weighing of each container that ``condition`` (on the table of containers) chooses."""
    return _last(session, _EVENTS.c.item_id.in_(sa.select(_ITEMS.c.id).where(condition)))


def of_sample(session: Session, sample_id: UUID) -> list[Weighing]:
    """Of every container of a sample."""
    return of_items(session, _ITEMS.c.sample_id == sample_id)


def of_place(session: Session, site_id: UUID, place: str | None) -> list[Weighing]:
    """Of every container that lies at a storage place; ``place`` None: at none."""
    here = sa.and_(_ITEMS.c.site_id == site_id, _ITEMS.c.state.in_(("at_site", "at_laboratory")))
    return of_items(session, sa.and_(here, _ITEMS.c.place == place))


def of_parcel(session: Session, parcel_id: UUID) -> list[Weighing]:
    """Of every container as it was weighed when this parcel was received."""
    arrived = sa.and_(_EVENTS.c.parcel_id == parcel_id, _EVENTS.c.action.in_(("received", "found")))
    return _last(session, arrived)


def together(session: Session, weighings: Iterable[Weighing], *, site_id: UUID) -> Sum:
    """Added up, with the tolerance that ``site_id`` declares for what the books say of all of them."""
    rules = rules_for(session, site_id=site_id)
    fitting = tuple(one for one in weighings if one.within(rules))
    return Sum(fitting, rules.tolerance_of(sum(one.books_ug for one in fitting)))


def _last(session: Session, condition: sa.ColumnElement[bool]) -> list[Weighing]:
    needle = "weighed_ug"
    if session.get_bind().dialect.name == "sqlite":
        weighed = sa.func.instr(_ENTRIES.c.body, sa.literal(needle.encode(), sa.LargeBinary())) > 0
    else:
        weighed = sa.func.strpos(sa.func.encode(_ENTRIES.c.body, "escape"), needle) > 0
    query = (
        sa.select(_ENTRIES.c.body)
        .join(_EVENTS, _EVENTS.c.seq == _ENTRIES.c.seq)
        .where(condition, weighed)
        .order_by(_ENTRIES.c.seq)
    )
    bodies = [orjson.loads(body) for (body,) in session.execute(query)]
    corrected = _corrected(session, bodies)
    return list({body["item"]: _weighing(body) for body in bodies if _counts(body, corrected)}.values())


def _counts(body: dict[str, Any], corrected: set[UUID]) -> bool:
    return "weighed_ug" in body and "before_ug" in body and UUID(body["id"]) not in corrected


def _corrected(session: Session, bodies: Sequence[dict[str, Any]]) -> set[UUID]:
    """Weighings that somebody declared erroneous."""
    items = {UUID(body["item"]) for body in bodies}
    query = (
        select(CustodyEvent.corrects_id)
        .join(Item, col(Item.id) == col(CustodyEvent.item_id))
        .where(col(CustodyEvent.corrects_id).is_not(None), col(Item.id).in_(items))
    )
    return {key for key in session.exec(query) if key is not None} if items else set()


def _weighing(body: dict[str, Any]) -> Weighing:
    return Weighing(UUID(body["item"]), UUID(body["id"]), body["weighed_ug"], body["before_ug"])
