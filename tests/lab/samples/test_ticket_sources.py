"""A ticket may be made by the server, by a phone without network, or by the printer of labels: one sample each."""

import hashlib

import pytest
from pydantic import ValidationError
from sqlmodel import Session, select

from lab.samples import service
from lab.samples.errors import ClientIdReusedError, TicketReusedError
from lab.samples.models import Sample, Ticket, TicketSource
from lab.samples.tickets import new_token, sample_behind
from tests.lab.bench import Bench


def hash_on_the_phone(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def test_a_ticket_made_on_a_phone_opens_the_sample_and_no_other_is_issued(session: Session, bench: Bench) -> None:
    token = new_token()
    data = bench.registration(ticket_hash=hash_on_the_phone(token))
    done = service.register(session, actor=bench.worker, data=data)
    assert done.ticket is None
    assert done.is_new
    assert done.ticket_source is TicketSource.DEVICE
    assert sample_behind(session, token=token) == done.sample
    assert len(session.exec(select(Ticket)).all()) == 1


def test_a_ticket_opens_one_sample_only(session: Session, bench: Bench) -> None:
    data = bench.registration(ticket_hash=hash_on_the_phone(new_token()))
    service.register(session, actor=bench.worker, data=data)
    other = bench.registration(ticket_hash=data.ticket_hash)
    with pytest.raises(TicketReusedError), session.begin_nested():
        service.register(session, actor=bench.worker, data=other)
    assert len(session.exec(select(Sample)).all()) == 1


def test_the_same_registration_again_keeps_its_ticket_and_takes_no_other(session: Session, bench: Bench) -> None:
    data = bench.registration(ticket_hash=hash_on_the_phone(new_token()))
    first = service.register(session, actor=bench.worker, data=data)
    again = service.register(session, actor=bench.worker, data=data)
    assert again.sample == first.sample
    assert not again.is_new
    other = data.model_copy(update={"ticket_hash": hash_on_the_phone(new_token())})
    with pytest.raises(ClientIdReusedError):  # a ticket handed out must never open nothing
        service.register(session, actor=bench.worker, data=other)


@pytest.mark.parametrize("text", ["", "ab", "g" * 64, "A" * 64, "0" * 65])
def test_a_hash_that_is_none_is_refused(bench: Bench, text: str) -> None:
    with pytest.raises(ValidationError):
        bench.registration(ticket_hash=text)
