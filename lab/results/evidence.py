"""How sure a finding is: derived from the techniques that made it, here and nowhere else.

- **confirmed**: a category A technique and at least one other technique (SWGDRUG Recommendations, version 8.0,
  III B.3.1). GC-MS and LC-MS are two techniques in one when retention and spectrum are both used.
- **indicative**: a category A technique alone, or two different techniques of which one at least is of category B.
- **presumptive**: everything less; TLC alone, colour tests and strips, also together.

Two things are stricter than SWGDRUG. Its way without category A (three techniques, two of them uncorrelated from
B) confirms nothing here: liquid chromatography and TLC would often be the two, and they are too much alike.
And a technique is category A only where its data tell the structure (III B.3.1.1): infrared and Raman spectra of
a mixture do so for the main component; for the others they count as category C.
"""

from collections.abc import Iterable

from lab.results.models import Abundance, Evidence, Technique
from lab.results.techniques import FACTS, Category

ORDER = (Evidence.PRESUMPTIVE, Evidence.INDICATIVE, Evidence.CONFIRMED)
Observation = tuple[Technique, Abundance]


def categories_of(technique: Technique, abundance: Abundance) -> tuple[Category, ...]:
    """The SWGDRUG categories that ``technique`` brings to a finding of this abundance."""
    facts = FACTS[technique]
    if facts.spectrum_of_mixture and abundance is not Abundance.MAJOR:
        return (Category.C,)
    return facts.categories


def evidence_of(observations: Iterable[Observation]) -> Evidence:
    """The evidence that techniques carry together for one substance. Repeating a technique adds nothing.

    Raises ``ValueError`` without any observation.
    """
    best: dict[Technique, tuple[Category, ...]] = {}
    for technique, abundance in observations:
        found = categories_of(technique, abundance)
        best[technique] = min(best.get(technique, found), found)  # A before B before C
    parts = [category for categories in best.values() for category in categories]
    if not parts:
        message = "evidence needs at least one technique"
        raise ValueError(message)
    if Category.A in parts:
        return Evidence.CONFIRMED if len(parts) > 1 else Evidence.INDICATIVE
    return Evidence.INDICATIVE if Category.B in parts and len(parts) > 1 else Evidence.PRESUMPTIVE
