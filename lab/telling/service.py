"""Telling answers: what was told, and what a site must tell anew because it does not stand any more."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from lab.errors import NotFoundError
from lab.kit.clock import now
from lab.kit.outbox import Handler, OutboxEntry, Topic
from lab.network.access import Actor, Permission
from lab.results.lookup import given_out
from lab.results.models import Result
from lab.samples.models import Sample
from lab.telling.errors import AnswerNotOutError, NoticeNotFoundError
from lab.telling.models import AnswerNotice, AnswerTold, NoticeCause, ToldOutcome


def record(session: Session, *, actor: Actor, sample: Sample, result_id: UUID, outcome: ToldOutcome) -> AnswerTold:
    """Keep that a version was told to the person, or that they were not reached.

    Telling the newest version closes the notices about older ones. Raises :class:`~lab.errors.ForbiddenError`, and
    :class:`AnswerNotOutError` unless it is the newest version given out.
    """
    actor.require(Permission.SAMPLE_REGISTER, sample.site_id)
    versions = given_out(session, sample_id=sample.id)
    if not versions or versions[-1].id != result_id:
        raise AnswerNotOutError
    told = AnswerTold(result_id=result_id, outcome=outcome, account_id=actor.account_id)
    session.add(told)
    if outcome is ToldOutcome.TOLD_HERE:
        for notice in open_notices(session, sample_id=sample.id):
            _close(session, notice, actor)
    session.flush()
    return told


def told_of(session: Session, *, sample_id: UUID) -> Sequence[AnswerTold]:
    """Every attempt to tell an answer of this sample, the newest first."""
    query = select(AnswerTold).join(Result, col(Result.id) == col(AnswerTold.result_id))
    return session.exec(query.where(Result.sample_id == sample_id).order_by(col(AnswerTold.at).desc())).all()


def open_notices(session: Session, *, sample_id: UUID) -> Sequence[AnswerNotice]:
    """What the site has not seen to yet about this sample."""
    query = select(AnswerNotice).where(AnswerNotice.sample_id == sample_id, col(AnswerNotice.closed_at).is_(None))
    return session.exec(query.order_by(col(AnswerNotice.opened_at))).all()


def list_notices(session: Session, *, actor: Actor) -> Sequence[AnswerNotice]:
    """Every open notice of the sites where ``actor`` tells answers, the oldest first."""
    sites = actor.sites(Permission.SAMPLE_REGISTER)
    query = select(AnswerNotice).where(col(AnswerNotice.closed_at).is_(None)).order_by(col(AnswerNotice.opened_at))
    return session.exec(query if sites is None else query.where(col(AnswerNotice.site_id).in_(sites))).all()


def close_notice(session: Session, *, actor: Actor, notice_id: UUID) -> AnswerNotice:
    """Somebody of the site has seen to it. Raises :class:`NoticeNotFoundError`; a closed one stays as it was."""
    notice = session.get(AnswerNotice, notice_id)
    if notice is None or not actor.may(Permission.SAMPLE_REGISTER, notice.site_id):
        raise NoticeNotFoundError
    if notice.closed_at is None:
        _close(session, notice, actor)
        session.flush()
    return notice


def _close(session: Session, notice: AnswerNotice, actor: Actor) -> None:
    notice.closed_at, notice.closed_by = now(), actor.account_id
    session.add(notice)


def _on_amended(session: Session, entry: OutboxEntry) -> None:
    newer = _result(session, entry.subject_id)
    if newer.supersedes_id is not None:
        _notify(session, _result(session, newer.supersedes_id), NoticeCause.AMENDED)


def _on_retracted(session: Session, entry: OutboxEntry) -> None:
    _notify(session, _result(session, entry.subject_id), NoticeCause.RETRACTED)


HANDLERS: Mapping[Topic, Sequence[Handler]] = {
    Topic.RESULT_AMENDED: (_on_amended,),
    Topic.RESULT_RETRACTED: (_on_retracted,),
}
"""What the outbox hands over; running again adds nothing."""


def _result(session: Session, result_id: UUID) -> Result:
    result = session.get(Result, result_id)
    if result is None:
        raise NotFoundError
    return result


def _notify(session: Session, result: Result, cause: NoticeCause) -> None:
    """Tell the site, once, if this version had been given out there."""
    given = any(one.id == result.id for one in given_out(session, sample_id=result.sample_id))
    known = select(AnswerNotice).where(AnswerNotice.result_id == result.id, AnswerNotice.cause == cause)
    if not given or session.exec(known).first() is not None:
        return
    sample = session.get_one(Sample, result.sample_id)
    session.add(AnswerNotice(result_id=result.id, sample_id=sample.id, site_id=sample.site_id, cause=cause))
    session.flush()
