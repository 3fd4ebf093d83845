"""A library that people edit: each change kept with why, and shipped data that do not undo it."""

import pytest
from pydantic import ValidationError
from sqlmodel import Session, select

from lab.errors import ForbiddenError
from lab.library import editing
from lab.library.errors import (
    ChangeReasonError,
    NothingChangedError,
    SubstanceExistsError,
    SystemExistsError,
    SystemInUseError,
)
from lab.library.models import LibraryChange, Substance, TlcSystem
from lab.library.schemas import ColourIn, StandardIn, SubstanceIn, SystemIn
from lab.library.service import colours_of, find_substance, get_system, load_reference, search_substances
from tests.lab.bench import Bench


def substance_in(**changes: object) -> SubstanceIn:
    values: dict[str, object] = {"name": "novelamine", "substance_class": "stimulant", "source": "our GC-MS"}
    return SubstanceIn.model_validate(values | changes)


def save(library: Bench, data: SubstanceIn, reason: str = "seen twice", **more: object) -> Substance:
    return editing.save_substance(library.session, actor=library.chemist, data=data, reason=reason, **more)  # type: ignore[arg-type]  # mixed, by name


def test_a_substance_is_found_by_its_names_in_three_languages(session: Session, library: Bench) -> None:
    names = {"fr": ["novélamine"], "nl": ["novelamien", "  nova  sneeuw "], "": ["NVA-1"]}
    added = save(library, substance_in(names=names))
    for typed in ("novelamine", "novélamine", "novelamien", "nova sneeuw", "nva 1"):
        assert find_substance(session, name=typed).id == added.id
    assert editing.names_by_language(session, substance_id=added.id)["nl"] == ["nova sneeuw", "novelamien"]


def test_each_change_says_what_it_was_and_why(session: Session, library: Bench) -> None:
    added = save(library, substance_in(names={"nl": ["novelamien", "oude naam"]}))
    save(library, substance_in(cas="58-08-2", names={"nl": ["novelamien"]}), "read on the flask", substance_id=added.id)
    change = editing.history_of(session, subject_id=added.id)[0]
    assert (change.reason, change.changed_by) == ("read on the flask", library.chemist.account_id)
    assert change.before == {"cas": None, "names": {"nl": ["novelamien", "oude naam"]}}
    assert change.after == {"cas": "58-08-2", "names": {"nl": ["novelamien"]}}
    assert all(hit.matched != "oude naam" for hit in search_substances(session, query="oude naam"))
    with pytest.raises(NothingChangedError):
        save(library, substance_in(cas="58-08-2", names={"nl": ["novelamien"]}), "again", substance_id=added.id)


def test_shipped_data_do_not_undo_what_a_person_edited(session: Session, library: Bench) -> None:
    caffeine = find_substance(session, name="caffeine")
    columns = caffeine.model_dump(include={"name", "cas", "inchikey", "source"})
    names = editing.names_by_language(session, substance_id=caffeine.id)
    save(library, substance_in(**columns, substance_class="our own group", names=names), substance_id=caffeine.id)
    colour = ColourIn(reagent="Ours", colour_text="teal", where="spot test", source="our bench")
    editing.add_colour(session, actor=library.chemist, substance_id=caffeine.id, data=colour, reason="seen")
    assert load_reference(session).is_noop
    assert session.get_one(Substance, caffeine.id).substance_class == "our own group"
    assert "teal" in {row.colour_text for row in colours_of(session, substance_id=caffeine.id)}


def test_a_system_in_use_keeps_its_layer_and_mobile_phase(session: Session, library: Bench) -> None:
    system = get_system(session, code="TA")
    fields = {"code", "layer", "mobile_phase", "saturation", "error_window", "source", "source_url", "note"}
    standards = [StandardIn.model_validate(row) for row in system.correction_standards]
    data = SystemIn(**system.model_dump(include=fields), correction_standards=standards)

    def change(**values: object) -> TlcSystem:
        return editing.save_system(
            session, actor=library.chemist, data=data.model_copy(update=values), reason="bench", system_id=system.id
        )

    with pytest.raises(SystemInUseError):
        change(mobile_phase="acetone")
    assert change(note="jar 3").note == "jar 3"
    assert load_reference(session).systems.changed == 0
    with pytest.raises(SystemExistsError):
        editing.save_system(session, actor=library.chemist, data=data, reason="a second TA")
    added = editing.save_system(
        session, actor=library.chemist, data=data.model_copy(update={"code": "TA-2", "mobile_phase": "acetone"}),
        reason="new jar",
    )  # fmt: skip
    assert get_system(session, code="TA-2").id == added.id


def test_what_cannot_be_taken_changes_nothing(session: Session, library: Bench) -> None:
    with pytest.raises(SubstanceExistsError):
        save(library, substance_in(name="CAFFEINE"))
    for reason in ("", "  ", "x" * 301):
        with pytest.raises(ChangeReasonError):
            save(library, substance_in(), reason)
    with pytest.raises(ForbiddenError):
        editing.save_substance(session, actor=library.worker, data=substance_in(), reason="curious")
    for wrong in ({"cas": "58-08-3"}, {"cas": "caffeine"}, {"inchikey": "short"}, {"name": " "}):
        with pytest.raises(ValidationError):
            substance_in(**wrong)
    assert session.exec(select(LibraryChange)).all() == []
