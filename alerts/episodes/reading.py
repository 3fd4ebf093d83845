"""Episodes to look at: which are open, and one with its samples, its alerts and what people did to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from alerts.episodes.models import Episode, EpisodeAct, EpisodeResult
from alerts.errors import EpisodeNotFoundError
from alerts.warnings.models import Alert
from lab.network.access import Actor, Permission
from lab.results.models import Result
from lab.samples.models import Sample


@dataclass(frozen=True)
class Counted:
    """An episode in a list, with how many samples it has."""

    episode: Episode
    samples: int


@dataclass(frozen=True)
class Member:
    """A result of an episode, with its sample."""

    result: Result
    sample: Sample
    joined_at: datetime


@dataclass(frozen=True)
class Story:
    """Everything about one episode."""

    episode: Episode
    members: Sequence[Member]
    alerts: Sequence[Alert]
    acts: Sequence[EpisodeAct]  # its own, and those of others that concern it


def list_episodes(session: Session, *, actor: Actor, open_only: bool = False, limit: int = 200) -> list[Counted]:
    """Episodes, those that something joined last first; one that went on elsewhere is not listed."""
    actor.require(Permission.ALERT_READ)
    query = (
        sa.select(Episode, sa.func.count(sa.distinct(col(EpisodeResult.sample_id))))
        .outerjoin(EpisodeResult, col(EpisodeResult.episode_id) == col(Episode.id))
        .where(col(Episode.merged_into_id).is_(None))
        .group_by(col(Episode.id))
        .order_by(col(Episode.last_joined_at).desc())
        .limit(limit)
    )
    if open_only:
        query = query.where(col(Episode.closed_at).is_(None))
    return [Counted(episode, count) for episode, count in session.execute(query)]


def get_story(session: Session, *, actor: Actor, episode_id: UUID) -> Story:
    """One episode; raises :class:`EpisodeNotFoundError`."""
    actor.require(Permission.ALERT_READ)
    episode = session.get(Episode, episode_id)
    if episode is None:
        raise EpisodeNotFoundError
    members = session.exec(
        select(Result, Sample, EpisodeResult.joined_at)
        .join(EpisodeResult, col(EpisodeResult.result_id) == col(Result.id))
        .join(Sample, col(Sample.id) == col(EpisodeResult.sample_id))
        .where(EpisodeResult.episode_id == episode_id)
        .order_by(col(EpisodeResult.joined_at), col(Result.id))
    ).all()
    alerts = session.exec(select(Alert).where(Alert.episode_id == episode_id).order_by(col(Alert.created_at))).all()
    acts = session.exec(
        select(EpisodeAct)
        .where((col(EpisodeAct.episode_id) == episode_id) | (col(EpisodeAct.other_id) == episode_id))
        .order_by(col(EpisodeAct.at))
    ).all()
    return Story(episode, [Member(*one) for one in members], alerts, acts)
