"""What a person does to episodes: merge, split, move, close; and what comes later finds its story."""

import pytest
from sqlmodel import select

from alerts.episodes import changing
from alerts.episodes.models import Episode, EpisodeActKind
from alerts.episodes.reading import get_story, list_episodes
from alerts.errors import EpisodeMergedError, EpisodeNotFoundError, EpisodeSplitError, ReasonMissingError
from alerts.vocabulary import Tier
from lab.errors import ForbiddenError
from lab.results.models import Result
from tests.alerts.house import House


def episode_of(house: House, result: Result) -> Episode:
    for one in house.session.exec(select(Episode)).all():
        if any(member.result.id == result.id for member in story(house, one).members):
            return one
    raise AssertionError


def story(house: House, episode: Episode):  # type: ignore[no-untyped-def]  # the type says less than its name
    return get_story(house.session, actor=house.coordinator, episode_id=episode.id)


def two_stories(house: House) -> tuple[Episode, Episode, Result]:
    _, first = house.verified_found("isotonitazene", sold_as="heroin")
    _, second = house.verified_found("isotonitazene", "caffeine", sold_as="heroin")
    return episode_of(house, first), episode_of(house, second), second


def test_a_merged_story_takes_its_samples_its_alerts_and_what_comes_later(house: House) -> None:
    into, other, _ = two_stories(house)
    changing.merge(
        house.session, actor=house.coordinator, episode_id=other.id, into_id=into.id, reason="one batch, cut later"
    )
    merged = story(house, into)
    assert len(merged.members) == 2
    assert {alert.episode_id for alert in merged.alerts} == {into.id}
    assert [(act.kind, act.samples, act.reason) for act in merged.acts] == [
        (EpisodeActKind.MERGED, 1, "one batch, cut later")
    ]
    before = len(house.alerts())
    _, later = house.verified_found("isotonitazene", "caffeine", sold_as="heroin")
    assert episode_of(house, later).id == into.id
    assert len(house.alerts()) == before
    assert [row.episode.id for row in list_episodes(house.session, actor=house.coordinator, open_only=True)] == [
        into.id
    ]
    with pytest.raises(EpisodeMergedError):
        changing.merge(house.session, actor=house.coordinator, episode_id=other.id, into_id=into.id, reason="again")


def test_a_split_takes_some_and_leaves_some(house: House) -> None:
    _, first = house.verified_found("isotonitazene", sold_as="heroin")
    _, second = house.verified_found("isotonitazene", sold_as="heroin")
    episode = episode_of(house, first)
    for wrong in ([], [first.id, second.id]):
        with pytest.raises(EpisodeSplitError):
            changing.split(
                house.session, actor=house.coordinator, episode_id=episode.id, result_ids=wrong, reason="another dealer"
            )
    own = changing.split(
        house.session, actor=house.coordinator, episode_id=episode.id, result_ids=[second.id], reason="another dealer"
    )
    assert [member.result.id for member in story(house, own).members] == [second.id]
    _, third = house.verified_found("isotonitazene", sold_as="heroin")
    assert episode_of(house, third).id == episode.id
    assert episode_of(house, second).id == own.id


def test_a_result_joins_another_story_by_hand(house: House) -> None:
    into, other, result = two_stories(house)
    changing.move(
        house.session, actor=house.coordinator, episode_id=other.id, into_id=into.id, result_id=result.id, reason="same"
    )
    assert episode_of(house, result).id == into.id
    with pytest.raises(EpisodeNotFoundError):
        changing.move(
            house.session, actor=house.coordinator, episode_id=other.id, into_id=into.id, result_id=result.id,
            reason="same",
        )  # fmt: skip


def test_a_story_that_a_person_closed_is_over(house: House) -> None:
    _, first = house.verified_found("isotonitazene", sold_as="heroin")
    episode = episode_of(house, first)
    changing.close(house.session, actor=house.coordinator, episode_id=episode.id, reason="seized")
    _, second = house.verified_found("isotonitazene", sold_as="heroin")
    assert episode_of(house, second).id != episode.id
    assert Tier.T2 in house.alerts()


def test_nobody_does_it_without_a_reason_or_without_the_right(house: House) -> None:
    into, other, _ = two_stories(house)
    with pytest.raises(ReasonMissingError):
        changing.merge(house.session, actor=house.coordinator, episode_id=other.id, into_id=into.id, reason=" ")
    with pytest.raises(ForbiddenError):
        changing.merge(house.session, actor=house.chemist, episode_id=other.id, into_id=into.id, reason="x")
