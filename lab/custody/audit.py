"""Checks the whole database: the log from its first byte, and everything that is kept beside it.

Reads only. Whoever owns the database could change its tables behind the triggers; what they cannot do is make the
entries lead to the checkpoints that were signed, or to one that somebody outside holds.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from lab.custody.body import STATEMENT_SCHEMA, BodyError, Event, event_of, read_entry
from lab.custody.completeness import Completeness, Problems, StopError
from lab.custody.fold import ItemStatus, fold
from lab.custody.models import CustodyEvent, CustodyText, Item
from lab.custody.texts import commitment
from lab.custody.verification import DATABASE, VerificationReport, note_of
from lab.kit import ledger, merkle
from lab.kit.checkpoint import Checkpoint
from lab.kit.key_change import KeyChange, path
from lab.kit.ledger import LedgerCheckpoint, LedgerEntry
from lab.kit.messages import Message
from lab.kit.notes import NoteError, PublicKey, signed_by, split

_PER_QUERY = 2000


def verify_database(session: Session, *, key: PublicKey | None = None, held: bytes | None = None) -> VerificationReport:
    """Recompute everything that the database says about custody.

    ``key``: one that signs this log, or signed it before the key was changed. ``held``: a checkpoint kept elsewhere.
    """
    check = _Audit(session, key)
    with suppress(StopError):
        check.run(None if held is None else note_of(held))
    return check.report()


@dataclass
class _Audit:
    session: Session
    given: PublicKey | None
    problems: Problems = field(default_factory=Problems)
    leaves: list[bytes] = field(default_factory=list)
    items: dict[UUID, list[Event]] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)  # commitment -> where it stands
    keys: list[PublicKey] = field(default_factory=list)
    statuses: list[ItemStatus] = field(default_factory=list)
    _kept: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def run(self, held: str | None) -> None:
        self._read_log()
        self._check_index()
        self._check_items()
        self._check_texts()
        changes = self._check_changes()
        self._check_checkpoints(changes)
        self._check_given(changes)
        if held is not None:
            self._check_held(held)

    def _read_log(self) -> None:
        """Every entry is well formed, at its place, and its stored hashes are those of its bytes."""
        completeness = Completeness(whole=True)
        nodes: dict[tuple[int, int], bytes] = {}
        for expected, (seq, body, hashes) in enumerate(self._entries()):
            if seq != expected:
                raise self.problems.stop("gap_in_log", expected)
            leaf = merkle.leaf_hash(body)
            self.leaves.append(leaf)
            made = merkle.completed_by(seq, leaf, lambda level, index: nodes.pop((level, index)))
            nodes[len(made) - 1, seq >> (len(made) - 1)] = made[-1]
            if b"".join(made) != hashes:
                self.problems.add("hashes", seq)
            self._take(seq, body, completeness)
        self.problems.found += completeness.problems.found

    def _entries(self) -> Iterator[tuple[int, bytes, bytes]]:
        start = -1
        while True:
            query = select(LedgerEntry.seq, LedgerEntry.body, LedgerEntry.hashes).where(col(LedgerEntry.seq) > start)
            rows = self.session.exec(query.order_by(col(LedgerEntry.seq)).limit(_PER_QUERY)).all()
            if not rows:
                return
            for seq, body, hashes in rows:
                yield seq, _as_bytes(body), _as_bytes(hashes)
            start = rows[-1][0]

    def _take(self, seq: int, content: bytes, completeness: Completeness) -> None:
        try:
            body = read_entry(content)
            completeness.take(seq, body)
            if body["schema"] == STATEMENT_SCHEMA:
                return
            event = event_of(seq, body)
        except BodyError as error:
            if error.member is None:
                self.problems.add("body_not_canonical", seq)
            else:
                self.problems.add("body_member", seq, name=error.member[:80])
            return
        self.items.setdefault(event.item, []).append(event)
        self.texts.update(dict.fromkeys(event.texts.values(), seq))

    def _check_index(self) -> None:
        """What lists are drawn from says the same as the log."""
        events = {event.seq: event for events in self.items.values() for event in events}
        for row in self.session.exec(select(CustodyEvent).execution_options(yield_per=_PER_QUERY)):
            event = events.pop(row.seq, None)
            if event is None or _indexed(row) != _said(event) or bytes(row.leaf_hash) != self.leaves[row.seq]:
                self.problems.add("index", row.seq)
        for seq in sorted(events):
            self.problems.add("index", seq)

    def _check_items(self) -> None:
        """Where lists say that an item is, and what it holds, follows from its events."""
        rows: Mapping[UUID, Item] = {item.id: item for item in self.session.exec(select(Item))}
        for key, events in self.items.items():
            try:
                status = fold(events)
            except BodyError:
                self.problems.add("history")
                continue
            self.statuses.append(status)
            row = rows.get(key)
            if row is None or _shown(row) != _true(status):
                self.problems.add("item_row", item=str(key))
        for key in rows.keys() - self.items.keys():
            self.problems.add("item_row", item=str(key))

    def _check_texts(self) -> None:
        """Words that are still there are those that were committed to."""
        for row in self.session.exec(select(CustodyText)):
            if commitment(bytes(row.salt), row.value) != row.commitment and row.commitment in self.texts:
                self.problems.add("text", self.texts[row.commitment])

    def _check_changes(self) -> list[KeyChange]:
        changes: list[KeyChange] = []
        for note in ledger.key_changes(self.session):
            try:
                change = KeyChange.parse(note)
            except NoteError as error:
                raise self.problems.stop("key_changes") from error
            follows = not changes or changes[-1].new == change.old
            if not follows or change.size > len(self.leaves) or self._root(change.size) != change.root:
                raise self.problems.stop("key_changes")
            changes.append(change)
        return changes

    def _check_checkpoints(self, changes: list[KeyChange]) -> None:
        """Everything that was ever signed is still so, and was signed by the key that signed then."""
        rows = self.session.exec(select(LedgerCheckpoint).order_by(col(LedgerCheckpoint.size))).all()
        chain = [changes[0].old, *(change.new for change in changes)] if changes else []
        for row in rows:
            key = self._signed(row)
            if key is None:
                self.problems.add("stored_checkpoint", size=row.size)
            elif (chain and key not in chain) or (not chain and self.keys and key != self.keys[0]):
                self.problems.add("stray_key", size=row.size, fingerprint=key.fingerprint)
            elif key not in self.keys:
                self.keys.append(key)
        self.keys = chain or self.keys

    def _signed(self, row: LedgerCheckpoint) -> PublicKey | None:
        try:
            key = PublicKey.parse(row.key_id)
            checkpoint = Checkpoint.parse(split(row.note)[0])
            signed = signed_by(row.note, key) is not None
        except NoteError:
            return None
        same = (checkpoint.size, checkpoint.root, checkpoint.origin) == (row.size, bytes(row.root), key.name)
        there = row.size <= len(self.leaves) and self._root(row.size) == checkpoint.root
        return key if signed and same and there else None

    def _root(self, size: int) -> bytes:
        return merkle.root_at(size, self._node)

    def _node(self, level: int, index: int) -> bytes:
        """From the leaves as they were read, never from what is stored beside them."""
        found = self._kept.get((level, index))
        if found is None:
            if level == 0:
                return self.leaves[index]
            found = merkle.node_hash(self._node(level - 1, 2 * index), self._node(level - 1, 2 * index + 1))
            self._kept[level, index] = found
        return found

    def _check_given(self, changes: list[KeyChange]) -> None:
        if self.given is None:
            return
        if not self.keys:
            raise self.problems.stop("never_signed")
        now = self.keys[-1]
        if self.given != now and path(changes, known=self.given, signer=now) is None:
            self.problems.add("other_key", named=now.fingerprint, given=self.given.fingerprint)

    def _check_held(self, note: str) -> None:
        try:
            checkpoint = Checkpoint.parse(split(note)[0])
            known = any(signed_by(note, key) is not None for key in [*self.keys, *([self.given] if self.given else [])])
        except NoteError as error:
            raise self.problems.stop("held_signature") from error
        if not known:
            raise self.problems.stop("held_signature")
        if checkpoint.size > len(self.leaves):
            self.problems.add("held_cut", held=checkpoint.size, size=len(self.leaves))
        elif self._root(checkpoint.size) != checkpoint.root:
            self.problems.add("held_contradicts", size=checkpoint.size)

    def report(self) -> VerificationReport:
        key = self.given or (self.keys[-1] if self.keys else None)
        size = len(self.leaves)
        return VerificationReport(
            problems=tuple(self.problems.found), warnings=tuple(self._warnings(key)), schema=DATABASE, key=key,
            key_given=self.given is not None, origin=key.name if key else None, size=size,
            root=self._root(size), events=size, whole_log=True,
        )  # fmt: skip

    def _warnings(self, key: PublicKey | None) -> Iterable[Message]:
        if self.given is None and key is not None:
            yield Message("custody.warning.no_key", {"fingerprint": key.fingerprint, "name": key.name})
        for status in self.statuses:
            if status.conflict:
                yield Message("custody.warning.conflict", {"item": str(status.item)})


def _as_bytes(stored: bytes | str) -> bytes:
    """SQLite keeps whatever type was written: a text in a place for bytes is a fault to name, not to stumble over."""
    return stored.encode() if isinstance(stored, str) else bytes(stored)


def _indexed(row: CustodyEvent) -> tuple[Any, ...]:
    return (
        row.id, row.sample_id, row.item_id, row.item_seq, row.action, row.after_id, row.corrects_id, row.parcel_id,
        row.actor_id, row.occurred_at, row.recorded_at,
    )  # fmt: skip


def _said(event: Event) -> tuple[Any, ...]:
    return (
        event.id, event.sample, event.item, event.item_seq, event.action, event.after, event.corrects, event.parcel,
        event.actor, event.occurred_at, event.recorded_at,
    )  # fmt: skip


def _shown(row: Item) -> tuple[Any, ...]:
    return (
        row.sample_id, row.state, row.site_id, row.seal_number, row.held_ug, row.events, row.head_event_id,
        row.conflict,
    )  # fmt: skip


def _true(status: ItemStatus) -> tuple[Any, ...]:
    return (
        status.sample, status.state, status.standing.site, status.standing.seal_number, status.held_ug, status.events,
        status.head, status.conflict,
    )  # fmt: skip
