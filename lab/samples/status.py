"""What a person is told about how far things are: derived from where the material is and how far the answer is."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from lab.custody.models import Item, ItemState
from lab.results.models import Analysis, Outcome, Result, ResultState
from lab.samples.models import Sample
from lab.samples.schemas import SampleStatus

_GONE = frozenset({ItemState.RETURNED, ItemState.DESTROYED})
# The item that came furthest tells: one bag at the laboratory counts, whatever an aliquot does.
_BY_PLACE = (
    (ItemState.AT_LABORATORY, SampleStatus.AT_LABORATORY),
    (ItemState.IN_TRANSIT, SampleStatus.ON_THE_WAY),
    (ItemState.AT_SITE, SampleStatus.AT_SITE),
    (ItemState.LOST, SampleStatus.LOST),
)
# A newer version is being worked on: what becomes of the answer that was told.
_AFTER_TOLD = {
    ResultState.REPORTED: SampleStatus.READY,  # it stands until the newer one is verified
    ResultState.AMENDED: SampleStatus.BEING_AMENDED,
    ResultState.RETRACTED: SampleStatus.RETRACTED,
}


def status_of(session: Session, *, sample: Sample) -> SampleStatus:
    """How far ``sample`` is."""
    return statuses_of(session, sample_ids=[sample.id])[sample.id]


def statuses_of(session: Session, *, sample_ids: Sequence[UUID]) -> dict[UUID, SampleStatus]:
    """How far each of these samples is, in three queries however many there are."""
    results = session.exec(
        select(Result).where(col(Result.sample_id).in_(sample_ids)).order_by(col(Result.version))
    ).all()
    items = session.exec(select(Item).where(col(Item.sample_id).in_(sample_ids))).all()
    analysed = set(
        session.exec(
            select(Analysis.sample_id).where(
                col(Analysis.sample_id).in_(sample_ids), Analysis.outcome != Outcome.NOT_TESTED
            )
        ).all()
    )
    return {
        sample_id: derive(
            versions=[result for result in results if result.sample_id == sample_id],
            places=[item.state for item in items if item.sample_id == sample_id],
            analysed=sample_id in analysed,
        )
        for sample_id in sample_ids
    }


def derive(*, versions: Sequence[Result], places: Iterable[ItemState], analysed: bool) -> SampleStatus:
    """The status from all versions of the answer (oldest first), where the items are, and whether any was analysed."""
    return _by_answer(versions) or _by_place(frozenset(places), analysed=analysed)


def _by_answer(versions: Sequence[Result]) -> SampleStatus | None:
    if not versions:
        return None
    newest = versions[-1]
    if newest.state is ResultState.REPORTED:
        return SampleStatus.READY
    if newest.state is ResultState.RETRACTED:
        return SampleStatus.RETRACTED if newest.reported_at else SampleStatus.IN_ANALYSIS
    told = [version.state for version in versions[:-1] if version.reported_at is not None]
    return _AFTER_TOLD[told[-1]] if told else _first_answer(newest)


def _first_answer(newest: Result) -> SampleStatus:
    if newest.preliminary:
        return SampleStatus.PRELIMINARY
    return SampleStatus.IN_ANALYSIS if newest.state is ResultState.DRAFT else SampleStatus.BEING_CHECKED


def _by_place(places: frozenset[ItemState], *, analysed: bool) -> SampleStatus:
    if analysed:
        return SampleStatus.IN_ANALYSIS
    for place, status in _BY_PLACE:
        if place in places:
            return status
    return SampleStatus.ENDED if places & _GONE else SampleStatus.AT_SITE
