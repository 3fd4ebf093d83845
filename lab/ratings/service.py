"""Taking ratings from people with a ticket, and counting them."""

import hashlib
from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, select

from lab.kit.clock import today
from lab.network.access import Actor, Permission
from lab.ratings.models import Rating, Remark
from lab.ratings.schemas import Counts, Need, RatingIn
from lab.results.lookup import gate
from lab.samples.models import Sample
from lab.samples.tickets import stored_form

_WORD = b"drugcheck rating\x00"
SCALE = range(1, 6)
LEAST_REMARKS = 3
"""Remarks are shown from this many on: a single one of a month may be put down to the one person remembered."""


def rater_of(token: str) -> bytes:
    """Whoever holds ``token``, for ratings alone: it cannot be made from the hash that stands beside the sample."""
    return hashlib.sha256(_WORD + stored_form(token).encode("ascii")).digest()


def rate(session: Session, *, token: str, data: RatingIn) -> bool:
    """Keep what the holder of ``token`` says, in place of what they said before; False where it opens no answer.

    A typo raises, as in :func:`lab.samples.codes.read`.
    """
    opened = gate(session, token=token)
    if not opened.has_answer:
        return False
    site_id = session.get_one(Sample, opened.sample_id).site_id
    rater, month = rater_of(token), today().replace(day=1)
    rating = session.get(Rating, rater) or Rating(rater=rater, site_id=site_id, rated_on=month)
    rating.answer, rating.contact = data.answer, data.contact
    rating.needs = [need.value for need in Need if need in data.needs]
    session.add(rating)
    remark = session.exec(select(Remark).where(Remark.rater == rater)).first()
    if data.remark:
        remark = remark or Remark(rater=rater, site_id=site_id, written_on=month, text="")
        remark.text = data.remark
        session.add(remark)
    elif remark is not None:
        session.delete(remark)
    session.flush()
    return True


def _seen(session: Session, actor: Actor, since: date) -> Sequence[Rating]:
    actor.require(Permission.NETWORK_COORDINATE)
    sites = actor.sites(Permission.NETWORK_COORDINATE)
    query = select(Rating).where(col(Rating.rated_on) >= since)
    return session.exec(query if sites is None else query.where(col(Rating.site_id).in_(sites))).all()


def counts(session: Session, *, actor: Actor, since: date) -> list[Counts]:
    """Ratings by site and month, newest month first; raises :class:`~lab.errors.ForbiddenError`."""
    groups: dict[tuple[date, str], list[Rating]] = {}
    for rating in _seen(session, actor, since):
        groups.setdefault((rating.rated_on, str(rating.site_id)), []).append(rating)
    return [_count(groups[key]) for key in sorted(groups, key=lambda key: (-key[0].toordinal(), key[1]))]


def _count(ratings: Sequence[Rating]) -> Counts:
    return Counts(
        site_id=ratings[0].site_id,
        month=ratings[0].rated_on,
        ratings=len(ratings),
        answers=tuple(sum(one.answer == mark for one in ratings) for mark in SCALE),
        contacts=tuple(sum(one.contact == mark for one in ratings) for mark in SCALE),
        needs={need: sum(need.value in one.needs for one in ratings) for need in Need},
    )


def remarks(session: Session, *, actor: Actor, since: date) -> list[tuple[date, list[str]]]:
    """What was written, by month, in no order and without a site; months with few remarks show none.

    Raises :class:`~lab.errors.ForbiddenError`.
    """
    actor.require(Permission.NETWORK_COORDINATE)
    sites = actor.sites(Permission.NETWORK_COORDINATE)
    query = select(Remark).where(col(Remark.written_on) >= since).order_by(col(Remark.id))  # random keys
    written = session.exec(query if sites is None else query.where(col(Remark.site_id).in_(sites))).all()
    months = sorted({one.written_on for one in written}, reverse=True)
    by_month = [(month, [one.text for one in written if one.written_on == month]) for month in months]
    return [(month, texts) for month, texts in by_month if len(texts) >= LEAST_REMARKS]
