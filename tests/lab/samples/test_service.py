"""Registering a sample: everything of it, once, and visible only where it has to do with."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import Session, select

from lab.custody import service as custody
from lab.errors import ForbiddenError, InvalidError
from lab.kit.clock import today
from lab.kit.ids import new_id
from lab.kit.outbox import OutboxEntry, Topic
from lab.network.access import Actor
from lab.network.models import Role
from lab.samples import service
from lab.samples.codes import format_code, parse_code, with_check
from lab.samples.errors import ClientIdReusedError, CodeTakenError, CodeTypoError, SampleNotFoundError
from lab.samples.models import AdverseEvent, Sample, SampleForm
from lab.samples.tickets import sample_behind
from lab.samples.words import Colour
from tests.lab.bench import Bench


def test_a_registration_makes_sample_item_and_ticket(session: Session, bench: Bench) -> None:
    data = bench.registration(sold_as_raw="blue punisher", colours=[Colour.BLUE, Colour.BLUE], mass_mg=312.5)
    done = service.register(session, actor=bench.worker, data=data)
    assert parse_code(done.sample.code) == done.sample.code
    assert done.sample.area == "Leuven"
    assert done.sample.colours == ["blue"]
    assert done.item.sample_id == done.sample.id
    assert custody.state_of(session, item_id=done.item.id).books.held_ug == 312_500
    assert done.ticket is not None
    assert sample_behind(session, token=done.ticket) == done.sample


def test_the_same_client_id_again_finds_the_same_sample(session: Session, bench: Bench) -> None:
    data = bench.registration()
    first = service.register(session, actor=bench.worker, data=data)
    again = service.register(session, actor=bench.worker, data=data)
    assert again.sample == first.sample
    assert again.item == first.item
    assert again.ticket is None
    assert len(session.exec(select(Sample)).all()) == 1


def test_what_one_worker_sent_another_may_send_again_after_the_shift(session: Session, bench: Bench) -> None:
    data = bench.registration()
    first = service.register(session, actor=bench.worker, data=data)
    relief = Actor(bench.network.accounts["south_worker"].id, frozenset({(bench.north.id, Role.WORKER)}))
    assert service.register(session, actor=relief, data=data).sample == first.sample
    assert first.sample.registered_by == bench.worker.account_id


def test_a_client_id_is_not_another_site_s_to_use(session: Session, bench: Bench) -> None:
    data = bench.registration()
    service.register(session, actor=bench.worker, data=data)
    elsewhere = data.model_copy(update={"site_id": bench.south.id})
    with pytest.raises(ClientIdReusedError):
        service.register(session, actor=bench.network.actors["south_worker"], data=elsewhere)


def test_a_printed_label_is_taken_once(session: Session, bench: Bench) -> None:
    label = with_check("ABCDEFGH")
    data = bench.registration(code=format_code(label).lower())
    assert service.register(session, actor=bench.worker, data=data).sample.code == label
    with pytest.raises(CodeTakenError):
        service.register(session, actor=bench.worker, data=bench.registration(code=label))
    with pytest.raises(CodeTypoError):
        service.register(session, actor=bench.worker, data=bench.registration(code="ABCDEFGJ0"))


@pytest.mark.parametrize("event", list(AdverseEvent))
def test_a_serious_adverse_event_is_a_fact_to_act_on(session: Session, bench: Bench, event: AdverseEvent) -> None:
    sample = bench.sample(adverse_event=event)
    emitted = session.exec(select(OutboxEntry).where(OutboxEntry.topic == Topic.ADVERSE_EVENT)).all()
    serious = event in {AdverseEvent.SERIOUS, AdverseEvent.OVERDOSE}
    assert [entry.subject_id for entry in emitted] == ([sample.id] if serious else [])


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"consent_analyse": False}, "consent_analyse"),
        ({"mass_mg": 0.0}, "mass_mg"),
        ({"mass_mg": float("nan")}, "mass_mg"),
        ({"mass_mg": 2e5}, "mass_mg"),
        ({"form": SampleForm.TABLET, "tablet_length_mm": 80.0}, "tablet_length_mm"),
        ({"form": SampleForm.POWDER, "tablet_logo": "heart"}, "form"),
        ({"collected_on": today() + timedelta(days=1)}, "collected_on"),
        ({"sold_as_substance_id": new_id()}, "sold_as_substance_id"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    session: Session, bench: Bench, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        service.register(session, actor=bench.worker, data=bench.registration(**values))
    assert refused.value.field == field
    assert session.exec(select(Sample)).all() == []


def test_a_text_that_no_database_holds_is_refused_at_the_door(bench: Bench) -> None:
    for field in ("sold_as_raw", "area", "effects", "tablet_logo"):
        with pytest.raises(ValidationError, match="NUL"):
            bench.registration(**{field: "a\x00b"})


def test_registering_is_for_the_site_s_own_workers(session: Session, bench: Bench) -> None:
    with pytest.raises(ForbiddenError):
        service.register(session, actor=bench.network.actors["south_worker"], data=bench.registration())


def test_a_sample_is_seen_by_its_site_the_laboratory_that_holds_it_and_network_wide_roles(
    session: Session, bench: Bench
) -> None:
    at_site, at_laboratory = bench.sample(), bench.at_laboratory()

    def seen_by(name: str) -> set[str]:
        return {sample.code for sample in service.list_samples(session, actor=bench.network.actors[name]).samples}

    assert seen_by("worker") == {at_site.code, at_laboratory.code}
    assert seen_by("chemist") == {at_laboratory.code}
    assert seen_by("coordinator") == {at_site.code, at_laboratory.code}
    assert seen_by("south_worker") == set()
    with pytest.raises(SampleNotFoundError):
        service.get_by_code(session, actor=bench.chemist, code=at_site.code)
    assert service.get_by_code(session, actor=bench.chemist, code=format_code(at_laboratory.code)) == at_laboratory


def test_a_list_comes_in_pages_and_says_how_many_there_are(session: Session, bench: Bench) -> None:
    samples = [bench.sample() for _ in range(5)]
    pages = [service.list_samples(session, actor=bench.worker, offset=start, limit=2) for start in (0, 2, 4)]
    assert [page.total for page in pages] == [5, 5, 5]
    codes = [sample.code for page in pages for sample in page.samples]
    assert codes == [sample.code for sample in reversed(samples)]


def test_nobody_lists_samples_without_the_permission(session: Session, bench: Bench) -> None:
    with pytest.raises(ForbiddenError):
        service.list_samples(session, actor=bench.network.actors["courier"])
