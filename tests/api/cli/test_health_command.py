"""``drugcheck health``: what does not go out is said, and the exit code tells programs."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from alerts.deliveries.models import Delivery, Purpose
from alerts.vocabulary import ChannelKind
from api.app import compose
from api.cli.health import health
from api.migrations import upgrade
from api.settings import Settings
from lab.kit.jobs import enqueue

app = typer.Typer()
app.command()(health)


@pytest.fixture
def laboratory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DRUGCHECK_DATA_DIR", str(tmp_path / "lab"))
    state = compose(Settings())
    upgrade(state.database.engine)
    with state.database.session() as session:
        enqueue(session, "alerts.dispatch", "")
    state.database.dispose()
    return Settings()


def run() -> tuple[int, str]:
    result = CliRunner().invoke(app, [])
    return result.exit_code, " ".join(result.output.split())


def test_a_deployment_that_can_send_says_so(laboratory: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUGCHECK_SMTP_HOST", "mail.test.example")
    assert run() == (0, "All roads are open: nothing waits that should have gone.")


def test_without_a_mail_server_it_says_what_waits(laboratory: Settings) -> None:
    state = compose(laboratory)
    with state.database.session() as session:
        session.add(Delivery(purpose=Purpose.CALLBACK, channel=ChannelKind.EMAIL))
    state.database.dispose()
    code, said = run()
    assert code == 1
    assert "DRUGCHECK_SMTP_HOST" in said
    assert "1 waiting since" in said


def test_keys_that_others_can_read_are_named(laboratory: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUGCHECK_SMTP_HOST", "mail.test.example")
    key = laboratory.effective_contact_keys / "2026-07-04" / "day.key"
    key.parent.mkdir(parents=True)
    key.write_text("00")
    key.chmod(0o644)
    code, said = run()
    assert code == 1
    assert "DRUGCHECK_CONTACT_KEYS" in said
