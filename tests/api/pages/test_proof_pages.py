"""Checkpoints, receipts and the check of a file, for people without an account; witnesses and proofs for those with."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from alerts.channels.base import Outgoing, TransportError
from alerts.vocabulary import ChannelKind
from alerts.witnesses.models import CheckpointMail
from alerts.witnesses.service import mail_checkpoints
from api.services import alert_services, log_key
from api.worker import context_of
from lab.custody.jobs import sign_log
from lab.custody.models import CustodyReceipt, Parcel
from lab.custody.verification import verify_file
from lab.kit import ledger
from lab.kit.clock import frozen, now
from lab.kit.notes import PublicKey
from tests.api.pages.conftest import Client, Lab, text_of


def signed(lab: Lab) -> ledger.LedgerCheckpoint:
    with lab.state.database.session() as session:
        return ledger.checkpoint(session, signer=log_key(lab.state.settings).signer(session))


def test_checkpoints_stand_at_a_public_address(lab: Lab, anonymous: TestClient) -> None:
    assert anonymous.get("/proof/checkpoint").status_code == 404
    assert "Nothing has been signed" in text_of(anonymous.get("/proof?lang=en"))
    lab.register()
    first = signed(lab)
    lab.register()
    second = signed(lab)
    answer = anonymous.get("/proof/checkpoint")
    assert answer.text == second.note
    assert answer.headers["cache-control"].startswith("public")
    key = PublicKey.parse(anonymous.get("/proof/custody.pub").text)
    assert verify_file(answer.content, key=key).verified
    assert anonymous.get(f"/proof/checkpoints/{first.size}").text == first.note
    pair = anonymous.get(f"/proof/consistency/{first.size}/{second.size}").content
    report = verify_file(pair, key=key, held=first.note.encode())
    assert (report.verified, report.earlier_size, report.size) == (True, first.size, second.size)
    backwards = f"consistency/{second.size}/{first.size}"
    for path in ("checkpoints/99", "checkpoints/-1", "checkpoints/" + "9" * 30, backwards):
        assert anonymous.get(f"/proof/{path}").status_code == 404, path
    page = text_of(anonymous.get("/proof?lang=en"))
    assert key.fingerprint in page


def test_a_parcel_gives_its_two_sides_receipts_that_anybody_can_check(
    lab: Lab, client: Client, anonymous: TestClient
) -> None:
    registered = lab.register()
    lab.bring(registered)
    with lab.session() as session:
        parcel = session.exec(select(Parcel)).one()
    worker = client("worker")
    page = worker.get(f"/custody/parcels/{parcel.id}")
    assert f"/custody/parcels/{parcel.id}/receipt" in page.text
    where = worker.post(f"/custody/parcels/{parcel.id}/receipt", data={"side": "taken"}).headers["location"]
    assert re.fullmatch(r"/proof/receipts/[0-9a-f]{64}", where)
    again = worker.post(f"/custody/parcels/{parcel.id}/receipt", data={"side": "taken"}).headers["location"]
    assert again == where
    shown = anonymous.get(f"{where}?lang=en")
    assert "unchanged" in text_of(shown)
    assert lab.network.sites["north"].name not in shown.text
    file = anonymous.get(f"{where}/receipt.json").content
    key = PublicKey.parse(anonymous.get("/proof/custody.pub").text)
    report = verify_file(file, key=key)
    assert report.verified
    assert report.code == where.rpartition("/")[2]
    assert anonymous.get(f"{where}/receipt.pdf").content.startswith(b"%PDF")
    checked = anonymous.post("/proof?lang=en", files={"file": ("receipt.json", file)})
    assert "Verified" in text_of(checked)
    pasted = anonymous.post("/proof?lang=en", data={"text": file.decode()})
    assert report.code in pasted.text
    assert anonymous.get("/proof/receipts/" + "0" * 64).status_code == 404
    with lab.session() as session:
        assert len(session.exec(select(CustodyReceipt)).all()) == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"text": ""}, "Choose a file"),
        ({"text": "hello"}, "no file of this kind"),
        ({"text": "{}", "key": "x"}, "no public key"),
        ({"text": '{"schema":"custody-bundle/9"}'}, "Verification failed"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(anonymous: TestClient, data: dict[str, str], words: str) -> None:
    answer = anonymous.post("/proof?lang=en", data=data)
    assert answer.status_code in {200, 422}
    assert words in text_of(answer)


def test_an_edited_receipt_fails_on_the_page(lab: Lab, client: Client, anonymous: TestClient) -> None:
    lab.bring(lab.register())
    with lab.session() as session:
        parcel = session.exec(select(Parcel)).one()
    where = client("worker").post(f"/custody/parcels/{parcel.id}/receipt", data={}).headers["location"]
    receipt = json.loads(anonymous.get(f"{where}/receipt.json").content)
    receipt["events"][0]["seq"] += 1
    text = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert "Verification failed" in text_of(anonymous.post("/proof?lang=en", data={"text": text}))


def test_the_proof_of_a_sample_is_taken_by_who_may_audit_alone(lab: Lab, client: Client, anonymous: TestClient) -> None:
    registered = lab.register(mass_mg=50)
    code = registered.sample.code
    assert client("worker").post(f"/samples/{code}/proof").status_code == 403
    coordinator = client("coordinator")
    assert "EPCIS" in coordinator.get(f"/samples/{code}/proof").text
    bundle = coordinator.post(f"/samples/{code}/proof")
    key = PublicKey.parse(anonymous.get("/proof/custody.pub").text)
    assert verify_file(bundle.content, key=key).verified
    events = coordinator.get(f"/samples/{code}/epcis.jsonld").json()["epcisBody"]["eventList"]
    assert events[0]["bizStep"] == "commissioning"
    assert code not in json.dumps(events)


class Post:
    """A mail channel that keeps what it is given, or fails."""

    kind = ChannelKind.EMAIL
    lease_s = 1.0

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.fails = False

    def is_noop(self, message: Outgoing) -> bool:
        return False

    async def notify(self, message: Outgoing) -> int | None:
        if self.fails:
            raise TransportError("refused")
        self.sent.append(message)
        return 250


def test_a_witness_is_mailed_one_checkpoint_a_day(lab: Lab, client: Client) -> None:
    admin = client("admin")
    assert client("coordinator").get("/network/witnesses").status_code == 403
    refused = admin.post("/network/witnesses", data={"name": "Notary", "email": "nobody", "language": "fr"})
    assert refused.status_code == 422
    admin.post("/network/witnesses", data={"name": "Notary", "email": "n@notary.example", "language": "en"})
    lab.register()
    checkpoint = signed(lab)
    post = Post()
    services = replace(alert_services(lab.state.settings), channels={ChannelKind.EMAIL: cast("Any", post)})
    database, morning = lab.state.database, now()
    post.fails = True
    assert mail_checkpoints(database, services=services) == 0
    post.fails = False
    assert mail_checkpoints(database, services=services) == 0  # not again at once
    with lab.state.database.session() as session:
        row = session.exec(select(CheckpointMail)).one()
        row.claimed_at -= timedelta(hours=1)
        session.add(row)
    assert mail_checkpoints(database, services=services) == 1
    assert mail_checkpoints(database, services=services) == 0
    [message] = post.sent
    assert message.address == "n@notary.example"
    key = PublicKey.parse(checkpoint.key_id)
    assert verify_file(message.text.encode(), key=key).verified  # the whole message, as saved from a mail program
    with frozen(morning + timedelta(days=1)):
        assert mail_checkpoints(database, services=services) == 1
    assert len({message.message_id for message in post.sent}) == 2
    page = admin.get("/network/witnesses")
    [where] = re.findall(r"/network/witnesses/[0-9a-f-]+/remove", page.text)
    admin.post(where)
    with frozen(morning + timedelta(days=2)):
        assert mail_checkpoints(database, services=services) == 0


def test_the_log_is_signed_as_it_grows_and_never_by_a_stray_key(lab: Lab) -> None:
    context = context_of(lab.state)
    sign_log(context, "")
    with lab.session() as session:
        assert ledger.latest_checkpoint(session) is None
    lab.register()
    sign_log(context, "")
    sign_log(context, "")
    lab.register()
    path = lab.state.settings.effective_signing_key
    path.rename(path.with_name("elsewhere"))
    sign_log(context, "")
    assert not path.exists()
    with lab.session() as session:
        assert len(session.exec(select(ledger.LedgerCheckpoint)).all()) == 1
