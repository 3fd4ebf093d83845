"""The answer in one word, and its colour, on every kind of outcome."""

import pytest

from lab.kit.ids import new_id
from lab.results.conclusion import colour_of, conclude
from lab.results.models import Abundance, Conclusion, Evidence, FindingRole, Outcome, Technique
from lab.results.schemas import ColourWord, Expected, Found, Run

C, R, T = Conclusion, FindingRole, Technique
MDMA = Expected(True, new_id(), "MDMA", "empathogen")
NITAZENE = Expected(True, new_id(), "metonitazene", "nitazene")
UNSTATED = Expected(False)


def found(name: str | None, role: FindingRole, substance_class: str | None = "stimulant") -> Found:
    group = substance_class if name is not None else None
    return Found(role, Abundance.INDICATED, Evidence.PRESUMPTIVE, (T.TLC,), substance=name, substance_class=group)


def ran(technique: Technique = T.TLC, outcome: Outcome = Outcome.DETECTED) -> Run:
    return Run(technique, outcome)


AS_SOLD = found("MDMA", R.ACTIVE_EXPECTED)
CAFFEINE = found("caffeine", R.CUT_ACTIVE)
LACTOSE = found("lactose", R.CUT_INERT)
KETAMINE = found("ketamine", R.ACTIVE_UNEXPECTED)
UNKNOWN = found(None, R.UNKNOWN)
GROUP = Found(R.ACTIVE_UNEXPECTED, Abundance.INDICATED, Evidence.PRESUMPTIVE, (T.STRIP,), substance_class="fentanyl")


@pytest.mark.parametrize(
    ("expected", "what", "runs", "conclusion"),
    [
        (MDMA, [AS_SOLD], [ran()], C.AS_EXPECTED),
        (MDMA, [AS_SOLD, LACTOSE], [ran()], C.AS_EXPECTED),
        (MDMA, [AS_SOLD, CAFFEINE], [ran()], C.EXPECTED_PLUS_OTHER),
        (MDMA, [AS_SOLD, UNKNOWN], [ran()], C.EXPECTED_PLUS_OTHER),
        (MDMA, [KETAMINE], [ran()], C.EXPECTED_ABSENT),
        (MDMA, [LACTOSE], [ran()], C.EXPECTED_ABSENT),
        (MDMA, [], [ran(outcome=Outcome.NONE_OF_INTEREST)], C.NONE),
        (MDMA, [], [ran(outcome=Outcome.UNABLE_TO_IDENTIFY)], C.INCONCLUSIVE),
        (MDMA, [UNKNOWN], [ran(outcome=Outcome.UNABLE_TO_IDENTIFY)], C.INCONCLUSIVE),
        (MDMA, [], [ran(outcome=Outcome.NOT_TESTED)], C.INCONCLUSIVE),
        # A strip looks for its own group: it neither misses MDMA nor finds "nothing".
        (MDMA, [GROUP], [ran(T.STRIP)], C.INCONCLUSIVE),
        (MDMA, [], [ran(T.STRIP, Outcome.NONE_OF_INTEREST)], C.INCONCLUSIVE),
        (MDMA, [GROUP], [ran(T.STRIP), ran(T.TLC, Outcome.NONE_OF_INTEREST)], C.EXPECTED_ABSENT),
        # TLC cannot see a nitazene, so it cannot miss one.
        (NITAZENE, [], [ran(outcome=Outcome.NONE_OF_INTEREST)], C.INCONCLUSIVE),
        (NITAZENE, [CAFFEINE], [ran()], C.INCONCLUSIVE),
        (NITAZENE, [CAFFEINE], [ran(T.LCMS)], C.EXPECTED_ABSENT),
        (UNSTATED, [KETAMINE], [ran()], C.INCONCLUSIVE),
        (UNSTATED, [], [ran(outcome=Outcome.NONE_OF_INTEREST)], C.NONE),
    ],
)
def test_conclusions(expected: Expected, what: list[Found], runs: list[Run], conclusion: Conclusion) -> None:
    assert conclude(expected=expected, found=what, runs=runs) is conclusion


def test_white_is_for_what_was_expected_and_nothing_else() -> None:
    shown = {conclusion: colour_of(conclusion=conclusion, found=[]) for conclusion in C}
    assert shown == {C.AS_EXPECTED: ColourWord.WHITE} | {c: ColourWord.YELLOW for c in C if c is not C.AS_EXPECTED}


def test_more_than_three_actives_are_red() -> None:
    three = [AS_SOLD, CAFFEINE, KETAMINE, LACTOSE, UNKNOWN]
    assert colour_of(conclusion=C.EXPECTED_PLUS_OTHER, found=three) is ColourWord.YELLOW
    four = [*three, found("lidocaine", R.CUT_ACTIVE)]
    assert colour_of(conclusion=C.EXPECTED_PLUS_OTHER, found=four) is ColourWord.RED


@pytest.mark.parametrize("dangerous", [GROUP, found("PMMA", R.CUT_ACTIVE, "nitazene")])
def test_one_potentially_dangerous_substance_is_red_whatever_was_expected(dangerous: Found) -> None:
    for conclusion in C:
        assert colour_of(conclusion=conclusion, found=[AS_SOLD, dangerous]) is ColourWord.RED


def test_no_answer_is_ever_green() -> None:
    assert {colour.value for colour in ColourWord} == {"white", "yellow", "red"}
