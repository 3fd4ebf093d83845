"""Labels that were used twice: which samples carry a printed code that is not theirs."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from lab.samples.models import Sample
from lab.sync.models import Decision, SyncConflict


def samples_labelled(session: Session, *, code: str) -> Sequence[Sample]:
    """The sample whose code this is, first, then those on whose container it is printed as well."""
    own = session.exec(select(Sample).where(Sample.code == code)).all()
    also = session.exec(
        select(Sample)
        .join(SyncConflict, col(SyncConflict.sample_id) == col(Sample.id))
        .where(
            SyncConflict.label == code,
            Sample.code != code,
            col(SyncConflict.decision).is_(None) | (SyncConflict.decision != Decision.KEEP_SERVER),
        )
        .order_by(col(SyncConflict.received_at))
    ).all()
    return [*own, *also]


def merged_samples() -> SelectOfScalar[UUID] | SelectOfScalar[None]:
    """The samples that turned out to be another one's bag, registered a second time: they have no container."""
    return select(SyncConflict.sample_id).where(
        SyncConflict.decision == Decision.KEEP_SERVER,
        col(SyncConflict.label).is_not(None),
        col(SyncConflict.sample_id).is_not(None),
    )


def same_bag_as(session: Session, *, sample_id: UUID) -> Sample | None:
    """The sample whose bag this one is, where that was decided."""
    decided = select(SyncConflict).where(
        SyncConflict.decision == Decision.KEEP_SERVER,
        col(SyncConflict.label).is_not(None),
        SyncConflict.sample_id == sample_id,
    )
    found = session.exec(decided).first()
    return session.get(Sample, found.other_sample_id) if found and found.other_sample_id else None
