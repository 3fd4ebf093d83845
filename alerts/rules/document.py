"""A rule file as it is written: its shape, strictly. What its names mean is checked in ``checking.py``."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from alerts.vocabulary import Tier
from lab.network.models import Role
from lab.results.models import Evidence, FindingRole, Technique
from lab.samples.models import AdverseEvent, SampleForm

_Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,58}$")]
_Source = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=1000)]
_Days = Annotated[int, Field(ge=1, le=365)]
_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_Long = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1500)]
_Mass = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]


class Strict(BaseModel):
    """A table of the file; what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid")


class StepTable(Strict):
    """One step of the network's escalation."""

    after_min: int = Field(ge=0)
    role: Role


class EscalationTable(Strict):
    """Who is told after how long, until somebody has called back."""

    repeat_min: int = Field(ge=1)
    steps: list[StepTable] = Field(min_length=1)


class SettingsTable(Strict):
    """What a network decides for itself."""

    episode_quiet_days: _Days
    countersign_within_h: int = Field(ge=1, le=24)  # DESIGN.md: within 24 hours
    new_in_network_min_results: int = Field(ge=1)
    confirmation_due_days: _Days
    validity_days: dict[Tier, _Days]
    longest_validity_days: dict[Tier, _Days]
    escalation: EscalationTable


class GroupTable(Strict):
    """Substances that belong together, by class, by name, or both."""

    id: _Id
    classes: list[str] = []
    substances: list[str] = []
    source: _Source


class SaltTable(Strict):
    """Amounts stated as free base, made those of the salt that the thresholds count, by molar mass in g/mol."""

    base_g_mol: _Mass
    salt_g_mol: _Mass
    source: _Source


class DoseTable(Strict):
    """A quantified dose in one unit of the product."""

    substance: str
    form: SampleForm
    above_mg: float = Field(gt=0, allow_inf_nan=False)
    up_to_mg: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    techniques: list[Technique] = Field(min_length=1)
    salt: SaltTable | None = None


class ClusterTable(Strict):
    """So many alike within so many days."""

    results: int = Field(ge=2, le=1000)
    days: _Days


class WhenTable(Strict):
    """Everything that is given must hold."""

    found: str | None = None
    roles: list[FindingRole] = []
    evidence: Evidence | None = None
    forms: list[SampleForm] = []
    unexpected: bool = False
    sold_as: str | None = None
    expected_absent: bool = False
    more_actives_than: int | None = Field(default=None, ge=1, le=100)
    dose: DoseTable | None = None
    adverse_events: list[AdverseEvent] = []
    new_in_network: bool = False
    cluster: ClusterTable | None = None
    unidentified_by: Technique | None = None


class WordsTable(Strict):
    """What an alert of this rule says in one language."""

    headline: _Line
    risk: _Long
    advice: list[_Line] = Field(min_length=1, max_length=10)


class RuleTable(Strict):
    """One rule."""

    id: _Id
    tiers: list[Tier]
    confirmation_request: bool = False
    message: str | None = Field(default=None, pattern=r"^alert\.[a-z][a-z0-9_]+$")
    when: WhenTable
    sources: list[_Source] = Field(min_length=1)
    words: dict[str, WordsTable] = {}


class RulesFile(Strict):
    """The whole file."""

    version: str = Field(min_length=1, max_length=40)
    settings: SettingsTable
    group: list[GroupTable] = []
    rule: list[RuleTable] = Field(min_length=1)
