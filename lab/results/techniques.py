"""What each technique can and cannot do: the facts that evidence, conclusion and wording rest on.

Categories by discriminating power are those of SWGDRUG (Scientific Working Group for the Analysis of Seized Drugs,
Recommendations, version 8.0, 2019, part III B, table of categories): A infrared, Raman, mass and nuclear magnetic
resonance spectrometry; B gas, liquid and thin-layer chromatography; C colour tests and immunoassay. A hyphenated
technique counts as both of its parts when both are used (III B.3): a GC-MS finding is a retention time and a spectrum.
"""

from dataclasses import dataclass
from enum import StrEnum

from lab.results.models import Technique


class Category(StrEnum):
    """SWGDRUG category, by falling discriminating power."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True)
class TechniqueFacts:
    """``targeted``: answers only for what it was made for, so its silence says nothing about anything else.

    ``spectrum_of_mixture``: gives one spectrum of the whole product, so that a minor component is no structure read
    by itself. ``sees_traces``: finds fentanyls and nitazenes at the small shares at which they act.
    ``measures_amounts``: may carry a quantity into a finding.
    """

    categories: tuple[Category, ...]
    targeted: bool = False
    spectrum_of_mixture: bool = False
    sees_traces: bool = False
    measures_amounts: bool = True


FACTS: dict[Technique, TechniqueFacts] = {
    # French practice treats TLC (CCM) as qualitative: doi 10.1016/j.therap.2022.10.020.
    Technique.TLC: TechniqueFacts((Category.B,), measures_amounts=False),
    Technique.REAGENT: TechniqueFacts((Category.C,), targeted=True, measures_amounts=False),
    # Strips see traces of their own group only; carfentanil and desnitazenes escape them (PMC9588631;
    # doi 10.1186/s12954-024-01078-8), so a negative strip never closes the question.
    Technique.STRIP: TechniqueFacts((Category.C,), targeted=True, measures_amounts=False),
    # FTIR floor about 5 % (drugcheckingbc.ca); fentanyl at up to 10 % was missed (Tobias et al., 283
    # samples against quantitative NMR).
    Technique.FTIR: TechniqueFacts((Category.A,), spectrum_of_mixture=True),
    Technique.RAMAN: TechniqueFacts((Category.A,), spectrum_of_mixture=True),
    Technique.HPLC: TechniqueFacts((Category.B,)),
    Technique.GCMS: TechniqueFacts((Category.A, Category.B), sees_traces=True),
    Technique.LCMS: TechniqueFacts((Category.A, Category.B), sees_traces=True),
    Technique.DARTMS: TechniqueFacts((Category.A,), sees_traces=True),
    Technique.NMR: TechniqueFacts((Category.A,)),
}

POTENT_GROUPS = frozenset({"fentanyl", "nitazene"})
"""Groups that act at shares below the detection limit of TLC (DESIGN.md, Principles)."""


def can_rule_out(technique: Technique, substance_class: str | None) -> bool:
    """Whether the silence of ``technique`` means anything about a substance of this class."""
    facts = FACTS[technique]
    return not facts.targeted and (facts.sees_traces or substance_class not in POTENT_GROUPS)
