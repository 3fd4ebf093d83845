"""Who may see a sample: its own site, the laboratories that hold or have analysed it, and network-wide roles."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from lab.custody.models import Item
from lab.network.access import Actor, Permission
from lab.results.models import Analysis
from lab.samples.models import Sample


def sites_of(session: Session, *, sample: Sample) -> frozenset[UUID]:
    """The sites that have to do with ``sample``: where it came in, where an item of it is, where it was analysed."""
    held = session.exec(select(Item.site_id).where(Item.sample_id == sample.id)).all()
    analysed = session.exec(select(Analysis.site_id).where(Analysis.sample_id == sample.id)).all()
    return frozenset({sample.site_id, *held, *analysed})


def reachable(actor: Actor, permission: Permission = Permission.SAMPLE_READ) -> sa.ColumnElement[bool]:
    """The condition on :class:`Sample` that keeps what ``actor`` may see."""
    sites = actor.sites(permission)
    if sites is None:
        return sa.true()
    return sa.or_(
        col(Sample.site_id).in_(sites),
        sa.exists().where(col(Item.sample_id) == col(Sample.id), col(Item.site_id).in_(sites)),
        sa.exists().where(col(Analysis.sample_id) == col(Sample.id), col(Analysis.site_id).in_(sites)),
    )


def reachable_ids(actor: Actor, permission: Permission) -> SelectOfScalar[UUID]:
    """The keys of the samples that ``actor`` may see, as a subquery."""
    return select(Sample.id).where(reachable(actor, permission))
