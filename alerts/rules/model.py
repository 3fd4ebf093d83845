"""What a rule is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from alerts.facts import SubstanceFact
from alerts.vocabulary import Tier
from lab.network.models import Role
from lab.results.models import Evidence, FindingRole, Technique
from lab.samples.models import AdverseEvent, SampleForm


@dataclass(frozen=True)
class Group:
    """Substances that are dangerous, or expected, for the same reason: by class, by name, or both."""

    id: str
    classes: frozenset[str]
    substances: frozenset[str]
    source: str

    def holds(self, substance: SubstanceFact | None) -> bool:
        """Whether ``substance`` belongs here."""
        if substance is None:
            return False
        return substance.substance_class in self.classes or substance.name in self.substances


@dataclass(frozen=True)
class Dose:
    """A quantified dose per tablet, in milligrams, above one threshold and up to another.

    ``base_to_salt``: what an amount stated as free base is multiplied by, where the thresholds count the salt.
    """

    substance: str
    form: SampleForm
    above_mg: float
    up_to_mg: float | None
    techniques: frozenset[Technique]
    base_to_salt: float | None = None


@dataclass(frozen=True)
class Cluster:
    """At least ``results`` alike within ``days``, this one included."""

    results: int
    days: int


@dataclass(frozen=True)
class Condition:
    """Everything that is given must hold."""

    found: Group | None = None
    roles: frozenset[FindingRole] = frozenset()  # findings in other roles are not looked at
    evidence: Evidence | None = None  # nor those with less evidence than this
    forms: frozenset[SampleForm] = frozenset()
    unexpected: bool = False  # what was found is not what it was sold as
    sold_as: Group | None = None
    expected_absent: bool = False
    more_actives_than: int | None = None
    dose: Dose | None = None
    adverse_events: frozenset[AdverseEvent] = frozenset()
    new_in_network: bool = False
    cluster: Cluster | None = None
    unidentified_by: Technique | None = None


@dataclass(frozen=True)
class RuleWords:
    """What an alert of one rule says in one language; ``{product}`` and ``{found}`` stand for what they name."""

    headline: str
    risk: str
    advice: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """One reason to warn. ``sources`` say where its facts come from.

    ``message`` is the stem of its shipped texts; ``words``, by language, are a network's own in their place.
    """

    id: str
    tiers: tuple[Tier, ...]
    confirmation_request: bool
    when: Condition
    message: str
    sources: tuple[str, ...]
    words: Mapping[str, RuleWords] = field(default_factory=dict)


@dataclass(frozen=True)
class Escalation:
    """One step of the network's escalation schedule."""

    after: timedelta
    role: Role


@dataclass(frozen=True)
class Settings:
    """What a network decides for itself; no source can decide it."""

    validity: Mapping[Tier, timedelta]
    longest_validity: Mapping[Tier, timedelta]
    episode_quiet: timedelta
    countersign_within: timedelta
    new_in_network_min_results: int
    confirmation_due: timedelta
    escalation: tuple[Escalation, ...]
    escalation_repeat: timedelta


@dataclass(frozen=True)
class RuleSet:
    """The reviewed file, read."""

    version: str
    settings: Settings
    rules: tuple[Rule, ...]

    def rule(self, rule_id: str) -> Rule:
        """The rule with this id; KeyError when there is none."""
        return {rule.id: rule for rule in self.rules}[rule_id]
