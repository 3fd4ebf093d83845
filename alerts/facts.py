"""What the rules look at: plain values, taken from a sample and its results, with nothing personal in them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from alerts.evaluations.models import Stage
from lab.results.models import Abundance, Conclusion, Evidence, FindingRole, Outcome, Technique
from lab.samples.models import AdverseEvent, SampleForm

ACTIVE_ROLES = frozenset({FindingRole.ACTIVE_EXPECTED, FindingRole.ACTIVE_UNEXPECTED, FindingRole.CUT_ACTIVE})
"""Roles of substances that act on a person, as against fillers, precursors and by-products [UNC]."""

_STRENGTH = {Evidence.PRESUMPTIVE: 0, Evidence.INDICATIVE: 1, Evidence.CONFIRMED: 2}


GROUP_PREFIX = "class:"


@dataclass(frozen=True)
class SubstanceFact:
    """A substance of the vocabulary, by its name there, with its class; or a whole class, as a strip finds it."""

    name: str
    substance_class: str

    @classmethod
    def group(cls, substance_class: str) -> "SubstanceFact":
        """Some substance of this class, no more is known."""
        return cls(GROUP_PREFIX + substance_class, substance_class)

    @property
    def is_group(self) -> bool:
        return self.name.startswith(GROUP_PREFIX)


@dataclass(frozen=True)
class FoundFact:
    """One finding. ``amount`` is in ``amount_unit``, of what ``amount_basis`` says."""

    substance: SubstanceFact
    role: FindingRole
    evidence: Evidence
    technique: Technique
    abundance: Abundance = Abundance.INDICATED
    amount: float | None = None
    amount_unit: str | None = None
    amount_basis: str | None = None


@dataclass(frozen=True)
class History:
    """What the network knew before this fact.

    ``known``: names found in verified results of other samples. ``verified_results``: how many of those there are.
    ``alike_days``: for each verified result of another sample with the same sold-as and the same found set, how many
    days before this one it was verified.
    """

    known: frozenset[str] = frozenset()
    verified_results: int = 0
    alike_days: tuple[int, ...] = ()


@dataclass(frozen=True)
class Facts:
    """One sample at one stage, as the rules see it."""

    sample: str  # opaque
    stage: Stage
    observed_on: date
    area: str = ""
    sold_as: SubstanceFact | None = None
    form: SampleForm | None = None
    tablet_mass_mg: float | None = None
    adverse_event: AdverseEvent = AdverseEvent.UNKNOWN
    conclusion: Conclusion | None = None
    found: tuple[FoundFact, ...] = ()
    outcomes: frozenset[tuple[Technique, Outcome]] = field(default_factory=frozenset)
    history: History = field(default_factory=History)

    @property
    def actives(self) -> tuple[str, ...]:
        """Names of the substances found that act on a person, each once, in alphabetical order."""
        return tuple(sorted({item.substance.name for item in self.found if item.role in ACTIVE_ROLES}))

    @property
    def expected_absent(self) -> bool:
        """Whether the product was not what it was sold as: the chemist's conclusion where there is one.

        Without a conclusion: it was sold as something, something that acts was found, and not that.
        """
        if self.conclusion is not None:
            return self.conclusion is Conclusion.EXPECTED_ABSENT and bool(self.actives)
        return self.sold_as is not None and bool(self.actives) and self.sold_as.name not in self.actives


def at_least(evidence: Evidence, wanted: Evidence) -> bool:
    """Whether ``evidence`` is as strong as ``wanted``, or stronger."""
    return _STRENGTH[evidence] >= _STRENGTH[wanted]


def strongest(found: Iterable[FoundFact]) -> Evidence | None:
    """The strongest evidence among ``found``; None when it is empty."""
    return max((item.evidence for item in found), key=_STRENGTH.__getitem__, default=None)


def by_substance(found: Iterable[FoundFact]) -> list[FoundFact]:
    """The best-founded finding of each substance, best first; ties in the order given."""
    best: dict[str, FoundFact] = {}
    for item in sorted(found, key=lambda item: -_STRENGTH[item.evidence]):
        best.setdefault(item.substance.name, item)
    return list(best.values())
