"""Checks a bundle or a receipt against the published key. Pure: no database, no network, no clock.

What is checked, in this order: the file is canonical and has the members that it must have and no others; the
checkpoint is signed by the key; every event is the one that stands at its place of the signed log; and nothing
is left out (:func:`_check_complete`). ``docs/custody.md`` says the same for readers who do not program.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from lab.custody.body import STATEMENT_SCHEMA, BodyError, Event, event_of, read_entry
from lab.custody.fold import ItemStatus, fold
from lab.errors import InvalidError
from lab.kit import canonical, merkle
from lab.kit.canonical import CanonicalError
from lab.kit.checkpoint import Checkpoint
from lab.kit.merkle import HASH_SIZE
from lab.kit.messages import Message, Param
from lab.kit.notes import NoteError, PublicKey, decode, signed_by, split

BUNDLE_SCHEMA = "custody-bundle/1"
RECEIPT_SCHEMA = "custody-receipt/1"
_BUNDLE_MEMBERS = frozenset({"schema", "origin", "events", "proofs", "checkpoint", "key_id"})
_RECEIPT_MEMBERS = frozenset({"schema", "origin", "event", "proof", "checkpoint", "key_id"})
_EVENT_MEMBERS = {"seq", "body"}
FOLDED_LOG = 1000  # of a longer whole log the items are not listed: nobody reads them, and it takes most of the time
_MAX_PROBLEMS = 20  # a wholly different file need not be described event by event


class UnreadableError(InvalidError):
    """Not a file that could be a bundle or a receipt at all."""

    message_id = "error.custody.unreadable"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; ``seq`` is the event's place in the log where it is about one."""

    message: Message
    seq: int | None = None


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
    events: int = 0
    whole_log: bool = False
    items: tuple[ItemStatus, ...] = field(default=())

    @property
    def verified(self) -> bool:
        return not self.problems


class _StopError(Exception):
    """Nothing behind this problem can be checked."""


class _Problems:
    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, name: str, seq: int | None = None, /, **params: Param) -> None:
        if seq is not None:
            params["seq"] = seq
        self.found.append(Problem(Message(f"custody.problem.{name}", params), seq))
        if len(self.found) >= _MAX_PROBLEMS:
            raise _StopError

    def stop(self, name: str, seq: int | None = None, /, **params: Param) -> _StopError:
        self.add(name, seq, **params)
        return _StopError()


def verify_file(content: bytes, *, key: PublicKey | None = None) -> VerificationReport:
    """Check the bytes of a bundle or a receipt; raises :class:`UnreadableError` for what is not JSON of an object.

    The bytes must be the canonical ones that were exported: a file saved again by another program is refused,
    so that there is no byte in it that could be changed unseen.
    """
    try:
        document = canonical.read(content)
    except CanonicalError as error:
        raise UnreadableError from error
    if not isinstance(document, dict):
        raise UnreadableError
    if not canonical.is_canonical(document, content):
        return VerificationReport(problems=(Problem(Message("custody.problem.file_not_canonical")),))
    return verify_bundle(document, key=key)


def verify_bundle(bundle: Mapping[str, Any], *, key: PublicKey | None = None) -> VerificationReport:
    """Check a bundle or a receipt under ``key``; without one, under the key that it names itself, with a warning."""
    check = _Check(bundle, key)
    with suppress(_StopError):
        check.run()
    return check.report()


class _Check:
    """One run of the checks, with what it has learned so far."""

    def __init__(self, document: Mapping[str, Any], key: PublicKey | None) -> None:
        self.document = document
        self.given = key
        self.key = key
        self.problems = _Problems()
        self.checkpoint: Checkpoint | None = None
        self.receipt = document.get("schema") == RECEIPT_SCHEMA
        self.whole = False
        self.seqs: list[int] = []
        self.leaves: list[bytes] = []
        self.bodies: list[dict[str, Any]] = []
        self.items: tuple[ItemStatus, ...] = ()

    def run(self) -> None:
        self._check_members()
        self.checkpoint = self._open_checkpoint()
        self._read_events()
        self._check_tree(self.checkpoint)
        if self.problems.found or self.receipt:
            return  # what events say means nothing if they are not the signed ones
        _check_complete(self.problems, self.seqs, self.bodies, size=self.checkpoint.size, whole=self.whole)
        if not self.whole or self.checkpoint.size <= FOLDED_LOG:
            self.items = self._fold()

    def _check_members(self) -> None:
        known = _RECEIPT_MEMBERS if self.receipt else _BUNDLE_MEMBERS
        if self.document.get("schema") not in (BUNDLE_SCHEMA, RECEIPT_SCHEMA):  # no set: a list has no hash
            raise self.problems.stop("schema", schema=str(self.document.get("schema"))[:80])
        for name in sorted(set(self.document) - known):
            self.problems.add("unknown_field", name=name[:80])
        for name in sorted(known - set(self.document)):
            self.problems.add("missing_field", name=name)
        if self.problems.found:
            raise _StopError

    def _open_checkpoint(self) -> Checkpoint:
        """The checkpoint, once the key has been seen to have signed it."""
        named = self._key_named()
        if self.given is not None and self.given != named:
            self.problems.add("other_key", named=named.fingerprint, given=self.given.fingerprint)
        self.key = self.given or named
        note = self.document["checkpoint"]
        try:
            text, signatures = split(_text(note))
            signed = signed_by(note, named) is not None and len(signatures) == 1
            checkpoint = Checkpoint.parse(text)
        except NoteError as error:
            raise self.problems.stop("checkpoint") from error
        if not signed:
            raise self.problems.stop("signature")
        if not self.document["origin"] == checkpoint.origin == named.name:
            raise self.problems.stop("origin")
        return checkpoint

    def _key_named(self) -> PublicKey:
        try:
            key = PublicKey.parse(_text(self.document["key_id"]))
        except NoteError as error:
            raise self.problems.stop("key_id") from error
        if key.vkey != self.document["key_id"]:
            raise self.problems.stop("key_id")
        return key

    def _read_events(self) -> None:
        events = [self.document["event"]] if self.receipt else self.document["events"]
        if type(events) is not list or not events:
            raise self.problems.stop("events")
        previous = -1
        for position, event in enumerate(events, start=1):
            if type(event) is not dict or event.keys() != _EVENT_MEMBERS or type(event["seq"]) is not int:
                raise self.problems.stop("event_form", position=position)
            seq = event["seq"]
            if seq <= previous:
                raise self.problems.stop("order", seq)
            previous = seq
            self._read_event(seq, event["body"])

    def _read_event(self, seq: int, text: Any) -> None:
        self.seqs.append(seq)
        try:
            content = _bytes(text)
        except NoteError as error:
            raise self.problems.stop("body_encoding", seq) from error
        self.leaves.append(merkle.leaf_hash(content))
        try:
            self.bodies.append(read_entry(content))
        except BodyError as error:
            if error.member is None:
                self.problems.add("body_not_canonical", seq)
            else:
                self.problems.add("body_member", seq, name=error.member[:80])

    def _check_tree(self, checkpoint: Checkpoint) -> None:
        proofs = [self.document["proof"]] if self.receipt else self.document["proofs"]
        if type(proofs) is not list or len(proofs) not in {0, len(self.seqs)}:
            raise self.problems.stop("proofs")
        self.whole = not proofs
        if proofs:
            for seq, leaf, proof in zip(self.seqs, self.leaves, proofs, strict=True):
                root = merkle.root_from_inclusion(leaf, seq, checkpoint.size, self._hashes(seq, proof))
                if root != checkpoint.root:
                    self.problems.add("not_in_log", seq)
            return
        # Without proofs the file must be the whole log, whose hash is then computed from its entries alone.
        for expected, seq in enumerate(self.seqs):
            if seq != expected:
                raise self.problems.stop("gap_in_log", expected)
        if len(self.seqs) != checkpoint.size:
            raise self.problems.stop("log_size", events=len(self.seqs), size=checkpoint.size)
        if merkle.root_of(self.leaves) != checkpoint.root:
            self.problems.add("root")

    def _hashes(self, seq: int, proof: Any) -> list[bytes]:
        if type(proof) is not list:
            raise self.problems.stop("proof_form", seq)
        try:
            hashes = [_bytes(text) for text in proof]
        except NoteError as error:
            raise self.problems.stop("proof_form", seq) from error
        if any(len(content) != HASH_SIZE for content in hashes):
            raise self.problems.stop("proof_form", seq)
        return hashes

    def _fold(self) -> tuple[ItemStatus, ...]:
        by_item: dict[str, list[Event]] = {}
        for seq, body in zip(self.seqs, self.bodies, strict=True):
            if body["schema"] == STATEMENT_SCHEMA:
                continue
            try:
                event = event_of(seq, body)
            except BodyError as error:
                raise self.problems.stop("body_member", seq, name=error.member) from error
            by_item.setdefault(body["item"], []).append(event)
        try:
            return tuple(fold(events) for events in by_item.values())
        except BodyError as error:
            raise self.problems.stop("history") from error

    def report(self) -> VerificationReport:
        checkpoint = self.checkpoint
        return VerificationReport(
            problems=tuple(self.problems.found),
            warnings=tuple(self._warnings()),
            schema=RECEIPT_SCHEMA if self.receipt else BUNDLE_SCHEMA,
            key=self.key,
            key_given=self.given is not None,
            origin=checkpoint.origin if checkpoint else None,
            size=checkpoint.size if checkpoint else None,
            events=len(self.seqs),
            whole_log=self.whole,
            items=self.items,
        )

    def _warnings(self) -> Iterable[Message]:
        if self.given is None and self.key is not None:
            yield Message("custody.warning.no_key", {"fingerprint": self.key.fingerprint, "name": self.key.name})
        here = {str(status.item) for status in self.items}
        for body in self.bodies if here else ():
            if body.get("child", next(iter(here))) not in here:
                yield Message("custody.warning.aliquot_elsewhere", {"item": body["child"]})
        for status in self.items:
            if status.conflict:
                yield Message("custody.warning.conflict", {"item": str(status.item)})


def _text(value: Any) -> str:
    if type(value) is not str or not value.replace("\n", "").isprintable():
        message = "not a text"
        raise NoteError(message)
    return value


def _bytes(value: Any) -> bytes:
    if type(value) is not str:
        message = "not a text"
        raise NoteError(message)
    return decode(value)


def _check_complete(
    problems: _Problems, seqs: Sequence[int], bodies: Sequence[Mapping[str, Any]], *, size: int, whole: bool
) -> None:
    """Nothing is left out: each item's events are there from the first to the last.

    Within an item ``item_seq`` counts without gaps. How many there are in all says the statement that the keeper
    wrote into the log for this file, at the very end of the signed tree: of an extract, item by item; of the whole
    log, the number of its entries.
    """
    last = bodies[-1]
    if seqs[-1] != size - 1 or last["schema"] != STATEMENT_SCHEMA or whole != ("entries" in last):
        raise problems.stop("no_statement")
    counts: dict[str, int] = {}
    samples: dict[str, set[str]] = {}
    known: dict[str, set[str]] = {}
    for seq, body in zip(seqs, bodies, strict=True):
        if body["schema"] == STATEMENT_SCHEMA:
            _check_statement(problems, seq, body, counts, samples, extract=not whole)
            continue
        item, count = body["item"], counts.get(body["item"], 0) + 1
        if body["item_seq"] != count:
            raise problems.stop("item_gap", seq, item=item, expected=count, found=body["item_seq"])
        counts[item] = count
        samples.setdefault(body["sample"], set()).add(item)
        events = known.setdefault(item, set())
        if "after" in body and body["after"] not in events:
            raise problems.stop("after", seq, after=body["after"])
        events.add(body["id"])


def _check_statement(
    problems: _Problems,
    seq: int,
    statement: Mapping[str, Any],
    counts: Mapping[str, int],
    samples: Mapping[str, set[str]],
    *,
    extract: bool,
) -> None:
    """``counts`` and ``samples``: the events of each item, and the items of each sample, before this entry."""
    if "entries" in statement and statement["entries"] != seq:
        problems.add("entries", seq, stated=statement["entries"])
    stated = statement.get("items", {})
    for item, count in stated.items():
        if counts.get(item, 0) != count:
            problems.add("left_out", seq, item=item, stated=count, found=counts.get(item, 0))
    here = set(counts) if extract else samples.get(statement.get("sample", ""), set())
    for item in sorted(here - stated.keys() if stated else ()):
        problems.add("not_stated", seq, item=item)
    if extract and not {statement.get("sample", sample) for sample in samples} >= set(samples):
        problems.add("other_sample", seq)
