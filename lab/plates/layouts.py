"""Layouts that a laboratory remembers: which lane carries what, under a name, without any sample."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from lab.network.access import Actor, Permission
from lab.plates.layout_errors import LayoutNameTakenError, LayoutNotFoundError
from lab.plates.models import LaneKind, PlateLayout
from lab.plates.schemas import MAX_LANES, MAX_SIDE_MM


class RememberedLane(BaseModel):
    """One lane; ``substance`` is a standard's name, empty for the system's mixture. A sample lane awaits its code."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    kind: LaneKind
    substance: str = Field(default="", max_length=200)


class LayoutIn(BaseModel):
    """What is remembered."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=80)
    system_id: UUID | None = None
    lanes: list[RememberedLane] = Field(min_length=1, max_length=MAX_LANES)
    width_mm: float | None = Field(default=None, gt=0, le=MAX_SIDE_MM)
    height_mm: float | None = Field(default=None, gt=0, le=MAX_SIDE_MM)


def list_layouts(session: Session, *, actor: Actor, site_id: UUID) -> Sequence[PlateLayout]:
    """What this laboratory remembers, by name. Raises :class:`~lab.errors.ForbiddenError`."""
    actor.require(Permission.PLATE_WORK, site_id)
    return session.exec(select(PlateLayout).where(PlateLayout.site_id == site_id).order_by(PlateLayout.name)).all()


def get_layout(session: Session, *, actor: Actor, layout_id: UUID) -> PlateLayout:
    """One of them; raises :class:`LayoutNotFoundError` also for another laboratory's."""
    layout = session.get(PlateLayout, layout_id)
    if layout is None or not actor.may(Permission.PLATE_WORK, layout.site_id):
        raise LayoutNotFoundError
    return layout


def remember(session: Session, *, actor: Actor, site_id: UUID, data: LayoutIn) -> PlateLayout:
    """Remember a layout. Raises :class:`~lab.errors.ForbiddenError`, :class:`LayoutNameTakenError`."""
    actor.require(Permission.PLATE_WORK, site_id)
    layout = PlateLayout(**data.model_dump(mode="json", exclude={"system_id"}), system_id=data.system_id,
                         site_id=site_id, created_by=actor.account_id)  # fmt: skip
    return _named(session, layout)


def rename(session: Session, *, actor: Actor, layout_id: UUID, name: str) -> PlateLayout:
    """Give it another name. Raises :class:`LayoutNotFoundError`, :class:`LayoutNameTakenError`."""
    layout = get_layout(session, actor=actor, layout_id=layout_id)
    layout.name = LayoutIn.model_validate({"name": name, "lanes": layout.lanes}).name
    return _named(session, layout)


def _named(session: Session, layout: PlateLayout) -> PlateLayout:
    name = layout.name  # a rolled-back row forgets it
    try:
        with session.begin_nested():
            session.add(layout)
    except IntegrityError as error:
        raise LayoutNameTakenError(name=name) from error
    return layout


def forget_layout(session: Session, *, actor: Actor, layout_id: UUID) -> None:
    """Forget it; plates laid out by it stay as they are. Raises :class:`LayoutNotFoundError`."""
    session.delete(get_layout(session, actor=actor, layout_id=layout_id))
    session.flush()
