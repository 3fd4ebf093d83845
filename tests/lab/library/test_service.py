"""The library in the database: loaded once, searched with slips, and silent where it must be."""

import pytest
from sqlmodel import Session, col, select

from lab.errors import ForbiddenError
from lab.kit.ids import new_id
from lab.library import loading
from lab.library.errors import (
    RetentionRangeError,
    SubstanceAmbiguousError,
    SubstanceNotFoundError,
    SystemNotFoundError,
)
from lab.library.models import ReagentColour, RetentionValue, Substance, SubstanceSynonym, TlcSystem
from lab.library.reference import Reference, read_reference
from lab.library.service import (
    colours_of,
    find_substance,
    get_system,
    load_reference,
    match_library,
    record_own_standard,
    reported_elsewhere,
    search_substances,
    spread_settings,
    withdraw_own_standard,
)
from tests.lab.bench import Bench


def system(session: Session, code: str) -> TlcSystem:
    return get_system(session, code=code)


def test_loading_again_changes_nothing(session: Session, library: Bench) -> None:
    before = len(session.exec(select(RetentionValue)).all())
    report = load_reference(session)
    assert report.is_noop
    assert report.values.unchanged == before == 200


def test_a_value_that_left_the_data_falls_silent_and_comes_back(
    session: Session, library: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read_reference()
    fewer = Reference(whole.substances, whole.systems, whole.values[1:], whole.colours)
    ta = system(session, "TA")
    monkeypatch.setattr(loading, "read_reference", lambda: fewer)
    assert load_reference(session).values.withdrawn == 1
    speaking = {entry.substance for entry in match_library(session, system_id=ta.id, site_id=new_id())}
    assert "atropine" not in speaking
    monkeypatch.setattr(loading, "read_reference", lambda: whole)
    assert load_reference(session).values.added == 1
    assert len(session.exec(select(RetentionValue)).all()) == 201


TYPED = {
    "ket": "ketamine",
    "ketmaine": "ketamine",
    "kétamine": "ketamine",
    "Cocaïne": "cocaine",
    "kokain": "cocaine",
    "heroine": "heroin",
    "speed": "amphetamine",
    "2cb": "2C-B",
    "4 mmc": "mephedrone (4-MMC)",
    "isotonitazen": "isotonitazene",
    "fentanil": "fentanyl",
    "cafeine": "caffeine",
    "phenacetine": "phenacetin",
    "xanax": "alprazolam",
}


def test_the_search_forgives_slips(session: Session, library: Bench) -> None:
    found = {typed: search_substances(session, query=typed) for typed in TYPED}
    assert {typed: hits[0].substance.name for typed, hits in found.items()} == TYPED
    for hits in found.values():
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_the_search_finds_nothing_in_noise(session: Session, library: Bench) -> None:
    assert search_substances(session, query="") == []
    assert search_substances(session, query="   --- ") == []
    assert search_substances(session, query="qqqqxxxxzzzz") == []


def test_a_name_is_found_exactly_or_not_at_all(session: Session, library: Bench) -> None:
    assert find_substance(session, name="3,4-METHYLENEDIOXYMETHAMPHETAMINE").name == "MDMA"
    with pytest.raises(SubstanceNotFoundError):
        find_substance(session, name="ketamin e x")


def test_a_name_of_two_substances_is_not_guessed(session: Session, library: Bench) -> None:
    for name in ("one", "two"):
        substance = library.substance(name)
        session.add(SubstanceSynonym(substance_id=substance.id, text="twin", key="twin"))
    session.flush()
    with pytest.raises(SubstanceAmbiguousError):
        find_substance(session, name="Twin")


def test_only_sound_corrected_literature_speaks_on_a_corrected_plate(session: Session, library: Bench) -> None:
    ta = system(session, "TA")
    entries = match_library(session, system_id=ta.id, site_id=library.laboratory.id)
    assert {(entry.substance, entry.hrf, entry.kind) for entry in entries} == {
        ("atropine", 18.0, "literature"),
        ("codeine", 33.0, "literature"),
        ("chlorprothixene", 56.0, "literature"),
        ("diazepam", 75.0, "literature"),
    }
    assert match_library(session, system_id=ta.id, site_id=library.laboratory.id, corrected=False) == ()
    assert [row.substance for row in reported_elsewhere(session, system_id=ta.id)] == ["amphetamine"]


def test_uncorrected_values_are_reported_elsewhere_only(session: Session, library: Bench) -> None:
    xu = system(session, "XU-H-EA")
    assert match_library(session, system_id=xu.id, site_id=library.laboratory.id) == ()
    near = reported_elsewhere(session, system_id=xu.id, near_hrf=40.0, within_hrf=6.0)
    assert near
    assert all(abs(row.value.value_hrf - 40) <= 6 and row.value.source for row in near)
    assert near == sorted(near, key=lambda row: abs(row.value.value_hrf - 40))


def own(
    session: Session, bench: Bench, value_hrf: float, *, corrected: bool = True, layer: str | None = None
) -> RetentionValue:
    return record_own_standard(
        session, actor=bench.chemist, site_id=bench.laboratory.id,
        substance_id=find_substance(session, name="MDMA").id, system_id=system(session, "TA").id,
        value_hrf=value_hrf, corrected=corrected, layer=layer,
    )  # fmt: skip


def test_own_standards_speak_at_their_place_on_their_layer_for_their_kind_of_plate(
    session: Session, library: Bench
) -> None:
    ta = system(session, "TA")
    for value in (31.0, 33.0):
        own(session, library, value)
    own(session, library, 60.0, corrected=False)
    own(session, library, 70.0, layer="RP-18")

    def mdma(**options: object) -> list[tuple[float, int | None]]:
        entries = match_library(session, system_id=ta.id, **({"site_id": library.laboratory.id} | options))  # type: ignore[arg-type]  # options vary
        return [(entry.hrf, entry.n) for entry in entries if entry.substance == "MDMA"]

    assert mdma() == [(32.0, 2)]
    assert mdma(layer=ta.layer.upper()) == [(32.0, 2)]
    assert mdma(corrected=False) == [(60.0, 1)]
    assert mdma(layer="RP-18") == [(70.0, 1)]
    assert mdma(site_id=library.north.id) == []


def test_a_withdrawn_run_speaks_no_more(session: Session, library: Bench) -> None:
    run = own(session, library, 31.0)
    withdraw_own_standard(session, actor=library.chemist, value_id=run.id)
    entries = match_library(session, system_id=run.system_id, site_id=library.laboratory.id)
    assert "MDMA" not in {entry.substance for entry in entries}
    assert session.get(RetentionValue, run.id) is run


def test_standards_are_recorded_by_the_laboratory_and_within_the_plate(session: Session, library: Bench) -> None:
    with pytest.raises(RetentionRangeError):
        own(session, library, 101.0)
    with pytest.raises(RetentionRangeError):
        own(session, library, float("nan"))
    with pytest.raises(ForbiddenError):
        record_own_standard(
            session, actor=library.worker, site_id=library.laboratory.id, substance_id=new_id(), system_id=new_id(),
            value_hrf=30.0, corrected=True,
        )  # fmt: skip
    with pytest.raises(SystemNotFoundError):
        get_system(session, code="no such")


def test_the_spread_given_to_literature_says_why(session: Session, library: Bench) -> None:
    ta = system(session, "TA")
    assert spread_settings(session, system_id=ta.id).laboratory_sd_hrf == {"TA": ta.literature_spread_hrf}
    assert all(row.literature_spread_origin for row in session.exec(select(TlcSystem)).all())


def test_colours_come_with_their_sources(session: Session, library: Bench) -> None:
    colours = colours_of(session, substance_id=find_substance(session, name="MDMA").id)
    assert {colour.reagent for colour in colours} >= {"Marquis"}
    assert all(colour.source for colour in colours)
    of_a_class = session.exec(select(ReagentColour).where(col(ReagentColour.substance_id).is_(None))).all()
    assert any(row.subject == "barbiturates (class)" for row in of_a_class)


def test_a_search_tells_by_which_name_it_found(session: Session, library: Bench) -> None:
    (hit,) = search_substances(session, query="special k", limit=1)
    assert (hit.substance.name, hit.matched.lower()) == ("ketamine", "special k")
    assert session.exec(select(Substance).where(Substance.name == "ketamine")).one() == hit.substance
