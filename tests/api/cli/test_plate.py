"""``drugcheck plate``: JSON for programs, tables for people, one sentence for what cannot be read."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli.plate import app
from tlc_analysis.synthetic import SyntheticPlate, random_spec, render

LIBRARY = "substance,system,hrf,sd_hrf,n,kind\ncocaine,A,50,1.5,6,own\ncaffeine,A,20,1.5,6,own\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments])


def document(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="session")
def drawn() -> SyntheticPlate:
    return render(random_spec("scan", "uv254", 2), seed=2)


@pytest.fixture
def picture(drawn: SyntheticPlate, tmp_path: Path) -> Path:
    path = tmp_path / f"plate{drawn.suffix}"
    path.write_bytes(drawn.image)
    return path


def reading_file(folder: Path, *rfs: float | None) -> Path:
    spots = [
        {
            "rf": rf, "rf_u": 0.003, "migration_px": 10.0, "centre_px": [50.0, 100.0 * i], "snr": 9.0, "asymmetry": 1.0,
            "volume": 1.0, "colour_lab": [50.0, 0.0, 0.0], "flags": [], "candidates": [],
        }
        for i, rf in enumerate(rfs)
    ]  # fmt: skip
    lane = {"index": 1, "x_px": 50.0, "spots": spots, "features": []}
    plate = {
        "corners_px": [[0, 0], [100, 0], [100, 900], [0, 900]], "confidence": 1.0, "origin_px": None, "front_px": None,
        "lanes": [lane], "flags": [],
    }  # fmt: skip
    image = {"sha256": "a", "width_px": 100, "height_px": 900, "illumination": "uv254", "illumination_inferred": False}
    method = {"version": "1", "parameters": {}}
    whole = {"schema": "plate-reading/1", "image": image, "plates": [plate], "flags": [], "method": method}
    path = folder / f"reading-{len(rfs)}.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "library.csv"
    path.write_text(LIBRARY, encoding="utf-8")
    return path


def test_a_picture_becomes_a_reading(picture: Path, drawn: SyntheticPlate) -> None:
    reading = document(run("analyse", picture, "--illumination", "uv254", "--json"))
    assert reading["schema"] == "plate-reading/1"
    assert len(reading["plates"]) == 1
    found = [spot["rf"] for lane in reading["plates"][0]["lanes"] for spot in lane["spots"]]
    true = [spot["rf"] for lane in drawn.truth["plates"][0]["lanes"] for spot in lane["spots"]]
    assert sorted(found) == pytest.approx(sorted(true), abs=0.01)


def test_people_get_a_table(picture: Path) -> None:
    result = run("analyse", picture)
    assert result.exit_code == 0
    assert "Plate 1" in result.stdout
    assert "0." in result.stdout


@pytest.mark.parametrize(("name", "starts"), [("over.svg", b"<svg"), ("over.png", b"\x89PNG")])
def test_the_reading_is_drawn_over_its_picture(picture: Path, tmp_path: Path, name: str, starts: bytes) -> None:
    assert run("analyse", picture, "--out", tmp_path / name).exit_code == 0
    assert (tmp_path / name).read_bytes().lstrip().startswith(starts)


def test_a_drawing_of_another_kind_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    result = run("analyse", tmp_path / "none.jpg", "--out", tmp_path / "over.docx")
    assert result.exit_code == 2
    assert ".svg or .png" in result.stderr


def test_hints_replace_what_is_found(picture: Path, drawn: SyntheticPlate, tmp_path: Path) -> None:
    hints = tmp_path / "hints.json"
    corners = drawn.truth["plates"][0]["corners_px"]
    hints.write_text(json.dumps({"plates": [{"corners_px": corners}]}), encoding="utf-8")
    reading = document(run("analyse", picture, "--hints", hints, "--json"))
    assert "corners_from_hint" in reading["plates"][0]["flags"]


def test_a_misspelt_hint_is_refused(picture: Path, tmp_path: Path) -> None:
    hints = tmp_path / "hints.json"
    hints.write_text('{"plates": [{"corner_px": []}]}', encoding="utf-8")
    result = run("analyse", picture, "--hints", hints)
    assert result.exit_code == 2
    assert "corner_px" in result.stderr


def unreadable(folder: Path) -> dict[str, Path]:
    files = {"text": b"this is no picture", "empty": b"", "cut": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"}
    for name, content in files.items():
        (folder / f"{name}.jpg").write_bytes(content)
    return {**{name: folder / f"{name}.jpg" for name in files}, "missing": folder / "none.jpg", "folder": folder}


@pytest.mark.parametrize("kind", ["text", "empty", "cut", "missing", "folder"])
@pytest.mark.parametrize("as_json", [False, True])
def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path: Path, kind: str, as_json: bool) -> None:
    result = run("analyse", unreadable(tmp_path)[kind], *(["--json"] if as_json else []))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.strip()
    assert "Traceback" not in result.stderr


def test_drawn_plates_come_with_their_truth_and_can_be_judged(tmp_path: Path) -> None:
    assert run("render", "--out", tmp_path, "--tier", "scan", "--count", 2, "--seed", 5).exit_code == 0
    names = sorted(path.name.split(".")[0] for path in tmp_path.iterdir())
    assert names == ["scan-uv254-0005"] * 2 + ["scan-uv254-0006"] * 2
    judged = document(run("benchmark", tmp_path, "--json"))
    assert judged["rows"][-1]["pictures"] == 2
    assert judged["rows"][-1]["recall"] > 0.9


def test_the_benchmark_wants_a_folder_or_a_tier(tmp_path: Path) -> None:
    assert run("benchmark").exit_code == 2
    assert run("benchmark", tmp_path, "--tier", "scan").exit_code == 2
    assert "holds no picture" in run("benchmark", tmp_path).stderr


def test_matching_gives_the_contracts_document(tmp_path: Path, library: Path) -> None:
    reading = reading_file(tmp_path, 0.5, None, 0.8)
    matched = document(run("match", reading, "--system", "A", "--library", library, "--json"))
    assert matched["schema"] == "plate-match/1"
    assert [spot["rf"] for spot in matched["spots"]] == [0.5, None, 0.8]
    first, without, far = matched["spots"]
    assert first["candidates"][0]["substance"] == "cocaine"
    assert first["candidates"][0]["in_set"] is True
    total = sum(c["probability"] for c in first["candidates"]) + first["not_in_library"]
    assert total == pytest.approx(1)
    assert (without["candidates"], without["not_in_library"]) == ([], None)
    assert far["not_in_library"] > 0.9


def test_matches_are_shown_to_people(tmp_path: Path, library: Path) -> None:
    result = run("match", reading_file(tmp_path, 0.5), "--system", "A", "--library", library)
    assert "cocaine*" in result.stdout


@pytest.mark.parametrize(
    ("reading", "csv", "system", "says"),
    [
        ("not json", LIBRARY, "A", "is not JSON"),
        ("9" * 5000, LIBRARY, "A", "is not JSON"),
        ('{"schema": "x"}', LIBRARY, "A", "plate-reading/1"),
        (None, LIBRARY, "B", "no entry for system “B”"),
        (None, "substance\n", "A", "line 1"),
        (None, LIBRARY + "x,A,abc,1,1,own\n", "A", "line 4"),
    ],
)
def test_matching_says_what_is_wrong(tmp_path: Path, reading: str | None, csv: str, system: str, says: str) -> None:
    file, shelf = reading_file(tmp_path, 0.5), tmp_path / "shelf.csv"
    if reading is not None:
        file.write_text(reading, encoding="utf-8")
    shelf.write_text(csv, encoding="utf-8")
    result = run("match", file, "--system", system, "--library", shelf, "--json")
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stdout == ""


def test_two_readings_are_compared(tmp_path: Path) -> None:
    before, after = reading_file(tmp_path, 0.5, 0.7), reading_file(tmp_path, 0.5)
    compared = document(run("compare", before, after, "--json"))
    assert [change["kind"] for change in compared["changes"]] == ["lost"]
    assert "lost" in run("compare", before, after).stdout


def test_comparing_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    result = run("compare", tmp_path / "a.json", tmp_path / "b.json")
    assert result.exit_code == 2
    assert "There is no file" in result.stderr
