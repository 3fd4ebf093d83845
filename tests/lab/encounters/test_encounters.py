"""Encounters: what is kept, under which questionnaire, and who reads it."""

import json
from datetime import timedelta

import pytest
from sqlmodel import Session

from lab.encounters import questionnaires, service
from lab.encounters.errors import (
    AlreadyCorrectedError,
    AnswerError,
    AnswerOutOfRangeError,
    AnswerTooLongError,
    EncounterNotFoundError,
    MetInFutureError,
    QuestionnaireTakenError,
    QuestionUnknownError,
)
from lab.encounters.models import Encounter
from lab.encounters.schemas import EncounterIn
from lab.errors import ForbiddenError
from lab.kit.clock import today
from lab.samples import service as samples
from lab.samples.errors import SampleNotFoundError
from lab.samples.schemas import SampleIn
from tests.lab.encounters.test_definition import PLAIN, words
from tests.network import Network, make_network


@pytest.fixture
def network(session: Session) -> Network:
    return make_network(session)


def talk(network: Network, site: str = "north", **more: object) -> EncounterIn:
    return EncounterIn.model_validate({"site_id": network.sites[site].id, **more})


def record(session: Session, network: Network, who: str = "worker", **more: object) -> Encounter:
    return service.record(session, actor=network.actors[who], data=talk(network, **more))


def test_not_stated_is_neither_no_nor_not_asked(session: Session, network: Network) -> None:
    answers = {"core.first_time": "no", "core.age": "", "festive.with_friends": "yes"}
    kept = record(session, network, answers=answers)
    view = service.view(session, actor=network.actors["worker"], encounter_id=kept.id)
    values = {one.key: one.value for _, asked in view.modules for one in asked}
    assert values["core.first_time"] is False
    assert values["core.age"] is None
    assert "street.injects" not in values  # not asked at a festival
    assert view.not_stated == len(values) - 2
    assert kept.answers == {"core.first_time": False, "festive.with_friends": True}


def test_an_answer_whose_condition_fell_is_dropped(session: Session, network: Network) -> None:
    answers = {"street.injects": False, "street.equipment": ["needles"]}
    kept = record(session, network, "south_worker", site="south", answers=answers)
    assert kept.answers == {"street.injects": False}


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"core.age": "old"}, AnswerError),
        ({"core.first_time": "perhaps"}, AnswerError),
        ({"core.advice": ["dose", "nothing else"]}, AnswerError),
        ({"core.knows": 9}, AnswerOutOfRangeError),
        ({"core.knows": "many"}, AnswerError),
        ({"core.knows": True}, AnswerError),
        ({"core.note": "x" * 301}, AnswerTooLongError),
        ({"core.note": "a\x00b"}, AnswerError),
        ({"core.name": "Anna"}, QuestionUnknownError),
        ({"street.injects": True}, QuestionUnknownError),
    ],
)
def test_an_answer_that_does_not_fit_names_its_question(
    session: Session, network: Network, answers: dict[str, object], error: type[AnswerError]
) -> None:
    with pytest.raises(error) as refused:
        record(session, network, answers=answers)
    assert refused.value.field == next(iter(answers))
    assert service.newest(session, actor=network.actors["worker"]) == []


def test_the_same_talk_sent_twice_is_one(session: Session, network: Network) -> None:
    data = talk(network, answers={"core.age": "18_24"})
    first, again = (service.record(session, actor=network.actors["worker"], data=data) for _ in range(2))
    assert first.id == again.id


def test_a_talk_is_about_samples_that_the_worker_may_see(session: Session, network: Network) -> None:
    taken = samples.register(
        session, actor=network.actors["worker"],
        data=SampleIn(site_id=network.sites["north"].id, consent_analyse=True),
    )  # fmt: skip
    kept = record(session, network, sample_codes=[taken.sample.code])
    about = service.of_sample(session, actor=network.actors["worker"], sample_id=taken.sample.id)
    assert [one.id for one in about] == [kept.id]
    with pytest.raises(SampleNotFoundError):
        record(session, network, "south_worker", site="south", sample_codes=[taken.sample.code])


def test_another_sites_talk_is_as_if_it_were_not_there(session: Session, network: Network) -> None:
    kept = record(session, network)
    for who in ("south_worker", "chemist", "courier", "admin", "auditor"):
        with pytest.raises(EncounterNotFoundError):
            service.view(session, actor=network.actors[who], encounter_id=kept.id)
    with pytest.raises(ForbiddenError):
        record(session, network, "south_worker")


def test_a_correction_supersedes_and_happens_once(session: Session, network: Network) -> None:
    old = record(session, network, answers={"core.age": "18_24"})
    new = record(session, network, answers={"core.age": "25_34"}, corrects_id=old.id)
    assert [one.id for one in service.newest(session, actor=network.actors["worker"])] == [new.id]
    assert service.view(session, actor=network.actors["worker"], encounter_id=old.id).corrected_by == new.id
    with pytest.raises(AlreadyCorrectedError):
        record(session, network, corrects_id=old.id)


def test_nobody_meets_in_the_future(session: Session, network: Network) -> None:
    with pytest.raises(MetInFutureError):
        record(session, network, met_on=today() + timedelta(days=1))


def test_older_answers_stay_readable_under_their_own_questionnaire(session: Session, network: Network) -> None:
    worker, coordinator = network.actors["worker"], network.actors["coordinator"]
    old = record(session, network, answers={"core.age": "18_24"})
    questionnaires.place(session, actor=coordinator, content=json.dumps(PLAIN).encode())
    new = record(session, network, answers={"core.been": True, "core.how": "b"})
    before = service.view(session, actor=worker, encounter_id=old.id).modules[0]
    after = service.view(session, actor=worker, encounter_id=new.id).modules[0]
    assert (before[0].version, after[0].version) == (1, 2)
    assert "core.age" in {one.key for one in before[1]}
    assert [(one.key, one.value) for one in after[1]] == [
        ("core.been", True), ("core.how", "b"), ("core.grade", None),
    ]  # fmt: skip
    with pytest.raises(QuestionUnknownError):
        record(session, network, answers={"core.age": "18_24"})


def test_a_version_is_placed_once_and_only_by_coordinators(session: Session, network: Network) -> None:
    content = json.dumps(PLAIN).encode()
    with pytest.raises(ForbiddenError):
        questionnaires.place(session, actor=network.actors["worker"], content=content)
    questionnaires.place(session, actor=network.actors["coordinator"], content=content)
    with pytest.raises(QuestionnaireTakenError):
        questionnaires.place(session, actor=network.actors["coordinator"], content=content)
    lower = json.dumps({**PLAIN, "version": 1, "title": words("Old")}).encode()
    with pytest.raises(QuestionnaireTakenError):
        questionnaires.place(session, actor=network.actors["coordinator"], content=lower)
