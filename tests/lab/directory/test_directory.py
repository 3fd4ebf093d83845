"""The directory of services: who is shown which entry, and files in and out."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from lab.directory import exchange, service, starter
from lab.directory.errors import (
    CsvUnreadableError,
    EntryExpiredError,
    EntryTelephoneError,
    EntryTooLongValidError,
    EntryUnreachableError,
    EntryWebError,
)
from lab.directory.models import ServiceEntry, ServiceKind
from lab.directory.schemas import EntryIn
from lab.errors import ForbiddenError
from lab.kit.clock import today
from tests.network import Network, make_network


@pytest.fixture
def network(session: Session) -> Network:
    return make_network(session)


def entry(**more: object) -> EntryIn:
    plain = {"kind": "caarud", "name": "Open door", "telephone": "02 123 45 67", "country": "BE",
             "valid_until": today() + timedelta(days=100)}  # fmt: skip
    return EntryIn.model_validate({**plain, **more})


def names(session: Session, network: Network, *, site: str = "south", language: str = "fr", on: date) -> list[str]:
    place = network.sites[site]
    return [one.name for one in service.entries_for(session, site=place, language=language, on=on)]


def test_an_entry_is_shown_until_its_last_day_and_not_after(session: Session, network: Network) -> None:
    last = today() + timedelta(days=10)
    service.add_entry(session, actor=network.actors["coordinator"], data=entry(valid_until=last))
    assert names(session, network, on=last) == ["Open door"]
    assert names(session, network, on=last + timedelta(days=1)) == []


def test_a_service_of_another_town_or_country_is_not_near(session: Session, network: Network) -> None:
    add = network.actors["coordinator"]
    for name, area, country in (("Near", "Ghent, Brussels", "BE"), ("Far", "Leuven", "BE"), ("Abroad", "", "FR"),
                                ("Everywhere", "", None), ("National", "", "BE")):  # fmt: skip
        service.add_entry(session, actor=add, data=entry(name=name, area=area, country=country))
    assert names(session, network, on=today()) == ["Near", "Everywhere", "National"]


def test_who_helps_at_once_comes_first_and_then_who_speaks_the_language(session: Session, network: Network) -> None:
    add = network.actors["coordinator"]
    service.add_entry(session, actor=add, data=entry(name="Dutch", kind="helpline", languages=["nl"]))
    service.add_entry(session, actor=add, data=entry(name="French", kind="helpline", languages=["fr"]))
    service.add_entry(session, actor=add, data=entry(name="112", kind="emergency", telephone="112"))
    assert names(session, network, on=today(), language="nl") == ["112", "Dutch", "French"]


def test_the_starter_list_shows_to_nobody_before_it_is_confirmed(session: Session, network: Network) -> None:
    actor = network.actors["coordinator"]
    taken = starter.take_in(session, actor=actor)
    assert taken == len(starter.starter_list()) > 0
    assert names(session, network, on=today()) == []
    assert len(service.wanting(session, on=today())) == taken
    first = next(one for one in service.list_entries(session) if one.starter_key == "eu-112")
    service.renew_entry(session, actor=actor, entry_id=first.id, valid_until=today() + timedelta(days=60))
    assert names(session, network, on=today()) == ["112"]
    assert starter.take_in(session, actor=actor) == 0


def test_every_line_of_the_starter_list_says_where_it_was_read() -> None:
    for one in starter.starter_list():
        assert one["source_url"].startswith("https://"), one["key"]
        assert one["source_read_on"] <= date(2026, 12, 31), one["key"]


def test_what_ends_is_shown_no_more_and_comes_back_when_renewed(session: Session, network: Network) -> None:
    actor = network.actors["admin"]
    kept = service.add_entry(session, actor=actor, data=entry())
    service.end_entry(session, actor=actor, entry_id=kept.id)
    assert names(session, network, on=today()) == []
    service.renew_entry(session, actor=actor, entry_id=kept.id, valid_until=today())
    assert names(session, network, on=today()) == ["Open door"]


def test_a_coordinator_is_told_before_an_entry_expires(session: Session, network: Network) -> None:
    actor = network.actors["coordinator"]
    for days in (29, 31):
        data = entry(name=f"In {days} days", valid_until=today() + timedelta(days=days))
        service.add_entry(session, actor=actor, data=data)
    assert [one.name for one in service.wanting(session, on=today())] == ["In 29 days"]


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"telephone": None}, EntryUnreachableError),
        ({"telephone": "ask for Anna"}, EntryTelephoneError),
        ({"web": "javascript:alert(1)"}, EntryWebError),
        ({"web": "https://user@evil.example"}, EntryWebError),
        ({"valid_until": today() - timedelta(days=1)}, EntryExpiredError),
        ({"valid_until": today() + timedelta(days=4000)}, EntryTooLongValidError),
    ],
)
def test_what_helps_nobody_is_refused(
    session: Session, network: Network, more: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        service.add_entry(session, actor=network.actors["coordinator"], data=entry(**more))


def test_a_worker_keeps_no_directory(session: Session, network: Network) -> None:
    with pytest.raises(ForbiddenError):
        service.add_entry(session, actor=network.actors["worker"], data=entry())


def test_a_file_written_is_read_back_unchanged(session: Session, network: Network) -> None:
    actor = network.actors["coordinator"]
    data = entry(name='=cmd|"x"', area="Brussels; Liège", languages=["fr", "ar"], purpose="a\nline")
    service.add_entry(session, actor=actor, data=data)
    written = exchange.export_csv(session, actor=actor)
    assert "\n=cmd" not in written
    assert ",=cmd" not in written.replace('"', "")
    report = exchange.import_csv(session, actor=actor, content=written.encode())
    assert (report.added, report.changed, report.unchanged, list(report.refused)) == (0, 0, 1, [])


def test_an_import_reports_each_refused_line_and_takes_the_others(session: Session, network: Network) -> None:
    day = (today() + timedelta(days=50)).isoformat()
    lines = ["kind;name;telephone;valid_until", f"helpline;Good;02 1;{day}", f"pub;Bad kind;02 1;{day}",
             "helpline;No day;02 1;", f"helpline;No number;;{day}"]  # fmt: skip
    report = exchange.import_csv(session, actor=network.actors["coordinator"], content="\n".join(lines).encode())
    assert report.added == 1
    assert [(one.line, one.column, one.message.id) for one in report.refused] == [
        (3, "kind", "forms.invalid"), (4, "valid_until", "forms.missing"),
        (5, "telephone", "error.directory.unreachable"),
    ]  # fmt: skip


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a,b\n1,2", b"kind,name,valid_until\nx,\x00,y"])
def test_what_is_no_directory_changes_nothing(session: Session, network: Network, content: bytes) -> None:
    with pytest.raises(CsvUnreadableError):
        exchange.import_csv(session, actor=network.actors["coordinator"], content=content)
    assert service.list_entries(session) == []


def test_a_line_with_a_known_id_changes_that_entry(session: Session, network: Network) -> None:
    actor = network.actors["coordinator"]
    kept = service.add_entry(session, actor=actor, data=entry())
    written = exchange.export_csv(session, actor=actor).replace("02 123 45 67", "02 765 43 21")
    report = exchange.import_csv(session, actor=actor, content=written.encode())
    assert report.changed == 1
    assert session.get_one(ServiceEntry, kept.id).telephone == "02 765 43 21"
    assert kept.kind is ServiceKind.CAARUD
