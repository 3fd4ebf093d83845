"""Receipts for whoever handed over or received: proof that these events stand in the signed log.

A receipt is known by its *code*, the hash of the tree over its entries. The code stands on the paper, in the address
of its QR code, and comes out of ``drugcheck custody verify``: paper and file cannot be parted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from lab.custody.body import Event, event_of, read_entry
from lab.custody.bundle import signed_members
from lab.custody.errors import NothingToExportError, ReceiptNotFoundError
from lab.custody.models import Action, CustodyEvent, CustodyReceipt, Parcel
from lab.custody.verification import RECEIPTS_SCHEMA, receipt_code
from lab.errors import ForbiddenError
from lab.kit import ledger
from lab.kit.ledger import LedgerCheckpoint
from lab.kit.notes import PublicKey, Signer, encode
from lab.network.access import Actor, Permission

GIVEN = (Action.HANDED_OVER, Action.DISPATCHED)
TAKEN = (Action.RECEIVED,)
TURNED_AWAY = (Action.REFUSED,)


@dataclass(frozen=True)
class ReceiptView:
    """A receipt with what its entries say and the checkpoint that holds them."""

    receipt: CustodyReceipt
    events: Sequence[Event]
    checkpoint: LedgerCheckpoint

    @property
    def key(self) -> PublicKey:
        """The key that signed the checkpoint."""
        return PublicKey.parse(self.checkpoint.key_id)


def issue_for_parcel(
    session: Session, *, actor: Actor, signer: Signer, parcel: Parcel, actions: Sequence[Action]
) -> CustodyReceipt:
    """A receipt over every event of ``parcel`` that is one of ``actions``; the same one when asked again.

    Signs the log if nothing signed yet holds these events. Raises :class:`NothingToExportError`,
    :class:`ForbiddenError`.
    """
    if not actor.may_at_any(Permission.CUSTODY_HANDLE, parcel.ends):
        raise ForbiddenError(permission=Permission.CUSTODY_HANDLE.value)
    rows = session.exec(
        select(CustodyEvent)
        .where(CustodyEvent.parcel_id == parcel.id, col(CustodyEvent.action).in_(actions))
        .order_by(col(CustodyEvent.seq))
    ).all()
    return _issue(session, signer=signer, rows=rows, parcel_id=parcel.id)


def issue_for_event(session: Session, *, actor: Actor, signer: Signer, event_id: UUID) -> CustodyReceipt:
    """A receipt over one event. Raises :class:`NothingToExportError`, :class:`ForbiddenError`."""
    row = session.get(CustodyEvent, event_id)
    if row is None:
        raise NothingToExportError
    event = _events(session, [row.seq])[0]
    sites = [site for site in (event.from_site, event.to_site) if site is not None]
    own = actor.account_id in {event.actor, event.witness}
    if not (own or actor.may_at_any(Permission.CUSTODY_HANDLE, sites)):
        actor.require(Permission.CUSTODY_AUDIT)
    return _issue(session, signer=signer, rows=[row], parcel_id=row.parcel_id)


def _issue(session: Session, *, signer: Signer, rows: Sequence[CustodyEvent], parcel_id: UUID | None) -> CustodyReceipt:
    if not rows:
        raise NothingToExportError
    code = receipt_code([bytes(row.leaf_hash) for row in rows])
    ledger.lock(session)
    if ledger.checkpoint_over(session, size=rows[-1].seq + 1) is None:
        ledger.checkpoint(session, signer=signer)
    known = session.get(CustodyReceipt, code)
    if known is not None:
        return known
    issued = CustodyReceipt(code=code, seqs=[row.seq for row in rows], parcel_id=parcel_id)
    session.add(issued)
    session.flush()
    return issued


def view(session: Session, *, code: str) -> ReceiptView:
    """The receipt of this code; raises :class:`ReceiptNotFoundError`."""
    issued = session.get(CustodyReceipt, code)
    checkpoint = None if issued is None else ledger.checkpoint_over(session, size=issued.seqs[-1] + 1)
    if issued is None or checkpoint is None:
        raise ReceiptNotFoundError
    return ReceiptView(issued, _events(session, issued.seqs), checkpoint)


def document(session: Session, *, code: str) -> dict[str, Any]:
    """The receipt as a file that ``drugcheck custody verify`` takes (``custody-receipts/1``)."""
    found = view(session, code=code)
    seqs = found.receipt.seqs
    bodies = ledger.bodies(session, seqs)
    proofs = ledger.inclusion_proofs(session, seqs, size=found.checkpoint.size)
    return {
        "schema": RECEIPTS_SCHEMA,
        "events": [{"seq": seq, "body": encode(bodies[seq])} for seq in seqs],
        "proofs": [[encode(node) for node in proof] for proof in proofs],
    } | signed_members(session, found.checkpoint)


def _events(session: Session, seqs: Sequence[int]) -> list[Event]:
    bodies = ledger.bodies(session, seqs)
    return [event_of(seq, read_entry(bodies[seq])) for seq in seqs]
