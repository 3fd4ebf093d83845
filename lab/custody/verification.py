"""Checks a bundle, a receipt, a checkpoint or a pair of them against the published key. Pure: no database, no clock.

What is checked, in this order: the file is canonical and has the members that it must have and no others; the
checkpoint is signed by the key (:mod:`lab.custody.signed`); every event is the one that stands at its place of the
signed log; and nothing is left out (:mod:`lab.custody.completeness`). ``docs/custody.md`` says the same for readers
who do not program.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from lab.custody.body import STATEMENT_SCHEMA, BodyError, Event, event_of, read_entry
from lab.custody.completeness import Completeness, Problem, Problems, StopError
from lab.custody.fold import ItemStatus, fold
from lab.custody.reading import EVENT_MEMBERS, can_read_parallel, read_parallel
from lab.custody.signed import KEY_CHANGES, Signed, check_held
from lab.errors import InvalidError
from lab.kit import canonical, merkle
from lab.kit.canonical import CanonicalError
from lab.kit.checkpoint import Checkpoint
from lab.kit.collecting import no_cycles
from lab.kit.merkle import HASH_SIZE
from lab.kit.messages import Message, Param
from lab.kit.notes import NoteError, PublicKey, decode, signed_by, split

__all__ = ["Problem", "UnreadableError", "VerificationReport", "verify_bundle", "verify_file"]

BUNDLE_SCHEMA = "custody-bundle/1"
RECEIPT_SCHEMA = "custody-receipt/1"
RECEIPTS_SCHEMA = "custody-receipts/1"
CONSISTENCY_SCHEMA = "custody-consistency/1"
CHECKPOINT = "checkpoint"  # a signed note alone has no schema member
DATABASE = "database"  # not a file: lab/custody/audit.py
_SIGNED = frozenset({"schema", "origin", "checkpoint", "key_id"})
_MEMBERS = {
    BUNDLE_SCHEMA: _SIGNED | {"events", "proofs"},
    RECEIPTS_SCHEMA: _SIGNED | {"events", "proofs"},
    RECEIPT_SCHEMA: _SIGNED | {"event", "proof"},
    CONSISTENCY_SCHEMA: _SIGNED | {"earlier", "proof"},
}
FOLDED_LOG = 1000  # of a longer whole log only items that may fork are told: nobody reads more, and it takes long
_NOTE = re.compile(r"^[^\s+]+\n[0-9]+\n[A-Za-z0-9+/=]{44}\n\n(?:\u2014 [^\n]+\n)+", re.MULTILINE)
_NOTE_BYTES = 20_000


class UnreadableError(InvalidError):
    """Not a file that could be a bundle, a receipt or a checkpoint at all."""

    message_id = "error.custody.unreadable"


@dataclass(frozen=True)
class VerificationReport:
    """What a check came to. ``verified`` holds against the key that was given, or the file's own without one."""

    problems: tuple[Problem, ...]
    warnings: tuple[Message, ...] = ()
    schema: str | None = None
    key: PublicKey | None = None
    key_given: bool = False
    origin: str | None = None
    size: int | None = None
    earlier_size: int | None = None  # of a pair of checkpoints
    root: bytes | None = None
    events: int = 0
    whole_log: bool = False
    code: str | None = None  # of a receipt: what is printed on the paper
    items: tuple[ItemStatus, ...] = field(default=())

    @property
    def verified(self) -> bool:
        return not self.problems


def verify_file(
    content: bytes, *, key: PublicKey | None = None, held: bytes | None = None, processes: int = 1
) -> VerificationReport:
    """Check the bytes of a bundle, a receipt, a checkpoint or a consistency proof.

    ``held``: a checkpoint that the reader kept, which the file must agree with. ``processes``: how many may read a
    large log together. Raises :class:`UnreadableError` for what is neither a JSON object nor a note.

    The bytes of JSON must be the canonical ones that were exported: a file saved again by another program is refused,
    so that there is no byte in it that could be changed unseen.
    """
    with no_cycles():
        return _verify_file(content, key, held, processes)


def _verify_file(content: bytes, key: PublicKey | None, held: bytes | None, processes: int) -> VerificationReport:
    kept = None if held is None else note_of(held)
    if not content.lstrip().startswith(b"{"):
        return _verify_note(note_of(content), key, kept)
    plain = canonical.read_plain(content)
    if type(plain) is dict and plain.get("schema") in (*_MEMBERS,):  # no set: a list has no hash
        return verify_bundle(plain, key=key, held=kept, processes=processes)
    try:
        document = canonical.read(content)
    except CanonicalError as error:
        raise UnreadableError from error
    if not isinstance(document, dict):
        raise UnreadableError
    if not canonical.is_canonical(document, content):
        return VerificationReport(problems=(Problem(Message("custody.problem.file_not_canonical")),))
    return verify_bundle(document, key=key, held=kept, processes=processes)


def note_of(content: bytes) -> str:
    """The signed note in a file, whatever its ends of lines; raises :class:`UnreadableError`.

    It may stand between other words, as in an e-mail: the signature is over the note, not over the file.
    """
    try:
        text = content[:_NOTE_BYTES].decode().replace("\r\n", "\n").strip() + "\n"
    except UnicodeDecodeError as error:
        raise UnreadableError from error
    found = _NOTE.search(text)
    if found is None:
        raise UnreadableError
    return found[0]


def verify_bundle(
    bundle: Mapping[str, Any], *, key: PublicKey | None = None, held: str | None = None, processes: int = 1
) -> VerificationReport:
    """Check a document under ``key``; without one, under the key that it names itself, with a warning."""
    check = _Check(bundle, key, held, processes)
    with suppress(StopError):
        check.run()
    return check.report()


def _verify_note(note: str, key: PublicKey | None, held: str | None) -> VerificationReport:
    """Check a checkpoint alone. It names no key, so that one must be given."""
    problems = Problems()
    signed = Signed(problems, key, key)
    checkpoint: Checkpoint | None = None
    with suppress(StopError):
        if key is None:
            raise problems.stop("key_needed")
        try:
            checkpoint = Checkpoint.parse(split(note)[0])
        except NoteError as error:
            raise problems.stop("checkpoint") from error
        if signed_by(note, key) is None or checkpoint.origin != key.name:
            raise problems.stop("signature")
        if held is not None:
            kept = signed.known_note(held)
            if kept is None:
                raise problems.stop("held_signature")
            check_held(problems, kept, checkpoint=checkpoint, earlier=None, leaves=None)
    return VerificationReport(
        problems=tuple(problems.found), schema=CHECKPOINT, key=key, key_given=key is not None,
        origin=checkpoint.origin if checkpoint else None, size=checkpoint.size if checkpoint else None,
        root=checkpoint.root if checkpoint else None,
    )  # fmt: skip


class _Check:
    """One run of the checks, with what it has learned so far."""

    def __init__(self, document: Mapping[str, Any], key: PublicKey | None, held: str | None, processes: int) -> None:
        self.document = document
        self.held = held
        self.processes = processes
        self.problems = Problems()
        self.signed = Signed(self.problems, key)
        schema = document.get("schema")
        self.schema = schema if isinstance(schema, str) and schema in _MEMBERS else None
        self.receipt = self.schema == RECEIPT_SCHEMA
        self.whole = False
        self.seqs: list[int] = []
        self.leaves: list[bytes] = []
        self.root: bytes | None = None  # over all leaves, where several processes computed it
        self.bodies: list[dict[str, Any]] = []  # unless there are very many
        self.completeness = Completeness(whole=False)
        self.earlier: Checkpoint | None = None
        self.items: tuple[ItemStatus, ...] = ()

    def run(self) -> None:
        self._check_members()
        checkpoint = self.signed.open(self.document)
        if self.schema == CONSISTENCY_SCHEMA:
            self._check_pair(checkpoint)
        else:
            self._read_events()
            self._check_tree(checkpoint)
        self._check_held(checkpoint)
        if self.problems.found or self.schema != BUNDLE_SCHEMA:
            return  # what events say means nothing if they are not the signed ones
        self.completeness.finish(size=checkpoint.size)
        self.problems.found += self.completeness.problems.found
        if not self.problems.found:
            self.items = self._fold(zip(self.seqs, self.bodies, strict=True) if self.bodies else self._branched())

    def _check_members(self) -> None:
        if self.schema is None:
            raise self.problems.stop("schema", schema=str(self.document.get("schema"))[:80])
        known = _MEMBERS[self.schema]
        for name in sorted(set(self.document) - known - {KEY_CHANGES}):
            self.problems.add("unknown_field", name=name[:80])
        for name in sorted(known - set(self.document)):
            self.problems.add("missing_field", name=name)
        if self.problems.found:
            raise StopError

    def _check_pair(self, checkpoint: Checkpoint) -> None:
        self.earlier = earlier = self.signed.open_earlier(self.document["earlier"])
        proof = self._hashes(None, self.document["proof"])
        if not merkle.verify_consistency(earlier.size, earlier.root, checkpoint.size, checkpoint.root, proof):
            raise self.problems.stop("not_consistent", earlier=earlier.size, size=checkpoint.size)

    def _check_held(self, checkpoint: Checkpoint) -> None:
        if self.held is None:
            return
        held = self.signed.known_note(self.held)
        if held is None:
            raise self.problems.stop("held_signature")
        leaves = self.leaves if self.whole else None
        check_held(self.problems, held, checkpoint=checkpoint, earlier=self.earlier, leaves=leaves)

    def _read_events(self) -> None:
        events = [self.document["event"]] if self.receipt else self.document["events"]
        if type(events) is not list or not events:
            raise self.problems.stop("events")
        self.whole = not self.receipt and self.document["proofs"] == [] and self.schema == BUNDLE_SCHEMA
        self.completeness = Completeness(whole=self.whole)
        if self.whole and can_read_parallel(len(events), self.processes) and self._read_together(events):
            return
        keep = not self.whole or len(events) <= FOLDED_LOG
        previous = -1
        for position, event in enumerate(events, start=1):
            if type(event) is not dict or event.keys() != EVENT_MEMBERS or type(event["seq"]) is not int:
                raise self.problems.stop("event_form", position=position)
            seq = event["seq"]
            if seq <= previous:
                raise self.problems.stop("order", seq)
            previous = seq
            self._read_event(seq, event["body"], keep=keep)

    def _read_together(self, events: list[Any]) -> bool:
        read = read_parallel(events, self.processes, self.completeness)
        if read is None:
            self.completeness = Completeness(whole=self.whole)
            return False
        self.leaves, self.root = read.leaves, read.root
        self.seqs = list(range(len(events)))
        return True

    def _read_event(self, seq: int, text: Any, *, keep: bool) -> None:
        self.seqs.append(seq)
        try:
            content = _bytes(text)
        except NoteError as error:
            raise self.problems.stop("body_encoding", seq) from error
        self.leaves.append(merkle.leaf_hash(content))
        try:
            body = read_entry(content)
        except BodyError as error:
            if error.member is None:
                self.problems.add("body_not_canonical", seq)
            else:
                self.problems.add("body_member", seq, name=error.member[:80])
            return
        self.completeness.take(seq, body)
        if keep:
            self.bodies.append(body)

    def _check_tree(self, checkpoint: Checkpoint) -> None:
        proofs = [self.document["proof"]] if self.receipt else self.document["proofs"]
        if type(proofs) is not list or len(proofs) != (0 if self.whole else len(self.seqs)):
            raise self.problems.stop("proofs")
        if proofs:
            for seq, leaf, proof in zip(self.seqs, self.leaves, proofs, strict=True):
                root = merkle.root_from_inclusion(leaf, seq, checkpoint.size, self._hashes(seq, proof))
                if root != checkpoint.root:
                    self.problems.add("not_in_log", seq)
        else:
            self._check_whole(checkpoint)

    def _check_whole(self, checkpoint: Checkpoint) -> None:
        # Without proofs the file must be the whole log, whose hash is then computed from its entries alone.
        for expected, seq in enumerate(self.seqs):
            if seq != expected:
                raise self.problems.stop("gap_in_log", expected)
        if len(self.seqs) != checkpoint.size:
            raise self.problems.stop("log_size", events=len(self.seqs), size=checkpoint.size)
        if (self.root or merkle.root_of(self.leaves)) != checkpoint.root:
            self.problems.add("root")
        for change in self.signed.changes:
            if merkle.root_of(self.leaves[: change.size]) != change.root:
                self.problems.add("key_changes")

    def _hashes(self, seq: int | None, proof: Any) -> list[bytes]:
        if type(proof) is not list:
            raise self.problems.stop("proof_form", seq or 0)
        try:
            hashes = [_bytes(text) for text in proof]
        except NoteError as error:
            raise self.problems.stop("proof_form", seq or 0) from error
        if any(len(content) != HASH_SIZE for content in hashes):
            raise self.problems.stop("proof_form", seq or 0)
        return hashes

    def _branched(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The events of those items of a long log whose events do not simply follow one another."""
        items = self.completeness.branched
        for seq, event in enumerate(self.document["events"]) if items else ():
            body = read_entry(_bytes(event["body"]))
            if body.get("item") in items:
                yield seq, body

    def _fold(self, entries: Iterable[tuple[int, dict[str, Any]]]) -> tuple[ItemStatus, ...]:
        by_item: dict[str, list[Event]] = {}
        for seq, body in entries:
            if body["schema"] != STATEMENT_SCHEMA:
                by_item.setdefault(body["item"], []).append(event_of(seq, body))
        try:
            return tuple(fold(events) for events in by_item.values())
        except BodyError as error:
            raise self.problems.stop("history") from error

    def report(self) -> VerificationReport:
        checkpoint = self.signed.checkpoint
        is_receipt = self.schema in {RECEIPT_SCHEMA, RECEIPTS_SCHEMA}
        return VerificationReport(
            problems=tuple(self.problems.found),
            warnings=tuple(self._warnings()),
            schema=self.schema or BUNDLE_SCHEMA,
            key=self.signed.key,
            key_given=self.signed.given is not None,
            origin=checkpoint.origin if checkpoint else None,
            size=checkpoint.size if checkpoint else None,
            earlier_size=self.earlier.size if self.earlier else None,
            root=checkpoint.root if checkpoint else None,
            events=len(self.seqs),
            whole_log=self.whole,
            code=receipt_code(self.leaves) if is_receipt and self.leaves else None,
            items=self.items,
        )

    def _warnings(self) -> Iterable[Message]:
        key = self.signed.key
        if self.signed.given is None and key is not None:
            yield Message("custody.warning.no_key", {"fingerprint": key.fingerprint, "name": key.name})
        for change in self.signed.crossed:
            said: dict[str, Param] = {
                "date": change.at[:10],
                "size": change.size,
                "fingerprint": change.new.fingerprint,
            }
            yield Message("custody.warning.key_changed", said | {"fingerprint": change.new.fingerprint})
        here = {str(status.item) for status in self.items}
        for body in self.bodies if here else ():
            if body.get("child", next(iter(here))) not in here:
                yield Message("custody.warning.aliquot_elsewhere", {"item": body["child"]})
        for status in self.items:
            if status.conflict:
                yield Message("custody.warning.conflict", {"item": str(status.item)})


def receipt_code(leaves: list[bytes]) -> str:
    """What a receipt over these entries is known by, on paper and in its address: the hash of the tree over them."""
    return merkle.root_of(leaves).hex()


def _bytes(value: Any) -> bytes:
    if type(value) is not str:
        message = "not a text"
        raise NoteError(message)
    return decode(value)
