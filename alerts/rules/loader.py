"""Reads and refuses rule files. A file that is wrong anywhere raises nothing: no alert is drafted from half a file."""

import csv
import tomllib
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import ValidationError

from alerts.errors import RulesError
from alerts.rules.checking import Fault, Vocabulary, faults_in, shape_faults
from alerts.rules.document import DoseTable, GroupTable, RulesFile, RuleTable, SettingsTable, WhenTable
from alerts.rules.model import Cluster, Condition, Dose, Escalation, Group, Rule, RuleSet, RuleWords, Settings

MAX_BYTES = 500_000

__all__ = ["Vocabulary", "find_faults", "load_rules", "shipped_classes", "shipped_rules", "shipped_text",
           "shipped_vocabulary"]  # fmt: skip


def load_rules(text: str, *, vocabulary: Vocabulary) -> RuleSet:
    """The rules in ``text`` (TOML). Raises :class:`RulesError` with the first thing that is wrong, and where."""
    file, faults = _read(text, vocabulary)
    if file is None or faults:
        raise RulesError(problem=faults[0].text)
    groups = {group.id: _group(group) for group in file.group}
    return RuleSet(file.version, _settings(file.settings), tuple(_rule(rule, groups) for rule in file.rule))


def find_faults(text: str, *, vocabulary: Vocabulary) -> list[Fault]:
    """Everything that is wrong with ``text``; empty when it can be used."""
    return _read(text, vocabulary)[1]


def _read(text: str, vocabulary: Vocabulary) -> tuple[RulesFile | None, list[Fault]]:
    if len(text.encode()) > MAX_BYTES:
        return None, [Fault((), "too_large", f"more than {MAX_BYTES // 1000} kB")]
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return None, [Fault((), "not_toml", f"not TOML: {error}", {"problem": str(error)})]
    try:
        file = RulesFile.model_validate(document)
    except ValidationError as error:
        return None, shape_faults(error, document)
    return file, list(faults_in(file, vocabulary))


def _group(group: GroupTable) -> Group:
    return Group(group.id, frozenset(group.classes), frozenset(group.substances), group.source)


def _settings(given: SettingsTable) -> Settings:
    return Settings(
        validity={tier: timedelta(days=days) for tier, days in given.validity_days.items()},
        longest_validity={tier: timedelta(days=days) for tier, days in given.longest_validity_days.items()},
        episode_quiet=timedelta(days=given.episode_quiet_days),
        countersign_within=timedelta(hours=given.countersign_within_h),
        new_in_network_min_results=given.new_in_network_min_results,
        confirmation_due=timedelta(days=given.confirmation_due_days),
        escalation=tuple(
            Escalation(timedelta(minutes=step.after_min), step.role)
            for step in sorted(given.escalation.steps, key=lambda step: step.after_min)
        ),
        escalation_repeat=timedelta(minutes=given.escalation.repeat_min),
    )


def _rule(given: RuleTable, groups: dict[str, Group]) -> Rule:
    return Rule(
        id=given.id,
        tiers=tuple(given.tiers),
        confirmation_request=given.confirmation_request,
        when=_condition(given.when, groups),
        message=given.message or f"alert.{given.id}",
        sources=tuple(given.sources),
        words={
            language: RuleWords(words.headline, words.risk, tuple(words.advice))
            for language, words in given.words.items()
        },
    )


def _condition(when: WhenTable, groups: dict[str, Group]) -> Condition:
    plain: dict[str, Any] = when.model_dump(
        include={"unexpected", "expected_absent", "more_actives_than", "new_in_network", "unidentified_by", "evidence"}
    )
    return Condition(
        **plain,
        found=groups[when.found] if when.found else None,
        sold_as=groups[when.sold_as] if when.sold_as else None,
        roles=frozenset(when.roles),
        forms=frozenset(when.forms),
        adverse_events=frozenset(when.adverse_events),
        cluster=Cluster(when.cluster.results, when.cluster.days) if when.cluster else None,
        dose=_dose(when.dose) if when.dose else None,
    )


def _dose(given: DoseTable) -> Dose:
    salt = given.salt
    return Dose(
        given.substance, given.form, given.above_mg, given.up_to_mg, frozenset(given.techniques),
        base_to_salt=salt.salt_g_mol / salt.base_g_mol if salt else None,
    )  # fmt: skip


@cache
def shipped_vocabulary() -> Vocabulary:
    """Names and classes of the reference library as shipped."""
    with files("lab.library").joinpath("data/substances.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return Vocabulary(frozenset(row["name"] for row in rows), frozenset(row["class"] for row in rows))


def shipped_classes() -> dict[str, str]:
    """The class of every substance of the reference library as shipped, by name."""
    with files("lab.library").joinpath("data/substances.csv").open(encoding="utf-8") as file:
        return {row["name"]: row["class"] for row in csv.DictReader(file)}


@cache
def shipped_text() -> str:
    """The rule file as shipped."""
    return files("alerts.rules").joinpath("rules.toml").read_text(encoding="utf-8")


@cache
def shipped_rules() -> RuleSet:
    """The rules as shipped."""
    return load_rules(shipped_text(), vocabulary=shipped_vocabulary())
