"""Each shipped rule fires on what it is for, and not beside it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.evaluations.models import Stage
from alerts.facts import Facts, FoundFact, History, SubstanceFact
from alerts.rules.evaluation import dose_mg, evaluate
from alerts.rules.loader import shipped_classes, shipped_rules
from alerts.rules.model import Condition, Rule, RuleSet
from alerts.vocabulary import Tier
from lab.results.models import Conclusion, Evidence, FindingRole, Outcome, Technique
from lab.samples.models import AdverseEvent, SampleForm

CLASSES = shipped_classes()
PMA = "para-methoxyamphetamine (PMA)"


def substance(name: str) -> SubstanceFact:
    return SubstanceFact(name, CLASSES[name])


def found(name: str, **values: Any) -> FoundFact:
    given: dict[str, Any] = {
        "role": FindingRole.ACTIVE_UNEXPECTED, "evidence": Evidence.CONFIRMED, "technique": Technique.GCMS,
    }  # fmt: skip
    return FoundFact(substance(name), **(given | values))


def facts(*names: str, sold_as: str | None = None, stage: Stage = Stage.VERIFIED, **values: Any) -> Facts:
    return Facts(
        sample="s", stage=stage, observed_on=date(2026, 7, 4), sold_as=substance(sold_as) if sold_as else None,
        found=values.pop("found", tuple(found(name) for name in names)), **values,
    )  # fmt: skip


def fired(it: Facts) -> set[tuple[str, Tier | None]]:
    return {(firing.rule_id, firing.tier) for firing in evaluate(it, shipped_rules())}


def tiers(it: Facts, rule_id: str) -> set[Tier | None]:
    return {tier for rule, tier in fired(it) if rule == rule_id}


ALL = {Tier.T0, Tier.T1, Tier.T2}


@pytest.mark.parametrize(
    ("names", "sold_as", "rule_id"),
    [
        (["isotonitazene"], "heroin", "nitazene_unexpected"),
        (["isotonitazene"], None, "nitazene_unexpected"),
        (["metonitazene"], "isotonitazene", "nitazene_unexpected"),
        (["carfentanil"], "fentanyl", "fentanyl_unexpected"),
        ([PMA], "MDMA", "pma_pmma"),
        (["25I-NBOMe"], "LSD", "nbome_as_lsd"),
        (["MDMB-4en-PINACA"], "delta-9-THC", "synthetic_cannabinoid_as_cannabis"),
    ],
)
def test_a_dangerous_substance_where_it_was_not_expected(names: list[str], sold_as: str | None, rule_id: str) -> None:
    assert tiers(facts(*names, sold_as=sold_as), rule_id) == ALL


@pytest.mark.parametrize(
    ("names", "sold_as", "rule_id"),
    [
        (["fentanyl"], "fentanyl", "fentanyl_unexpected"),
        (["25I-NBOMe"], "25I-NBOMe", "nbome_as_lsd"),
        (["MDMB-4en-PINACA"], "MDMB-4en-PINACA", "synthetic_cannabinoid_as_cannabis"),
        (["MDMA"], "MDMA", "pma_pmma"),
    ],
)
def test_what_was_expected_raises_nothing(names: list[str], sold_as: str, rule_id: str) -> None:
    assert tiers(facts(*names, sold_as=sold_as), rule_id) == set()


def test_a_precursor_that_comes_with_what_was_expected_raises_nothing() -> None:
    beside = found("4-ANPP (despropionylfentanyl)", role=FindingRole.PRECURSOR)
    it = facts(found=(found("fentanyl"), beside), sold_as="fentanyl")
    assert tiers(it, "fentanyl_unexpected") == set()


def test_a_strip_that_knows_the_group_alone_raises_t0() -> None:
    strip = FoundFact(
        SubstanceFact.group("nitazene"), FindingRole.ACTIVE_UNEXPECTED, Evidence.PRESUMPTIVE, Technique.STRIP
    )
    it = facts(found=(strip,), sold_as="heroin", stage=Stage.SUBMITTED)
    assert tiers(it, "nitazene_unexpected") == {Tier.T0}


@given(stage=st.sampled_from(Stage), evidence=st.sampled_from(Evidence))
def test_stage_and_evidence_bound_the_tiers(stage: Stage, evidence: Evidence) -> None:
    it = facts(found=(found("isotonitazene", evidence=evidence),), sold_as="heroin", stage=stage)
    reached = tiers(it, "nitazene_unexpected")
    assert Tier.T2 not in reached or (stage is Stage.VERIFIED and evidence is Evidence.CONFIRMED)
    assert Tier.T1 not in reached or stage is Stage.VERIFIED
    assert (Tier.T0 in reached) == (stage not in {Stage.AMENDED, Stage.RETRACTED})


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(120.0, set()), (120.1, {"mdma_high"}), (200.0, {"mdma_high"}), (200.1, {"mdma_extremely_high"})],
)
def test_a_dose_counts_above_its_threshold(amount: float, expected: set[str]) -> None:
    tablet = found(
        "MDMA", role=FindingRole.ACTIVE_EXPECTED, technique=Technique.HPLC, amount=amount, amount_unit="mg/unit"
    )
    it = facts(found=(tablet,), sold_as="MDMA", form=SampleForm.TABLET)
    assert {rule for rule, _ in fired(it) if rule.startswith("mdma")} == expected


@pytest.mark.parametrize("technique", [Technique.TLC, Technique.REAGENT, Technique.STRIP, Technique.FTIR])
def test_no_dose_rule_fires_on_what_cannot_quantify(technique: Technique) -> None:
    tablet = found("MDMA", technique=technique, amount=300.0, amount_unit="mg/unit")
    it = facts(found=(tablet,), sold_as="MDMA", form=SampleForm.TABLET)
    assert not {rule for rule, _ in fired(it) if rule.startswith("mdma")}


@pytest.mark.parametrize(
    ("unit", "tablet_mass_mg", "expected"),
    [("%", 400.0, 160.0), ("mg/g", 400.0, 16.0), ("%", None, None), ("µg/unit", 400.0, None), (None, 400.0, None)],
)
def test_a_share_becomes_a_dose_only_with_the_tablets_mass(
    unit: str | None, tablet_mass_mg: float | None, expected: float | None
) -> None:
    item = found("MDMA", amount=40.0, amount_unit=unit)
    assert dose_mg(item, tablet_mass_mg) == (None if expected is None else pytest.approx(expected))


def test_substitution_follows_the_chemists_conclusion() -> None:
    it = facts("ketamine", sold_as="cocaine", conclusion=Conclusion.EXPECTED_ABSENT)
    assert tiers(it, "substitution") == {Tier.T1}
    assert tiers(replace(it, conclusion=Conclusion.INCONCLUSIVE), "substitution") == set()


def test_three_alike_within_a_fortnight_are_a_cluster() -> None:
    it = facts("ketamine", sold_as="cocaine")
    assert tiers(replace(it, history=History(alike_days=(13, 2))), "substitution_cluster") == {Tier.T2}
    assert tiers(replace(it, history=History(alike_days=(14, 2))), "substitution_cluster") == set()


def test_more_than_three_actives_count_substances_not_findings() -> None:
    four = ["MDMA", "ketamine", "cocaine", "caffeine"]
    assert tiers(facts(*four), "many_actives") == {Tier.T1}
    twice = (*(found(name) for name in four[:3]), found("MDMA", technique=Technique.TLC), found("mannitol",
             role=FindingRole.CUT_INERT))  # fmt: skip
    assert tiers(facts(found=twice), "many_actives") == set()


def test_the_fourth_active_decides_how_sure_it_is() -> None:
    three = tuple(found(name) for name in ("MDMA", "ketamine", "cocaine"))
    weak = found("caffeine", evidence=Evidence.PRESUMPTIVE)
    firings = evaluate(facts(found=(*three, weak)), shipped_rules())
    (many,) = [firing for firing in firings if firing.rule_id == "many_actives"]
    assert not many.confirmed


def test_new_in_the_network_waits_until_the_network_knows_enough() -> None:
    it = facts("2C-B", sold_as="2C-B")
    young = replace(it, history=History(verified_results=99))
    grown = replace(it, history=History(verified_results=100))
    known = replace(it, history=History(verified_results=100, known=frozenset({"2C-B"})))
    assert [tiers(one, "new_in_network") for one in (young, grown, known)] == [set(), {Tier.T1}, set()]


@pytest.mark.parametrize("event", [AdverseEvent.SERIOUS, AdverseEvent.OVERDOSE])
def test_a_serious_event_is_a_t0_from_registration_on(event: AdverseEvent) -> None:
    it = facts(stage=Stage.REGISTERED, adverse_event=event)
    assert fired(it) == {("serious_adverse_event", Tier.T0)}


def test_what_tlc_cannot_identify_asks_for_confirmation_until_another_technique_answers() -> None:
    unsure = facts(outcomes=frozenset({(Technique.TLC, Outcome.UNABLE_TO_IDENTIFY)}))
    assert ("unidentified_by_tlc", None) in fired(unsure)
    assert ("unidentified_by_tlc", None) not in fired(replace(unsure, found=(found("2C-B"),)))


def test_an_ordinary_result_raises_nothing() -> None:
    it = facts(found=(found("MDMA", role=FindingRole.ACTIVE_EXPECTED),), sold_as="MDMA")
    assert fired(it) == set()


def one_rule(**when: Any) -> RuleSet:
    shipped = shipped_rules()
    return replace(shipped, rules=(Rule("one", (Tier.T1,), False, Condition(**when), "alert.one", ("a source",)),))


CUT = FindingRole.CUT_ACTIVE
SCOPES: list[tuple[dict[str, Any], Facts, bool]] = [
    ({"roles": frozenset({CUT})}, facts(found=(found("caffeine", role=CUT),)), True),
    ({"roles": frozenset({CUT})}, facts("caffeine"), False),
    ({"evidence": Evidence.INDICATIVE}, facts("caffeine"), True),
    ({"evidence": Evidence.CONFIRMED}, facts(found=(found("caffeine", evidence=Evidence.INDICATIVE),)), False),
    ({"forms": frozenset({SampleForm.POWDER})}, facts("caffeine", form=SampleForm.POWDER), True),
    ({"forms": frozenset({SampleForm.POWDER})}, facts("caffeine", form=SampleForm.TABLET), False),
    ({"forms": frozenset({SampleForm.POWDER})}, facts("caffeine"), False),
    ({"expected_absent": True, "evidence": Evidence.CONFIRMED}, facts("caffeine", sold_as="MDMA"), True),
    (
        {"expected_absent": True, "evidence": Evidence.CONFIRMED},
        facts(found=(found("caffeine", evidence=Evidence.PRESUMPTIVE),), sold_as="MDMA"),
        False,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("when", "it", "fires"), SCOPES)
def test_a_rule_looks_at_its_scope_alone(when: dict[str, Any], it: Facts, fires: bool) -> None:
    assert bool(evaluate(it, one_rule(**when))) is fires


@pytest.mark.parametrize(
    ("amount_mg", "basis", "expected"),
    [
        (110.0, "base", "mdma_high"),  # 130.8 mg of the hydrochloride
        (110.0, "Free base", "mdma_high"),
        (110.0, "hydrochloride", None),
        (110.0, None, None),  # nothing is guessed
        (100.0, "base", None),  # 118.9 mg
        (170.0, "base", "mdma_extremely_high"),  # 202.1 mg
        (170.0, "HCl", "mdma_high"),
    ],
)
def test_a_dose_stated_as_base_is_counted_as_salt(amount_mg: float, basis: str | None, expected: str | None) -> None:
    item = found("MDMA", role=FindingRole.ACTIVE_EXPECTED, amount=amount_mg, amount_unit="mg/unit", amount_basis=basis)
    it = facts(found=(item,), sold_as="MDMA", form=SampleForm.TABLET)
    assert {rule for rule, _ in fired(it) if rule.startswith("mdma")} == ({expected} if expected else set())


@pytest.mark.parametrize("technique", [Technique.TLC, Technique.REAGENT, Technique.STRIP])
def test_no_dose_is_read_off_a_plate_or_a_strip(technique: Technique) -> None:
    item = found("MDMA", technique=technique, amount=300.0, amount_unit="mg/unit")
    assert not [rule for rule, _ in fired(facts(found=(item,), form=SampleForm.TABLET)) if rule.startswith("mdma")]
