"""The demo walks the whole way, or says where it stopped."""

import json
from pathlib import Path

import pytest

from alerts.cap_rules import check_cap
from api.cli.main import main
from api.demo.run import STEPS, walk
from api.demo.story import Told
from lab.custody.keys import read_public_key
from lab.custody.verification import verify_file
from tlc_analysis.synthetic import blank_spec, render

FILES = {
    "alert.cap.xml",
    "alert.eml",
    "alerts.atom",
    "custody.json",
    "custody.pub",
    "plate.png",
    "plate.svg",
    "reading.json",
    "result.pdf",
}


def test_every_step_happens_and_leaves_what_it_says(tmp_path: Path) -> None:
    told: list[Told] = []
    story = walk(tmp_path / "demo", None, tell=told.append)
    assert [one.step for one in told] == list(STEPS)
    assert set(story.files) == FILES
    outcomes = {one.step.id: one.outcome for one in told}
    assert "compatible with diazepam" in outcomes["match"]
    assert outcomes["call_back_opens"].startswith("T0 open, not verified")
    assert outcomes["draft"].startswith("T2 by rule nitazene_unexpected")
    cap = story.files["alert.cap.xml"].read_bytes()
    assert check_cap(cap) == []
    assert b"<status>Exercise</status>" in cap
    assert cap.count(b"<info>") == 3
    key = read_public_key(story.files["custody.pub"].read_bytes())
    bundle = story.files["custody.json"].read_bytes()
    assert verify_file(bundle, key=key).verified
    assert story.files["result.pdf"].read_bytes().startswith(b"%PDF-")
    assert json.loads(story.files["reading.json"].read_text())["schema"] == "plate-reading/1"


def test_a_plate_that_cannot_be_identified_still_walks_the_whole_way(tmp_path: Path) -> None:
    blank = render(blank_spec("scan", "uv254", seed=3), seed=3).image
    told: list[Told] = []
    walk(tmp_path / "demo", blank, tell=told.append)
    assert len(told) == len(STEPS)
    tlc = next(one.outcome for one in told if one.step.id == "tlc")
    assert "unable to identify; confirmation requested (tlc_unidentified)" in tlc


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_what_is_no_picture_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    picture = tmp_path / "plate.jpg"
    picture.write_bytes(content)
    with pytest.raises(SystemExit) as stopped:
        main(["demo", "--image", str(picture), "--folder", str(tmp_path / "demo")])
    said = capsys.readouterr()
    assert stopped.value.code == 2
    assert "Chemist photographs the plate" in said.err
    assert "Traceback" not in said.err + said.out


def test_a_missing_picture_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["demo", "--image", str(tmp_path / "none.jpg"), "--folder", str(tmp_path / "demo")])
    assert stopped.value.code == 2
    assert not (tmp_path / "demo").exists()


def test_json_has_the_outcome_of_every_step_also_of_the_one_that_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "plate.jpg"
    picture.write_bytes(b"no picture")
    with pytest.raises(SystemExit) as stopped:
        main(["demo", "--json", "--image", str(picture), "--folder", str(tmp_path / "demo")])
    document = json.loads(capsys.readouterr().out)
    assert (stopped.value.code, document["ok"]) == (2, False)
    assert document["steps"][-1]["id"] == "picture"
    assert [step["ok"] for step in document["steps"]] == [True] * 5 + [False]


@pytest.mark.parametrize("kind", ["other files", "a file"])
def test_only_what_a_demo_left_is_emptied(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    folder = tmp_path / "mine"
    kept = folder / "thesis.txt" if kind == "other files" else folder
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("years of work")
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--folder", str(folder)])
    assert ended.value.code == 2
    assert kept.read_text() == "years of work"
    assert str(folder) in capsys.readouterr().err.replace("\n", "")
