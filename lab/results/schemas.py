"""What goes into analyses and results, and what an answer consists of."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lab.kit.text import PlainText
from lab.results.models import Abundance, Analysis, Conclusion, Evidence, Finding, FindingRole, Outcome, Technique


class AmountUnit(StrEnum):
    """Units an amount may have."""

    MG_PER_UNIT = "mg/unit"  # per tablet, capsule or blotter
    MG_PER_G = "mg/g"
    PERCENT = "%"
    UG_PER_UNIT = "µg/unit"
    MG_PER_ML = "mg/mL"


class FindingIn(BaseModel):
    """One thing found. Without ``substance_id`` it is a group (``substance_class``) or, without that too, an unknown.

    ``role`` left out is derived where that takes no judgement. The evidence level is never given: it is derived.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    substance_id: UUID | None = None
    substance_class: PlainText | None = Field(default=None, max_length=80)
    role: FindingRole | None = None
    abundance: Abundance = Abundance.INDICATED
    amount: float | None = None
    amount_unit: AmountUnit | None = None
    amount_basis: PlainText | None = Field(default=None, max_length=40)
    amount_u: float | None = None
    note: PlainText | None = Field(default=None, max_length=300)


class AnalysisIn(BaseModel):
    """One technique run on one sample, as the bench or a file delivers it.

    ``client_id`` is the sender's own key: sent again, it finds the analysis that is already there. ``target_class`` is
    the one group that a strip or colour test looks for; its silence speaks of that group alone.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    client_id: UUID | None = None
    site_id: UUID
    technique: Technique
    method_version: PlainText = Field(min_length=1, max_length=80)
    performed_on: date
    outcome: Outcome
    detection_limit_note: PlainText = Field(max_length=300)
    reading_id: UUID | None = None
    lane_index: int | None = Field(default=None, ge=1, lt=1000)
    target_class: PlainText | None = Field(default=None, max_length=80)
    findings: list[FindingIn] = Field(default_factory=list, max_length=40)
    data: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True)
class Expected:
    """What the product was sold as; ``stated`` also where only the person's own words are known."""

    stated: bool
    substance_id: UUID | None = None
    substance: str | None = None
    substance_class: str | None = None


@dataclass(frozen=True)
class Run:
    """One analysis an answer rests on."""

    technique: Technique
    outcome: Outcome
    detection_limit_note: str = ""


@dataclass(frozen=True)
class Amount:
    """A quantity with its unit, basis and standard uncertainty."""

    value: float
    unit: str
    basis: str | None = None
    u: float | None = None


@dataclass(frozen=True)
class Found:
    """One substance, group or unknown of an answer, over all the analyses that saw it.

    ``substance`` None and ``substance_class`` given: a group only; both None: not identified. ``amounts`` never
    come from TLC.
    """

    role: FindingRole
    abundance: Abundance
    evidence: Evidence
    techniques: tuple[Technique, ...]
    substance_id: UUID | None = None
    substance: str | None = None
    substance_class: str | None = None
    amounts: tuple[Amount, ...] = ()

    @property
    def is_identified(self) -> bool:
        """Whether at least its group is known."""
        return self.substance is not None or self.substance_class is not None


class ColourWord(StrEnum):
    """How an answer is shown. There is no green: no answer clears a product [checkit!]."""

    WHITE = "white"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True)
class Answer:
    """All that a version of an answer says, before any wording."""

    conclusion: Conclusion
    colour: ColourWord
    expected: Expected
    found: tuple[Found, ...]
    runs: tuple[Run, ...]
    preliminary: bool = False


@dataclass(frozen=True)
class AnalysisView:
    """An analysis with its findings."""

    analysis: Analysis
    findings: tuple[Finding, ...]
