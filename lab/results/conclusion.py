"""From what was expected and what was found to the answer in one word, and to its colour.

The words are DESIGN.md's. An absence is concluded only from a technique that could have seen the thing: a strip that
found fentanyl says nothing about the heroin it never looked for, TLC nothing about a missing nitazene.
"""

from collections.abc import Sequence

from lab.results.danger import is_dangerous
from lab.results.models import Conclusion, FindingRole, Outcome
from lab.results.schemas import ColourWord, Expected, Found, Run
from lab.results.techniques import can_rule_out

ACTIVES = frozenset({FindingRole.ACTIVE_EXPECTED, FindingRole.ACTIVE_UNEXPECTED, FindingRole.CUT_ACTIVE})
OTHER = frozenset({FindingRole.ACTIVE_UNEXPECTED, FindingRole.CUT_ACTIVE, FindingRole.PRECURSOR, FindingRole.UNKNOWN})
"""What makes a product other than expected. Inert cuts, by-products, metabolites are told but change no conclusion."""
MOST_ACTIVES = 3  # more than three make an answer red [checkit!]


def conclude(*, expected: Expected, found: Sequence[Found], runs: Sequence[Run]) -> Conclusion:
    """The answer in one word."""
    if any(one.role is FindingRole.ACTIVE_EXPECTED for one in found):
        mixed = any(one.role in OTHER for one in found)
        return Conclusion.EXPECTED_PLUS_OTHER if mixed else Conclusion.AS_EXPECTED
    looked = any(_looked_for(run, expected) for run in runs)
    if any(one.is_identified for one in found):
        return Conclusion.EXPECTED_ABSENT if expected.stated and looked else Conclusion.INCONCLUSIVE
    # "Detected" without a finding left: somebody set it aside, and that is not the same as nothing found.
    unclear = bool(found) or any(run.outcome in {Outcome.UNABLE_TO_IDENTIFY, Outcome.DETECTED} for run in runs)
    return Conclusion.NONE if looked and not unclear else Conclusion.INCONCLUSIVE


def _looked_for(run: Run, expected: Expected) -> bool:
    if run.outcome not in {Outcome.DETECTED, Outcome.NONE_OF_INTEREST}:
        return False
    return can_rule_out(run.technique, expected.substance_class)


def colour_of(*, conclusion: Conclusion, found: Sequence[Found]) -> ColourWord:
    """White, yellow or red: red for more than three actives or one potentially dangerous [checkit!]."""
    actives = {one.substance or one.substance_class for one in found if one.role in ACTIVES}
    if len(actives) > MOST_ACTIVES:
        return ColourWord.RED
    if any(is_dangerous(substance=one.substance, substance_class=one.substance_class) for one in found):
        return ColourWord.RED
    return ColourWord.WHITE if conclusion is Conclusion.AS_EXPECTED else ColourWord.YELLOW
