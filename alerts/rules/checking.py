"""What is wrong with a rule file beyond its shape, and where: each fault with its place and its own words."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from pydantic import ValidationError

from alerts.rules.document import DoseTable, GroupTable, RulesFile, RuleTable, SettingsTable, WhenTable
from alerts.vocabulary import LANGUAGES, Tier
from lab.kit.promises import promise_in
from lab.results.models import Technique

WORD_PLACES = frozenset({"product", "found"})
"""What the words of a rule may leave open, in braces."""

_NEVER_QUANTIFY = frozenset({Technique.TLC, Technique.REAGENT, Technique.STRIP})
_BRACED = re.compile(r"\{([^{}]*)\}")
_MOST_FROM_BASE = 3.0  # no common salt of a drug weighs three times its base


@dataclass(frozen=True)
class Vocabulary:
    """The names and classes that rules may speak of, and the rules whose texts every language has."""

    substances: Collection[str]
    classes: Collection[str]
    worded: Collection[str] | None = None  # None: not checked here


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. ``where``: the path to it, with ids for rules and groups; ``text``: in English."""

    where: tuple[str, ...]
    code: str
    text: str
    params: Mapping[str, str] = field(default_factory=dict)


def shape_faults(error: ValidationError, document: object) -> list[Fault]:
    """What pydantic refused, with the ids of rules and groups in place of their numbers."""
    found = []
    for detail in error.errors():
        place = tuple(str(part) for part in detail["loc"])
        found.append(
            Fault(_named(detail["loc"], document), _code(detail["type"]), f"{'.'.join(place)}: {detail['msg']}")
        )
    return found


def _named(location: tuple[int | str, ...], document: object) -> tuple[str, ...]:
    parts = [str(part) for part in location]
    if len(location) > 1 and location[0] in {"rule", "group"} and isinstance(location[1], int):
        try:
            one = document[location[0]][location[1]]["id"]  # type: ignore[index]  # whatever TOML held
            parts[1] = str(one)
        except (KeyError, IndexError, TypeError):
            pass  # it has no id: its number has to do
    return tuple(parts)


def _code(kind: str) -> str:
    if kind == "missing":
        return "missing"
    if kind == "extra_forbidden":
        return "unknown"
    if kind.startswith(("greater", "less", "finite")):
        return "range"
    return {"string_too_short": "short", "string_too_long": "long", "too_short": "missing", "enum": "choice"}.get(
        kind, "invalid"
    )


def faults_in(file: RulesFile, vocabulary: Vocabulary) -> Iterator[Fault]:
    """Everything wrong with a file of the right shape."""
    yield from _twice("group", [group.id for group in file.group])
    yield from _twice("rule", [rule.id for rule in file.rule])
    for group in file.group:
        yield from _group(group, vocabulary)
    groups = {group.id for group in file.group}
    for rule in file.rule:
        yield from _rule(rule, groups, vocabulary)
    yield from _settings(file.settings)


def _twice(what: str, ids: list[str]) -> Iterator[Fault]:
    for one, other in pairwise(sorted(ids)):
        if one == other:
            yield Fault((what, one, "id"), "twice", f"{what} {one}: this id is used twice")


def _group(group: GroupTable, vocabulary: Vocabulary) -> Iterator[Fault]:
    place = ("group", group.id)
    if not group.classes and not group.substances:
        yield Fault((*place, "substances"), "empty_group", f"group {group.id}: it holds nothing")
    for field_, names, known, what in (
        ("classes", group.classes, vocabulary.classes, "class"),
        ("substances", group.substances, vocabulary.substances, "substance"),
    ):
        for name in names:
            if name not in known:
                text = f"group {group.id}: the library has no {what} {name!r}"
                yield Fault((*place, field_), f"no_{what}", text, {"name": name})


def _rule(rule: RuleTable, groups: set[str], vocabulary: Vocabulary) -> Iterator[Fault]:
    for field_, code, text, params in (*_condition(rule.when, groups, vocabulary), *_raises(rule), *_words(rule)):
        yield Fault(("rule", rule.id, *field_), code, f"rule {rule.id}: {text}", params)
    worded = vocabulary.worded is None or rule.message in vocabulary.worded
    if rule.tiers and not rule.words and (rule.message is None or not worded):
        text = f"rule {rule.id}: it has no words of its own, and none are shipped for it"
        yield Fault(("rule", rule.id, "words"), "no_words", text)


_Found = tuple[tuple[str, ...], str, str, dict[str, str]]


def _condition(when: WhenTable, groups: set[str], vocabulary: Vocabulary) -> Iterator[_Found]:
    for field_, name in (("found", when.found), ("sold_as", when.sold_as)):
        if name is not None and name not in groups:
            yield ("when", field_), "no_group", f"there is no group {name!r}", {"name": name}
    if when == WhenTable():
        yield ("when",), "no_condition", "it has no condition", {}
    if when.unexpected and when.found is None:
        yield (
            ("when", "unexpected"), "unexpected_of_nothing",
            "'unexpected' speaks of a group that was found, and none is named", {},
        )  # fmt: skip
    if when.dose is not None:
        yield from _dose(when.dose, vocabulary)


def _raises(rule: RuleTable) -> Iterator[_Found]:
    if not rule.tiers and not rule.confirmation_request:
        yield ("tiers",), "raises_nothing", "it has no tier and asks for nothing", {}
    if Tier.T3 in rule.tiers:
        yield ("tiers",), "never_public", "only people raise a public alert, from a professional one", {}
    if len(set(rule.tiers)) != len(rule.tiers):
        yield ("tiers",), "tier_twice", "a tier stands twice", {}


def _dose(dose: DoseTable, vocabulary: Vocabulary) -> Iterator[_Found]:
    place = ("when", "dose")
    if dose.substance not in vocabulary.substances:
        text = f"the library has no substance {dose.substance!r}"
        yield (*place, "substance"), "no_substance", text, {"name": dose.substance}
    if dose.up_to_mg is not None and dose.up_to_mg <= dose.above_mg:
        yield (*place, "up_to_mg"), "dose_order", "a dose goes up to more than it starts above", {}
    for technique in sorted(_NEVER_QUANTIFY & set(dose.techniques)):
        text = f"{technique.value} never triggers a dose rule"
        yield (*place, "techniques"), "never_measures", text, {"technique": technique.value}
    if dose.salt is not None and not 1 < dose.salt.salt_g_mol / dose.salt.base_g_mol < _MOST_FROM_BASE:
        yield (*place, "salt"), "salt_lighter", "a salt weighs more than its base, and not three times as much", {}


def _words(rule: RuleTable) -> Iterator[_Found]:
    if rule.words and set(rule.words) != set(LANGUAGES):
        yield ("words",), "every_language", f"words are needed in {', '.join(LANGUAGES)}", {}
    for language, words in rule.words.items():
        for name, text in (("headline", words.headline), ("risk", words.risk), ("advice", "\n".join(words.advice))):
            place = ("words", language, name)
            for braced in _BRACED.findall(text):
                if braced not in WORD_PLACES:
                    yield place, "no_place", f"{{{braced}}} stands for nothing", {"name": braced}
            if "{" in _BRACED.sub("", text) or "}" in _BRACED.sub("", text):
                yield place, "open_brace", "a brace is open", {}
            if promise_in(text) is not None:
                yield place, "promise", "these words speak of safety", {}


def _settings(settings: SettingsTable) -> Iterator[Fault]:
    sending = {Tier.T1, Tier.T2, Tier.T3}
    for name, table in (
        ("validity_days", settings.validity_days),
        ("longest_validity_days", settings.longest_validity_days),
    ):
        if set(table) != sending:
            yield Fault(("settings", name), "every_tier", f"settings.{name}: it needs T1, T2 and T3")
            return
    for tier in sorted(sending):
        if settings.validity_days[tier] > settings.longest_validity_days[tier]:
            text = f"settings.validity_days.{tier}: more than the longest validity"
            yield Fault(("settings", "validity_days"), "validity_order", text, {"tier": tier.value})
