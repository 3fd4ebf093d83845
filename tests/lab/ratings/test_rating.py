"""People rate what they were told, once and changeably, and nothing in the database leads from there to a sample."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from lab.errors import ForbiddenError
from lab.kit.clock import now, today
from lab.ratings import service
from lab.ratings.models import Rating, Remark
from lab.ratings.schemas import Need, RatingIn
from lab.results.models import Conclusion, Result, ResultState
from lab.results.waiting import LEAST, UsualWait, usual_wait
from lab.samples import tickets
from lab.samples.errors import CodeTypoError
from lab.samples.models import Ticket
from tests.lab.bench import TEXTS, Bench


def answered(session: Session, bench: Bench, *, after: timedelta = timedelta(hours=2)) -> str:
    """A ticket whose answer was given out."""
    sample = bench.sample()
    session.add(
        Result(
            sample_id=sample.id, version=1, state=ResultState.REPORTED, conclusion=Conclusion.AS_EXPECTED, texts=TEXTS,
            created_by=bench.chemist.account_id, reported_at=sample.registered_at + after, verified_at=now(),
        )
    )  # fmt: skip
    session.flush()
    return tickets.issue_ticket(session, sample_id=sample.id)


def test_one_ticket_rates_once_and_may_change_its_mind(session: Session, bench: Bench) -> None:
    ticket = answered(session, bench)
    first = RatingIn(answer=5, contact=4, needs=[Need.TALK], remark="merci")
    assert service.rate(session, token=ticket, data=first)
    assert service.rate(session, token=ticket.lower(), data=RatingIn(answer=2))
    (rating,) = session.exec(select(Rating)).all()
    assert (rating.answer, rating.contact, rating.needs) == (2, None, [])
    assert session.exec(select(Remark)).all() == []


def test_nothing_that_is_kept_leads_from_a_rating_to_a_sample(session: Session, bench: Bench) -> None:
    ticket = answered(session, bench)
    service.rate(session, token=ticket, data=RatingIn(answer=5, remark="x"))
    (rating,), (remark,) = session.exec(select(Rating)).all(), session.exec(select(Remark)).all()
    hashes = {one.token_hash for one in session.exec(select(Ticket)).all()}
    assert rating.rater not in hashes
    assert remark.rater == rating.rater
    assert rating.rated_on.day == remark.written_on.day == 1
    assert not {"sample_id", "ticket_hash", "created_at"} & (set(Rating.model_fields) | set(Remark.model_fields))


def test_a_ticket_that_opens_no_answer_rates_nothing_and_a_typo_is_told(session: Session, bench: Bench) -> None:
    waiting = tickets.issue_ticket(session, sample_id=bench.sample().id)
    assert not service.rate(session, token=waiting, data=RatingIn(answer=1))
    assert not service.rate(session, token=tickets.new_token(), data=RatingIn(answer=1))
    assert session.exec(select(Rating)).all() == []
    wrong = ("1" if waiting[0] == "0" else "0") + waiting[1:]
    with pytest.raises(CodeTypoError):
        service.rate(session, token=wrong, data=RatingIn())


def test_the_coordinator_counts_by_site_and_month(session: Session, bench: Bench) -> None:
    for mark in (5, 5, 3):
        service.rate(session, token=answered(session, bench), data=RatingIn(answer=mark, needs=[Need.NALOXONE]))
    coordinator = bench.network.actors["coordinator"]
    since = today().replace(day=1)
    (counted,) = service.counts(session, actor=coordinator, since=since)
    assert (counted.site_id, counted.month, counted.ratings) == (bench.north.id, since, 3)
    assert counted.answers == (0, 0, 1, 0, 2)
    assert counted.needs[Need.NALOXONE] == 3
    for ask in (service.counts, service.remarks):
        with pytest.raises(ForbiddenError):
            ask(session, actor=bench.worker, since=since)


def test_a_single_remark_is_not_shown(session: Session, bench: Bench) -> None:
    coordinator, since = bench.network.actors["coordinator"], today().replace(day=1)
    for number in range(service.LEAST_REMARKS):
        assert service.remarks(session, actor=coordinator, since=since) == []
        service.rate(session, token=answered(session, bench), data=RatingIn(remark=f"remark {number}"))
    ((month, texts),) = service.remarks(session, actor=coordinator, since=since)
    assert month == since
    assert len(texts) == service.LEAST_REMARKS


def test_the_usual_wait_is_a_median_and_not_told_of_too_few(session: Session, bench: Bench) -> None:
    for hours in range(1, LEAST):
        answered(session, bench, after=timedelta(hours=hours))
    assert usual_wait(session) is None
    answered(session, bench, after=timedelta(hours=100))
    wait = usual_wait(session)
    assert wait is not None
    assert wait.half == timedelta(hours=5.5)
    assert wait.within == timedelta(hours=6)
    assert wait.answers == LEAST


@pytest.mark.parametrize(
    ("half_h", "within_h"), [(0, 1), (0.2, 1), (5, 5), (5.01, 6), (23.5, 24), (24, 24), (30, 48), (48.1, 72)]
)
def test_a_wait_is_rounded_up_to_what_can_be_said(half_h: float, within_h: float) -> None:
    assert UsualWait(timedelta(hours=half_h), LEAST).within == timedelta(hours=within_h)
