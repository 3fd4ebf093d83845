"""The wheel carries what the packages need beside their modules: a file that only the checkout has fails elsewhere."""

from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[1]
PACKAGES = ("api", "lab", "tlc_analysis", "alerts", "templates")
LEFT_BY_TOOLS = {".pyc", ".pyo"}
WANTED = {  # one of each kind, by name: should a whole folder go, this says so
    "api/migrations/script.py.mako",
    "api/migrations/versions/0001_foundation.py",
    "api/static/app.css",
    "alerts/rules/rules.toml",
    "lab/library/data/substances.csv",
    "templates/locale/nl/problem.po",
    "templates/pages/sign_in.html",
    "templates/plate.svg.jinja",
}


def carried() -> set[str]:
    return {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}


def test_every_file_of_the_packages_is_carried() -> None:
    files = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in LEFT_BY_TOOLS
    }
    assert files - carried() == set()


def test_the_files_that_are_read_at_run_time_are_carried() -> None:
    assert WANTED - carried() == set()


def test_nothing_else_is_carried() -> None:
    assert {name.split("/")[0] for name in carried()} == set(PACKAGES)
