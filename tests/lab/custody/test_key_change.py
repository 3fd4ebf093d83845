"""Another key signs: what was signed before and after verifies under whichever key one has, and nothing forged does."""

import copy
from pathlib import Path

import pytest
from sqlmodel import Session

from lab.custody import service
from lab.custody.audit import verify_database
from lab.custody.bundle import bundle_bytes, consistency, export_bundle, export_log, verify_bundle, verify_file
from lab.custody.errors import KeyChangedAlreadyError, NotTheLogsKeyError
from lab.custody.keys import LogKey, load_or_create_signer
from lab.custody.rotation import exchange_files, next_path, prepare, record_change
from lab.kit import ledger
from lab.kit.key_change import ChangeReason, KeyChange
from lab.kit.ledger import KeyRetiredError
from lab.kit.notes import NoteError, PublicKey, Signer
from tests.lab.custody.conftest import Network
from tests.lab.custody.logs import SIGNER

NEW = Signer(SIGNER.name, bytes(range(1, 33)))
THIRD = Signer(SIGNER.name, bytes(range(2, 34)))


def collect(network: Network) -> None:
    service.register_item(
        network.session, actor=network.worker, sample_id=network.sample(), site_id=network.north.id, mass_mg=5
    )


def change(session: Session, reason: ChangeReason = ChangeReason.PLANNED) -> KeyChange:
    old = None if reason is ChangeReason.LOST else SIGNER
    return record_change(session, new=NEW, old=old, reason=reason)


def test_a_new_export_verifies_under_both_keys_and_an_old_one_under_the_old(network: Network) -> None:
    session = network.session
    collect(network)
    before = export_log(session, signer=SIGNER)
    change(session)
    collect(network)
    after = export_log(session, signer=NEW)
    assert verify_bundle(before, key=SIGNER.public_key).verified
    assert verify_bundle(after, key=NEW.public_key).warnings == ()
    under_old = verify_bundle(after, key=SIGNER.public_key)
    assert under_old.verified
    assert [warning.id for warning in under_old.warnings] == ["custody.warning.key_changed"]
    assert not verify_bundle(after, key=THIRD.public_key).verified
    assert verify_database(session, key=SIGNER.public_key).verified
    assert verify_database(session, key=NEW.public_key).verified
    assert not verify_database(session, key=THIRD.public_key).verified


def test_the_old_key_signs_nothing_more(network: Network) -> None:
    collect(network)
    change(network.session)
    with pytest.raises(KeyRetiredError):
        export_log(network.session, signer=SIGNER)
    with pytest.raises(KeyChangedAlreadyError):
        record_change(network.session, new=THIRD, old=SIGNER, reason=ChangeReason.PLANNED)


@pytest.mark.parametrize("reason", [ChangeReason.COMPROMISED, ChangeReason.LOST])
def test_a_key_in_other_hands_or_lost_vouches_for_nothing(network: Network, reason: ChangeReason) -> None:
    collect(network)
    ledger.checkpoint(network.session, signer=SIGNER)
    change(network.session, reason)
    log = export_log(network.session, signer=NEW)
    assert verify_bundle(log, key=NEW.public_key).verified
    problems = verify_bundle(log, key=SIGNER.public_key).problems
    assert [problem.message.id for problem in problems] == ["custody.problem.key_not_endorsed"]


def test_nobody_can_put_a_change_into_a_file_that_is_not_the_logs(network: Network) -> None:
    session = network.session
    collect(network)
    change(session)
    collect(network)
    log = export_log(session, signer=NEW)
    forged = KeyChange(SIGNER.name, NEW.public_key, THIRD.public_key, 1, bytes(32), ChangeReason.PLANNED,
                       "2026-07-01T00:00:00Z")  # fmt: skip
    for notes in ([], [forged.sign(new=THIRD, old=NEW)], [*log["key_changes"], forged.sign(new=THIRD, old=NEW)], "x"):
        assert not verify_bundle(log | {"key_changes": notes}, key=SIGNER.public_key).verified
    shortened = copy.copy(log)
    del shortened["key_changes"]
    assert not verify_bundle(shortened, key=SIGNER.public_key).verified
    for at in range(len(log["key_changes"][0])):
        note = log["key_changes"][0]
        edited = note[:at] + ("A" if note[at] != "A" else "B") + note[at + 1 :]
        assert not verify_bundle(log | {"key_changes": [edited]}, key=SIGNER.public_key).verified, at


def test_a_pair_of_checkpoints_shows_continuity_across_the_change(network: Network) -> None:
    session = network.session
    collect(network)
    first = ledger.checkpoint(session, signer=SIGNER)
    collect(network)
    change(session)
    collect(network)
    last = ledger.checkpoint(session, signer=NEW)
    pair = bundle_bytes(consistency(session, first=first.size, second=last.size))
    for key in (SIGNER.public_key, NEW.public_key):
        report = verify_file(pair, key=key, held=first.note.encode())
        assert report.verified, report.problems
    other = KeyChange.parse(ledger.key_changes(session)[0])
    assert other.size == 2


def test_a_checkpoint_held_outside_contradicts_a_log_that_was_made_anew(network: Network) -> None:
    session = network.session
    with session.begin_nested() as savepoint:
        collect(network)
        collect(network)
        held = ledger.checkpoint(session, signer=SIGNER).note
        newest = verify_file(held.encode(), key=SIGNER.public_key)
        assert (newest.verified, newest.size) == (True, 2)
        savepoint.rollback()
    session.expire_all()
    other = Network(session, prefix="again-")
    for _ in range(3):
        collect(other)
    log = bundle_bytes(export_log(session, signer=SIGNER))  # the same key: only the held checkpoint can tell
    assert verify_file(log, key=SIGNER.public_key).verified
    report = verify_file(log, key=SIGNER.public_key, held=held.encode())
    assert [problem.message.id for problem in report.problems] == ["custody.problem.held_contradicts"]
    database = verify_database(session, key=SIGNER.public_key, held=held.encode())
    assert [problem.message.id for problem in database.problems] == ["custody.problem.held_contradicts"]


def test_a_held_checkpoint_of_another_size_needs_the_proof_of_continuity(network: Network) -> None:
    session = network.session
    collect(network)
    held = ledger.checkpoint(session, signer=SIGNER).note.encode()
    sample = network.sample()
    service.register_item(session, actor=network.worker, sample_id=sample, site_id=network.north.id)
    extract = bundle_bytes(export_bundle(session, sample_id=sample, signer=SIGNER))
    report = verify_file(extract, key=SIGNER.public_key, held=held)
    assert [problem.message.id for problem in report.problems] == ["custody.problem.held_cannot_tell"]
    assert verify_file(bundle_bytes(export_log(session, signer=SIGNER)), key=SIGNER.public_key, held=held).verified


def test_files_change_places_and_an_interrupted_change_is_finished(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "custody.key"
    old = load_or_create_signer(path, name=SIGNER.name)
    collect(network)
    new = prepare(path, origin=old.name)
    first = record_change(network.session, new=new, old=old, reason=ChangeReason.PLANNED)
    assert prepare(path, origin=old.name) == new  # killed here, and run again
    assert record_change(network.session, new=new, old=old, reason=ChangeReason.PLANNED) == first
    kept = exchange_files(path, old=old.public_key)
    assert load_or_create_signer(path) == new
    assert load_or_create_signer(kept) == old
    assert not next_path(path).exists()
    assert LogKey(path).signer(network.session) == new


def test_a_missing_key_never_becomes_a_new_one(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "custody.key"
    collect(network)
    ledger.checkpoint(network.session, signer=LogKey(path).signer(network.session))
    path.unlink()
    with pytest.raises(NotTheLogsKeyError):
        LogKey(path).signer(network.session)
    assert not path.exists()
    load_or_create_signer(path)
    with pytest.raises(NotTheLogsKeyError):
        LogKey(path).signer(network.session)


def test_a_change_of_key_is_read_strictly() -> None:
    true = KeyChange(SIGNER.name, SIGNER.public_key, NEW.public_key, 3, bytes(32), ChangeReason.PLANNED,
                     "2026-07-01T00:00:00Z")  # fmt: skip
    assert KeyChange.parse(true.sign(new=NEW, old=SIGNER)).endorsed
    assert not KeyChange.parse(true.sign(new=NEW, old=None)).endorsed
    for note in (true.sign(new=SIGNER, old=None), true.sign(new=NEW, old=THIRD), SIGNER.sign("a\n"), "x"):
        with pytest.raises(NoteError):
            KeyChange.parse(note)
    assert PublicKey.parse(NEW.public_key.vkey) == NEW.public_key
