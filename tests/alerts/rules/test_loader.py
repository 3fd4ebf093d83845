"""A rule file is taken whole or refused with the first thing that is wrong."""

import re

import pytest

from alerts.errors import RulesError
from alerts.rules.loader import load_rules, shipped_rules, shipped_vocabulary
from alerts.vocabulary import Tier
from templates.i18n import LANGUAGES, read_catalogue

SETTINGS = """
version = "t"
[settings]
episode_quiet_days = 14
countersign_within_h = 24
new_in_network_min_results = 10
confirmation_due_days = 14
validity_days = { T1 = 14, T2 = 14, T3 = 7 }
longest_validity_days = { T1 = 60, T2 = 60, T3 = 30 }
escalation = { repeat_min = 30, steps = [{ after_min = 0, role = "worker" }] }
"""
GROUP = """
[[group]]
id = "fentanyls"
classes = ["fentanyl"]
source = "the reference library"
"""
RULE = """
[[rule]]
id = "one"
tiers = ["T0"]
message = "alert.one"
when = { found = "fentanyls" }
sources = ["a report that can be found again"]
"""


def load(text: str) -> None:
    load_rules(text, vocabulary=shipped_vocabulary())


def test_a_whole_file_is_taken() -> None:
    load(SETTINGS + GROUP + RULE)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("sources = [", "notes = ["), "sources"),
        (('sources = ["a report that can be found again"]', "sources = []"), "sources"),
        (('classes = ["fentanyl"]', 'classes = ["fentanyls"]'), "no class 'fentanyls'"),
        (('classes = ["fentanyl"]', 'substances = ["fentanil"]'), "no substance 'fentanil'"),
        (('source = "the reference library"', 'source = " "'), "group.0.source"),
        (('found = "fentanyls"', 'found = "opioids"'), "no group 'opioids'"),
        (('when = { found = "fentanyls" }', "when = { }"), "no condition"),
        (('tiers = ["T0"]', "tiers = []"), "no tier"),
        (('tiers = ["T0"]', 'tiers = ["T4"]'), "rule.0.tiers"),
        (("countersign_within_h = 24", "countersign_within_h = 48"), "countersign_within_h"),
        (("T3 = 7 }", "T3 = 90 }"), "validity_days.T3"),
        (('id = "one"', 'id = "One"'), "rule.0.id"),
        (("version =", "versjon ="), "version"),
        (("[settings]", "[settings"), "TOML"),
    ],
)
def test_what_is_wrong_is_said(change: tuple[str, str], complaint: str) -> None:
    text = SETTINGS + GROUP + RULE
    assert change[0] in text
    with pytest.raises(RulesError, match=re.escape(complaint)):
        load(text.replace(*change))


def test_an_id_used_twice_is_refused() -> None:
    with pytest.raises(RulesError, match="used twice"):
        load(SETTINGS + GROUP + RULE + RULE)


@pytest.mark.parametrize("technique", ["tlc", "reagent", "strip"])
def test_what_cannot_measure_never_triggers_a_dose_rule(technique: str) -> None:
    dose = f'{{ substance = "MDMA", form = "tablet", above_mg = 120, techniques = ["hplc", "{technique}"] }}'
    rule = RULE.replace('{ found = "fentanyls" }', f"{{ dose = {dose} }}")
    with pytest.raises(RulesError, match=f"{technique} never triggers"):
        load(SETTINGS + GROUP + rule)


def test_the_shipped_rules_have_sources_and_texts_in_every_language() -> None:
    catalogues = [read_catalogue(language) for language in LANGUAGES]
    for rule in shipped_rules().rules:
        assert all(len(source) > 20 for source in rule.sources), rule.id
        wanted = [f"{rule.message}.{part}" for part in ("headline", "risk", "advice")] if rule.tiers else []
        wanted += [f"task.cause.{rule.id}"] if Tier.T0 in rule.tiers else []
        assert all(message_id in catalogue for message_id in wanted for catalogue in catalogues), rule.id


def test_every_shipped_threshold_stands_in_its_source() -> None:
    for rule in shipped_rules().rules:
        dose = rule.when.dose
        if dose is not None:
            assert any(f"{dose.above_mg:g} mg" in source for source in rule.sources), rule.id
