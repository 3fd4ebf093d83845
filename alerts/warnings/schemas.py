"""What goes into an alert's text and grade, and what comes out."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from alerts.warnings.models import Level
from lab.kit.promises import promise_in

SMS_LENGTH = 160  # one message in the GSM alphabet; a longer one is split, and its parts arrive apart

Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Long = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1500)]
Sms = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=SMS_LENGTH)]


class TextParts(BaseModel):
    """What a person may edit of one language, in the order of the Belgian model.

    What and how many, how sure and who found it, the health risk, that others may look different, numbered advice.
    """

    model_config = ConfigDict(extra="forbid")

    headline: Short
    what: Long
    evidence: Long
    risk: Long
    variation: Long
    advice: list[Short] = Field(min_length=1, max_length=10)
    sms: Sms

    @field_validator("headline", "what", "evidence", "risk", "variation", "sms")
    @classmethod
    def _no_promise(cls, text: str) -> str:
        if promise_in(text) is not None:
            message = "this text speaks of safety"
            raise ValueError(message)
        return text

    @field_validator("advice")
    @classmethod
    def _no_promise_in_advice(cls, lines: list[str]) -> list[str]:
        return [cls._no_promise(line) for line in lines]


class AlertText(TextParts):
    """The final words of one language: the parts, and the documents made of them.

    ``line`` is the SMS with its marks; ``footer`` says how to stop receiving, with ``{url}`` for the recipient's
    own link.
    """

    line: Sms
    subject: Annotated[str, StringConstraints(min_length=1, max_length=250)]
    body: Annotated[str, StringConstraints(min_length=1)]
    footer: Annotated[str, StringConstraints(min_length=1)]


class Grade(BaseModel):
    """The grading panel: four judgements before approval, after the UK's local drug information systems."""

    model_config = ConfigDict(extra="forbid")

    local_relevance: Level
    likely_spread: Level
    plausibility: Level
    forensic_backing: Level
