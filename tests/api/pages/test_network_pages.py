"""The network's own pages: what coordinators see and do, and what others do not."""

import json
import logging
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from api.backup import write_backup
from api.settings import Settings
from lab.directory import service as directory
from lab.directory.models import ServiceEntry
from lab.encounters.questionnaires import shipped
from lab.kit.clock import today
from lab.network import accounts
from lab.network.models import Account, Role, RoleGrant
from lab.samples import service as samples
from lab.samples.schemas import SampleIn
from tests.api.pages.conftest import Client, Lab, fields_of, text_of

PAGES = ("", "/sites", "/people", "/training", "/directory", "/questionnaires", "/counts")


def test_coordinators_and_administrators_reach_the_network_and_others_do_not(client: Client) -> None:
    for path in PAGES:
        for who in ("coordinator", "admin"):
            assert client(who).get(f"/network{path}").status_code == 200, (path, who)
        for who in ("worker", "chemist", "approver", "auditor", "courier"):
            assert client(who).get(f"/network{path}").status_code == 403, (path, who)
    assert client("coordinator").get("/network/person-code").status_code == 403
    assert client("admin").get("/network/person-code").status_code == 200


def test_an_invited_person_chooses_a_password_and_signs_in(client: Client, lab: Lab) -> None:
    form = {"display_name": "New", "email": "new@test.example", "language": "fr", "role": "worker",
            "site": str(lab.network.sites["north"].id)}  # fmt: skip
    answer = client("coordinator").post("/network/people/invite", data=form)
    path = (
        next(part for part in answer.text.split() if "/join/" in part).partition("http://testserver")[2].split("<")[0]
    )
    nobody = client("worker")
    nobody.headers.pop("Authorization")
    assert "new@test.example" in nobody.get(path).text
    differing = nobody.post(path, data={"password": "a long sentence here", "again": "another long sentence"})
    assert differing.status_code == 422
    chosen = {"password": "a long sentence here", "again": "a long sentence here"}
    assert nobody.post(path, data=chosen).headers["location"] == "/sign-in"
    assert nobody.get(path).status_code == 404
    signed = nobody.post("/sign-in", data={"email": "new@test.example", "password": "a long sentence here"})
    assert signed.status_code == 303


def test_what_was_typed_stays_when_an_invitation_is_refused(client: Client, lab: Lab) -> None:
    answer = client("coordinator").post("/network/people/invite", data={"display_name": "New", "email": "no address"})
    assert answer.status_code == 422
    assert fields_of(answer, "display_name") == ["New"]
    with lab.session() as session:
        assert session.exec(select(Account).where(Account.display_name == "New")).first() is None


def test_an_expiring_entry_waits_on_the_coordinators_home(client: Client, lab: Lab) -> None:
    form = {"name": "Open door", "kind": "caarud", "telephone": "02 123 45 67", "country": "be", "languages": "fr nl",
            "valid_until": (today() + timedelta(days=10)).isoformat()}  # fmt: skip
    assert client("coordinator").post("/network/directory/new", data=form).status_code == 303
    assert "Open door" in text_of(client("coordinator").get("/"))
    assert "Open door" not in text_of(client("worker").get("/"))
    with lab.session() as session:
        entry = session.exec(select(ServiceEntry)).one()
        assert entry.languages == ["fr", "nl"]
        assert directory.is_shown(entry, on=today())


def test_an_imported_file_says_which_lines_were_refused(client: Client) -> None:
    content = b"kind,name,valid_until,telephone\ncaarud,Good,2027-01-01,02 1\nbar,Bad,2027-01-01,02 1\n"
    answer = client("coordinator").post("/network/directory/import", files={"file": ("d.csv", content, "text/csv")})
    said = text_of(answer)
    assert "1 new" in said
    assert "Line 3" in said
    nothing = client("coordinator").post("/network/directory/import", files={"file": ("d.csv", b"", "text/csv")})
    assert nothing.status_code == 422


def test_a_questionnaire_is_downloaded_changed_and_placed(client: Client) -> None:
    page = client("coordinator")
    definition = page.get("/network/questionnaires/shipped/core/1.json").json()
    assert definition == json.loads(json.dumps(shipped()[0].as_json()))
    broken = json.dumps({**definition, "version": 2, "title": {"fr": "x"}}).encode()
    answer = page.post("/network/questionnaires", files={"file": ("c.json", broken, "application/json")})
    assert answer.status_code == 422
    assert "title.nl" in text_of(answer)
    good = json.dumps({**definition, "version": 2}).encode()
    checked = page.post("/network/questionnaires", data={"only_check": "yes"}, files={"file": ("c.json", good, "x/y")})
    assert "not in place yet" in text_of(checked)
    placed = page.post("/network/questionnaires", files={"file": ("c.json", good, "application/json")})
    assert placed.status_code == 303
    assert page.get("/network/questionnaires/network/core/2.json").json()["version"] == 2


def test_a_talk_about_a_sample_is_noted_from_its_page(client: Client, lab: Lab) -> None:
    sample = lab.register().sample
    worker = client("worker")
    assert f"/encounters/new?sample={sample.code}" in worker.get(f"/samples/{sample.code}").text
    form = worker.get(f"/encounters/new?sample={sample.code}")
    assert fields_of(form, "sample_codes") == [sample.code]
    data = {"client_id": fields_of(form, "client_id")[0], "sample_codes": sample.code, "core.first_time": "no",
            "core.advice": ["dose", "mixing"], "core.age": ""}  # fmt: skip
    saved = worker.post("/encounters/new", data=data)
    again = worker.post("/encounters/new", data=data)
    assert saved.status_code == 303
    assert saved.headers["location"] == again.headers["location"]
    said = text_of(worker.get(saved.headers["location"]))
    assert "dose and onset, mixing" in said
    assert "not stated" in said
    assert saved.headers["location"].split("?")[0] in worker.get(f"/samples/{sample.code}").text
    assert "/encounters/" not in client("chemist").get(f"/samples/{sample.code}").text


def test_a_refused_talk_keeps_what_was_typed_and_says_it_beside_the_question(client: Client) -> None:
    answer = client("worker").post("/encounters/new", data={"core.knows": "9", "core.note": "kept", "met_on": "soon"})
    assert answer.status_code == 422
    assert "kept" in answer.text
    answer = client("worker").post("/encounters/new", data={"core.knows": "9", "core.note": "kept"})
    assert 'id="core.knows-error"' in answer.text
    assert client("worker").post("/encounters/new", data={"sample_codes": "ZZZZ"}).status_code == 422


def test_the_person_code_leaves_no_trace_outside_its_table(
    client: Client, lab: Lab, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    worker, coordinator = client("worker"), client("coordinator")
    said = {"consent": "yes", "mother_initial": "Ŵ", "older_brothers": "17", "birth_month": "11",
            "birth_town_initial": "X"}  # fmt: skip
    assert worker.post("/visits/new", data=said).status_code == 422  # off
    assert not list(tmp_path.glob("person_code*"))
    client("admin").post("/network/person-code", data={"on": "yes"})
    for _ in range(6):
        assert worker.post("/visits/new", data=said).status_code == 303
    with lab.session() as session:
        rows = session.connection().exec_driver_sql("SELECT hex(code_hash) FROM person_visit").all()
        [code] = {row[0] for row in rows}
        everything = "\n".join(session.connection().connection.driver_connection.iterdump())  # type: ignore[union-attr]
    others = [line for line in everything.splitlines() if "person_visit" not in line]
    assert code.lower() not in "\n".join(others).lower()
    secret = next(iter(tmp_path.glob("person_code-*.key"))).read_text()
    assert secret not in everything
    for path in ("/network/counts/export.csv?period=2026-Q4", "/network/directory/export.csv"):
        assert code.lower() not in coordinator.get(path).text.lower()
    heard = "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("http"))
    assert not any(word in heard for word in ("Ŵ", "mother_initial=", code, code.lower()))
    write_backup(Settings(data_dir=tmp_path), tmp_path / "backup.tar.gz")
    with tarfile.open(tmp_path / "backup.tar.gz") as archive:
        packed = [archive.extractfile(one) for one in archive.getmembers() if one.isfile()]
        assert not any(secret.encode() in file.read() for file in packed if file is not None)
    kept = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert not any(code.encode() in path.read_bytes() for path in kept)


def test_a_role_is_never_given_network_wide_for_want_of_a_place(client: Client, lab: Lab) -> None:
    worker = lab.network.accounts["worker"]
    for site in ("", "rubbish", None):
        data = {"role": "worker"} | ({} if site is None else {"site": site})
        assert client("admin").post(f"/network/people/{worker.id}/roles", data=data).status_code == 422
    with lab.session() as session:
        grants = session.exec(select(RoleGrant).where(RoleGrant.account_id == worker.id)).all()
        assert [grant.site_id for grant in grants] == [lab.network.sites["north"].id]


@pytest.mark.parametrize("period", ["2026-Q9", "yesterday"])
def test_a_period_that_is_none_is_said_so(client: Client, period: str) -> None:
    assert client("coordinator").get(f"/network/counts?period={period}").status_code == 422


def test_a_worker_of_two_sites_is_where_they_worked_last(client: Client, lab: Lab) -> None:
    worker, south = lab.network.accounts["worker"], lab.network.sites["south"]
    with lab.state.database.session() as session:
        accounts.grant_role(session, account_id=worker.id, role=Role.WORKER, site_id=south.id)
    assert "North field" in text_of(client("worker").get("/"))
    with lab.state.database.session() as session:
        actor = accounts.actor_of(session, account_id=worker.id)
        samples.register(session, actor=actor, data=SampleIn(site_id=south.id, consent_analyse=True))
    assert "South counter" in text_of(client("worker").get("/"))
