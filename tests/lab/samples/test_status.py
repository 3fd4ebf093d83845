"""What a person is told, from every mix of answer and place."""

from datetime import UTC, datetime

import pytest

from lab.custody.models import ItemState
from lab.kit.ids import new_id
from lab.results.models import Conclusion, Result, ResultState
from lab.samples.schemas import SampleStatus
from lab.samples.status import derive

P, S, R = ItemState, SampleStatus, ResultState
TOLD = datetime(2026, 7, 2, tzinfo=UTC)


def version(state: ResultState, *, told: bool = False, preliminary: bool = False) -> Result:
    return Result(
        sample_id=new_id(), version=1, state=state, conclusion=Conclusion.NONE, created_by=new_id(),
        reported_at=TOLD if told else None, preliminary=preliminary,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("places", "analysed", "status"),
    [
        ([P.AT_SITE], False, S.AT_SITE),
        ([P.IN_TRANSIT], False, S.ON_THE_WAY),
        ([P.AT_LABORATORY], False, S.AT_LABORATORY),
        ([P.AT_LABORATORY], True, S.IN_ANALYSIS),
        ([P.AT_SITE], True, S.IN_ANALYSIS),  # analysed where it came in
        ([P.AT_LABORATORY, P.DESTROYED], False, S.AT_LABORATORY),
        ([P.AT_SITE, P.IN_TRANSIT], False, S.ON_THE_WAY),
        ([P.LOST], False, S.LOST),
        ([P.DESTROYED], False, S.ENDED),
        ([P.RETURNED, P.LOST], False, S.LOST),
        ([], False, S.AT_SITE),
    ],
)
def test_without_an_answer_the_place_tells(places: list[ItemState], analysed: bool, status: SampleStatus) -> None:
    assert derive(versions=[], places=places, analysed=analysed) is status


@pytest.mark.parametrize(
    ("versions", "status"),
    [
        ([version(R.DRAFT)], S.IN_ANALYSIS),
        ([version(R.SUBMITTED)], S.BEING_CHECKED),
        ([version(R.SUBMITTED, preliminary=True)], S.PRELIMINARY),
        ([version(R.DRAFT, preliminary=True)], S.PRELIMINARY),  # sent back after it was told
        ([version(R.VERIFIED)], S.BEING_CHECKED),
        ([version(R.REPORTED, told=True)], S.READY),
        ([version(R.RETRACTED, told=True)], S.RETRACTED),
        ([version(R.RETRACTED)], S.IN_ANALYSIS),  # nobody was told
        ([version(R.REPORTED, told=True), version(R.DRAFT)], S.READY),
        ([version(R.AMENDED, told=True), version(R.VERIFIED)], S.BEING_AMENDED),
        ([version(R.AMENDED), version(R.VERIFIED)], S.BEING_CHECKED),
        ([version(R.RETRACTED, told=True), version(R.SUBMITTED)], S.RETRACTED),
        ([version(R.AMENDED, told=True), version(R.REPORTED, told=True)], S.READY),
    ],
)
def test_an_answer_tells_wherever_the_material_is(versions: list[Result], status: SampleStatus) -> None:
    for place in ItemState:
        assert derive(versions=versions, places=[place], analysed=True) is status
