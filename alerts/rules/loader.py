"""Reads and refuses rule files. A file that is wrong anywhere raises nothing: no alert is drafted from half a file."""

import csv
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from alerts.errors import RulesError
from alerts.rules.model import Cluster, Condition, Dose, Escalation, Group, Rule, RuleSet, Settings
from alerts.vocabulary import Tier
from lab.network.models import Role
from lab.results.models import Technique
from lab.samples.models import AdverseEvent, SampleForm

_NEVER_QUANTIFY = frozenset({Technique.TLC, Technique.REAGENT, Technique.STRIP})

_Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,58}$")]
_Source = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10)]
_Days = Annotated[int, Field(ge=1, le=365)]


@dataclass(frozen=True)
class Vocabulary:
    """The names and classes that rules may speak of."""

    substances: Collection[str]
    classes: Collection[str]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Step(_Strict):
    after_min: int = Field(ge=0)
    role: Role


class _Escalation(_Strict):
    repeat_min: int = Field(ge=1)
    steps: list[_Step] = Field(min_length=1)


class _Settings(_Strict):
    episode_quiet_days: _Days
    countersign_within_h: int = Field(ge=1, le=24)  # DESIGN.md: within 24 hours
    new_in_network_min_results: int = Field(ge=1)
    confirmation_due_days: _Days
    validity_days: dict[Tier, _Days]
    longest_validity_days: dict[Tier, _Days]
    escalation: _Escalation


class _Group(_Strict):
    id: _Id
    classes: list[str] = []
    substances: list[str] = []
    source: _Source


class _Dose(_Strict):
    substance: str
    form: SampleForm
    above_mg: float = Field(gt=0)
    up_to_mg: float | None = Field(default=None, gt=0)
    techniques: list[Technique] = Field(min_length=1)


class _Cluster(_Strict):
    results: int = Field(ge=2)
    days: _Days


class _When(_Strict):
    found: str | None = None
    unexpected: bool = False
    sold_as: str | None = None
    expected_absent: bool = False
    more_actives_than: int | None = Field(default=None, ge=1)
    dose: _Dose | None = None
    adverse_events: list[AdverseEvent] = []
    new_in_network: bool = False
    cluster: _Cluster | None = None
    unidentified_by: Technique | None = None


class _Rule(_Strict):
    id: _Id
    tiers: list[Tier]
    confirmation_request: bool = False
    message: str = Field(pattern=r"^alert\.[a-z][a-z0-9_]+$")
    when: _When
    sources: list[_Source] = Field(min_length=1)


class _File(_Strict):
    version: str = Field(min_length=1, max_length=40)
    settings: _Settings
    group: list[_Group] = []
    rule: list[_Rule] = Field(min_length=1)


def load_rules(text: str, *, vocabulary: Vocabulary) -> RuleSet:
    """The rules in ``text`` (TOML). Raises :class:`RulesError` with the first thing that is wrong, and where."""
    try:
        file = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise RulesError(problem=f"not TOML: {error}") from error
    except ValidationError as error:
        raise RulesError(problem=_first(error)) from error
    for problem in _problems(file, vocabulary):
        raise RulesError(problem=problem)
    groups = {group.id: _group(group) for group in file.group}
    return RuleSet(file.version, _settings(file.settings), tuple(_rule(rule, groups) for rule in file.rule))


def _first(error: ValidationError) -> str:
    detail = error.errors()[0]
    where = ".".join(str(part) for part in detail["loc"])
    return f"{where}: {detail['msg']}"


def _problems(file: _File, vocabulary: Vocabulary) -> Iterator[str]:
    yield from _twice("group", [group.id for group in file.group])
    yield from _twice("rule", [rule.id for rule in file.rule])
    for group in file.group:
        yield from _group_problems(group, vocabulary)
    groups = {group.id for group in file.group}
    for rule in file.rule:
        yield from (f"rule {rule.id}: {problem}" for problem in _rule_problems(rule, groups, vocabulary))
    yield from _settings_problems(file.settings)


def _twice(what: str, ids: list[str]) -> Iterator[str]:
    yield from (f"{what} {one}: this id is used twice" for one, other in pairwise(sorted(ids)) if one == other)


def _group_problems(group: _Group, vocabulary: Vocabulary) -> Iterator[str]:
    if not group.classes and not group.substances:
        yield f"group {group.id}: it holds nothing"
    for name in group.classes:
        if name not in vocabulary.classes:
            yield f"group {group.id}: the library has no class {name!r}"
    for name in group.substances:
        if name not in vocabulary.substances:
            yield f"group {group.id}: the library has no substance {name!r}"


def _rule_problems(rule: _Rule, groups: set[str], vocabulary: Vocabulary) -> Iterator[str]:
    when = rule.when
    for name in (when.found, when.sold_as):
        if name is not None and name not in groups:
            yield f"there is no group {name!r}"
    if when == _When():
        yield "it has no condition"
    if when.unexpected and when.found is None:
        yield "'unexpected' speaks of a group that was found, and none is named"
    if not rule.tiers and not rule.confirmation_request:
        yield "it has no tier and asks for nothing"
    if len(set(rule.tiers)) != len(rule.tiers):
        yield "a tier stands twice"
    if when.dose is not None:
        yield from _dose_problems(when.dose, vocabulary)


def _dose_problems(dose: _Dose, vocabulary: Vocabulary) -> Iterator[str]:
    if dose.substance not in vocabulary.substances:
        yield f"the library has no substance {dose.substance!r}"
    if dose.up_to_mg is not None and dose.up_to_mg <= dose.above_mg:
        yield "a dose goes up to more than it starts above"
    for technique in sorted(_NEVER_QUANTIFY & set(dose.techniques)):
        yield f"{technique.value} never triggers a dose rule"


def _settings_problems(settings: _Settings) -> Iterator[str]:
    sending = {Tier.T1, Tier.T2, Tier.T3}
    for name, table in (
        ("validity_days", settings.validity_days),
        ("longest_validity_days", settings.longest_validity_days),
    ):
        if set(table) != sending:
            yield f"settings.{name}: it needs T1, T2 and T3"
            return
    for tier in sorted(sending):
        if settings.validity_days[tier] > settings.longest_validity_days[tier]:
            yield f"settings.validity_days.{tier}: more than the longest validity"


def _group(group: _Group) -> Group:
    return Group(group.id, frozenset(group.classes), frozenset(group.substances), group.source)


def _settings(given: _Settings) -> Settings:
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


def _rule(given: _Rule, groups: dict[str, Group]) -> Rule:
    return Rule(
        id=given.id,
        tiers=tuple(given.tiers),
        confirmation_request=given.confirmation_request,
        when=_condition(given.when, groups),
        message=given.message,
        sources=tuple(given.sources),
    )


def _condition(when: _When, groups: dict[str, Group]) -> Condition:
    plain: dict[str, Any] = when.model_dump(
        include={"unexpected", "expected_absent", "more_actives_than", "new_in_network", "unidentified_by"}
    )
    return Condition(
        **plain,
        found=groups[when.found] if when.found else None,
        sold_as=groups[when.sold_as] if when.sold_as else None,
        adverse_events=frozenset(when.adverse_events),
        cluster=Cluster(when.cluster.results, when.cluster.days) if when.cluster else None,
        dose=_dose(when.dose) if when.dose else None,
    )


def _dose(given: _Dose) -> Dose:
    return Dose(given.substance, given.form, given.above_mg, given.up_to_mg, frozenset(given.techniques))


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
def shipped_rules() -> RuleSet:
    """The rules as shipped."""
    text = files("alerts.rules").joinpath("rules.toml").read_text(encoding="utf-8")
    return load_rules(text, vocabulary=shipped_vocabulary())
