"""Answers: what was typed or sent, checked against its question. What is left out was not stated."""

from collections.abc import Mapping, Sequence
from typing import Any

from lab.encounters.definition import Definition, Question, QuestionKind
from lab.encounters.errors import AnswerError, AnswerOutOfRangeError, AnswerTooLongError, QuestionUnknownError
from lab.kit.text import without_nul

Answer = bool | int | str | list[str]
_YES_NO = {"yes": True, "no": False, True: True, False: False}


def check_answers(definitions: Sequence[Definition], given: Mapping[str, Any]) -> dict[str, Answer]:
    """What of ``given`` is kept: an answer whose question is not asked any more (its condition fell) is dropped.

    ``given`` maps ``module.question`` to a value; empty values are "not stated". Raises :class:`AnswerError` and its
    kin, with ``field`` naming the question, and :class:`QuestionUnknownError`.
    """
    stated = {key: value for key, value in given.items() if value not in (None, "", [])}
    questions = {one.key(question): question for one in definitions for question in one.questions}
    for key in stated:
        if key not in questions:
            raise QuestionUnknownError(field=key[:90])
    checked = {key: _checked(key, questions[key], value) for key, value in stated.items()}
    asked = {one.key(question) for one in definitions for question in one.applicable(checked)}
    return {key: value for key, value in checked.items() if key in asked}


def _checked(key: str, question: Question, value: object) -> Answer:
    match question.kind:
        case QuestionKind.YES_NO:
            return _yes_no(key, value)
        case QuestionKind.ONE_OF:
            return _one_of(key, question, value)
        case QuestionKind.SEVERAL_OF:
            return _several_of(key, question, value)
        case QuestionKind.NUMBER | QuestionKind.SCALE:
            return _whole_number(key, question, value)
        case QuestionKind.SHORT_TEXT:
            return _short_text(key, question, value)


def _yes_no(key: str, value: object) -> bool:
    if isinstance(value, bool | str) and value in _YES_NO:
        return _YES_NO[value]
    raise AnswerError(field=key)


def _one_of(key: str, question: Question, value: object) -> str:
    if isinstance(value, str) and value in {option.id for option in question.options}:
        return value
    raise AnswerError(field=key)


def _several_of(key: str, question: Question, value: object) -> list[str]:
    chosen = [value] if isinstance(value, str) else value
    known = [option.id for option in question.options]
    if not isinstance(chosen, list) or not all(isinstance(one, str) and one in known for one in chosen):
        raise AnswerError(field=key)
    return [option for option in known if option in chosen]


def _whole_number(key: str, question: Question, value: object) -> int:
    try:
        number = int(value) if isinstance(value, str) else value
    except ValueError:
        raise AnswerError(field=key) from None
    if not isinstance(number, int) or isinstance(number, bool):
        raise AnswerError(field=key)
    if not (question.min or 0) <= number <= (question.max or 0):
        raise AnswerOutOfRangeError(field=key, low=question.min, high=question.max)
    return number


def _short_text(key: str, question: Question, value: object) -> str:
    if not isinstance(value, str):
        raise AnswerError(field=key)
    try:
        text = without_nul(value.strip())
    except ValueError:
        raise AnswerError(field=key) from None
    if len(text) > question.max_length:
        raise AnswerTooLongError(field=key, most=question.max_length)
    return text
