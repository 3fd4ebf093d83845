"""``drugcheck custody``: three exit codes, one clear sentence each, never a traceback."""

import base64
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select
from typer.testing import CliRunner, Result

from api.cli.custody import app
from lab.custody import service
from lab.custody.bundle import bundle_bytes, export_bundle, export_log, receipt
from lab.custody.keys import public_key_file
from lab.custody.models import CustodyEvent
from lab.kit.db import Database
from lab.kit.notes import Signer
from lab.network.access import Actor
from lab.network.models import Account, Role, Site, SiteType
from lab.samples.codes import new_code
from lab.samples.models import Sample
from templates.i18n import LANGUAGES, read_catalogue

SIGNER = Signer("log.example/custody", bytes(range(32)))
OTHER = Signer("log.example/custody", bytes(32))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def collect(session: Session) -> Sample:
    """A sample with two events of custody."""
    account = Account(email="someone@example.org", display_name="x")
    site = Site(name="North field", type=SiteType.FESTIVAL, area="Leuven")
    session.add_all([account, site])
    session.flush()
    sample = Sample(
        code=new_code(lambda _: False),
        site_id=site.id,
        registered_by=account.id,
        collected_on=date(2026, 7, 1),
        area="Leuven",
        consent_text_version="1",
        consent_language="nl",
    )
    session.add(sample)
    session.flush()
    worker = Actor(account.id, frozenset({(site.id, Role.WORKER)}))
    item = service.register_item(session, actor=worker, sample_id=sample.id, site_id=site.id, mass_mg=120)
    service.seal(session, actor=worker, item_id=item.id, seal_number="N-1")
    return sample


@pytest.fixture
def files(sqlite_url: str, tmp_path: Path) -> Path:
    """A folder with a bundle, a whole log, a receipt, the public key and another one."""
    database = Database(sqlite_url)
    with database.session() as session:
        sample = collect(session)
        first = session.exec(select(CustodyEvent.id)).first()
        assert first is not None
        made = {
            "custody.json": export_bundle(session, sample_id=sample.id, signer=SIGNER),
            "log.json": export_log(session, signer=SIGNER),
            "receipt.json": receipt(session, event_id=first, signer=SIGNER),
            "resigned.json": export_log(session, signer=OTHER),
        }
    database.dispose()
    for name, bundle in made.items():
        (tmp_path / name).write_bytes(bundle_bytes(bundle))
    (tmp_path / "custody.pub").write_bytes(public_key_file(SIGNER))
    return tmp_path


@pytest.mark.parametrize("name", ["custody.json", "log.json", "receipt.json"])
def test_a_true_file_is_verified(files: Path, name: str) -> None:
    result = run("verify", files / name, "--key", files / "custody.pub")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("Verified")


def test_without_a_key_the_fingerprint_is_shown_in_a_warning(files: Path) -> None:
    result = run("verify", files / "custody.json")
    assert result.exit_code == 0
    assert SIGNER.public_key.fingerprint in result.stderr
    assert "anybody could have made" in result.stderr


def test_an_edited_event_fails_and_is_named(files: Path) -> None:
    bundle = json.loads((files / "custody.json").read_bytes())
    body = base64.b64decode(bundle["events"][1]["body"]).replace(b'"N-1"', b'"N-2"')
    bundle["events"][1]["body"] = base64.b64encode(body).decode()
    (files / "custody.json").write_bytes(bundle_bytes(bundle))
    result = run("verify", files / "custody.json", "--key", files / "custody.pub")
    assert result.exit_code == 1
    assert "Entry 1 is not the one that stands at this place of the signed log" in result.stderr
    assert result.stdout == ""


def test_a_log_signed_with_another_key_fails_under_the_published_one(files: Path) -> None:
    assert run("verify", files / "resigned.json").exit_code == 0
    result = run("verify", files / "resigned.json", "--key", files / "custody.pub")
    assert result.exit_code == 1
    assert "another key" in result.stderr


def test_programs_get_one_json_document(files: Path) -> None:
    result = run("verify", files / "custody.json", "--key", files / "custody.pub", "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["verified"], document["events"]) == (0, True, 3)
    assert document["items"][0]["state"] == "at_site"
    failed = run("verify", files / "resigned.json", "--key", files / "custody.pub", "--json")
    document = json.loads(failed.stdout)
    assert (failed.exit_code, document["verified"]) == (1, False)
    assert [problem["id"] for problem in document["problems"]] == ["custody.problem.other_key"]


@pytest.mark.parametrize("content", [None, b"", b"\x89PNG\r\n", b"[]", b"{", b'{"seq": 1.5}', b"\x00" * 100])
@pytest.mark.parametrize("as_json", [True, False])
def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path: Path, content: bytes | None, as_json: bool) -> None:
    path = tmp_path / "file.json"
    if content is not None:
        path.write_bytes(content)
    result = run("verify", path, *(["--json"] if as_json else []))
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_folder_or_a_wrong_key_file_cannot_be_read(files: Path) -> None:
    for arguments in (
        (files,),
        (files / "log.json", "--key", files / "log.json"),
        (files / "log.json", "--key", files),
    ):
        result = run("verify", *arguments)
        assert result.exit_code == 2
        assert len(result.stderr.strip().splitlines()) == 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_rubbish_leads_to_a_traceback_or_passes(files: Path, data: st.DataObject) -> None:
    bundle: dict[str, Any] = json.loads((files / "custody.json").read_bytes())
    name = data.draw(st.sampled_from(sorted(bundle)))
    before = json.dumps(bundle, sort_keys=True)
    where = bundle
    while isinstance(where[name], dict | list) and where[name] and data.draw(st.booleans()):
        where = where[name]
        name = data.draw(st.sampled_from(sorted(where) if isinstance(where, dict) else range(len(where))))
    where[name] = data.draw(VALUES)
    path = files / "rubbish.json"
    path.write_text(json.dumps(bundle, ensure_ascii=False, sort_keys=True, separators=(",", ":")), encoding="utf-8")
    result = run("verify", path, "--key", files / "custody.pub")
    same = json.dumps(bundle, sort_keys=True) == before
    assert result.exit_code == 0 if same else result.exit_code in {1, 2}
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_sample_is_exported_with_the_deployment_s_own_key(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(sqlite_url)
    with database.session() as session:
        code = collect(session).code
    database.dispose()
    monkeypatch.setenv("DRUGCHECK_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DRUGCHECK_DATABASE_URL", sqlite_url)
    out, key = tmp_path / "out.json", tmp_path / "out.pub"
    result = run("export", "--sample", code.lower(), "--out", out, "--key-out", key)
    assert result.exit_code == 0, result.stderr
    assert run("verify", out, "--key", key).exit_code == 0
    again = run("export", "--sample", code, "--out", out)
    assert again.exit_code == 2
    assert "exists already" in again.stderr


def test_without_a_laboratory_nothing_is_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUGCHECK_DATA_DIR", str(tmp_path))
    result = run("export", "--sample", new_code(lambda _: False), "--out", tmp_path / "out.json")
    assert result.exit_code == 2
    assert "no laboratory" in result.stderr
    assert not (tmp_path / "out.json").exists()


def test_every_sentence_of_custody_is_written_in_every_language() -> None:
    names = {language: {key for key in read_catalogue(language) if "custody" in key} for language in LANGUAGES}
    assert names["en"] == names["fr"] == names["nl"]
    folder = Path(__file__).parents[3] / "lab" / "custody"
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    used = set(re.findall(r'message_id = "(error\.custody\.[a-z_]+)"', source))
    used |= {f"custody.problem.{name}" for name in re.findall(r'problems\.(?:add|stop)\("([a-z_]+)"', source)}
    used |= set(re.findall(r'"(custody\.(?:warning|problem)\.[a-z_]+)"', source))
    assert len(used) > 40
    assert used <= names["en"]
