"""What a parcel and a place hold: as packed, as it arrived, as it lies, with the weighings added up."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.custody.models import Item, ItemState, Manifest, Parcel, ParcelItem
from lab.network.access import Actor, Permission
from lab.register import weighings
from lab.register.weighings import Sum

_HERE = (ItemState.AT_SITE, ItemState.AT_LABORATORY)


@dataclass(frozen=True)
class ParcelMasses:
    """A parcel by its manifest and by what was found in it, in micrograms; what was never weighed is in no sum."""

    packed: dict[UUID, int | None]  # as the manifest says
    weighed: dict[UUID, int]  # on arrival
    received_ug: int  # of what came, by the manifest
    missing_ug: int  # of what did not
    total: Sum

    @property
    def packed_ug(self) -> int:
        return sum(mass or 0 for mass in self.packed.values())

    @property
    def unweighed(self) -> int:
        """How many containers of the manifest were never weighed."""
        return sum(mass is None for mass in self.packed.values())


def parcel_masses(session: Session, parcel: Parcel) -> ParcelMasses:
    """The mass balance of a parcel."""
    lines = orjson.loads(bytes(parcel.manifest))["items"]
    packed: dict[UUID, int | None] = {UUID(line["item"]): line["held_ug"] for line in lines}
    query = select(ParcelItem.item_id, ParcelItem.outcome).where(ParcelItem.parcel_id == parcel.id)
    outcomes = dict(session.exec(query).all())
    found = weighings.of_parcel(session, parcel.id)

    def sum_of(outcome: Manifest) -> int:
        return sum(mass or 0 for key, mass in packed.items() if outcomes.get(key) is outcome)

    return ParcelMasses(
        packed=packed,
        weighed={one.item_id: one.weighed_ug for one in found},
        received_ug=sum_of(Manifest.RECEIVED),
        missing_ug=sum_of(Manifest.MISSING),
        total=weighings.together(session, found, site_id=parcel.to_site_id),
    )


@dataclass(frozen=True)
class PlaceMasses:
    """What lies at a storage place; ``place`` None: at the site and at none of its places."""

    place: str | None
    containers: int
    unweighed: int
    held_ug: int
    total: Sum


def place_masses(session: Session, *, actor: Actor, site_id: UUID) -> Sequence[PlaceMasses]:
    """The mass balance of each storage place of a site, by code, and last of what lies at none."""
    actor.require(Permission.CUSTODY_HANDLE, site_id)
    rows = session.exec(
        select(
            Item.place, sa.func.count(), sa.func.count().filter(col(Item.held_ug).is_(None)),
            sa.func.coalesce(sa.func.sum(Item.held_ug), 0),
        )
        .where(Item.site_id == site_id, col(Item.state).in_(_HERE))
        .group_by(col(Item.place))
    ).all()  # fmt: skip
    found = [
        PlaceMasses(place, containers, unweighed, int(held_ug or 0), _together(session, site_id, place))
        for place, containers, unweighed, held_ug in rows
    ]
    return sorted(found, key=lambda one: (one.place is None, one.place or ""))


def _together(session: Session, site_id: UUID, place: str | None) -> Sum:
    return weighings.together(session, weighings.of_place(session, site_id, place), site_id=site_id)
