"""An erased contact is nowhere: searched in every table, file, log, write-ahead log, job, delivery and backup.

A contact goes the whole way, over the counter's page, an SMTP server and an SMS gateway of this machine. What is
searched for is the address in every form that it might have taken on its way. That the search can find something is
shown first; that the ciphertext kept in backups is worth nothing without the destroyed keys, last.
"""

import base64
import gzip
import io
import logging
import shutil
import sqlite3
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from fastapi.testclient import TestClient
from sqlmodel import select

from alerts.contacts.causes import NOTIFY
from alerts.deliveries.fanout import DISPATCH
from alerts.deliveries.models import Delivery, DeliveryState, Purpose
from api.backup import restore_backup, write_backup
from api.services import contact_keys
from api.settings import Settings
from api.state import AppState
from api.worker import make_worker
from lab.contacts import service as contacts
from lab.contacts.errors import ContactErasedError
from lab.contacts.models import Contact
from lab.kit.db import Database
from lab.kit.jobs import enqueue
from lab.results import service as results
from lab.results.models import Result
from lab.samples.models import Sample
from tests.alerts.channels.test_email import Inbox, free_port
from tests.alerts.channels.test_webhook import Receiver
from tests.alerts.house import House
from tests.api.application import application_on
from tests.lab.bench import TEXTS
from tests.network import Network

LOCAL, DOMAIN, NUMBER = "zyxw.nightowl", "person-of-the-test.example", "+32470918273"
ADDRESS = f"{LOCAL}@{DOMAIN}"


def disguises(text: str) -> set[bytes]:
    """``text`` as plain, UTF-16, hexadecimal, base64 at each of its three offsets, percent- and backslash-encoded."""
    plain = text.encode()
    forms = {
        plain,
        text.encode("utf-16-le"),
        text.encode("utf-16-be"),
        plain.hex().encode(),
        plain.hex().upper().encode(),
    }
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + plain)
        forms |= {whole[4:-4], whole[4:-4].replace(b"+", b"-").replace(b"/", b"_")}
    forms |= {quote(text, safe="").encode(), text.replace("@", "=40").encode(), text.replace("@", "\\u0040").encode()}
    return {form for form in forms if len(form) > 8}


TRACES = disguises(ADDRESS) | disguises(LOCAL) | disguises(DOMAIN) | disguises(NUMBER) | disguises(NUMBER[1:])


def traces_in(content: bytes) -> set[bytes]:
    return {form for form in TRACES if form in content}


@dataclass
class Outside:
    """The world that messages go out to."""

    inbox: Inbox
    mail: Controller
    gateway: Receiver


@pytest.fixture
def outside() -> Iterator[Outside]:
    inbox = Inbox()
    mail = Controller(inbox, hostname="127.0.0.1", port=free_port())
    mail.start()
    with Receiver().serving() as gateway:
        yield Outside(inbox, mail, gateway)
    mail.stop()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, outside: Outside) -> Settings:
    return Settings(
        data_dir=tmp_path / "lab", database_url=database_url, worker_in_process=False, base_url="http://testserver",
        smtp_host="127.0.0.1", smtp_port=outside.mail.port, smtp_security="none", sms_url=outside.gateway.url,
    )  # fmt: skip


@pytest.fixture
def state(state: AppState, settings: Settings) -> AppState:
    settings.data_dir.mkdir()
    return replace(state, settings=settings)


def registered(client: TestClient, database: Database) -> Sample:
    form = {"form": "tablet", "consent_analyse": "yes", "contact_email": ADDRESS, "contact_phone": NUMBER,
            "contact_consent": "yes", "contact_language": "nl"}  # fmt: skip
    answer = client.post("/samples/new", data=form)
    assert answer.status_code == 200, answer.text
    with database.reading() as session:
        return session.exec(select(Sample)).one()


def reported(state: AppState, network: Network, sample: Sample) -> None:
    """An answer given out, at the testing point's own bench: custody is tested elsewhere."""
    with state.database.session() as session:
        house = House.__new__(House)
        house.session, house.network, house.substances = session, network, {}
        house.laboratory = network.sites["north"]
        verifier, chemist = network.actors["verifier"], network.actors["chemist"]
        house.chemist = replace(chemist, grants=frozenset((None, role) for _, role in chemist.grants))
        house.verifier = replace(verifier, grants=frozenset((None, role) for _, role in verifier.grants))
        house.analysis(sample, actor=house.chemist)
        result = house.submitted(sample)
        results.verify(session, actor=house.verifier, result_id=result.id)
        results.report(session, actor=house.chemist, result_id=result.id, texts=TEXTS)


def work(state: AppState, task: str) -> None:
    """Let a worker do ``task`` and whatever comes of it."""
    with state.database.session() as session:
        enqueue(session, task, "")
    make_worker(state).run_until_idle()


def everything_stored(database: Database, folder: Path) -> bytes:
    """Every row of every table and every file, write-ahead logs included."""
    found = io.BytesIO()
    with database.reading() as session:
        for table in sa.inspect(session.connection()).get_table_names():
            for row in session.execute(sa.select(sa.text("*")).select_from(sa.table(table))):
                found.write(b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in row))
    for path in folder.rglob("*"):
        if path.is_file():
            found.write(path.read_bytes())
    if not database.is_sqlite:
        found.write(_dumped(database))
        found.write(_write_ahead(database))
    return found.getvalue()


def _dumped(database: Database) -> bytes:
    """What an operator's own backup holds."""
    if shutil.which("pg_dump") is None:
        return b""
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    done = subprocess.run(["pg_dump", "--inserts", url], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


def _write_ahead(database: Database) -> bytes:
    """The server's write-ahead log, where this process may read it."""
    with database.reading() as session:
        folder = Path(str(session.execute(sa.text("SHOW data_directory")).scalar()))
    try:
        return b"".join(path.read_bytes() for path in (folder / "pg_wal").iterdir() if path.is_file())
    except OSError:
        return b""


def test_the_search_finds_an_address_in_any_disguise() -> None:
    for shift in range(3):
        assert traces_in(base64.b64encode(b"x" * shift + ADDRESS.encode() + b"tail"))
    for form in (ADDRESS.encode("utf-16"), ADDRESS.encode().hex().encode(), quote(ADDRESS).encode(), NUMBER.encode()):
        assert traces_in(b"before" + form + b"after")
    assert not traces_in(b"somebody.else@example.org +32470000000")


def test_after_erasure_a_contact_is_nowhere_to_be_found(
    state: AppState, network: Network, outside: Outside, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    database, keys = state.database, contact_keys(state.settings)
    client = TestClient(application_on(state), headers={"Authorization": f"Bearer {network.tokens['worker']}"})
    sample = registered(client, database)
    outside.inbox.reply = f"450 {ADDRESS} try later"  # a refusal that quotes the address, for the log to trip over
    reported(state, network, sample)
    work(state, NOTIFY)
    outside.inbox.reply = None
    with database.session() as session:
        for row in session.exec(select(Delivery).where(Delivery.purpose == Purpose.CONTACT)):
            row.due_at = row.created_at  # the wait of the back-off, passed
            session.add(row)
    work(state, DISPATCH)

    # It was used: both messages went out, to where they were meant to go.
    assert any(ADDRESS.encode() in mail for mail in outside.inbox.received)
    assert any(NUMBER.encode() in body for _, body in outside.gateway.requests)
    with database.reading() as session:
        rows = session.exec(select(Delivery).where(Delivery.purpose == Purpose.CONTACT)).all()
        assert [row.state for row in rows] == [DeliveryState.SENT] * 2
        kept = contacts.contacts_of(session, sample_id=sample.id)
        assert {contacts.address_of(one, keys=keys) for one in kept} == {ADDRESS, NUMBER}
        assert session.exec(select(Result)).one().reported_at is not None
    copies = [one.model_dump() for one in kept]
    if database.is_sqlite:
        _back_up(state.settings, database, tmp_path / "backup.tar.gz")

    answer = client.post(f"/samples/{sample.code}/contact/erase", follow_redirects=True)
    assert answer.status_code == 200

    stored = everything_stored(database, tmp_path)
    if database.is_sqlite:
        stored += _unpacked(tmp_path / "backup.tar.gz")
    assert sample.code.encode() in stored  # what was looked through is the laboratory itself
    assert traces_in(stored) == set()
    # aiosmtpd is the outside here, in our process: what a mail server logs of its own is not ours.
    ours = [record.getMessage() for record in caplog.records if record.name != "mail.log"]
    assert ours
    assert traces_in("\n".join(ours).encode()) == set()
    assert traces_in(answer.content) == set()
    with database.reading() as session:
        assert session.exec(select(Contact)).all() == []
    for copy in copies:  # the very rows, as a backup or a write-ahead log keeps them
        with pytest.raises(ContactErasedError):
            keys.open(copy["id"], copy["key_day"], copy["sealed"])
    if database.is_sqlite:
        _restored_without_it(state.settings, tmp_path, copies)


def _embedded(settings: Settings, folder: Path) -> Settings:
    """The same laboratory with its database and files in ``folder``, as backups are made of it."""
    return settings.model_copy(
        update={
            "data_dir": folder,
            "database_url": None,
            "files": None,
            "contact_keys": settings.effective_contact_keys,
        }
    )


def _back_up(settings: Settings, database: Database, target: Path) -> None:
    folder = target.parent / "embedded"
    folder.mkdir()
    path = str(database.engine.url.database)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(folder / "lab.sqlite")) as copy:
        source.backup(copy)
    write_backup(_embedded(settings, folder), target)


def _unpacked(archive: Path) -> bytes:
    with tarfile.open(archive) as opened:
        files = [opened.extractfile(member) for member in opened.getmembers() if member.isfile()]
        return b"".join(file.read() for file in files if file) + gzip.decompress(archive.read_bytes())


def _restored_without_it(settings: Settings, tmp_path: Path, copies: list[dict[str, object]]) -> None:
    """The archive holds the ciphertext; reading it back brings no contact with it."""
    assert all(bytes(copy["sealed"]) in _unpacked(tmp_path / "backup.tar.gz") for copy in copies)  # type: ignore[call-overload]  # bytes
    elsewhere = _embedded(settings, tmp_path / "elsewhere")
    assert restore_backup(elsewhere, tmp_path / "backup.tar.gz").contacts_dropped == len(copies)
    database = Database(elsewhere.effective_database_url)
    with database.reading() as session:
        assert session.exec(select(Contact)).all() == []
        assert session.exec(select(Sample)).one().code
    database.dispose()


def test_a_contact_that_was_not_erased_survives_a_restore_where_its_keys_are(
    state: AppState, network: Network, tmp_path: Path
) -> None:
    if not state.database.is_sqlite:
        pytest.skip("PostgreSQL has its own backups")
    client = TestClient(application_on(state), headers={"Authorization": f"Bearer {network.tokens['worker']}"})
    registered(client, state.database)
    _back_up(state.settings, state.database, tmp_path / "backup.tar.gz")
    elsewhere = _embedded(state.settings, tmp_path / "elsewhere")
    assert restore_backup(elsewhere, tmp_path / "backup.tar.gz").contacts_dropped == 0
    database = Database(elsewhere.effective_database_url)
    with database.reading() as session:
        kept = session.exec(select(Contact)).all()
        assert {contacts.address_of(one, keys=contact_keys(elsewhere)) for one in kept} == {ADDRESS, NUMBER}
    database.dispose()
