"""Analyses, findings and results: what was found, how sure, and how far the answer is."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id
from lab.samples.models import Reason


class Technique(StrEnum):
    """How a sample was analysed."""

    TLC = "tlc"
    REAGENT = "reagent"
    STRIP = "strip"
    FTIR = "ftir"
    RAMAN = "raman"
    HPLC = "hplc"
    GCMS = "gcms"
    LCMS = "lcms"
    DARTMS = "dartms"
    NMR = "nmr"


class Outcome(StrEnum):
    """What an analysis as a whole came to."""

    DETECTED = "detected"
    NONE_OF_INTEREST = "none_of_interest"
    UNABLE_TO_IDENTIFY = "unable_to_identify"
    NOT_TESTED = "not_tested"


class FindingRole(StrEnum):
    """The part a substance plays in the product [UNC]."""

    ACTIVE_EXPECTED = "active_expected"
    ACTIVE_UNEXPECTED = "active_unexpected"
    CUT_ACTIVE = "cut_active"
    CUT_INERT = "cut_inert"
    PRECURSOR = "precursor"
    BY_PRODUCT = "by_product"
    METABOLITE = "metabolite"
    UNKNOWN = "unknown"


class Abundance(StrEnum):
    """How much of it, in words; trace: under 5 % of the top peak [UNC lab service README]."""

    MAJOR = "major"
    MINOR = "minor"
    TRACE = "trace"
    INDICATED = "indicated"


class Evidence(StrEnum):
    """How sure [SWGDRUG: TLC is category B]; derived from the techniques, never typed."""

    PRESUMPTIVE = "presumptive"
    INDICATIVE = "indicative"
    CONFIRMED = "confirmed"


class Conclusion(StrEnum):
    """The answer in one word; shown white (never green), yellow or red [checkit!]."""

    AS_EXPECTED = "as_expected"
    EXPECTED_PLUS_OTHER = "expected_plus_other"
    EXPECTED_ABSENT = "expected_absent"
    NONE = "none"
    INCONCLUSIVE = "inconclusive"


class ResultState(StrEnum):
    """How far the answer is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    REPORTED = "reported"
    AMENDED = "amended"
    RETRACTED = "retracted"


class ResultAction(StrEnum):
    """What can be done to a result."""

    REVISE = "revise"  # a draft is let rest on other analyses or findings
    SUBMIT = "submit"
    RETURN = "return"
    VERIFY = "verify"
    RELEASE_PRELIMINARY = "release_preliminary"
    REPORT = "report"
    AMEND = "amend"
    RETRACT = "retract"
    SUPERSEDE = "supersede"  # befalls the older version when its amendment is verified


class Analysis(SQLModel, table=True):
    """One technique run on one sample."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    sample_id: UUID = Field(foreign_key="sample.id", index=True)
    site_id: UUID = Field(foreign_key="site.id")
    technique: Technique = Field(sa_type=enum_type(Technique))
    method_version: str = Field(max_length=80)
    operator_id: UUID = Field(foreign_key="account.id")
    performed_on: date
    outcome: Outcome = Field(sa_type=enum_type(Outcome))
    detection_limit_note: str = Field(max_length=300)
    reading_id: UUID | None = Field(default=None, foreign_key="reading.id")  # TLC: the reading it rests on
    lane_index: int | None = None
    data: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)  # what the technique delivered, as imported
    import_key: str | None = Field(default=None, max_length=64, unique=True)  # SHA-256 of the imported lines
    client_id: UUID | None = Field(default=None, unique=True, index=True)  # the sender's own key: sent again, kept once
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class Finding(SQLModel, table=True):
    """One substance found by one analysis.

    A technique that answers for a group only (a strip for fentanyls) gives ``substance_class`` without
    ``substance_id``; with neither it is an unknown. ``evidence`` is what this one analysis carries; that of an
    answer, over all its analyses, is derived in ``evidence.py``.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    analysis_id: UUID = Field(foreign_key="analysis.id", index=True)
    substance_id: UUID | None = Field(default=None, foreign_key="substance.id", index=True)
    substance_class: str | None = Field(default=None, max_length=80)
    role: FindingRole = Field(sa_type=enum_type(FindingRole))
    abundance: Abundance = Field(sa_type=enum_type(Abundance))
    evidence: Evidence = Field(sa_type=enum_type(Evidence))
    amount: float | None = None
    amount_unit: str | None = Field(default=None, max_length=20)
    amount_basis: str | None = Field(default=None, max_length=40)
    amount_u: float | None = None  # standard uncertainty, in amount_unit
    note: str | None = Field(default=None, max_length=300)
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class Result(SQLModel, table=True):
    """One version of the answer for one sample. A later version supersedes; the older one stays readable."""

    __table_args__ = (
        sa.UniqueConstraint("sample_id", "version"),
        # The last line behind the service: whoever drafted an answer cannot stand as its verifier.
        sa.CheckConstraint("verified_by IS NULL OR verified_by <> created_by", name="verified_by_another"),
        # A look-up finds what was given out and touches nothing else of a sample: see lab/results/lookup.py.
        sa.Index(
            "ix_result_given_out",
            "sample_id",
            sqlite_where=sa.text("reported_at IS NOT NULL OR preliminary = 1"),
            postgresql_where=sa.text("reported_at IS NOT NULL OR preliminary"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    sample_id: UUID = Field(foreign_key="sample.id", index=True)
    version: int  # from 1
    supersedes_id: UUID | None = Field(default=None, foreign_key="result.id", unique=True)
    state: ResultState = Field(default=ResultState.DRAFT, sa_type=enum_type(ResultState), index=True)
    conclusion: Conclusion = Field(sa_type=enum_type(Conclusion))
    preliminary: bool = False
    texts: dict[str, str] = Field(
        default_factory=dict, sa_type=sa.JSON
    )  # final wording for the person by language, stored when reported
    professional_texts: dict[str, str] | None = Field(
        default=None, sa_type=sa.JSON(none_as_null=True)
    )  # the same for professionals; None before, and for what was reported before there was one
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    submitted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    verified_by: UUID | None = Field(default=None, foreign_key="account.id")
    verified_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    reported_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ResultFinding(SQLModel, table=True):
    """Which findings a version of the answer rests on."""

    __tablename__ = "result_finding"

    result_id: UUID = Field(foreign_key="result.id", primary_key=True)
    finding_id: UUID = Field(foreign_key="finding.id", primary_key=True)


class ResultAnalysis(SQLModel, table=True):
    """Which analyses a version of the answer rests on, also those that found nothing."""

    __tablename__ = "result_analysis"

    result_id: UUID = Field(foreign_key="result.id", primary_key=True)
    analysis_id: UUID = Field(foreign_key="analysis.id", primary_key=True)


class ResultTransition(SQLModel, table=True):
    """A change of state of a result: who, when, why."""

    __tablename__ = "result_transition"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    result_id: UUID = Field(foreign_key="result.id", index=True)
    action: ResultAction = Field(sa_type=enum_type(ResultAction))
    from_state: ResultState = Field(sa_type=enum_type(ResultState, name="from_state"))
    to_state: ResultState = Field(sa_type=enum_type(ResultState, name="to_state"))
    account_id: UUID = Field(foreign_key="account.id")
    reason: str | None = Field(default=None, max_length=500)
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class CheckItem(StrEnum):
    """What a verifier looks at before putting a name to an answer; the words are in the catalogues."""

    SAMPLE = "sample"  # the right sample, and its custody unbroken
    READINGS = "readings"  # origin, front and bands of the plates, and what a person moved
    CONTROLS = "controls"  # standards, blanks and duplicates
    FINDINGS = "findings"  # each finding against what it rests on
    CONTRADICTIONS = "contradictions"  # techniques that do not agree
    LIMITS = "limits"  # what these techniques cannot see, said in the answer


class CheckAnswer(StrEnum):
    """How a line of the checklist was answered. A "no" verifies nothing: the answer is sent back instead."""

    YES = "yes"
    NOT_APPLICABLE = "not_applicable"


class ResultCheck(SQLModel, table=True):
    """A line of the checklist, as the verifier of this version answered it."""

    __tablename__ = "result_check"

    result_id: UUID = Field(foreign_key="result.id", primary_key=True)
    item: CheckItem = Field(sa_type=enum_type(CheckItem), primary_key=True)
    answer: CheckAnswer = Field(sa_type=enum_type(CheckAnswer))
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class ConfirmationState(StrEnum):
    """Whether another technique has answered yet."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class ConfirmationRequest(SQLModel, table=True):
    """A request to another technique or laboratory, for a reason that SINTES knows, with a due date."""

    __tablename__ = "confirmation_request"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    sample_id: UUID = Field(foreign_key="sample.id", index=True)
    analysis_id: UUID | None = Field(default=None, foreign_key="analysis.id")  # the analysis that could not tell
    reason: Reason = Field(sa_type=enum_type(Reason))
    due_on: date
    state: ConfirmationState = Field(default=ConfirmationState.OPEN, sa_type=enum_type(ConfirmationState))
    opened_by: UUID = Field(foreign_key="account.id")
    opened_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    answered_by_analysis_id: UUID | None = Field(default=None, foreign_key="analysis.id")
