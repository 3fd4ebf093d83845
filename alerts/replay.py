"""Rules over history: how many alerts a month a rule set would have raised, before it raises any.

Pure: a history (the text of a file, ``history.py``, or the network's own, ``own_history.py``) and a rule set in,
counts out. The evaluation is the same as for a live result.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time

from alerts.episodes.service import is_quiet, signature
from alerts.errors import HistoryError
from alerts.evaluations.models import Stage
from alerts.facts import Facts, FoundFact, History, SubstanceFact, by_substance
from alerts.gathering import HISTORY_DAYS
from alerts.history import Line, read_history
from alerts.rules.evaluation import Firing, evaluate
from alerts.rules.model import RuleSet
from alerts.vocabulary import Tier
from lab.results.models import Abundance, Evidence, FindingRole
from lab.results.schemas import AmountUnit

CUTTING_CLASS = "adulterant or cutting agent"


@dataclass
class RuleCount:
    """What one rule would have raised at one tier: ``samples`` that fired, and ``alerts`` by month ("2025-07").

    At T0 an alert is a call-back, one per sample, and without a tier a request for confirmation; above, one per
    episode.
    """

    rule_id: str
    tier: Tier | None
    samples: int = 0
    alerts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, order=True)
class Fired:
    """A rule that fired on a sample; ``tier`` is empty for a request for confirmation."""

    on: date
    sample: str
    rule_id: str
    tier: str


@dataclass(frozen=True)
class Replay:
    """The outcome. ``months`` are all months from the first sample to the last, also the quiet ones."""

    samples: int
    months: tuple[str, ...]
    counts: tuple[RuleCount, ...]
    by_tier: Mapping[Tier, float]  # alerts a month, however many rules stand behind each
    unknown: tuple[str, ...]  # names that the vocabulary does not have, and the file gives no class for
    fired: tuple[Fired, ...] = ()  # by date

    def a_month(self, count: RuleCount) -> float:
        """How many alerts a month, on average."""
        return count.alerts.total() / max(len(self.months), 1)


def replay(text: str, *, rules: RuleSet, classes: Mapping[str, str]) -> Replay:
    """Run ``rules`` over the history in ``text``; ``classes`` maps the vocabulary's names to their classes.

    Samples are taken by date, in the file's order within a day. Raises :class:`HistoryError`.
    """
    history, unknown = read_samples(text, classes=classes)
    return replay_samples(history, rules=rules, unknown=unknown)


def read_samples(text: str, *, classes: Mapping[str, str]) -> tuple[list[Facts], tuple[str, ...]]:
    """The samples of a history file, and the names in it that no vocabulary has. Raises :class:`HistoryError`."""
    lines = list(read_history(text))
    unknown = tuple(sorted({one.substance for one in lines if _is_unknown(one, classes)}))
    return [_facts(group, classes) for group in _by_sample(lines)], unknown


def replay_samples(history: Sequence[Facts], *, rules: RuleSet, unknown: tuple[str, ...] = ()) -> Replay:
    """Run ``rules`` over samples, taken by date and in their order within a day."""
    past = _Past()
    tally = _Tally(rules)
    for one in sorted(history, key=lambda facts: facts.observed_on):
        facts = past.add_history(one)
        tally.add(facts, evaluate(facts, rules))
        past.remember(facts)
    months = _months([facts.observed_on for facts in history])
    return Replay(
        samples=len(history),
        months=months,
        counts=tuple(tally.counts.values()),
        by_tier={tier: len(keys) / max(len(months), 1) for tier, keys in tally.alerts.items()},
        unknown=unknown,
        fired=tuple(tally.fired),
    )


@dataclass(frozen=True)
class Changes:
    """What another rule set would have raised beside, and what it would not have raised."""

    gained: tuple[Fired, ...]
    lost: tuple[Fired, ...]


def changes(before: Replay, after: Replay) -> Changes:
    """The difference between two replays of one history, sample by sample."""
    old, new = set(before.fired), set(after.fired)
    return Changes(gained=tuple(sorted(new - old)), lost=tuple(sorted(old - new)))


def _is_unknown(line: Line, classes: Mapping[str, str]) -> bool:
    return bool(line.substance) and not line.substance_class and line.substance not in classes


def _by_sample(lines: Iterable[Line]) -> list[list[Line]]:
    samples: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        group = samples[line.sample]
        if group and (group[0].on, group[0].sold_as) != (line.on, line.sold_as):
            raise HistoryError(line=line.number, problem=f"sample {line.sample!r} has another date or sold-as before")
        group.append(line)
    return list(samples.values())


def _facts(group: list[Line], classes: Mapping[str, str]) -> Facts:
    first = group[0]
    sold_as = SubstanceFact(first.sold_as, classes.get(first.sold_as, "")) if first.sold_as else None
    return Facts(
        sample=first.sample,
        stage=Stage.VERIFIED,
        observed_on=first.on,
        area=first.area,
        sold_as=sold_as,
        form=first.form,
        adverse_event=first.adverse_event,
        found=tuple(_found(line, classes) for line in group if line.substance and line.evidence),
    )


def _found(line: Line, classes: Mapping[str, str]) -> FoundFact:
    substance_class = line.substance_class or classes.get(line.substance, "")
    if line.role is not None:
        role = line.role
    elif line.substance == line.sold_as:
        role = FindingRole.ACTIVE_EXPECTED
    else:
        role = FindingRole.CUT_INERT if substance_class == CUTTING_CLASS else FindingRole.ACTIVE_UNEXPECTED
    return FoundFact(
        substance=SubstanceFact(line.substance, substance_class),
        role=role,
        evidence=line.evidence or Evidence.PRESUMPTIVE,
        technique=line.technique,
        abundance=Abundance.INDICATED,
        amount=line.amount_mg,
        amount_unit=AmountUnit.MG_PER_UNIT if line.amount_mg is not None else None,
    )


class _Past:
    """What the network would have known at each moment."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._count = 0
        self._days: dict[str, deque[date]] = defaultdict(deque)

    def add_history(self, facts: Facts) -> Facts:
        days = self._days[signature(facts)]
        while days and (facts.observed_on - days[0]).days > HISTORY_DAYS:
            days.popleft()
        names = {item.substance.name for item in facts.found}
        history = History(
            known=frozenset(names & self._known),
            verified_results=self._count,
            alike_days=tuple((facts.observed_on - day).days for day in days),
        )
        return replace(facts, history=history)

    def remember(self, facts: Facts) -> None:
        self._known |= {item.substance.name for item in by_substance(facts.found)}
        self._count += 1
        self._days[signature(facts)].append(facts.observed_on)


class _Tally:
    """Counts firings, once per episode above T0."""

    def __init__(self, rules: RuleSet) -> None:
        self._quiet = rules.settings.episode_quiet
        self.fired: list[Fired] = []
        self.counts: dict[tuple[str, Tier | None], RuleCount] = {
            (rule.id, tier): RuleCount(rule.id, tier)
            for rule in rules.rules
            for tier in (*rule.tiers, *((None,) if rule.confirmation_request else ()))
        }
        self.alerts: dict[Tier, set[tuple[object, ...]]] = {tier: set() for tier in Tier}
        self._seen: set[tuple[object, ...]] = set()
        self._episodes: dict[str, tuple[int, datetime]] = {}

    def add(self, facts: Facts, firings: list[Firing]) -> None:
        episode = self._episode(facts) if any(one.tier not in {None, Tier.T0} for one in firings) else None
        for firing in firings:
            self.fired.append(Fired(facts.observed_on, facts.sample, firing.rule_id, firing.tier or ""))
            story = (facts.sample,) if firing.tier in {None, Tier.T0} else (episode,)
            count = self.counts[firing.rule_id, firing.tier]
            count.samples += 1
            key = (firing.rule_id, firing.tier, story)
            if key not in self._seen:
                self._seen.add(key)
                count.alerts[f"{facts.observed_on:%Y-%m}"] += 1
            if firing.tier is None:
                continue
            cause = (firing.rule_id,) if firing.tier is Tier.T0 else ()
            self.alerts[firing.tier].add((*story, *cause))

    def _episode(self, facts: Facts) -> tuple[str, int]:
        """The story's number: it goes up when it was quiet for long enough."""
        key, at = signature(facts), datetime.combine(facts.observed_on, time(), UTC)
        number, last = self._episodes.get(key, (0, at))
        if is_quiet(last, at=at, quiet=self._quiet):
            number += 1
        self._episodes[key] = (number, max(at, last))
        return key, number


def _months(days: list[date]) -> tuple[str, ...]:
    if not days:
        return ()
    first, last = min(days), max(days)
    span = (last.year - first.year) * 12 + last.month - first.month
    start = first.year * 12 + first.month - 1
    return tuple(f"{(start + step) // 12:04d}-{(start + step) % 12 + 1:02d}" for step in range(span + 1))
