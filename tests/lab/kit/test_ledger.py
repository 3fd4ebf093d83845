"""The stored log: append only, on both databases, also for those who go round the code."""

from threading import Thread

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from lab.kit import ledger, merkle
from lab.kit.checkpoint import Checkpoint
from lab.kit.db import Database
from lab.kit.ledger import LedgerBrokenError, LedgerCheckpoint, LedgerEntry
from lab.kit.notes import Signer, signed_by

SIGNER = Signer("log.example/custody", bytes(range(32)))
BODIES = [f"entry {number}".encode() for number in range(21)]


def fill(session: Session, bodies: list[bytes] = BODIES) -> list[bytes]:
    return [ledger.append(session, body).leaf_hash for body in bodies]


def test_entries_are_numbered_from_zero_and_keep_their_bytes(session: Session) -> None:
    for seq, body in enumerate(BODIES):
        assert ledger.append(session, body).seq == seq
    assert ledger.size(session) == len(BODIES)
    assert ledger.bodies(session, range(21)) == dict(enumerate(BODIES))


def test_the_stored_tree_is_the_tree_over_the_bytes(session: Session) -> None:
    leaves = fill(session)
    assert leaves == [merkle.leaf_hash(body) for body in BODIES]
    for size in range(1, 22):
        assert merkle.root_at(size, ledger.StoredNodes(session)) == merkle.root_of(leaves[:size])


def test_an_append_reads_and_writes_few_rows(session: Session) -> None:
    fill(session)
    statements: list[str] = []

    @sa.event.listens_for(session.get_bind(), "before_cursor_execute")
    def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    ledger.append(session, b"one more")
    assert len(statements) <= 5  # the lock on PostgreSQL, the size, at most log2(21) siblings in reads of one, the row


def test_proofs_from_the_database_verify(session: Session) -> None:
    leaves = fill(session)
    root = merkle.root_of(leaves)
    for seq, proof in enumerate(ledger.inclusion_proofs(session, range(21), size=21)):
        assert merkle.root_from_inclusion(leaves[seq], seq, 21, proof) == root
    for first in range(22):
        proof = ledger.consistency_proof(session, first=first, second=21)
        assert merkle.verify_consistency(first, merkle.root_of(leaves[:first]), 21, root, proof)


def test_a_checkpoint_signs_the_log_as_it_stands(session: Session) -> None:
    leaves = fill(session)
    signed = ledger.checkpoint(session, signer=SIGNER)
    text = signed_by(signed.note, SIGNER.public_key)
    assert text is not None
    assert Checkpoint.parse(text) == Checkpoint(SIGNER.name, 21, merkle.root_of(leaves))


def test_the_same_log_is_signed_once_by_each_key(session: Session) -> None:
    fill(session)
    assert ledger.checkpoint(session, signer=SIGNER).id == ledger.checkpoint(session, signer=SIGNER).id
    ledger.checkpoint(session, signer=Signer("next.example", bytes(32)))
    assert len(session.exec(select(LedgerCheckpoint)).all()) == 2


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_checkpoint"])
@pytest.mark.parametrize("statement", ["update {t} set {c} = {c}", "delete from {t}"])
def test_the_database_refuses_to_change_or_delete(session: Session, table: str, statement: str) -> None:
    fill(session)
    ledger.checkpoint(session, signer=SIGNER)
    column = "seq" if table == "ledger_entry" else "size"
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(sa.text(statement.format(t=table, c=column)))


def test_postgresql_refuses_to_truncate(postgres_url: str) -> None:
    database = Database(postgres_url)
    with pytest.raises(DBAPIError, match="append-only"), database.session() as session:
        session.execute(sa.text("truncate ledger_entry cascade"))
    database.dispose()


def test_sqlite_refuses_to_replace_a_row(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.session() as session:
        fill(session)
    with pytest.raises(DBAPIError, match="append-only"), database.session() as session:
        session.execute(sa.text("insert or replace into ledger_entry (seq, body, hashes) values (3, x'00', x'00')"))
    database.dispose()


@pytest.mark.parametrize("seq", [0, 20, 22, 100])
def test_the_database_takes_an_entry_at_the_end_only(session: Session, seq: int) -> None:
    fill(session)
    with pytest.raises(DBAPIError):
        session.execute(sa.insert(LedgerEntry).values(seq=seq, body=b"x", hashes=bytes(32)))


def test_nothing_more_is_signed_over_a_rewritten_log(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.session() as session:
        fill(session)
        ledger.checkpoint(session, signer=SIGNER)
    with database.session() as session:  # whoever owns the file can take the triggers away
        session.execute(sa.text("drop trigger ledger_entry_refuses_update"))
        session.execute(sa.text("update ledger_entry set body = x'00', hashes = x'00' where seq = 15"))
        ledger.append(session, b"later")
    with pytest.raises(LedgerBrokenError), database.session() as session:
        ledger.checkpoint(session, signer=SIGNER)
    database.dispose()


def test_a_log_cut_behind_its_checkpoint_is_not_signed_again(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.session() as session:
        fill(session)
        ledger.checkpoint(session, signer=SIGNER)
    with database.session() as session:
        session.execute(sa.text("drop trigger ledger_entry_refuses_delete"))
        session.execute(sa.text("delete from ledger_entry where seq > 17"))
    with pytest.raises(LedgerBrokenError), database.session() as session:
        ledger.checkpoint(session, signer=SIGNER)
    database.dispose()


def test_writers_at_once_leave_no_gap_and_no_fork(database: Database) -> None:
    def write(writer: int) -> None:
        for number in range(8):
            with database.session() as session:
                ledger.append(session, f"{writer}-{number}".encode())

    threads = [Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        entries = session.exec(select(LedgerEntry).order_by(sa.column("seq"))).all()
        assert [entry.seq for entry in entries] == list(range(32))
        root = merkle.root_of([merkle.leaf_hash(entry.body) for entry in entries])
        assert merkle.root_at(32, ledger.StoredNodes(session)) == root
