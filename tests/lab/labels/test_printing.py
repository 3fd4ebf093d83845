"""Printed codes are drawn by nobody else, a lost sheet is void, a ticket beside a label opens its sample."""

import pytest
from sqlmodel import Session, select

from lab.errors import ForbiddenError
from lab.kit.ids import new_id
from lab.labels import service
from lab.labels.errors import (
    BatchNotFoundError,
    LabelCountError,
    LabelFormatUnknownError,
    LabelVoidError,
    TicketsPrintedOnceError,
)
from lab.labels.formats import formats
from lab.labels.models import PrintedLabel
from lab.samples import codes, tickets
from lab.samples import service as samples
from lab.samples.models import TicketSource
from lab.samples.schemas import LabelStanding
from tests.lab.bench import Bench


def printed(session: Session, bench: Bench, **more: object) -> service.Printed:
    options = {"site_id": bench.north.id, "format": "L7163", "sheets": 1, "language": "fr"} | more
    return service.print_batch(session, actor=bench.worker, **options)  # type: ignore[arg-type]  # as given by a test


def test_a_batch_keeps_its_codes_and_who_printed_it(session: Session, bench: Bench) -> None:
    done = printed(session, bench)
    kept = session.exec(select(PrintedLabel).order_by(PrintedLabel.place)).all()
    assert [one.code for one in kept] == list(done.codes)
    assert len(set(done.codes)) == done.batch.size == 14
    assert done.batch.printed_by == bench.worker.account_id
    assert [codes.parse_code(code) for code in done.codes] == list(done.codes)


def test_a_code_on_a_sheet_is_drawn_by_nobody_else(
    session: Session, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, free = printed(session, bench).codes[0], codes.with_check("ABCDEFGH")
    drawn = iter([taken[:-1], free[:-1]])
    monkeypatch.setattr(codes, "random_body", lambda _length: next(drawn))
    data = bench.registration(ticket_hash="ab" * 32)
    assert samples.register(session, actor=bench.worker, data=data).sample.code == free


def test_the_ticket_beside_a_label_opens_the_sample_that_takes_the_label(session: Session, bench: Bench) -> None:
    pairs = printed(session, bench, with_tickets=True)
    assert len(pairs.codes) == len(pairs.tokens) == 7
    assert tickets.sample_behind(session, token=pairs.tokens[2]) is None  # stillborn so far
    done = samples.register(session, actor=bench.worker, data=bench.registration(code=pairs.codes[2]))
    assert done.ticket is None
    assert done.ticket_source is TicketSource.LABEL
    assert done.label is LabelStanding.PRINTED_HERE
    assert tickets.sample_behind(session, token=pairs.tokens[2]) == done.sample
    assert tickets.sample_behind(session, token=pairs.tokens[3]) is None


def test_a_phone_that_knows_of_no_pair_may_hand_out_its_own_ticket_too(session: Session, bench: Bench) -> None:
    pairs, token = printed(session, bench, with_tickets=True), tickets.new_token()
    data = bench.registration(code=pairs.codes[0], ticket_hash=tickets.hash_of(token).hex())
    sample = samples.register(session, actor=bench.worker, data=data).sample
    assert tickets.sample_behind(session, token=token) == sample
    assert tickets.sample_behind(session, token=pairs.tokens[0]) == sample


def test_a_lost_sheet_is_void_and_what_was_registered_stays(session: Session, bench: Bench) -> None:
    pairs = printed(session, bench, with_tickets=True)
    sample = samples.register(session, actor=bench.worker, data=bench.registration(code=pairs.codes[0])).sample
    service.declare_lost(session, actor=bench.worker, batch_id=pairs.batch.id)
    with pytest.raises(LabelVoidError):
        samples.register(session, actor=bench.worker, data=bench.registration(code=pairs.codes[1]))
    assert service.look_at(session, code=pairs.codes[1], site_id=bench.north.id) is LabelStanding.VOID
    assert tickets.sample_behind(session, token=pairs.tokens[0]) == sample


def test_what_a_label_is_can_be_asked(session: Session, bench: Bench) -> None:
    here = printed(session, bench).codes
    bench.sample(code=here[0])
    look = {code: service.look_at(session, code=code, site_id=bench.north.id) for code in (here[0], here[1])}
    assert list(look.values()) == [LabelStanding.USED, LabelStanding.PRINTED_HERE]
    assert service.look_at(session, code=here[1], site_id=bench.south.id) is LabelStanding.PRINTED_ELSEWHERE
    foreign = codes.with_check("ZZZZZZZZ")
    assert service.look_at(session, code=foreign, site_id=bench.north.id) is LabelStanding.UNKNOWN
    assert samples.register(
        session, actor=bench.worker, data=bench.registration(code=foreign)
    ).label is LabelStanding.UNKNOWN  # fmt: skip


def test_labels_are_printed_again_and_tickets_are_not(session: Session, bench: Bench) -> None:
    plain, pairs = printed(session, bench), printed(session, bench, with_tickets=True)
    assert service.print_again(session, actor=bench.worker, batch_id=plain.batch.id).codes == plain.codes
    with pytest.raises(TicketsPrintedOnceError):
        service.print_again(session, actor=bench.worker, batch_id=pairs.batch.id)


def test_what_cannot_be_printed_is_refused(session: Session, bench: Bench) -> None:
    for sheets in (0, -1, service.MAX_SHEETS + 1):
        with pytest.raises(LabelCountError):
            printed(session, bench, sheets=sheets)
    with pytest.raises(LabelFormatUnknownError):
        printed(session, bench, format="L0000")
    with pytest.raises(LabelFormatUnknownError):  # too narrow for a ticket beside each label
        printed(session, bench, format="L7651", with_tickets=True)


def test_a_site_prints_for_itself_alone(session: Session, bench: Bench) -> None:
    south = bench.network.actors["south_worker"]
    batch = printed(session, bench).batch
    for site_id in (bench.south.id, None):
        with pytest.raises(ForbiddenError):
            printed(session, bench, site_id=site_id)
    with pytest.raises(BatchNotFoundError):
        service.declare_lost(session, actor=south, batch_id=batch.id)
    with pytest.raises(BatchNotFoundError):
        service.declare_lost(session, actor=bench.worker, batch_id=new_id())
    assert [one.batch for one in service.list_batches(session, actor=bench.worker)] == [batch]
    assert service.list_batches(session, actor=south) == []


def test_every_format_says_where_its_measures_come_from() -> None:
    assert len({one.name for one in formats()}) == len(formats())
    assert all(one.columns % 2 == 0 for one in formats() if one.pairs)
