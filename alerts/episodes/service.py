"""Joining results to episodes, and closing the quiet ones."""

import hashlib
import json
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from alerts.episodes.models import Episode, EpisodeResult
from alerts.facts import Facts
from lab.kit.clock import now


def signature(facts: Facts) -> str:
    """What makes two results one story: what it was sold as, and which actives were found."""
    story = [facts.sold_as.name if facts.sold_as else None, list(facts.actives)]
    return hashlib.sha256(json.dumps(story, ensure_ascii=True).encode()).hexdigest()


def is_quiet(last_joined_at: datetime, *, at: datetime, quiet: timedelta) -> bool:
    """Whether an episode that was last joined then is over at ``at``."""
    return at - last_joined_at >= quiet


def join_episode(session: Session, *, facts: Facts, result_id: UUID, sample_id: UUID, quiet: timedelta) -> Episode:
    """Put a result into the open episode of its signature, or open one. The row stays locked for this transaction."""
    already = _episode_of(session, result_id=result_id)
    if already is not None:
        return already
    key = signature(facts)
    episode = _open_episode(session, key, quiet=quiet) or _new_episode(session, key, facts)
    if episode is None:  # another transaction opened it between our two looks
        episode = _open_episode(session, key, quiet=quiet)
        if episode is None:
            message = f"episode {key} was opened and closed within one transaction"
            raise RuntimeError(message)
    session.add(EpisodeResult(episode_id=episode.id, result_id=result_id, sample_id=sample_id))
    episode.last_joined_at = now()
    session.add(episode)
    session.flush()
    return episode


def _episode_of(session: Session, *, result_id: UUID) -> Episode | None:
    return session.exec(
        select(Episode)
        .join(EpisodeResult, col(EpisodeResult.episode_id) == col(Episode.id))
        .where(EpisodeResult.result_id == result_id)
        .with_for_update(of=Episode)
    ).first()


def _open_episode(session: Session, key: str, *, quiet: timedelta) -> Episode | None:
    found = session.exec(
        select(Episode).where(Episode.signature == key, col(Episode.closed_at).is_(None)).with_for_update()
    ).first() or _merged_into(session, key)
    if found is not None and is_quiet(found.last_joined_at, at=now(), quiet=quiet):
        found.closed_at = found.last_joined_at + quiet
        session.add(found)
        session.flush()
        return None
    return found


def _merged_into(session: Session, key: str) -> Episode | None:
    """Where the newest story of this signature goes on, when a person merged it into one that is still open."""
    newest = session.exec(
        select(Episode)
        .where(Episode.signature == key)
        .order_by(col(Episode.opened_at).desc(), col(Episode.id))
        .limit(1)
    ).first()
    seen: set[UUID] = set()
    while newest is not None and newest.merged_into_id is not None and newest.id not in seen:
        seen.add(newest.id)
        newest = session.exec(select(Episode).where(Episode.id == newest.merged_into_id).with_for_update()).first()
    return newest if newest is not None and seen and newest.closed_at is None else None


def _new_episode(session: Session, key: str, facts: Facts) -> Episode | None:
    episode = Episode(signature=key, sold_as=facts.sold_as.name if facts.sold_as else None, found=list(facts.actives))
    try:
        with session.begin_nested():
            session.add(episode)
    except IntegrityError:
        return None
    return episode


def close_quiet(session: Session, *, quiet: timedelta) -> int:
    """Close every open episode that nothing has joined for ``quiet``; how many."""
    closed = session.execute(
        sa.update(Episode)
        .where(col(Episode.closed_at).is_(None), col(Episode.last_joined_at) <= now() - quiet)
        .values(closed_at=now())
    )
    return int(closed.rowcount)  # type: ignore[attr-defined]  # Session.execute is typed Result; an UPDATE gives a CursorResult


def results_of(session: Session, *, episode_id: UUID) -> list[EpisodeResult]:
    """The results of an episode, in the order they joined."""
    return list(
        session.exec(
            select(EpisodeResult).where(EpisodeResult.episode_id == episode_id).order_by(col(EpisodeResult.joined_at))
        )
    )
