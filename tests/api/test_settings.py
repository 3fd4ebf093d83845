"""Settings are documented, all of them."""

from pathlib import Path

from api.settings import Settings

ROOT = Path(__file__).parents[2]


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    rows = [line for line in (ROOT / "docs/settings.md").read_text().splitlines() if line.startswith("| `DRUGCHECK_")]
    documented = {row.split("`")[1] for row in rows}
    assert documented == {f"DRUGCHECK_{name.upper()}" for name in Settings.model_fields}


STRIPPED = {"lab/plates/sandbox.py"}  # hands its child a copy without any setting; reads none itself


def test_the_environment_is_read_by_the_settings_alone() -> None:
    readers = {
        path.relative_to(ROOT).as_posix()
        for package in ("api", "lab", "alerts", "templates", "tlc_analysis")
        for path in (ROOT / package).rglob("*.py")
        if "os.environ" in path.read_text() or "os.getenv" in path.read_text()
    }
    assert readers <= STRIPPED
