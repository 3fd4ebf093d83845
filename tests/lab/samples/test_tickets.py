"""The person's ticket opens one answer, and nothing in the database opens it again."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from lab.kit.clock import frozen, now
from lab.samples.codes import ALPHABET, with_check
from lab.samples.errors import CodeTypoError
from lab.samples.models import Ticket
from lab.samples.tickets import encode, issue_ticket, revoke_tickets, sample_behind
from tests.lab.bench import Bench


def test_the_token_carries_128_bits_and_a_check() -> None:
    assert encode(bytes(16)) == "0" * 27
    assert encode(b"\xff" * 16) == with_check("7" + "Z" * 25)
    assert encode(bytes(15) + b"\x21") == with_check("0" * 24 + "11")


def test_a_ticket_opens_its_sample_as_typed(session: Session, bench: Bench) -> None:
    sample = bench.sample()
    ticket = issue_ticket(session, sample_id=sample.id)
    assert sample_behind(session, token=ticket.lower().replace("-", " ")) == sample


def test_only_the_hash_is_stored(session: Session, bench: Bench) -> None:
    ticket = issue_ticket(session, sample_id=bench.sample().id).replace("-", "")
    stored = session.exec(select(Ticket)).all()
    assert all(len(row.token_hash) == 32 for row in stored)
    assert not any(ticket.encode() in row.token_hash for row in stored)


def test_a_typo_is_told_and_an_unknown_token_opens_nothing(session: Session, bench: Bench) -> None:
    ticket = issue_ticket(session, sample_id=bench.sample().id).replace("-", "")
    other = ALPHABET[(ALPHABET.index(ticket[3]) + 1) % 32]
    with pytest.raises(CodeTypoError):
        sample_behind(session, token=ticket[:3] + other + ticket[4:])
    assert sample_behind(session, token=encode(b"\x01" * 16)) is None


def test_a_ticket_ends(session: Session, bench: Bench) -> None:
    sample = bench.sample()
    ticket = issue_ticket(session, sample_id=sample.id, valid_days=10)
    with frozen(now() + timedelta(days=11)):
        assert sample_behind(session, token=ticket) is None
    assert revoke_tickets(session, sample_id=sample.id) == 2  # this one and the one of the registration
    assert sample_behind(session, token=ticket) is None
