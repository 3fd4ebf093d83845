"""The person code: off by default, keyed, forgotten with the year, and nothing of what was typed stays anywhere."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import Session, select

from lab.errors import ForbiddenError
from lab.kit.clock import frozen
from lab.personcodes import service
from lab.personcodes.errors import CodeConsentMissingError, CodeLetterError, CodeNumberError, PersonCodeOffError
from lab.personcodes.keys import PersonCodeKeys
from lab.personcodes.models import PersonVisit
from lab.personcodes.service import ElementsIn
from tests.network import Network, make_network

SAID = {"mother_initial": "É", "older_brothers": "2", "birth_month": "07", "birth_town_initial": "b"}


@pytest.fixture
def network(session: Session) -> Network:
    return make_network(session)


@pytest.fixture
def keys(tmp_path: Path) -> PersonCodeKeys:
    return PersonCodeKeys(tmp_path / "keys")


def visit(session: Session, network: Network, keys: PersonCodeKeys, *, who: str = "worker", site: str = "north",
          **more: object) -> None:  # fmt: skip
    data = ElementsIn.model_validate({"site_id": network.sites[site].id, "consent": True, **SAID, **more})
    service.count_visit(session, actor=network.actors[who], keys=keys, data=data)


@pytest.fixture
def on(session: Session, network: Network, keys: PersonCodeKeys) -> None:
    service.switch(session, actor=network.actors["admin"], keys=keys, on=True)


def hashes(session: Session) -> list[bytes]:
    return [row.code_hash for row in session.exec(select(PersonVisit))]


def test_it_is_off_until_an_administrator_turns_it_on(session: Session, network: Network, keys: PersonCodeKeys) -> None:
    with pytest.raises(PersonCodeOffError):
        visit(session, network, keys)
    assert not keys.folder.exists()  # not even a secret is made
    with pytest.raises(ForbiddenError):
        service.switch(session, actor=network.actors["coordinator"], keys=keys, on=True)


@pytest.mark.usefixtures("on")
def test_the_same_answers_give_the_same_code_however_they_are_typed(
    session: Session, network: Network, keys: PersonCodeKeys
) -> None:
    visit(session, network, keys)
    visit(session, network, keys, mother_initial="e", birth_month="7", birth_town_initial="B",
          who="south_worker", site="south")  # fmt: skip
    visit(session, network, keys, older_brothers="3")
    first, same, other = hashes(session)
    assert len({first, same, other}) == 2


@pytest.mark.usefixtures("on")
def test_it_needs_a_consent_of_its_own(session: Session, network: Network, keys: PersonCodeKeys) -> None:
    with pytest.raises(CodeConsentMissingError):
        visit(session, network, keys, consent=False)
    assert hashes(session) == []


@pytest.mark.usefixtures("on")
@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"mother_initial": "Marie"}, CodeLetterError), ({"birth_town_initial": "3"}, CodeLetterError),
        ({"birth_month": "13"}, CodeNumberError), ({"older_brothers": "-1"}, CodeNumberError),
        ({"older_brothers": "9" * 5000}, CodeNumberError), ({"birth_month": "٣"}, CodeNumberError),
    ],
)  # fmt: skip
def test_more_than_a_letter_or_a_number_is_refused(
    session: Session, network: Network, keys: PersonCodeKeys, more: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        visit(session, network, keys, **more)
    assert hashes(session) == []


@pytest.mark.usefixtures("on")
def test_a_year_has_its_own_secret_and_the_past_ones_is_destroyed(
    session: Session, network: Network, keys: PersonCodeKeys
) -> None:
    with frozen(datetime(2026, 12, 31, 12, tzinfo=UTC)):
        visit(session, network, keys)
    with frozen(datetime(2027, 1, 1, 12, tzinfo=UTC)):
        visit(session, network, keys)
        service.forget_past(session, keys=keys)
    assert len(set(hashes(session))) == 2
    assert [path.name for path in keys.folder.iterdir()] == ["person_code-2027.key"]
    with frozen(datetime(2028, 1, 1, 12, tzinfo=UTC)):
        service.forget_past(session, keys=keys)
    assert [row.year for row in session.exec(select(PersonVisit))] == [2027]


@pytest.mark.usefixtures("on")
def test_a_row_holds_a_month_and_points_at_nobody(session: Session, network: Network, keys: PersonCodeKeys) -> None:
    with frozen(datetime(2026, 11, 21, 3, tzinfo=UTC)):
        visit(session, network, keys)
    [row] = session.exec(select(PersonVisit))
    assert set(row.model_dump()) == {"id", "year", "month", "site_id", "code_hash"}
    assert row.month.day == 1


@pytest.mark.usefixtures("on")
def test_nothing_of_what_was_typed_is_logged_or_shown(
    session: Session, network: Network, keys: PersonCodeKeys, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        visit(session, network, keys, older_brothers="17")
    assert "17" not in repr(ElementsIn(site_id=network.sites["north"].id, older_brothers="17")).split("consent")[1]
    assert "older_brothers" not in caplog.text


@pytest.mark.usefixtures("on")
def test_small_groups_of_people_are_not_shown(session: Session, network: Network, keys: PersonCodeKeys) -> None:
    for brothers in range(6):
        visit(session, network, keys, older_brothers=str(brothers))
    for _ in range(2):
        visit(session, network, keys, older_brothers="0")
    found = service.visit_counts(session, actor=network.actors["coordinator"], year=datetime.now(UTC).year)
    assert (found.codes, found.visits) == (6, 8)
    assert (found.once, found.two_to_four, found.five_or_more) == (None, None, 0)  # 5 and 1: the one would show


@pytest.mark.usefixtures("on")
def test_turning_it_off_erases_what_was_counted(session: Session, network: Network, keys: PersonCodeKeys) -> None:
    visit(session, network, keys)
    service.switch(session, actor=network.actors["admin"], keys=keys, on=False)
    assert hashes(session) == []
    assert list(keys.folder.iterdir()) == []
