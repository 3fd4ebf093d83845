"""Laying out a plate: what is typed is kept, layouts are remembered, and the worksheet can be scanned."""

import pytest

from lab.library.service import get_system, load_reference
from tests.api.pages.conftest import Client, Lab, fields_of

FRONT = {"width_mm": "100", "height_mm": "100"}


@pytest.fixture
def system_id(lab: Lab) -> str:
    with lab.state.database.session() as session:
        load_reference(session)
        return str(get_system(session, code="TA").id)


@pytest.fixture
def code(lab: Lab) -> str:
    registered = lab.register()
    lab.bring(registered)
    return registered.sample.code


def lanes(*rows: tuple[str, str]) -> dict[str, list[str]]:
    return {"kind": [kind for kind, _ in rows], "content": [content for _, content in rows]}


def test_the_page_says_what_is_missing_and_keeps_what_was_typed(client: Client, system_id: str, code: str) -> None:
    form = {"system_id": system_id, "check": "yes", **lanes(("sample", code), ("", ""))}
    page = client("chemist").post("/plates/new", data=form)
    assert page.status_code == 200
    assert "Without atropine, codeine, chlorprothixene, diazepam this plate cannot be corrected in TA" in page.text
    assert "There is no blank" in page.text
    assert fields_of(page, "content") == [code, "", "", "", "", ""]
    whole = {**form, **lanes(("sample", code), ("standard", ""), ("blank", ""))}
    assert "Nothing is missing" in client("chemist").post("/plates/new", data=whole).text


def test_a_layout_is_remembered_without_sample_codes_and_loaded_again(
    client: Client, system_id: str, code: str
) -> None:
    page = client("chemist")
    form = {"system_id": system_id, "remember": "yes", "layout_name": "Evening", **FRONT}
    kept = page.post("/plates/new", data=form | lanes(("standard", "cocaine"), ("sample", code), ("blank", "")))
    assert "Remembered." in kept.text
    listed = page.get("/plates/layouts").text
    layout = listed.split("/plates/new?layout=")[1].split('"')[0]
    loaded = page.get(f"/plates/new?layout={layout}")
    assert fields_of(loaded, "content")[:3] == ["cocaine", "", ""]
    assert fields_of(loaded, "width_mm") == ["100"]
    again = page.post("/plates/new", data=form | lanes(("blank", "")))
    assert again.status_code == 422
    assert "Another layout is called" in again.text
    page.post(f"/plates/layouts/{layout}/rename", data={"layout_name": "Morning"})
    assert "Morning" in page.get("/plates/layouts").text
    page.post(f"/plates/layouts/{layout}/forget")
    assert "No layout is remembered" in page.get("/plates/layouts").text


@pytest.mark.parametrize("name", ["", "x" * 81])
def test_a_layout_without_a_name_is_not_remembered(client: Client, system_id: str, name: str) -> None:
    form = {"system_id": system_id, "remember": "yes", "layout_name": name, **lanes(("blank", ""))}
    refused = client("chemist").post("/plates/new", data=form)
    assert refused.status_code == 422
    assert 'id="layout_name-error"' in refused.text


@pytest.mark.parametrize("language", ["en", "fr", "nl"])
def test_the_worksheet_is_printed_in_every_language(client: Client, system_id: str, code: str, language: str) -> None:
    page = client("chemist")
    made = page.post("/plates/new", data={"system_id": system_id, **lanes(("sample", code), ("standard", ""))})
    plate = made.headers["location"].split("?")[0]
    paper = page.get(f"{plate}/worksheet.pdf?lang={language}")
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-")
    assert "Second system" not in page.get(plate).text  # nothing has been read
    assert "Nothing is left open" in page.get(f"{plate}/second-system").text


def test_a_worker_of_a_counter_lays_out_no_plate(client: Client) -> None:
    assert client("worker").get("/plates/layouts").status_code == 403
