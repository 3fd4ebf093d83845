"""Takes proof out of the log: bundles (``custody-bundle/1``), the public checks on them, and receipts.

A file must show that nothing was left out of it. For that, exporting one first writes a *statement* into the log:
how many events each item has, or how many entries the whole log. It is the last entry of the tree that is signed
for the file, so an event dropped from the file contradicts it; and a false statement would stand in the log for good.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, select

from lab.custody.body import STATEMENT_SCHEMA, moment
from lab.custody.errors import NothingToExportError
from lab.custody.models import CustodyEvent
from lab.custody.signed import KEY_CHANGES
from lab.custody.verification import (
    BUNDLE_SCHEMA,
    CONSISTENCY_SCHEMA,
    RECEIPT_SCHEMA,
    Problem,
    UnreadableError,
    VerificationReport,
    verify_bundle,
    verify_file,
)
from lab.kit import canonical, ledger
from lab.kit.clock import now
from lab.kit.key_change import KeyChange
from lab.kit.notes import Signer, encode
from lab.network.access import Actor, Permission

__all__ = [
    "Problem",
    "UnreadableError",
    "VerificationReport",
    "bundle_bytes",
    "checkpoint_of_size",
    "consistency",
    "export_bundle",
    "export_log",
    "receipt",
    "signed_members",
    "verify_bundle",
    "verify_file",
]


def export_bundle(
    session: Session,
    *,
    signer: Signer,
    sample_id: UUID | None = None,
    item_ids: Sequence[UUID] = (),
    actor: Actor | None = None,
) -> dict[str, Any]:
    """All events of a sample's items, or of ``item_ids``, with proofs, under a fresh checkpoint.

    Writes a statement to the log (see above) and keeps the checkpoint: commit, or nobody can tell later that this
    bundle was given out. Write the file with :func:`bundle_bytes`. ``actor`` None: the operator, at the console.
    """
    if actor is not None:
        actor.require(Permission.CUSTODY_AUDIT)
    ledger.lock(session)
    query = select(CustodyEvent.seq, CustodyEvent.item_id).order_by(sa.column("seq"))
    if sample_id is not None:
        query = query.where(CustodyEvent.sample_id == sample_id)
    else:
        query = query.where(sa.column("item_id").in_(item_ids))
    rows = session.exec(query).all()
    if not rows:
        raise NothingToExportError
    statement: dict[str, Any] = {"items": dict(Counter(str(item_id) for _, item_id in rows))}
    if sample_id is not None:
        statement["sample"] = str(sample_id)
    seqs = [seq for seq, _ in rows]
    seqs.append(_state(session, statement))
    return _bundle(session, seqs, signer=signer)


def _state(session: Session, statement: dict[str, Any]) -> int:
    """Write a statement; where it went."""
    body = {"schema": STATEMENT_SCHEMA, "recorded_at": moment(now())} | statement
    return ledger.append(session, canonical.dumps(body)).seq


def export_log(session: Session, *, signer: Signer) -> dict[str, Any]:
    """The whole log. Needs no proofs: its hash is computed from its entries. Writes a statement, as above."""
    ledger.lock(session)
    count = ledger.size(session)
    if count == 0:
        raise NothingToExportError
    _state(session, {"entries": count})
    return _bundle(session, range(count + 1), signer=signer, prove=False)


def _bundle(session: Session, seqs: Sequence[int], *, signer: Signer, prove: bool = True) -> dict[str, Any]:
    checkpoint = ledger.checkpoint(session, signer=signer)
    bodies = ledger.bodies(session, seqs)
    proofs = ledger.inclusion_proofs(session, seqs, size=checkpoint.size) if prove else []
    return {
        "schema": BUNDLE_SCHEMA,
        "events": [{"seq": seq, "body": encode(bodies[seq])} for seq in seqs],
        "proofs": [[encode(node) for node in proof] for proof in proofs],
    } | signed_members(session, checkpoint)


def signed_members(session: Session, checkpoint: ledger.LedgerCheckpoint) -> dict[str, Any]:
    """What every document has: the signed checkpoint, its key, and every change of key before it."""
    members: dict[str, Any] = {
        "origin": checkpoint.key_id.split("+", 1)[0],
        "checkpoint": checkpoint.note,
        "key_id": checkpoint.key_id,
    }
    changes = _changes_before(session, checkpoint.key_id)
    return members | {KEY_CHANGES: changes} if changes else members


def _changes_before(session: Session, key_id: str) -> list[str]:
    """Every change of key up to the one that brought ``key_id``."""
    notes = ledger.key_changes(session)
    keys = [KeyChange.parse(note).new.vkey for note in notes]
    return notes[: keys.index(key_id) + 1] if key_id in keys else []


def receipt(session: Session, *, event_id: UUID, signer: Signer) -> dict[str, Any]:
    """Proof for whoever handed over or received that their event stands in the signed log."""
    row = session.get(CustodyEvent, event_id)
    if row is None:
        raise NothingToExportError
    checkpoint = ledger.checkpoint(session, signer=signer)
    proof = ledger.inclusion_proofs(session, [row.seq], size=checkpoint.size)[0]
    return {
        "schema": RECEIPT_SCHEMA,
        "event": {"seq": row.seq, "body": encode(ledger.bodies(session, [row.seq])[row.seq])},
        "proof": [encode(node) for node in proof],
    } | signed_members(session, checkpoint)


def consistency(session: Session, *, first: int, second: int) -> dict[str, Any]:
    """The proof that the log at ``second`` entries continues the one at ``first``, from checkpoints given out before.

    Raises :class:`NothingToExportError` where no checkpoint of either size was signed.
    """
    earlier, later = (checkpoint_of_size(session, size=size) for size in (first, second))
    if first > second:
        raise NothingToExportError
    proof = ledger.consistency_proof(session, first=first, second=second)
    return {
        "schema": CONSISTENCY_SCHEMA,
        "earlier": earlier.note,
        "proof": [encode(node) for node in proof],
    } | signed_members(session, later)


def checkpoint_of_size(session: Session, *, size: int) -> ledger.LedgerCheckpoint:
    """The checkpoint over ``size`` entries, by the newest key; raises :class:`NothingToExportError`."""
    query = select(ledger.LedgerCheckpoint).where(ledger.LedgerCheckpoint.size == size)
    found = session.exec(query.order_by(sa.column("created_at").desc())).first()
    if found is None:
        raise NothingToExportError
    return found


def bundle_bytes(bundle: dict[str, Any]) -> bytes:
    """The bundle or receipt as the file that ``drugcheck custody verify`` takes: canonical JSON, no line break."""
    return canonical.dumps(bundle)
