"""``drugcheck jobs``: what was given up is seen and put back."""

from pathlib import Path

import pytest
from obstore.store import MemoryStore
from typer.testing import CliRunner

from api.app import compose
from api.cli.jobs import app
from api.migrations import upgrade
from api.settings import Settings
from lab.kit.files import ObjectFiles
from lab.kit.jobs import dead_jobs, enqueue
from lab.kit.tasks import Context, Task
from lab.kit.worker import Worker


@pytest.fixture
def given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A laboratory in which the jobs a and b of one task died."""
    monkeypatch.setenv("DRUGCHECK_DATA_DIR", str(tmp_path))
    database = compose(Settings()).database
    upgrade(database.engine)

    def refuse(_context: Context, _key: str) -> None:
        raise OSError

    with database.session() as session:
        enqueue(session, "refuse", "a")
        enqueue(session, "refuse", "b")
    Worker(Context(database, ObjectFiles(MemoryStore())), [Task("refuse", refuse, max_attempts=1)]).run_until_idle()
    database.dispose()


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def dead_keys() -> list[str]:
    database = compose(Settings()).database
    with database.reading() as session:
        keys = [job.key for job in dead_jobs(session)]
    database.dispose()
    return keys


@pytest.mark.usefixtures("given_up")
def test_dead_jobs_are_listed() -> None:
    code, output = run("dead")
    assert code == 0
    assert output.count("refuse") == 2


@pytest.mark.usefixtures("given_up")
def test_one_dead_job_or_all_are_put_back() -> None:
    assert run("revive", "--key", "a")[0] == 0
    assert dead_keys() == ["b"]
    assert run("revive")[0] == 0
    assert dead_keys() == []
    assert "No job was given up" in run("dead")[1]


@pytest.mark.usefixtures("given_up")
def test_reviving_nothing_is_an_error() -> None:
    assert run("revive", "--task", "other")[0] == 2
    assert dead_keys() == ["a", "b"]
