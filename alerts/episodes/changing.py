"""What a person does to episodes: merge two into one, split one, move a sample, close one. Each act is kept.

Alerts go where their samples go as a whole: a merge takes the alerts along, a split leaves them, because a person
decides what becomes of a text that speaks of samples of both.
"""

import hashlib
from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from alerts.episodes.models import Episode, EpisodeAct, EpisodeActKind, EpisodeResult
from alerts.errors import EpisodeMergedError, EpisodeNotFoundError, EpisodeSplitError, ReasonMissingError
from alerts.warnings.models import Alert
from lab.kit.clock import now
from lab.kit.ids import new_id
from lab.network.access import Actor, Permission


def merge(session: Session, *, actor: Actor, episode_id: UUID, into_id: UUID, reason: str) -> Episode:
    """Let the story of one episode go on in another: its samples and alerts go there, and what comes later joins it.

    Raises :class:`EpisodeMergedError` when one of them went on elsewhere already, or they are the same.
    """
    _allow(actor, reason)
    if episode_id == into_id:
        raise EpisodeMergedError
    first, second = sorted((episode_id, into_id))  # always in one order: two merges at once never wait for each other
    locked = {key: _locked(session, key) for key in (first, second)}
    episode, into = locked[episode_id], locked[into_id]
    if episode.merged_into_id or into.merged_into_id:
        raise EpisodeMergedError
    moved = _move(session, episode, into, None)
    session.execute(sa.update(Alert).where(col(Alert.episode_id) == episode.id).values(episode_id=into.id))
    episode.merged_into_id, episode.closed_at = into.id, episode.closed_at or now()
    session.add(episode)
    _latest(session, into, episode)
    _act(session, into, EpisodeActKind.MERGED, actor, reason, other=episode, samples=moved)
    return into


def split(session: Session, *, actor: Actor, episode_id: UUID, result_ids: Collection[UUID], reason: str) -> Episode:
    """Give some results an episode of their own. Later ones still join the older: the machine cannot tell them apart.

    Raises :class:`EpisodeSplitError` when none or all are taken.
    """
    _allow(actor, reason)
    episode = _locked(session, episode_id)
    if episode.merged_into_id:
        raise EpisodeMergedError
    inside = set(session.exec(select(EpisodeResult.result_id).where(EpisodeResult.episode_id == episode.id)))
    taken = set(result_ids)
    if not taken or not taken < inside:
        raise EpisodeSplitError
    key = new_id()
    own = Episode(
        id=key, signature=hashlib.sha256(f"split:{key}".encode()).hexdigest(), sold_as=episode.sold_as,
        found=list(episode.found), split_from_id=episode.id, last_joined_at=episode.last_joined_at,
    )  # fmt: skip
    session.add(own)
    session.flush()
    _move(session, episode, own, taken)
    _act(session, episode, EpisodeActKind.SPLIT, actor, reason, other=own, samples=len(taken))
    return own


def move(session: Session, *, actor: Actor, episode_id: UUID, into_id: UUID, result_id: UUID, reason: str) -> Episode:
    """Let one result join another episode by hand."""
    _allow(actor, reason)
    if episode_id == into_id:
        raise EpisodeMergedError
    first, second = sorted((episode_id, into_id))
    locked = {key: _locked(session, key) for key in (first, second)}
    episode, into = locked[episode_id], locked[into_id]
    if episode.merged_into_id or into.merged_into_id:
        raise EpisodeMergedError
    if _move(session, episode, into, {result_id}) != 1:
        raise EpisodeNotFoundError
    _latest(session, into, episode)
    _act(session, episode, EpisodeActKind.MOVED, actor, reason, other=into, samples=1)
    return into


def close(session: Session, *, actor: Actor, episode_id: UUID, reason: str) -> Episode:
    """End a story by hand: what comes later opens a new one."""
    _allow(actor, reason)
    episode = _locked(session, episode_id)
    if episode.closed_at is not None:
        raise EpisodeMergedError
    episode.closed_at = now()
    session.add(episode)
    _act(session, episode, EpisodeActKind.CLOSED, actor, reason)
    return episode


def _allow(actor: Actor, reason: str) -> None:
    actor.require(Permission.ALERT_EDIT)
    if not reason.strip():
        raise ReasonMissingError


def _locked(session: Session, episode_id: UUID) -> Episode:
    found = session.exec(
        select(Episode).where(Episode.id == episode_id).with_for_update().execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise EpisodeNotFoundError
    return found


def _move(session: Session, episode: Episode, into: Episode, only: Collection[UUID] | None) -> int:
    concerned = sa.update(EpisodeResult).where(col(EpisodeResult.episode_id) == episode.id)
    if only is not None:
        concerned = concerned.where(col(EpisodeResult.result_id).in_(only))
    session.flush()
    done = session.execute(concerned.values(episode_id=into.id).execution_options(synchronize_session=False))
    session.expire_all()
    return int(done.rowcount)  # type: ignore[attr-defined]  # Session.execute is typed Result; an UPDATE gives a CursorResult


def _latest(session: Session, into: Episode, other: Episode) -> None:
    into.last_joined_at = max(into.last_joined_at, other.last_joined_at)
    session.add(into)


def _act(
    session: Session, episode: Episode, kind: EpisodeActKind, actor: Actor, reason: str, *,
    other: Episode | None = None, samples: int = 0,
) -> None:  # fmt: skip
    session.add(
        EpisodeAct(
            episode_id=episode.id, other_id=other.id if other else None, kind=kind, samples=samples,
            account_id=actor.account_id, reason=reason.strip()[:1000],
        )
    )  # fmt: skip
    session.flush()
