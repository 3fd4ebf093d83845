"""The laboratory's pages without any script: plate, picture, findings, answer, report, and the ticket that opens it."""

import re
from html import unescape

import pytest
from sqlmodel import select

from lab.kit.ids import new_id
from lab.library.models import TlcSystem
from lab.plates.models import LaneKind, PictureLight, Plate, PlateLane, PlatePicture, Reading, ReadingOrder
from lab.results.models import Analysis, CheckItem, Finding, Outcome, Result, ResultState, Technique
from lab.samples.schemas import Registered
from tests.api.pages.conftest import Client, Lab, fields_of, text_of
from tests.lab.plates.pictures import png, tiff
from tlc_analysis.synthetic import random_spec, render

STRIP = {
    "technique": "strip", "method_version": "lot 7", "performed_on": "", "outcome": "detected",
    "detection_limit_note": "200 ng/mL", "substance": ["", "", "", ""], "role": [""] * 4,
    "abundance": ["indicated"] * 4,
    "amount": [""] * 4, "amount_unit": ["%"] * 4,
}  # fmt: skip
TICKED = {f"check-{item}": "yes" for item in CheckItem}


@pytest.fixture
def system(lab: Lab) -> TlcSystem:
    with lab.state.database.session() as session:
        system = TlcSystem(
            code="TX", layer="silica gel", mobile_phase="methanol", saturation="", error_window="", source="test",
            source_url="", note="", literature_spread_hrf=5.0, literature_spread_origin="test",
        )  # fmt: skip
        session.add(system)
    return system


@pytest.fixture
def sample(lab: Lab) -> Registered:
    """A sample sold as ketamine that lies at the laboratory, with fentanyl in the vocabulary."""
    ketamine = lab.substance("ketamine", "dissociative")
    lab.substance("fentanyl", "fentanyl")
    registered = lab.register(sold_as_substance_id=ketamine.id, form="powder", mass_mg=100, consent_notify=True)
    lab.bring(registered)
    return registered


def fentanyl_found(client: Client, code: str) -> dict[str, object]:
    form = client("chemist").get(f"/samples/{code}/analyses/new")
    return STRIP | {"performed_on": fields_of(form, "performed_on")[0], "substance": ["Fentanyl", "", "", ""]}


def latest(lab: Lab) -> Result:
    with lab.session() as session:
        return session.exec(select(Result).order_by(Result.version.desc())).first()  # type: ignore[attr-defined]  # a column


def test_a_plate_is_laid_out_by_codes_and_names(
    client: Client, lab: Lab, system: TlcSystem, sample: Registered
) -> None:
    chemist = client("chemist")
    layout = {
        "system_id": str(system.id), "width_mm": "50", "height_mm": "75,5",
        "kind": ["standard", "sample", "", "blank", "", ""],
        "content": ["ketamine", sample.sample.code.lower(), "", "", "", ""],
    }  # fmt: skip
    more = chemist.post("/plates/new", data=layout | {"more_lanes": "yes"})
    assert more.text.count('name="kind"') == 10
    assert sample.sample.code.lower() in fields_of(more, "content")
    done = chemist.post("/plates/new", data=layout)
    assert done.status_code == 303
    with lab.session() as session:
        (plate,) = session.exec(select(Plate)).all()
        lanes = session.exec(select(PlateLane).order_by(PlateLane.index)).all()  # type: ignore[arg-type]  # a column
    assert plate.height_mm == 75.5
    assert [lane.kind for lane in lanes] == [LaneKind.STANDARD, LaneKind.SAMPLE, LaneKind.BLANK, LaneKind.BLANK]
    assert lanes[1].sample_id == sample.sample.id


def test_a_name_that_nobody_knows_keeps_the_layout(client: Client, lab: Lab, system: TlcSystem) -> None:
    page = client("chemist").post(
        "/plates/new", data={"system_id": str(system.id), "kind": ["standard"], "content": ["unobtainium"]}
    )
    assert page.status_code == 422
    assert "unobtainium" in fields_of(page, "content")
    with lab.session() as session:
        assert session.exec(select(Plate)).first() is None


def test_a_picture_is_read_in_the_background_and_its_lane_becomes_a_finding(
    client: Client, lab: Lab, system: TlcSystem, sample: Registered
) -> None:
    chemist = client("chemist")
    spec = random_spec("scan", "uv254", seed=3)
    lanes = len(spec.plates[0].plate.lanes)
    layout = {"system_id": str(system.id), "kind": ["sample"] + ["blank"] * (lanes - 1),
              "content": [sample.sample.code] + [""] * (lanes - 1)}  # fmt: skip
    path = chemist.post("/plates/new", data=layout).headers["location"].partition("?")[0]
    picture = render(spec, seed=3)
    sent = chemist.post(f"{path}/pictures", files={"picture": ("plate.png", picture.image)}, data={"light": "uv254"})
    assert sent.headers["location"] == path
    waiting = chemist.get(path)
    assert "being read" in text_of(waiting)
    state = re.search(r'hx-get="([^"]+/state)"', waiting.text)
    assert state
    assert "HX-Refresh" not in chemist.get(state[1]).headers
    lab.work()
    assert chemist.get(state[1]).headers["HX-Refresh"] == "true"
    page = chemist.get(path)
    assert 'data-part="rings"' in page.text
    assert "Bands as a table" in text_of(page)
    preview = re.search(r'<image href="([^"]+)"', page.text)
    assert preview
    assert chemist.get(preview[1]).headers["content-type"] == "image/jpeg"
    action = re.search(r'action="([^"]+/lanes/1)"', page.text)
    assert action
    bands = re.findall(r'name="(band-1-[a-z]+)"', page.text)
    chosen = dict.fromkeys(bands, "unknown") | {"detection_limit_note": "not determined"}
    recorded = chemist.post(action[1], data=chosen)
    assert recorded.headers["location"].endswith("done=lane_recorded")
    with lab.session() as session:
        (analysis,) = session.exec(select(Analysis)).all()
        assert (analysis.technique, analysis.lane_index, analysis.sample_id) == (Technique.TLC, 1, sample.sample.id)
        expected = Outcome.UNABLE_TO_IDENTIFY if bands else Outcome.NONE_OF_INTEREST
        assert analysis.outcome is expected


def test_what_is_no_picture_is_told_beside_the_field(client: Client, lab: Lab, system: TlcSystem) -> None:
    chemist = client("chemist")
    layout = {"system_id": str(system.id), "kind": ["blank"], "content": [""]}
    path = chemist.post("/plates/new", data=layout).headers["location"].partition("?")[0]
    page = chemist.post(f"{path}/pictures", files={"picture": ("notes.jpg", b"these are not pixels")})
    assert page.status_code == 422
    assert 'id="picture-error"' in page.text
    empty = chemist.post(f"{path}/pictures", data={"light": "uv254"})
    assert 'id="picture-error"' in empty.text


def test_of_several_pictures_the_good_ones_are_kept_and_the_others_say_why(
    client: Client, lab: Lab, system: TlcSystem
) -> None:
    chemist = client("chemist")
    layout = {"system_id": str(system.id), "kind": ["blank"], "content": [""]}
    path = chemist.post("/plates/new", data=layout).headers["location"].partition("?")[0]
    form = chemist.get(path).text
    assert all(f'name="picture{row}"' in form for row in ("", "_2", "_6"))
    files = {
        "picture": ("a.png", png(deep=True)),
        "picture_2": ("notes.jpg", b"these are not pixels"),
        "picture_3": ("", b""),
        "picture_4": ("c.tif", tiff(deep=True)),
    }
    sent = {"light": "uv254", "light_2": "uv366", "light_4": "visible", "reagent_4": "Marquis"}
    page = chemist.post(f"{path}/pictures", data=sent, files=files)
    assert page.status_code == 422
    assert 'id="picture_2-error"' in page.text
    assert "notes.jpg: " in text_of(page)
    assert "2 pictures were taken in" in text_of(page)
    with lab.session() as session:
        kept = session.exec(select(PlatePicture)).all()
        assert {(one.light, one.reagent) for one in kept} == {
            (PictureLight.UV254, None),
            (PictureLight.VISIBLE, "Marquis"),
        }
        assert len(session.exec(select(ReadingOrder)).all()) == 2
    both = {"picture": files["picture"], "picture_2": files["picture_4"]}
    assert chemist.post(f"{path}/pictures", files=both).status_code == 303


def test_an_analysis_keeps_what_was_typed_when_it_is_refused(client: Client, lab: Lab, sample: Registered) -> None:
    code = sample.sample.code
    sent = fentanyl_found(client, code) | {"detection_limit_note": "", "amount": ["12,5", "", "", ""]}
    page = client("chemist").post(f"/samples/{code}/analyses/new", data=sent)
    assert page.status_code == 422
    assert fields_of(page, "substance")[0] == "Fentanyl"
    assert fields_of(page, "amount")[0] == "12,5"
    with lab.session() as session:
        assert session.exec(select(Finding)).first() is None


def test_a_silent_strip_must_say_what_it_looks_for_and_a_form_counts_once(
    client: Client, lab: Lab, sample: Registered
) -> None:
    chemist, path = client("chemist"), f"/samples/{sample.sample.code}/analyses/new"
    sent = fentanyl_found(client, sample.sample.code) | {
        "outcome": "none_of_interest", "substance": [""] * 4, "client_id": fields_of(chemist.get(path), "client_id"),
    }  # fmt: skip
    page = chemist.post(path, data=sent)
    assert page.status_code == 422
    assert 'id="target_class-error"' in page.text
    assert fields_of(page, "client_id") == sent["client_id"]
    for _ in range(2):
        assert chemist.post(path, data=sent | {"target_class": "fentanyl"}).status_code == 303
    positive = sent | {"target_class": "fentanyl", "outcome": "detected", "client_id": [str(new_id())]}
    assert chemist.post(path, data=positive).status_code == 303
    with lab.session() as session:
        assert [one.data for one in session.exec(select(Analysis)).all()] == [{"target_class": "fentanyl"}] * 2
        assert [one.substance_class for one in session.exec(select(Finding)).all()] == ["fentanyl"]


def test_an_answer_goes_from_strip_to_ticket(client: Client, lab: Lab, sample: Registered) -> None:
    chemist, verifier, worker = client("chemist"), client("verifier"), client("worker")
    code = sample.sample.code
    recorded = chemist.post(f"/samples/{code}/analyses/new", data=fentanyl_found(client, code))
    assert recorded.headers["location"].endswith("done=analysis_recorded")
    drafted = chemist.post(f"/samples/{code}/results").headers["location"].partition("?")[0]
    assert "not verified" not in text_of(worker.get(f"/samples/{code}")).lower()  # a draft is not told
    assert chemist.post(f"{drafted}/submit").status_code == 303
    told = text_of(worker.get(f"/samples/{code}"))
    assert "Red" in told
    assert "not verified" in told
    refused = chemist.post(f"{drafted}/verify")
    assert refused.status_code in {403, 422}
    lab.work()
    ticket_page = client("worker").post("/lookup", data={"ticket": sample.ticket})
    assert "Talk to us now" in text_of(ticket_page)  # the warning does not wait for the second signature
    assert "fentanyl" not in text_of(ticket_page).lower()  # the answer does
    unticked = verifier.post(f"{drafted}/verify", data={"check-sample": "yes"})
    assert unticked.status_code == 422
    assert 'id="check-findings-error"' in unticked.text
    assert latest(lab).state is ResultState.SUBMITTED
    assert verifier.post(f"{drafted}/verify", data=TICKED).status_code == 303
    assert "Checklist answered by Verifier" in text_of(chemist.get(drafted))
    page = chemist.get(drafted)
    texts = dict(re.findall(r'<textarea[^>]*name="(text_\w\w)"[^>]*>(.*?)</textarea>', page.text, re.DOTALL))
    assert set(texts) == {"text_fr", "text_nl", "text_en"}
    calming = chemist.post(f"{drafted}/report", data=texts | {"text_en": "Found: fentanyl. It is safe in small doses."})
    assert calming.status_code == 422
    assert latest(lab).state is ResultState.VERIFIED
    found = dict(re.findall(r'<textarea[^>]*name="(professional_\w\w)"[^>]*>(.*?)</textarea>', page.text, re.DOTALL))
    professional = {name: unescape(text) for name, text in found.items()}
    assert "200 ng/mL" in professional["professional_fr"]
    words = texts | professional | {"text_en": "Not what was expected.\nFound: fentanyl."}
    given = chemist.post(f"{drafted}/report", data=words)
    assert given.status_code == 303
    answer = client("worker").post("/lookup", params={"lang": "en"}, data={"ticket": sample.ticket})
    assert "Not what was expected." in text_of(answer)
    assert "Checked by a second person." in text_of(answer)
    assert "set-cookie" not in answer.headers
    assert set(fields_of(answer, "ticket")) == {sample.ticket}  # to read it in another language, and to rate it
    pdf = worker.get(f"{drafted}/report.pdf", params={"lang": "nl"})
    assert pdf.content.startswith(b"%PDF-")
    plain = worker.get(f"{drafted}/report.pdf", params={"lang": "nl", "audience": "person"})
    assert plain.content.startswith(b"%PDF-")
    assert len(plain.content) < len(pdf.content)
    shown = text_of(chemist.get(drafted))
    assert "The words given out" in shown
    assert "Not what was expected. Found: fentanyl." in shown
    assert latest(lab).professional_texts["fr"] == professional["professional_fr"]


def test_an_answer_sent_back_and_one_amended_say_why(client: Client, lab: Lab, sample: Registered) -> None:
    chemist, verifier = client("chemist"), client("verifier")
    code = sample.sample.code
    chemist.post(f"/samples/{code}/analyses/new", data=fentanyl_found(client, code))
    path = chemist.post(f"/samples/{code}/results").headers["location"].partition("?")[0]
    chemist.post(f"{path}/submit")
    assert verifier.post(f"{path}/return", data={"reason": " "}).status_code == 422
    assert verifier.post(f"{path}/return", data={"reason": "lot unreadable"}).status_code == 303
    assert "lot unreadable" in text_of(chemist.get(path))
    chemist.post(f"{path}/submit")
    verifier.post(f"{path}/verify", data=TICKED)
    amended = chemist.post(f"{path}/amend", data={"reason": "GC-MS is in"})
    newer = amended.headers["location"].partition("?")[0]
    assert newer != path
    assert "There is a newer version: 2." in text_of(chemist.get(path))


def test_a_ticket_that_opens_nothing_says_so_and_keeps_what_was_typed(client: Client, lab: Lab) -> None:
    page = client("worker").post("/lookup", data={"ticket": "0000-0000"})
    assert page.status_code == 422
    assert 'id="ticket-error"' in page.text
    assert fields_of(page, "ticket") == ["0000-0000"]


def test_a_ticket_never_travels_in_an_address(client: Client, lab: Lab) -> None:
    page = client("worker").get("/lookup")
    assert re.search(r'<form method="post" action="/lookup[^"]*"', page.text)
    assert client("worker").get("/lookup", params={"ticket": "X"}).text.count("X-") == 0


def test_the_library_keeps_what_may_identify_apart_from_what_is_only_reported(client: Client, lab: Lab) -> None:
    from lab.library.service import load_reference  # noqa: PLC0415 -- slow to load; here alone

    with lab.state.database.session() as session:
        load_reference(session)
    found = client("chemist").get("/library", params={"q": "MDAM"})
    path = re.search(
        r'href="(/library/[0-9a-f-]{36})"[^>]*>\s*<span class="main">\s*<span class="strong">MDMA<', found.text
    )
    assert path
    page = text_of(client("chemist").get(path[1]))
    assert page.index("May identify") < page.index("Reported elsewhere, not used")


def test_a_chemist_says_where_the_lines_are_and_the_reading_before_stays(
    client: Client, lab: Lab, system: TlcSystem
) -> None:
    chemist = client("chemist")
    layout = {"system_id": str(system.id), "kind": ["blank"], "content": [""]}
    path = chemist.post("/plates/new", data=layout).headers["location"].partition("?")[0]
    picture = render(random_spec("scan", "uv254", seed=3), seed=3)
    chemist.post(f"{path}/pictures", files={"picture": ("plate.png", picture.image)}, data={"light": "uv254"})
    lab.work()
    action = re.search(r'action="([^"]+/numbers)"', chemist.get(path).text)
    assert action
    refused = chemist.post(action[1], data={"origin_px": "10 20 thirty 40", "why": "faint"})
    assert refused.status_code == 422
    assert fields_of(refused, "origin_px") == ["10 20 thirty 40"]
    height, width = picture.pixels.shape[:2]
    left, right, low, high = 0.2 * width, 0.8 * width, 0.85 * height, 0.15 * height  # on the plate
    origin = f"{left:.0f} {low:.0f} {right:.0f} {low:.0f}"
    front = f"{left:.0f} {high:.0f} {right:.0f} {high:.0f}"
    sent = {"origin_px": origin, "front_px": front, "why": "front was faint"}
    assert chemist.post(action[1], data=sent).status_code == 303
    lab.work()
    page = text_of(chemist.get(path))
    assert "Reading 2" in page
    assert "corrected by a person" in page
    with lab.session() as session:
        first, second = session.exec(select(Reading).order_by(Reading.number)).all()  # type: ignore[arg-type]  # a column
    assert second.supersedes_id == first.id
    assert second.document["plates"][0]["front_px"][0][1] == pytest.approx(high, abs=2)
