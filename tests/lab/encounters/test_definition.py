"""Questionnaires are data: what is accepted, what is refused and how it is said."""

import copy
import json
from typing import Any

import pytest

from lab.encounters.definition import Definition, parse_definition
from lab.encounters.errors import DefinitionError
from lab.encounters.questionnaires import shipped
from lab.network.models import Milieu, SiteType
from templates.i18n import translator


def words(text: str) -> dict[str, str]:
    return {"fr": text, "nl": text, "en": text}


PLAIN: dict[str, Any] = {
    "schema": "drugcheck-questionnaire/1", "name": "core", "version": 2, "title": words("Core"),
    "questions": [
        {"id": "been", "kind": "yes_no", "text": words("Been here?")},
        {"id": "how", "kind": "one_of", "text": words("How?"), "when": {"question": "been", "answers": ["yes"]},
         "options": [{"id": "a", "text": words("A")}, {"id": "b", "text": words("B")}]},
        {"id": "grade", "kind": "scale", "text": words("Grade"), "min": 1, "max": 5},
    ],
}  # fmt: skip


def changed(*path: str | int, value: object = None) -> bytes:
    data = copy.deepcopy(PLAIN)
    at: Any = data
    for part in path[:-1]:
        at = at[part]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return json.dumps(data).encode()


def test_a_questionnaire_is_read_back_as_it_was_written() -> None:
    one = parse_definition(json.dumps(PLAIN).encode())
    assert parse_definition(json.dumps(one.as_json()).encode()) == one


def test_the_shipped_ones_are_whole_and_the_core_is_asked_everywhere() -> None:
    assert shipped()[0].name == "core"
    for kind in SiteType:
        for milieu in (None, *Milieu):
            asked = [one.name for one in shipped() if one.asked_at(site_type=kind, milieu=milieu)]
            assert asked[0] == "core"
    assert all(question.source for one in shipped() for question in one.questions)


@pytest.mark.parametrize(
    ("content", "where", "fault"),
    [
        (changed("questions", 0, "text", "nl"), "questions[1].text.nl", "missing"),
        (changed("questions", 0, "kind", value="guess"), "questions[1].kind", "invalid"),
        (changed("questions", 0, "colour", value="blue"), "questions[1].colour", "unknown"),
        (changed("questions", 1, "options"), "questions[2]", "options"),
        (changed("questions", 1, "options", 1, "id", value="a"), "questions[2]", "option_twice"),
        (changed("questions", 2, "max", value=1), "questions[3]", "range"),
        (changed("questions", 2, "max", value=40), "questions[3]", "scale_long"),
        (changed("questions", 0, "id", value="other"), "how", "condition_order"),
        (changed("questions", 1, "when", "answers", value=["maybe"]), "how", "condition_answer"),
        (changed("questions", 2, "id", value="been"), "been", "question_twice"),
        (changed("schema", value="other/1"), "schema", "invalid"),
        (b"= no toml", "", "unreadable"),
        (b"{broken", "", "unreadable"),
        (b"\xff\xfe", "", "unreadable"),
        (b"x" * 300_000, "", "too_large"),
        (b"[" * 100_000, "", "unreadable"),
    ],
)
def test_a_fault_is_told_with_its_place(content: bytes, where: str, fault: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        parse_definition(content)
    assert (where, f"questionnaire.fault.{fault}") in [(place, message.id) for place, message in refused.value.faults]


def test_a_question_that_calls_something_safe_is_refused() -> None:
    with pytest.raises(DefinitionError) as refused:
        parse_definition(changed("questions", 0, "text", value=words("Is it safe?")))
    assert refused.value.faults[0][1].id == "questionnaire.fault.promise"


def test_every_fault_has_its_words() -> None:
    for kind in ("too_large", "unreadable", "missing", "unknown", "invalid", "options", "options_unused",
                 "option_twice", "range", "range_unused", "scale_long", "question_twice", "condition_order",
                 "condition_answer", "promise"):  # fmt: skip
        assert translator("nl").has(f"questionnaire.fault.{kind}")


def test_a_question_hangs_on_the_answer_before_it() -> None:
    one = Definition.model_validate(PLAIN)
    assert [question.id for question in one.applicable({})] == ["been", "grade"]
    assert [question.id for question in one.applicable({"core.been": True})] == ["been", "how", "grade"]
    assert [question.id for question in one.applicable({"core.been": False})] == ["been", "grade"]
