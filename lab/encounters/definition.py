"""What a questionnaire is: data, in a TOML or JSON file, in three languages.

A module is asked at the kinds of site and milieus it names (the core names none and is asked everywhere). A question
may hang on the answer to an earlier one. Every question can be skipped: what was asked and left out is "not stated",
which is neither "no" nor "not asked".
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lab.encounters.errors import DefinitionError
from lab.kit.messages import Message
from lab.kit.promises import promise_in
from lab.kit.text import PlainText
from lab.network.models import Milieu, SiteType

SCHEMA = "drugcheck-questionnaire/1"
MAX_BYTES = 200_000
_Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]{0,39}$")]
_Words = Annotated[PlainText, Field(min_length=1, max_length=400)]


class QuestionKind(StrEnum):
    """How a question is answered."""

    ONE_OF = "one_of"
    SEVERAL_OF = "several_of"
    NUMBER = "number"
    YES_NO = "yes_no"
    SCALE = "scale"
    SHORT_TEXT = "short_text"


class Indicator(StrEnum):
    """What an answer is counted for [Brussels plan, action 8]."""

    CONTACT_QUALITY = "contact_quality"
    DIVERSITY = "diversity"
    KNOWLEDGE = "knowledge"
    EMPOWERMENT = "empowerment"
    PARTICIPATION = "participation"
    SELF_SUPPORT = "self_support"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


class Wording(_Part):
    """One text in the three languages: none may be missing."""

    fr: _Words
    nl: _Words
    en: _Words

    def in_language(self, language: str) -> str:
        """The text in ``language``."""
        text: str = getattr(self, language)
        return text


class Option(_Part):
    """One answer to choose."""

    id: _Id
    text: Wording


class Condition(_Part):
    """Asked only when an earlier question has one of these answers; yes and no are ``"yes"`` and ``"no"``."""

    question: _Id
    answers: list[_Id] = Field(min_length=1, max_length=40)


class Question(_Part):
    """One question. ``source`` says where an item comes from that others have asked before."""

    id: _Id
    kind: QuestionKind
    text: Wording
    hint: Wording | None = None
    options: list[Option] = Field(default_factory=list, max_length=40)
    min: int | None = None
    max: int | None = None
    low: Wording | None = None  # what the ends of a scale mean
    high: Wording | None = None
    max_length: int = Field(default=300, ge=1, le=1000)
    when: Condition | None = None
    indicator: Indicator | None = None
    source: PlainText | None = Field(default=None, max_length=400)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        chosen = self.kind in {QuestionKind.ONE_OF, QuestionKind.SEVERAL_OF}
        ranged = self.kind in {QuestionKind.NUMBER, QuestionKind.SCALE}
        if chosen != bool(self.options):
            _fault("options" if chosen else "options_unused")
        if len({option.id for option in self.options}) != len(self.options):
            _fault("option_twice")
        if ranged != (self.min is not None and self.max is not None) or (
            not ranged and (self.min, self.max) != (None, None)
        ):
            _fault("range" if ranged else "range_unused")
        if self.min is not None and self.max is not None and self.min >= self.max:
            _fault("range")
        if self.kind is QuestionKind.SCALE and (self.max or 0) - (self.min or 0) > 10:
            _fault("scale_long")
        return self


class AppliesTo(_Part):
    """Where a module is asked: at these kinds of site or in these milieus; naming none, everywhere."""

    site_types: list[SiteType] = Field(default_factory=list)
    milieus: list[Milieu] = Field(default_factory=list)


class Definition(_Part):
    """One version of one module."""

    schema_: Literal["drugcheck-questionnaire/1"] = Field(alias="schema")
    name: _Id
    version: int = Field(ge=1, le=9999)
    title: Wording
    applies: AppliesTo = Field(default_factory=AppliesTo)
    source: PlainText | None = Field(default=None, max_length=600)
    questions: list[Question] = Field(min_length=1, max_length=60)

    @model_validator(mode="after")
    def _conditions_hold(self) -> Self:
        earlier: dict[str, Question] = {}
        for question in self.questions:
            if question.id in earlier:
                _fault("question_twice", question.id)
            if question.when is not None:
                other = earlier.get(question.when.question)
                if other is None:
                    _fault("condition_order", question.id)
                elif not set(question.when.answers) <= _choices(other):
                    _fault("condition_answer", question.id)
            earlier[question.id] = question
        return self

    def asked_at(self, *, site_type: SiteType, milieu: Milieu | None) -> bool:
        """Whether this module is asked at such a site."""
        where = self.applies
        everywhere = not (where.site_types or where.milieus)
        return everywhere or site_type in where.site_types or milieu in where.milieus

    def key(self, question: Question) -> str:
        """The name under which an answer is kept: unlike that of any other module's question."""
        return f"{self.name}.{question.id}"

    def applicable(self, answers: Mapping[str, Any]) -> Iterator[Question]:
        """The questions that are asked, given what was answered so far."""
        asked: set[str] = set()
        for question in self.questions:
            if question.when is None or (
                question.when.question in asked
                and _given(answers.get(f"{self.name}.{question.when.question}")) & set(question.when.answers)
            ):
                asked.add(question.id)
                yield question

    def as_json(self) -> dict[str, Any]:
        """As it is stored and written to a file."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def _fault(kind: str, question_id: str = "") -> None:
    raise ValueError(f"{kind} {question_id}".strip())


def _choices(question: Question) -> set[str]:
    if question.kind is QuestionKind.YES_NO:
        return {"yes", "no"}
    return {option.id for option in question.options}


def _given(value: object) -> set[str]:
    if isinstance(value, bool):
        return {"yes" if value else "no"}
    if isinstance(value, list):
        return {str(one) for one in value}
    return set() if value is None else {str(value)}


def parse_definition(content: bytes) -> Definition:
    """The questionnaire in a TOML or JSON file. Raises :class:`DefinitionError` with every fault and where it is."""
    try:
        if len(content) > MAX_BYTES:
            raise DefinitionError([("", Message("questionnaire.fault.too_large"))])
        text = content.decode("utf-8-sig")
        data = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (UnicodeDecodeError, json.JSONDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        line = str(error) if isinstance(error, json.JSONDecodeError | tomllib.TOMLDecodeError) else ""
        raise DefinitionError([("", Message("questionnaire.fault.unreadable", {"line": line[:200]}))]) from error
    try:
        definition = Definition.model_validate(data)
    except ValidationError as error:
        raise DefinitionError([_told(one["loc"], one) for one in error.errors()]) from error
    promising = list(_promises(definition))
    if promising:
        raise DefinitionError([(where, Message("questionnaire.fault.promise")) for where in promising])
    return definition


_KNOWN_FAULTS = {"missing": "missing", "extra_forbidden": "unknown", "string_too_short": "missing"}
_OWN_FAULTS = {
    "options", "options_unused", "option_twice", "range", "range_unused", "scale_long", "question_twice",
    "condition_order", "condition_answer",
}  # fmt: skip


def _told(location: tuple[int | str, ...], error: Mapping[str, Any]) -> tuple[str, Message]:
    where = ""
    for part in location:
        where += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if where else str(part)
    cause, _, question_id = str((error.get("ctx") or {}).get("error", "")).partition(" ")
    kind = cause if cause in _OWN_FAULTS else _KNOWN_FAULTS.get(error["type"], "invalid")
    return where or (question_id if cause in _OWN_FAULTS else ""), Message(f"questionnaire.fault.{kind}")


def _promises(definition: Definition) -> Iterator[str]:
    for number, question in enumerate(definition.questions, start=1):
        texts = [question.text, question.hint, question.low, question.high, *(one.text for one in question.options)]
        if any(
            promise_in(text.in_language(language))
            for text in texts
            if text is not None
            for language in ("fr", "nl", "en")
        ):
            yield f"questions[{number}]"
