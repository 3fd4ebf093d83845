"""Library files between laboratories: provenance kept, every refused entry named, and never a word of our own."""

import json
from typing import Any

import pytest
from sqlmodel import Session, col, select

from lab.errors import ForbiddenError
from lab.kit.clock import today
from lab.library import exchange
from lab.library.errors import LibraryFileError, LibraryFileOwnError
from lab.library.models import LibraryImport, RetentionValue
from lab.library.service import (
    find_substance,
    get_system,
    load_reference,
    match_library,
    record_own_standard,
    reported_elsewhere,
)
from tests.lab.bench import Bench


def entry(**changes: object) -> dict[str, object]:
    return {
        "substance": "caffeine", "system": "TA", "layer": "silica gel", "corrected": True, "mean_hrf": 52.1,
        "sd_hrf": 1.4, "n": 6, "first_run_on": "2026-01-05", "last_run_on": "2026-03-02",
    } | changes  # fmt: skip


def file_of(*entries: object, **head: object) -> bytes:
    document: dict[str, Any] = {
        "schema": "drugcheck-library/1", "laboratory": "Far bench", "written_on": "2026-04-01",
        "entries": list(entries),
    }  # fmt: skip
    return json.dumps(document | head).encode()


def take(session: Session, library: Bench, content: bytes) -> exchange.FileReport:
    return exchange.import_file(session, actor=library.chemist, site_id=library.laboratory.id, content=content)


def standing(session: Session) -> list[RetentionValue]:
    rows = select(RetentionValue).where(
        col(RetentionValue.import_id).is_not(None), col(RetentionValue.withdrawn_at).is_(None)
    )
    return list(session.exec(rows).all())


def test_a_file_holds_means_spreads_and_numbers_of_own_runs_and_nothing_else(session: Session, library: Bench) -> None:
    system, caffeine = get_system(session, code="TA"), find_substance(session, name="caffeine")
    for value in (50.0, 54.0):
        record_own_standard(
            session, actor=library.chemist, site_id=library.laboratory.id, substance_id=caffeine.id,
            system_id=system.id, value_hrf=value, corrected=True, note="flask 7",
        )  # fmt: skip
    document = json.loads(exchange.library_file(session, actor=library.chemist, site_id=library.laboratory.id))
    (one,) = document["entries"]
    assert (one["mean_hrf"], one["sd_hrf"], one["n"]) == (52.0, 2.83, 2)  # sqrt(8) by hand
    assert one["first_run_on"] == one["last_run_on"] == today().isoformat()
    assert "flask 7" not in json.dumps(document)
    assert document["laboratory"] == library.laboratory.name
    exchange._head(json.dumps(document).encode())


def test_what_comes_in_is_shown_with_its_provenance_and_never_speaks(session: Session, library: Bench) -> None:
    system, caffeine = get_system(session, code="TA"), find_substance(session, name="caffeine")
    before = match_library(session, system_id=system.id, site_id=library.laboratory.id)
    report = take(session, library, file_of(entry(), entry(layer=system.layer)))
    assert (len(report.taken), report.refused) == (2, ())
    assert match_library(session, system_id=system.id, site_id=library.laboratory.id) == before
    shown = [one.value for one in reported_elsewhere(session, system_id=system.id, substance_id=caffeine.id)]
    assert sum(value.source.startswith("Far bench, own standards, library file of 2026-04-01") for value in shown) == 2
    assert load_reference(session).is_noop  # shipped data withdraw nothing of it
    assert len(standing(session)) == 2


def test_every_refused_entry_says_why(session: Session, library: Bench) -> None:
    report = take(session, library, file_of(
        entry(), entry(substance="unobtainium"), entry(system="XX"), entry(mean_hrf=140), entry(secret="x"), "caffeine",
        entry(), entry(last_run_on="2999-01-01"), entry(n=0),
    ))  # fmt: skip
    assert [one.number for one in report.taken] == [1]
    assert [(one.number, one.message.id, one.message.params.get("column")) for one in report.refused] == [
        (2, "error.library.substance_not_found", None),
        (3, "error.library.system_not_found", None),
        (4, "library.file.wrong", "mean_hrf"),
        (5, "library.file.wrong", "secret"),
        (6, "library.file.wrong", "entry"),
        (7, "library.file.twice", None),
        (8, "library.file.wrong", "last_run_on"),
        (9, "library.file.wrong", "n"),
    ]


def test_a_later_file_of_the_same_laboratory_replaces_the_earlier(session: Session, library: Bench) -> None:
    first = file_of(entry())
    take(session, library, first)
    take(session, library, file_of(entry(mean_hrf=53.0, n=9), written_on="2026-06-01"))
    assert [value.value_hrf for value in standing(session)] == [53.0]
    assert len(session.exec(select(LibraryImport)).all()) == 2
    with pytest.raises(LibraryFileOwnError):
        take(session, library, first)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"\xff\xfe", b"[" * 100_000, file_of(), file_of(entry(), schema="drugcheck-library/2"),
     file_of(entry(), written_on="2999-01-01"), b" " * (exchange.MAX_BYTES + 1)],
)  # fmt: skip
def test_what_is_no_library_file_is_refused_whole(session: Session, library: Bench, content: bytes) -> None:
    with pytest.raises(LibraryFileError):
        exchange.preview_file(session, actor=library.chemist, site_id=library.laboratory.id, content=content)


def test_own_files_and_other_peoples_hands_are_refused(session: Session, library: Bench) -> None:
    own = file_of(entry(), laboratory=library.laboratory.name)
    with pytest.raises(LibraryFileOwnError):
        take(session, library, own)
    with pytest.raises(ForbiddenError):
        exchange.library_file(session, actor=library.worker, site_id=library.laboratory.id)
