"""What a draft is made of."""

from datetime import date

from alerts.evaluations.models import Stage
from alerts.facts import Facts, FoundFact, SubstanceFact
from alerts.rules.evaluation import Firing
from alerts.rules.loader import shipped_rules
from alerts.vocabulary import Tier
from alerts.warnings.drafting import draft_params
from lab.results.models import Evidence, FindingRole, Technique


def fact(name: str, substance_class: str, technique: Technique, evidence: Evidence) -> FoundFact:
    return FoundFact(SubstanceFact(name, substance_class), FindingRole.ACTIVE_UNEXPECTED, evidence, technique)


def test_the_techniques_named_are_those_that_saw_what_the_alert_names() -> None:
    facts = Facts(
        sample="s",
        stage=Stage.VERIFIED,
        observed_on=date(2026, 7, 1),
        found=(
            fact("diazepam", "benzodiazepine", Technique.TLC, Evidence.CONFIRMED),
            fact("diazepam", "benzodiazepine", Technique.GCMS, Evidence.CONFIRMED),
            fact("protonitazene", "nitazene", Technique.GCMS, Evidence.CONFIRMED),
        ),
    )
    rule = next(rule for rule in shipped_rules().rules if rule.id == "nitazene_unexpected")
    firing = Firing(rule.id, Tier.T2, ("protonitazene",), Evidence.CONFIRMED)
    assert draft_params(facts, rule=rule, firing=firing)["techniques"] == ["gcms"]
