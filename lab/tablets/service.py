"""What tablets that look alike were found to hold: ranges over time, never a forecast for the one at hand.

Only verified answers count. What comes out names no site and no sample: shares, ranges and dates.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from lab.results.answers import answer_of
from lab.results.models import FindingRole, Result, ResultState
from lab.results.schemas import Found
from lab.samples.models import Sample, SampleForm
from lab.tablets.similarity import Marks, alike

_VERIFIED = (ResultState.VERIFIED, ResultState.REPORTED)
_SHAPED = (SampleForm.TABLET, SampleForm.CAPSULE)
_UNEXPECTED = {FindingRole.ACTIVE_UNEXPECTED, FindingRole.CUT_ACTIVE}


@dataclass(frozen=True)
class Range:
    """The least and the most that was measured, in how many samples."""

    low: float
    high: float
    unit: str
    count: int


@dataclass(frozen=True)
class Content:
    """One substance over all the look-alikes: in how many it was seen, in how many unexpectedly, and how much."""

    name: str
    seen: int
    unexpected: int
    ranges: tuple[Range, ...]


@dataclass(frozen=True)
class LookAlikes:
    """All look-alikes together."""

    count: int
    first_on: date
    last_on: date
    contents: tuple[Content, ...]
    nothing_found: int  # in so many, nothing was found with the techniques used


def marks_of(sample: Sample) -> Marks:
    """What is written down of a sample's looks."""
    return Marks(
        shape=sample.tablet_shape,
        logo=sample.tablet_logo,
        score=sample.tablet_score,
        colours=frozenset(sample.colours),
        length_mm=sample.tablet_length_mm,
        width_mm=sample.tablet_width_mm,
        thickness_mm=sample.tablet_thickness_mm,
    )


def look_alikes(
    session: Session, *, marks: Marks, form: SampleForm | None = SampleForm.TABLET, but: UUID | None = None
) -> LookAlikes | None:
    """What look-alikes of ``marks`` among the verified samples of the network held; None where there are none.

    ``but``: the sample at hand, which is not its own look-alike.
    """
    if form not in _SHAPED or not marks.is_enough:
        return None
    analysed = session.exec(
        select(Sample, Result)
        .join(Result, col(Result.sample_id) == col(Sample.id))
        .where(Sample.form == form, col(Result.state).in_(_VERIFIED), Sample.id != but)
    ).all()
    found = [(sample, result) for sample, result in analysed if alike(marks, marks_of(sample))]
    return _together(session, found) if found else None


def _together(session: Session, pairs: Sequence[tuple[Sample, Result]]) -> LookAlikes:
    newest: dict[UUID, tuple[Sample, Result]] = {}
    for sample, result in pairs:  # a verified amendment beside the version it supersedes: the newer one counts
        if sample.id not in newest or result.version > newest[sample.id][1].version:
            newest[sample.id] = (sample, result)
    answers = [answer_of(session, result=result) for _, result in newest.values()]
    days = sorted(sample.collected_on for sample, _ in newest.values())
    by_name: dict[str, list[Found]] = defaultdict(list)
    for answer in answers:
        for one in answer.found:
            if one.is_identified:
                by_name[one.substance or one.substance_class or ""].append(one)
    contents = [_content(name, found) for name, found in by_name.items()]
    return LookAlikes(
        count=len(newest),
        first_on=days[0],
        last_on=days[-1],
        contents=tuple(sorted(contents, key=lambda one: (-one.seen, one.name))),
        nothing_found=sum(not answer.found for answer in answers),
    )


def _content(name: str, found: Sequence[Found]) -> Content:
    return Content(
        name=name,
        seen=len(found),
        unexpected=sum(one.role in _UNEXPECTED for one in found),
        ranges=tuple(_ranges(found)),
    )


def _ranges(found: Iterable[Found]) -> Iterable[Range]:
    """One range per unit and basis: milligrams of the base and of the hydrochloride are not one scale."""
    values: dict[tuple[str, str | None], list[list[float]]] = defaultdict(list)
    for one in found:
        mine: dict[tuple[str, str | None], list[float]] = defaultdict(list)
        for amount in one.amounts:
            mine[amount.unit, amount.basis].append(amount.value)
        for key, amounts in mine.items():
            values[key].append(amounts)
    for (unit, basis), samples in sorted(values.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        flat = [value for amounts in samples for value in amounts]
        yield Range(min(flat), max(flat), f"{unit} ({basis})" if basis else unit, len(samples))
