"""The right lines go with an answer, each with its source and in every language."""

import tomllib
from importlib.resources import files
from typing import Any

import pytest
from pydantic import ValidationError

from lab.advice.rules import Rules, advice_for, shipped_rules
from lab.kit.promises import promise_in
from lab.library.reference import read_reference
from lab.results.models import Abundance, Conclusion, Evidence, FindingRole, Outcome, Technique
from lab.results.schemas import Amount, Answer, ColourWord, Expected, Found, Run
from templates.i18n import LANGUAGES, translator

ALWAYS = {"varies", "little", "mixing", "alone", "recovery", "emergency"}


def found(substance: str | None, group: str | None, *, mg: float | None = None) -> Found:
    amounts = (Amount(mg, "mg/unit"),) if mg is not None else ()
    return Found(
        FindingRole.ACTIVE_EXPECTED, Abundance.MAJOR, Evidence.INDICATIVE, (Technique.TLC,),
        substance=substance, substance_class=group, amounts=amounts,
    )  # fmt: skip


def said(*one: Found, conclusion: Conclusion = Conclusion.AS_EXPECTED, by: Technique = Technique.LCMS) -> set[str]:
    run = Run(by, Outcome.DETECTED if one else Outcome.NONE_OF_INTEREST)
    answer = Answer(conclusion, ColourWord.WHITE, Expected(True), one, (run,))
    return {line.id for line in advice_for(answer)} - ALWAYS


def test_without_an_answer_only_what_always_holds_is_said() -> None:
    assert {line.id for line in advice_for(None)} == ALWAYS


def test_a_group_alone_is_enough_for_what_kills() -> None:
    assert said(found(None, "nitazene")) == {"potent_opioid", "naloxone", "opioid_pause"}
    assert [line.id for line in advice_for(None)][-1] == "emergency"


def test_an_antidote_or_a_companion_of_heroin_is_no_opioid_to_warn_of() -> None:
    assert "naloxone" in said(found("heroin", "opioid"))
    assert said(found("noscapine", "opioid")) == set()


def test_plant_cannabinoids_are_not_taken_for_synthetic_ones() -> None:
    assert said(found("delta-9-THC", "cannabinoid"), found("cannabidiol", "cannabinoid")) == set()
    assert said(found("MDMB-4en-PINACA", "cannabinoid")) == {"synthetic_cannabinoid"}


@pytest.mark.parametrize(("mg", "is_high"), [(None, False), (120.0, False), (120.1, True), (240.0, True)])
def test_a_dose_is_spoken_of_only_where_it_was_measured(mg: float | None, is_high: bool) -> None:
    assert ("mdma_high" in said(found("MDMA", "empathogen", mg=mg))) is is_high


def test_other_than_expected_is_said_whatever_was_found() -> None:
    assert said(found("caffeine", "stimulant"), conclusion=Conclusion.EXPECTED_ABSENT) == {"other_than_expected"}


def test_what_has_no_name_is_treated_as_strong() -> None:
    assert said(found(None, None)) == {"unidentified"}


@pytest.mark.parametrize("technique", list(Technique))
def test_opioids_unseen_are_spoken_of_wherever_traces_were_not_looked_for(technique: Technique) -> None:
    sees = {Technique.GCMS, Technique.LCMS, Technique.DARTMS}
    assert ("naloxone_unseen" in said(by=technique)) is (technique not in sees)


def test_what_kills_comes_first_and_help_last() -> None:
    run = Run(Technique.TLC, Outcome.DETECTED)
    answer = Answer(
        Conclusion.EXPECTED_PLUS_OTHER, ColourWord.RED, Expected(True),
        (found("cocaine", "stimulant"), found("protonitazene", "nitazene")), (run,),
    )  # fmt: skip
    lines = [line.id for line in advice_for(answer)]
    assert lines[0] == "potent_opioid"
    assert lines[-1] == "emergency"
    assert lines.index("potent_opioid") < lines.index("cocaine_alcohol") < lines.index("alone")


def test_rules_speak_only_of_what_the_library_knows() -> None:
    known = read_reference().substances
    names, classes = {one.name for one in known}, {one.substance_class for one in known}
    for rule in shipped_rules().line:
        assert set(rule.substances) | set(rule.but_not) <= names, rule.id
        assert set(rule.classes) <= classes, rule.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_has_its_words_and_none_clears_anything(language: str) -> None:
    speak = translator(language)
    for rule in shipped_rules().line:
        text = speak.text(f"advice.{rule.id}")
        assert promise_in(text) is None, text
        assert 10 < len(text) < 260


def test_every_source_is_used_and_dated() -> None:
    rules = shipped_rules()
    assert {rule.source for rule in rules.line} == set(rules.source)


def raw() -> dict[str, Any]:
    return tomllib.loads(files("lab.advice").joinpath("advice.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "fault",
    [{"id": "new", "source": "hearsay"}, {"id": "alone", "source": "camh"}, {"id": "x y", "source": "camh"},
     {"id": "typo", "source": "camh", "clases": ["opioid"]}, {"id": "none"}],
)  # fmt: skip
def test_a_line_without_a_source_or_with_a_slip_is_refused(fault: dict[str, Any]) -> None:
    document = raw()
    document["line"].append(fault)
    with pytest.raises(ValidationError):
        Rules.model_validate(document)
