"""The append-only log: entries in the database, their Merkle tree, signed checkpoints and proofs.

An entry keeps its exact bytes and, beside its own leaf hash, the hashes of the perfect subtrees that it
completes. So every node of the tree is found in one known row, and an append reads and writes a number of
rows that grows with the logarithm of the log.

Database triggers (migration 0002) refuse every update and delete, and an insert anywhere but at the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, select

from lab.errors import LabError
from lab.kit import merkle
from lab.kit.checkpoint import Checkpoint
from lab.kit.clock import now
from lab.kit.db import UTCDateTime
from lab.kit.ids import new_id
from lab.kit.merkle import HASH_SIZE
from lab.kit.notes import Signer

# Any constant will do, if nothing else in this database locks it: "drug-led" in ASCII.
APPEND_LOCK = int.from_bytes(b"drug-led")
LEAVES_PER_QUERY = 500


class LedgerBrokenError(LabError):
    """The stored log is not the one that was signed before: nothing more may be signed over it."""

    message_id = "error.ledger.broken"


class LedgerEntry(SQLModel, table=True):
    """One entry: its bytes are a leaf of the tree. ``seq`` counts from 0 without gaps."""

    __tablename__ = "ledger_entry"

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    body: bytes
    hashes: bytes  # 32 bytes each: the leaf, then every perfect subtree that this leaf completes, upwards

    @property
    def leaf_hash(self) -> bytes:
        return self.hashes[:HASH_SIZE]


class LedgerCheckpoint(SQLModel, table=True):
    """A signed checkpoint as it was given out."""

    __tablename__ = "ledger_checkpoint"
    __table_args__ = (sa.UniqueConstraint("size", "key_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    size: int = Field(index=True)
    root: bytes
    key_id: str = Field(max_length=300)  # the signer's public key as name+id+key
    note: str
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class LedgerKeyChange(SQLModel, table=True):
    """The moment at which another key began to sign this log (:mod:`lab.kit.key_change`)."""

    __tablename__ = "ledger_key_change"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    size: int  # entries that the old key had signed
    old_key: str = Field(max_length=300, unique=True)  # as name+id+key
    new_key: str = Field(max_length=300, unique=True)
    note: str
    changed_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class KeyRetiredError(LabError):
    """This key was taken out of use: it signs this log no more."""

    message_id = "error.ledger.key_retired"


@dataclass(frozen=True)
class Appended:
    """Where an entry went."""

    seq: int
    leaf_hash: bytes


class StoredNodes:
    """The tree's nodes as :data:`lab.kit.merkle.Nodes`, read from the entries and kept for the next question."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._hashes: dict[int, bytes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        completed_at = (index + 1 << level) - 1
        if completed_at not in self._hashes:
            self.load([completed_at])
        start = level * HASH_SIZE
        found = self._hashes[completed_at][start : start + HASH_SIZE]
        if len(found) != HASH_SIZE:
            raise LedgerBrokenError(seq=completed_at)
        return found

    def keep(self, seq: int, hashes: bytes) -> None:
        """Remember the hashes of an entry that is at hand."""
        self._hashes[seq] = bytes(hashes)

    def load(self, seqs: Iterable[int]) -> None:
        """Read the hashes of these entries at once; raises :class:`LedgerBrokenError` when one is missing."""
        wanted = sorted(set(seqs) - self._hashes.keys())
        for start in range(0, len(wanted), LEAVES_PER_QUERY):
            part = wanted[start : start + LEAVES_PER_QUERY]
            query = select(LedgerEntry.seq, LedgerEntry.hashes).where(sa.column("seq").in_(part))
            self._hashes.update((seq, bytes(hashes)) for seq, hashes in self._session.exec(query))
        for seq in wanted:
            if seq not in self._hashes:
                raise LedgerBrokenError(seq=seq)


def lock(session: Session) -> None:
    """Be the only one who appends until this transaction ends.

    Whoever decides on what the log holds (a balance, a state) locks before reading. SQLite's BEGIN IMMEDIATE
    has done so already.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(APPEND_LOCK)))


def size(session: Session) -> int:
    """The number of entries."""
    last: int | None = session.execute(sa.select(sa.func.max(sa.column("seq"))).select_from(_table)).scalar()
    return 0 if last is None else last + 1


_table = SQLModel.metadata.tables["ledger_entry"]
_LAST = sa.select(_table.c.seq, _table.c.hashes).order_by(_table.c.seq.desc()).limit(1)
_INSERT = sa.insert(_table)


def append(session: Session, body: bytes) -> Appended:
    """Add an entry at the end. The bytes are kept and hashed as they are."""
    return extend(session, [body])[0]


def extend(session: Session, bodies: Sequence[bytes]) -> list[Appended]:
    """Add several entries at the end, in this order."""
    lock(session)
    last = session.execute(_LAST).first()
    nodes = StoredNodes(session)
    if last is not None:
        nodes.keep(last.seq, last.hashes)  # the left neighbour that every second entry needs
    start = 0 if last is None else last.seq + 1
    rows: list[dict[str, Any]] = []
    for seq, body in enumerate(bodies, start):
        hashes = merkle.completed_by(seq, merkle.leaf_hash(body), nodes)
        rows.append({"seq": seq, "body": body, "hashes": b"".join(hashes)})
        nodes.keep(seq, rows[-1]["hashes"])
    session.execute(_INSERT, rows)
    return [Appended(row["seq"], row["hashes"][:HASH_SIZE]) for row in rows]


def bodies(session: Session, seqs: Iterable[int]) -> dict[int, bytes]:
    """The stored bytes of these entries."""
    wanted = sorted(set(seqs))
    found: dict[int, bytes] = {}
    for start in range(0, len(wanted), LEAVES_PER_QUERY):
        part = wanted[start : start + LEAVES_PER_QUERY]
        query = select(LedgerEntry.seq, LedgerEntry.body).where(sa.column("seq").in_(part))
        found.update((seq, bytes(body)) for seq, body in session.exec(query))
    return found


def checkpoint(session: Session, *, signer: Signer) -> LedgerCheckpoint:
    """Sign the log as it stands; the checkpoint of this size and key that exists already is given again.

    Raises :class:`LedgerBrokenError` when the log no longer leads to what was signed before: this deployment
    must not put its name to a second history; :class:`KeyRetiredError` for a key that was changed for another.
    """
    lock(session)
    nodes = StoredNodes(session)
    count = size(session)
    key_id = signer.public_key.vkey
    if session.exec(select(LedgerKeyChange.id).where(LedgerKeyChange.old_key == key_id)).first() is not None:
        raise KeyRetiredError
    last = session.exec(select(LedgerCheckpoint).order_by(sa.column("size").desc()).limit(1)).first()
    if last is not None and (last.size > count or merkle.root_at(last.size, nodes) != last.root):
        raise LedgerBrokenError(seq=last.size - 1)
    same = select(LedgerCheckpoint).where(LedgerCheckpoint.size == count, LedgerCheckpoint.key_id == key_id)
    known = session.exec(same).first()
    if known is not None:
        return known
    root = merkle.root_at(count, nodes)
    note = Checkpoint(signer.name, count, root).sign(signer)
    signed = LedgerCheckpoint(size=count, root=root, key_id=key_id, note=note)
    session.add(signed)
    session.flush()
    return signed


def inclusion_proofs(session: Session, seqs: Iterable[int], *, size: int) -> list[list[bytes]]:
    """The audit path of each of these entries in the tree of ``size`` entries."""
    nodes = StoredNodes(session)
    return [merkle.inclusion_proof(seq, size, nodes) for seq in seqs]


def consistency_proof(session: Session, *, first: int, second: int) -> list[bytes]:
    """The proof that the log of ``second`` entries extends the one of ``first``."""
    return merkle.consistency_proof(first, second, StoredNodes(session))


def key_changes(session: Session) -> list[str]:
    """The notes of every change of key, the first one first."""
    query = select(LedgerKeyChange.note).order_by(sa.column("size"), sa.column("changed_at"), sa.column("id"))
    return list(session.exec(query))


def latest_checkpoint(session: Session) -> LedgerCheckpoint | None:
    """The newest checkpoint that was signed; None where none was yet."""
    query = select(LedgerCheckpoint).order_by(sa.column("size").desc(), sa.column("created_at").desc()).limit(1)
    return session.exec(query).first()


def checkpoint_over(session: Session, *, size: int) -> LedgerCheckpoint | None:
    """The newest checkpoint over at least ``size`` entries."""
    found = latest_checkpoint(session)
    return found if found is not None and found.size >= size else None
