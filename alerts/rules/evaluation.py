"""Rules over facts: pure, and the same for a live result and for a replay over history."""

from dataclasses import dataclass, replace

from alerts.evaluations.models import Stage
from alerts.facts import ACTIVE_ROLES, Facts, FoundFact, at_least, by_substance, strongest
from alerts.rules.model import Condition, Dose, Group, Rule, RuleSet
from alerts.vocabulary import Tier
from lab.results.models import Evidence, Outcome
from lab.results.schemas import AmountUnit

_STAGE_TIERS: dict[Stage, frozenset[Tier]] = {
    Stage.REGISTERED: frozenset({Tier.T0}),
    Stage.IMPORTED: frozenset({Tier.T0}),
    Stage.SUBMITTED: frozenset({Tier.T0}),
    Stage.VERIFIED: frozenset(Tier),
}
"""T0 never waits for a second signature; everything else does (DESIGN.md, Alerts). Other stages raise nothing new."""

BASE_WORDS = frozenset({"base", "free base", "freebase", "base libre", "vrije base"})
"""What laboratories write into the basis of an amount that counts the free base."""

_NEEDS_CONFIRMED = frozenset({Tier.T2, Tier.T3})


@dataclass(frozen=True)
class Firing:
    """A rule that fired, for one tier. ``evidence`` is that of the strongest finding behind it, None without one."""

    rule_id: str
    tier: Tier | None  # None: no warning, but a request for confirmation
    substances: tuple[str, ...]
    evidence: Evidence | None

    @property
    def confirmed(self) -> bool:
        return self.evidence is Evidence.CONFIRMED


def evaluate(facts: Facts, rules: RuleSet) -> list[Firing]:
    """Every firing of every rule, in the order of the file; the stage and the evidence bound the tiers."""
    allowed = _STAGE_TIERS.get(facts.stage, frozenset())
    firings: list[Firing] = []
    for rule in rules.rules:
        behind = _behind(rule, facts, rules)
        if behind is None:
            continue
        firings += _firings(rule, behind, allowed)
        if rule.confirmation_request and facts.stage in {Stage.SUBMITTED, Stage.VERIFIED}:
            firings.append(Firing(rule.id, None, (), None))
    return firings


def _firings(rule: Rule, behind: tuple[FoundFact, ...], allowed: frozenset[Tier]) -> list[Firing]:
    evidence = strongest(behind)
    names = tuple(sorted({item.substance.name for item in behind}))
    return [
        Firing(rule.id, tier, names, evidence)
        for tier in rule.tiers
        if tier in allowed and (tier not in _NEEDS_CONFIRMED or evidence is Evidence.CONFIRMED)
    ]


def _behind(rule: Rule, facts: Facts, rules: RuleSet) -> tuple[FoundFact, ...] | None:
    """The findings that make ``rule`` fire, possibly none; None when it does not fire."""
    when = rule.when
    if not _about_the_sample(when, facts):
        return None
    facts = replace(facts, found=_in_scope(when, facts))
    needed: list[tuple[FoundFact, ...]] = []
    if when.dose is not None:
        needed.append(_dosed(when.dose, facts))
    if when.new_in_network:
        needed.append(_new(facts, rules.settings.new_in_network_min_results))
    if when.found is not None:
        needed.append(_in_group(when, when.found, facts))
    if when.more_actives_than is not None:
        needed.append(_too_many(facts, when.more_actives_than))
    if when.expected_absent and not needed:
        needed.append(tuple(item for item in facts.found if item.role in ACTIVE_ROLES))
    elif (when.roles or when.evidence) and not needed:
        needed.append(facts.found)
    return tuple(item for items in needed for item in items) if all(needed) else None


def _in_scope(when: Condition, facts: Facts) -> tuple[FoundFact, ...]:
    return tuple(
        item for item in facts.found
        if (not when.roles or item.role in when.roles)
        and (when.evidence is None or at_least(item.evidence, when.evidence))
    )  # fmt: skip


def _about_the_sample(when: Condition, facts: Facts) -> bool:
    """The conditions that no single finding answers."""
    checks = (
        when.sold_as is None or when.sold_as.holds(facts.sold_as),
        not when.forms or facts.form in when.forms,
        not when.adverse_events or facts.adverse_event in when.adverse_events,
        not when.expected_absent or facts.expected_absent,
        when.cluster is None
        or 1 + sum(days < when.cluster.days for days in facts.history.alike_days) >= when.cluster.results,
        when.unidentified_by is None or _unidentified(when, facts),
    )
    return all(checks)


def _unidentified(when: Condition, facts: Facts) -> bool:
    """That technique could not identify it, and no other has found anything since."""
    return (when.unidentified_by, Outcome.UNABLE_TO_IDENTIFY) in facts.outcomes and not any(
        item.technique is not when.unidentified_by for item in facts.found
    )


def _in_group(when: Condition, group: Group, facts: Facts) -> tuple[FoundFact, ...]:
    return tuple(
        item for item in facts.found
        if group.holds(item.substance) and not (when.unexpected and _expected(item, group, facts))
    )  # fmt: skip


def _expected(item: FoundFact, group: Group, facts: Facts) -> bool:
    """It is what the product was sold as, or comes with making that (a by-product of the same group)."""
    if facts.sold_as is None:
        return False
    comes_with_it = item.substance.is_group or item.role not in ACTIVE_ROLES
    return item.substance == facts.sold_as or (group.holds(facts.sold_as) and comes_with_it)


def _too_many(facts: Facts, at_most: int) -> tuple[FoundFact, ...]:
    """The finding that makes it one too many: the claim is no stronger than its weakest necessary part."""
    best = by_substance(item for item in facts.found if item.role in ACTIVE_ROLES)
    return tuple(best[at_most:])


def _new(facts: Facts, min_results: int) -> tuple[FoundFact, ...]:
    """What no verified result of another sample has had, once the network has enough results to say so."""
    if facts.history.verified_results < min_results:
        return ()
    return tuple(
        item for item in facts.found
        if item.role in ACTIVE_ROLES and not item.substance.is_group and item.substance.name not in facts.history.known
    )  # fmt: skip


def _dosed(dose: Dose, facts: Facts) -> tuple[FoundFact, ...]:
    if facts.form is not dose.form:
        return ()
    return tuple(
        item for item in facts.found
        if item.substance.name == dose.substance
        and item.technique in dose.techniques
        and _within(_as_salt(item, dose_mg(item, facts.tablet_mass_mg), dose), dose)
    )  # fmt: skip


def _as_salt(item: FoundFact, amount_mg: float | None, dose: Dose) -> float | None:
    """The amount as the thresholds count it. Without a stated basis it is taken as it is: nothing is guessed."""
    stated = (item.amount_basis or "").strip().casefold()
    if amount_mg is None or dose.base_to_salt is None or stated not in BASE_WORDS:
        return amount_mg
    return amount_mg * dose.base_to_salt


def _within(amount_mg: float | None, dose: Dose) -> bool:
    return amount_mg is not None and dose.above_mg < amount_mg and (dose.up_to_mg is None or amount_mg <= dose.up_to_mg)


def dose_mg(item: FoundFact, tablet_mass_mg: float | None) -> float | None:
    """Milligrams in one tablet: as measured per unit, or a share of a weighed tablet; None when neither is known."""
    if item.amount is None:
        return None
    if item.amount_unit == AmountUnit.MG_PER_UNIT:
        return item.amount
    share = {AmountUnit.PERCENT.value: 0.01, AmountUnit.MG_PER_G.value: 0.001}.get(item.amount_unit or "")
    return None if share is None or tablet_mass_mg is None else item.amount * share * tablet_mass_mg
