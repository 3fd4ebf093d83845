"""A replay counts what the rules would have raised, and refuses a file that it cannot read."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alerts.errors import HistoryError
from alerts.replay import Replay, replay
from alerts.rules.loader import shipped_classes, shipped_rules
from alerts.vocabulary import Tier
from api.cli.alerts import app

HEADER = "sample,date,sold_as,substance,evidence"


def run(*lines: str, header: str = HEADER) -> Replay:
    return replay("\n".join((header, *lines)) + "\n", rules=shipped_rules(), classes=shipped_classes())


def alerts(outcome: Replay, rule_id: str, tier: Tier) -> dict[str, int]:
    (count,) = [one for one in outcome.counts if (one.rule_id, one.tier) == (rule_id, tier)]
    return dict(count.alerts)


def test_a_story_is_alerted_once_and_called_back_each_time() -> None:
    outcome = run(*(f"s{day},2025-07-{day:02d},heroin,isotonitazene,confirmed" for day in (1, 8, 15)))
    assert alerts(outcome, "nitazene_unexpected", Tier.T0) == {"2025-07": 3}
    assert alerts(outcome, "nitazene_unexpected", Tier.T2) == {"2025-07": 1}


def test_fourteen_quiet_days_end_a_story() -> None:
    outcome = run(
        "a,2025-07-01,heroin,isotonitazene,confirmed",
        "b,2025-07-14,heroin,isotonitazene,confirmed",
        "c,2025-07-28,heroin,isotonitazene,confirmed",
    )
    assert alerts(outcome, "nitazene_unexpected", Tier.T2) == {"2025-07": 2}


def test_presumptive_findings_draft_no_professional_alert() -> None:
    outcome = run("a,2025-07-01,heroin,isotonitazene,presumptive")
    assert alerts(outcome, "nitazene_unexpected", Tier.T1) == {"2025-07": 1}
    assert alerts(outcome, "nitazene_unexpected", Tier.T2) == {}


def test_three_substitutions_in_a_fortnight_are_one_cluster() -> None:
    lines = [f"s{day},2025-07-{day:02d},cocaine,ketamine,confirmed" for day in (1, 6, 12)]
    assert alerts(run(*lines[:2]), "substitution_cluster", Tier.T2) == {}
    assert alerts(run(*lines), "substitution_cluster", Tier.T2) == {"2025-07": 1}


def test_quiet_months_count_too() -> None:
    outcome = run("a,2025-01-15,heroin,isotonitazene,confirmed", "b,2025-04-15,MDMA,MDMA,confirmed")
    assert outcome.months == ("2025-01", "2025-02", "2025-03", "2025-04")
    assert outcome.by_tier[Tier.T2] == 0.25


def test_the_order_of_the_file_does_not_matter() -> None:
    lines = ["a,2025-07-01,heroin,isotonitazene,confirmed", "b,2025-07-20,heroin,isotonitazene,confirmed"]
    assert run(*lines).counts == run(*reversed(lines)).counts


def test_a_sample_without_findings_is_counted() -> None:
    assert run("a,2025-07-01,heroin,,").samples == 1


def test_a_name_that_no_vocabulary_has_is_said() -> None:
    assert run("a,2025-07-01,heroin,isotonitazen,confirmed").unknown == ("isotonitazen",)


@pytest.mark.parametrize(
    ("lines", "line", "problem"),
    [
        (["a,01/07/2025,heroin,MDMA,confirmed"], 2, "not a date"),
        (["a,2025-07-01,heroin,MDMA,sure"], 2, "none of"),
        (["a,2025-07-01,heroin,MDMA,"], 2, "evidence"),
        ([",2025-07-01,heroin,MDMA,confirmed"], 2, "no name"),
        (["a,2025-07-01,heroin"], 2, "fields"),
        (["a,2025-07-01,heroin,MDMA,confirmed", "a,2025-07-02,heroin,MDMA,confirmed"], 3, "another date"),
        ([], 2, "no samples"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(lines: list[str], line: int, problem: str) -> None:
    with pytest.raises(HistoryError, match=problem) as caught:
        run(*lines)
    assert caught.value.message.params["line"] == line


@pytest.mark.parametrize("header", ["sample,date,sold_as,substance", f"{HEADER},colour"])
def test_a_header_with_a_column_missing_or_unknown_is_refused(header: str) -> None:
    with pytest.raises(HistoryError, match="column"):
        run("a,2025-07-01,heroin,MDMA,confirmed,red", header=header)


def test_the_command_speaks_json(tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    file.write_text(f"{HEADER}\na,2025-07-01,heroin,isotonitazene,confirmed\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["replay", str(file), "--json"])
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert (document["schema"], document["samples"]) == ("alert-replay/1", 1)
    assert document["alerts_a_month_by_tier"]["T2"] == 1.0


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"sample,date\n", b"\x89PNG\r\n\x1a\n"])
def test_the_command_refuses_a_bad_file_with_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "history.csv"
    file.write_bytes(content)
    result = CliRunner().invoke(app, ["replay", str(file)])
    assert result.exit_code == 2
    assert result.stdout == ""


def test_the_command_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["replay", str(tmp_path / "none.csv")]).exit_code == 2


def test_the_command_takes_another_rule_file_and_refuses_a_wrong_one(tmp_path: Path) -> None:
    history, rules = tmp_path / "history.csv", tmp_path / "rules.toml"
    history.write_text(f"{HEADER}\na,2025-07-01,heroin,isotonitazene,confirmed\n", encoding="utf-8")
    rules.write_text("version = 1", encoding="utf-8")
    assert CliRunner().invoke(app, ["replay", str(history), "--rules", str(rules)]).exit_code == 2
