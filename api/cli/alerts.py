"""``drugcheck alerts``: what a rule set would have raised over history (needs no laboratory); dead letters."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from alerts.history import MAX_BYTES
from alerts.replay import Changes, Fired, Replay, changes, read_samples, replay_samples
from alerts.rules.loader import load_rules, shipped_classes, shipped_rules, shipped_vocabulary
from alerts.rules.model import RuleSet
from api.cli.alerts_dead import retry, show
from api.cli.console import fail, out, print_json, speaking_plainly

SHOWN = 20

app = typer.Typer(no_args_is_help=True)
app.command("dead")(show)
app.command("retry")(retry)


@app.callback()
def alerts() -> None:
    """Alerts: replay rules over history; list and retry what never got through."""


@app.command(name="replay")
def replay_command(
    file: Annotated[
        Path, typer.Argument(help="CSV, one line per finding: sample, date, sold_as, substance, evidence.")
    ],
    rules: Annotated[Path | None, typer.Option(help="Another rule file (TOML) than the one shipped.")] = None,
    against: Annotated[Path | None, typer.Option(help="A second rule file: also say what it would change.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Say how many alerts a month each rule would have raised. Exit code 2 when a file cannot be used."""
    with speaking_plainly():
        chosen = _rules(rules)
        history, unknown = read_samples(_read(file), classes=shipped_classes())
        outcome = replay_samples(history, rules=chosen, unknown=unknown)
        other = _rules(against) if against else None
        second = replay_samples(history, rules=other, unknown=unknown) if other else None
    if as_json:
        document = _document(outcome, chosen)
        if other and second:
            document |= {"against": _document(second, other), "changes": _changes(changes(outcome, second))}
        print_json(document)
        return
    _print(outcome, chosen)
    if other and second:
        _print(second, other)
        _print_changes(changes(outcome, second))


def _read(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_BYTES:
            fail(f"{file} is larger than {MAX_BYTES // 1_000_000} MB.")
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        fail(f"{file} is not UTF-8 text.")
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}.")


def _rules(file: Path | None) -> RuleSet:
    return shipped_rules() if file is None else load_rules(_read(file), vocabulary=shipped_vocabulary())


def _document(outcome: Replay, rules: RuleSet) -> dict[str, object]:
    return {
        "schema": "alert-replay/1",
        "rules_version": rules.version,
        "samples": outcome.samples,
        "months": list(outcome.months),
        "rules": [
            {
                "rule": count.rule_id,
                "tier": count.tier.value if count.tier else None,
                "samples": count.samples,
                "alerts": count.alerts.total(),
                "alerts_a_month": round(outcome.a_month(count), 2),
                "by_month": {month: count.alerts[month] for month in outcome.months},
            }
            for count in outcome.counts
        ],
        "alerts_a_month_by_tier": {tier.value: round(rate, 2) for tier, rate in outcome.by_tier.items()},
        "unknown_substances": list(outcome.unknown),
        "fired": [_fired(one) for one in outcome.fired],
    }


def _fired(one: Fired) -> dict[str, object]:
    return {"sample": one.sample, "on": one.on.isoformat(), "rule": one.rule_id, "tier": one.tier or None}


def _changes(difference: Changes) -> dict[str, object]:
    return {
        "gained": [_fired(one) for one in difference.gained],
        "lost": [_fired(one) for one in difference.lost],
    }


def _print_changes(difference: Changes) -> None:
    for word, fired in (("gained", difference.gained), ("lost", difference.lost)):
        out.print(f"{word}: {len(fired)}")
        for one in fired[:SHOWN]:
            out.print(f"  {one.on} {one.sample} {one.rule_id} {one.tier or 'confirm'}", highlight=False, markup=False)
        if len(fired) > SHOWN:
            out.print(f"  and {len(fired) - SHOWN} more: --json lists them all.")


def _print(outcome: Replay, rules: RuleSet) -> None:
    table = Table("rule", "tier", "samples", "alerts", "a month", "worst month")
    for count in outcome.counts:
        worst = max(count.alerts.items(), key=lambda item: item[1], default=("", 0))
        table.add_row(
            count.rule_id, count.tier.value if count.tier else "confirm", str(count.samples), str(count.alerts.total()),
            f"{outcome.a_month(count):.1f}", f"{worst[1]} ({worst[0]})" if worst[1] else "0",
        )  # fmt: skip
    out.print(table)
    rates = ", ".join(f"{tier.value} {rate:.1f}" for tier, rate in outcome.by_tier.items())
    out.print(
        f"{outcome.samples} samples over {len(outcome.months)} months, rules {rules.version}. Alerts a month: {rates}."
    )
    if outcome.unknown:
        out.print(f"Not in the vocabulary, so in no class: {', '.join(outcome.unknown)}.")
