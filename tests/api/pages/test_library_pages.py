"""The library edited and shared on pages: kept when refused, with its history, and drawn with its table."""

import io
import json
import re

import pytest
from sqlmodel import select

from lab.library.models import LibraryChange, RetentionValue, Substance, TlcSystem, ValueKind
from tests.api.pages.conftest import Client, Lab, fields_of, text_of

SYSTEM = {
    "code": "TZ", "layer": "silica gel", "mobile_phase": "methanol", "source": "our bench",
    "standards": "codeine 33\nnor-diazepam 75,5", "reason": "new jar",
}  # fmt: skip
SUBSTANCE = {
    "name": "novelamine", "substance_class": "stimulant", "source": "our bench", "names_fr": "novélamine\nneige neuve",
    "active": "yes", "reason": "seen twice",
}  # fmt: skip


def test_a_substance_is_added_edited_and_its_history_read(client: Client, lab: Lab) -> None:
    chemist = client("chemist")
    refused = chemist.post("/library/new", data=SUBSTANCE | {"cas": "58-08-3"})
    assert refused.status_code == 422
    assert 'id="cas-error"' in refused.text
    assert fields_of(refused, "cas") == ["58-08-3"]
    path = chemist.post("/library/new", data=SUBSTANCE).headers["location"].partition("?")[0]
    assert "neige neuve" in text_of(chemist.get(path))  # novélamine is its name, accents aside
    form = chemist.get(f"{path}/edit")
    assert fields_of(form, "name") == ["novelamine"]
    silent = chemist.post(f"{path}/edit", data=SUBSTANCE | {"substance_class": "cathinone", "reason": ""})
    assert 'id="reason-error"' in silent.text
    assert chemist.post(f"{path}/edit", data=SUBSTANCE | {"substance_class": "cathinone"}).status_code == 303
    assert "stimulant → cathinone" in text_of(chemist.get(path))
    colour = {"reagent": "Marquis", "colour_text": "teal", "where": "spot test", "source": "us", "reason": "seen"}
    assert chemist.post(f"{path}/colours", data=colour).status_code == 303
    assert "teal" in text_of(chemist.get(path))
    assert chemist.post(f"{path}/colours", data={"withdraw": "rubbish", "reason": "x"}).status_code in {404, 422}
    assert client("worker").get(f"{path}/edit").status_code == 403
    assert client("worker").get(path).status_code == 200


def test_a_system_is_added_with_its_standards(client: Client, lab: Lab) -> None:
    chemist = client("chemist")
    refused = chemist.post("/library/systems/new", data=SYSTEM | {"standards": "codeine many"})
    assert 'id="standards-error"' in refused.text
    path = chemist.post("/library/systems/new", data=SYSTEM).headers["location"].partition("?")[0]
    with lab.session() as session:
        (system,) = session.exec(select(TlcSystem).where(TlcSystem.code == "TZ")).all()
        assert [row["hrfc"] for row in system.correction_standards] == [33, 75.5]
        assert system.correction_standards[1]["substance"] == "nor-diazepam"
    assert chemist.post(path, data=SYSTEM | {"standards": "", "reason": "not ours"}).status_code == 303
    with lab.session() as session:
        assert len(session.exec(select(LibraryChange)).all()) == 2


@pytest.fixture
def learned(lab: Lab) -> tuple[Substance, TlcSystem]:
    """A substance with two own runs, at 40 and 44."""
    substance = lab.substance("ketamine", "dissociative")
    with lab.state.database.session() as session:
        system = TlcSystem(
            code="TX", layer="silica gel", mobile_phase="methanol", saturation="", error_window="", source="test",
            source_url="", note="", literature_spread_hrf=5.0, literature_spread_origin="test",
        )  # fmt: skip
        session.add(system)
        session.flush()
        session.add_all(
            RetentionValue(
                substance_id=substance.id, system_id=system.id, kind=ValueKind.OWN, value_hrf=value, corrected=False,
                layer="silica gel", source="own standard", source_url="", as_read="", note="",
                site_id=lab.network.sites["laboratory"].id,
            )
            for value in (40.0, 44.0)
        )  # fmt: skip
    return substance, system


def test_an_entry_is_drawn_over_time_beside_its_table(
    client: Client, lab: Lab, learned: tuple[Substance, TlcSystem]
) -> None:
    substance, system = learned
    page = client("chemist").get(f"/library/{substance.id}/systems/{system.id}")
    assert len(re.findall("<circle", page.text)) == 2  # one moment for each own run
    assert "<desc" in page.text
    assert "40.0" in text_of(page)  # after the first run
    assert "42.0" in text_of(page)  # the mean of both, by hand


def test_a_library_file_goes_out_and_another_comes_in(
    client: Client, lab: Lab, learned: tuple[Substance, TlcSystem]
) -> None:
    chemist = client("chemist")
    document = json.loads(chemist.get("/library-files/own.json").content)
    assert [(one["mean_hrf"], one["n"]) for one in document["entries"]] == [(42.0, 2)]
    document["laboratory"] = "Far bench"
    document["entries"].append({"substance": "unobtainium"})
    file = ("far.json", io.BytesIO(json.dumps(document).encode()), "application/json")
    page = chemist.post("/library-files", files={"file": file})
    assert "nothing is written yet" in text_of(page)
    assert "Refused lines 1" in text_of(page)
    with lab.session() as session:
        assert len(session.exec(select(RetentionValue)).all()) == 2
    done = chemist.post("/library-files/confirm", data={"content": fields_of(page, "content")[0]})
    assert "identify nothing" in text_of(done)
    assert "Far bench" in text_of(chemist.get(f"/library/{learned[0].id}"))
    assert chemist.post("/library-files/confirm", data={"content": "%%%"}).status_code == 422
    assert chemist.post("/library-files", files={"file": ("x", io.BytesIO(b"\xff"), "x/y")}).status_code == 422
