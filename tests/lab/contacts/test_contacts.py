"""Contacts are kept with consent alone, for as long as something is pending, and erased for good."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from lab.contacts import service
from lab.contacts.addresses import parse_email, parse_phone
from lab.contacts.errors import (
    ContactConsentMissingError,
    ContactEmailInvalidError,
    ContactErasedError,
    ContactMissingError,
    ContactPhoneInvalidError,
)
from lab.contacts.keys import ContactKeys
from lab.contacts.models import Contact, ContactKind
from lab.contacts.schemas import ContactIn, Retention
from lab.errors import ForbiddenError
from lab.kit.clock import frozen, now
from lab.results import service as results
from lab.samples.models import Sample
from tests.lab.bench import TEXTS, Bench

RETENTION = Retention(after=timedelta(days=14), most=timedelta(days=180))
EMAIL, PHONE = "Somebody@Example.org", "0032 (0)470 12 34 56"


@pytest.fixture
def keys(tmp_path: Path) -> ContactKeys:
    return ContactKeys(tmp_path / "keys")


@pytest.fixture
def bench(session: Session) -> Bench:
    return Bench(session)


def given(**values: object) -> ContactIn:
    return ContactIn.model_validate(
        {"contact_email": EMAIL, "contact_consent": True, "contact_language": "nl"} | values
    )


def kept(bench: Bench, keys: ContactKeys, sample: Sample, **values: object) -> list[Contact]:
    return list(service.store(bench.session, actor=bench.worker, keys=keys, sample=sample, data=given(**values)))


def test_an_address_and_a_number_are_kept_and_can_be_written_to(bench: Bench, keys: ContactKeys) -> None:
    stored = kept(bench, keys, bench.sample(), contact_phone=PHONE)
    read = {one.kind: service.address_of(one, keys=keys) for one in stored}
    assert read == {ContactKind.EMAIL: "Somebody@example.org", ContactKind.SMS: "+32470123456"}
    assert {one.language for one in stored} == {"nl"}


def test_a_second_one_replaces_the_first(bench: Bench, keys: ContactKeys) -> None:
    sample = bench.sample()
    kept(bench, keys, sample)
    kept(bench, keys, sample, contact_email="other@example.org")
    (one,) = service.contacts_of(bench.session, sample_id=sample.id)
    assert service.address_of(one, keys=keys) == "other@example.org"


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"contact_consent": False}, ContactConsentMissingError),
        ({"contact_email": None}, ContactMissingError),
        ({"contact_email": "nobody"}, ContactEmailInvalidError),
        ({"contact_email": "a@b.org\nBcc: c@d.org"}, ContactEmailInvalidError),
        ({"contact_phone": "0470 12 34 56"}, ContactPhoneInvalidError),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_kept(
    bench: Bench, keys: ContactKeys, values: dict[str, object], error: type[Exception]
) -> None:
    sample = bench.sample()
    with pytest.raises(error):
        kept(bench, keys, sample, **values)
    assert service.contacts_of(bench.session, sample_id=sample.id) == []
    assert list(keys.known()) == []


def test_another_site_s_worker_can_neither_keep_nor_erase(bench: Bench, keys: ContactKeys) -> None:
    sample = bench.sample()
    stranger = bench.network.actors["south_worker"]
    with pytest.raises(ForbiddenError):
        service.store(bench.session, actor=stranger, keys=keys, sample=sample, data=given())
    with pytest.raises(ForbiddenError):
        service.erase_by_worker(bench.session, actor=stranger, keys=keys, sample=sample)


def test_an_erased_contact_cannot_be_read_though_its_row_comes_back(bench: Bench, keys: ContactKeys) -> None:
    sample = bench.sample()
    (contact,) = kept(bench, keys, sample)
    copy = contact.model_dump()
    assert service.erase_contacts(bench.session, keys=keys, sample_id=sample.id) == 1
    assert bench.session.exec(select(Contact)).all() == []
    bench.session.add(Contact.model_validate(copy))
    bench.session.flush()
    (again,) = service.contacts_of(bench.session, sample_id=sample.id)
    with pytest.raises(ContactErasedError):
        service.address_of(again, keys=keys)
    assert service.erase_unreadable(bench.session, keys=keys) == 1
    assert service.contacts_of(bench.session, sample_id=sample.id) == []


def reported(bench: Bench, sample: Sample) -> None:
    bench.analysis(sample, actor=bench.chemist)
    result = bench.submitted(sample)
    results.verify(bench.session, actor=bench.verifier, result_id=result.id)
    results.report(bench.session, actor=bench.chemist, result_id=result.id, texts=TEXTS)


def is_due(bench: Bench, contact: Contact, days: float) -> bool:
    with frozen(now() + timedelta(days=days)):
        return service.is_due(bench.session, contact=contact, retention=RETENTION)


def test_it_has_served_some_days_after_the_last_answer(bench: Bench, keys: ContactKeys) -> None:
    sample = bench.at_laboratory()
    (contact,) = kept(bench, keys, sample)
    assert not is_due(bench, contact, 100)
    reported(bench, sample)
    assert not is_due(bench, contact, 13)
    assert is_due(bench, contact, 15)


def test_it_stays_while_a_newer_version_is_awaited(bench: Bench, keys: ContactKeys) -> None:
    sample = bench.at_laboratory()
    (contact,) = kept(bench, keys, sample)
    reported(bench, sample)
    standing = results.current_result(bench.session, sample_id=sample.id)
    assert standing is not None
    results.amend(bench.session, actor=bench.chemist, result_id=standing.id, reason="a second run")
    assert not is_due(bench, contact, 100)


def test_it_goes_at_its_longest_term_though_nothing_was_ever_answered(bench: Bench, keys: ContactKeys) -> None:
    (contact,) = kept(bench, keys, bench.sample())
    assert not is_due(bench, contact, 179)
    assert is_due(bench, contact, 181)


def test_keys_without_a_contact_are_destroyed_after_a_while(bench: Bench, keys: ContactKeys) -> None:
    (contact,) = kept(bench, keys, bench.sample())
    bench.session.delete(contact)
    bench.session.flush()
    assert service.destroy_orphans(bench.session, keys=keys) == 0  # a transaction may still be under way
    with frozen(now() + timedelta(hours=2)):
        assert service.destroy_orphans(bench.session, keys=keys) == 1
    assert list(keys.known()) == []


@pytest.mark.parametrize("text", ["+32 470 12 34 56", "0033 6 12 34 56 78", "+44 (0)20-7946.0958", "+32/470/123456"])
def test_numbers_are_taken_as_people_write_them(text: str) -> None:
    assert parse_phone(text).startswith("+")


@pytest.mark.parametrize(
    "text", ["", "0470123456", "+0470123456", "+32", "+32 call me", "+" + "1" * 16, "+３２４７０１２３４５６"]
)
def test_numbers_that_may_reach_a_stranger_are_refused(text: str) -> None:
    with pytest.raises(ContactPhoneInvalidError):
        parse_phone(text)


@pytest.mark.parametrize(
    "text", ["", "a", "a@b", "a@@b.org", "a b@c.org", "a@b.org,c@d.org", "x" * 250 + "@b.org", "a@b."]
)
def test_addresses_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ContactEmailInvalidError):
        parse_email(text)
