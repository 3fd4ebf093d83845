"""What is where: items and parcels of a site, for the lists that people work from."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, or_, select

from lab.custody.models import Item, ItemState, Manifest, Parcel, ParcelItem, ParcelState
from lab.network.access import Actor, Permission
from lab.samples.models import Sample
from lab.sync.labels import merged_samples

_HERE = (ItemState.AT_SITE, ItemState.AT_LABORATORY)


@dataclass(frozen=True)
class HeldItem:
    """A container with the sample it holds."""

    item: Item
    sample: Sample


@dataclass(frozen=True)
class ParcelLine:
    """A line of a parcel's manifest, and what became of it."""

    item: Item
    sample: Sample
    outcome: Manifest


def items_at(session: Session, *, actor: Actor, site_id: UUID) -> Sequence[HeldItem]:
    """Containers that are at ``site_id`` and not packed, the oldest first. Raises :class:`ForbiddenError`."""
    actor.require(Permission.CUSTODY_HANDLE, site_id)
    packed = (
        select(ParcelItem.item_id)
        .join(Parcel, col(Parcel.id) == col(ParcelItem.parcel_id))
        .where(Parcel.state == ParcelState.PACKED)
    )
    rows = session.exec(
        select(Item, Sample)
        .join(Sample, col(Sample.id) == col(Item.sample_id))
        .where(
            Item.site_id == site_id,
            col(Item.state).in_(_HERE),
            col(Item.id).not_in(packed),
            col(Item.sample_id).not_in(merged_samples()),
        )
        .order_by(col(Item.created_at))
    )
    return [HeldItem(item, sample) for item, sample in rows.all()]


def open_parcels(session: Session, *, actor: Actor, site_id: UUID) -> Sequence[Parcel]:
    """Parcels from or to ``site_id`` that have not been received, the oldest first. Raises :class:`ForbiddenError`."""
    actor.require(Permission.CUSTODY_HANDLE, site_id)
    return session.exec(
        select(Parcel)
        .where(
            or_(Parcel.from_site_id == site_id, Parcel.to_site_id == site_id),
            Parcel.state != ParcelState.RECEIVED,
        )
        .order_by(col(Parcel.packed_at))
    ).all()


def lines_of(session: Session, *, parcel_id: UUID) -> Sequence[ParcelLine]:
    """What is in a parcel, by its manifest and by what was found in it, in the order of the samples' codes."""
    rows = session.exec(
        select(ParcelItem, Item, Sample)
        .join(Item, col(Item.id) == col(ParcelItem.item_id))
        .join(Sample, col(Sample.id) == col(Item.sample_id))
        .where(ParcelItem.parcel_id == parcel_id)
        .order_by(col(Sample.code))
    )
    return [ParcelLine(item, sample, line.outcome) for line, item, sample in rows.all()]
