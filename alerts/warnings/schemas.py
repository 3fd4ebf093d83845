"""What goes into an alert's text and grade, and what comes out."""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from alerts.warnings.models import Level

SMS_LENGTH = 160  # one message in the GSM alphabet; a longer one is split, and its parts arrive apart

_CALLS_SAFE = re.compile(
    r"\b(safe|harmless|veilig\w*|ongevaarlijk\w*|onschuldig\w*|inoffensi\w*|sans\s+(danger|risques?))\b", re.IGNORECASE
)


def calls_safe(text: str) -> bool:
    """Whether ``text`` speaks of safety as a hurried reader may take it (DESIGN.md, principle 1)."""
    return _CALLS_SAFE.search(text) is not None


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
        if calls_safe(text):
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
