"""What ``drugcheck plate analyse --json`` and ``plate match --json`` print holds the published contracts, key by key.

The schemas are those of the design: its keys are always there; a reading may say more of plates, lanes and spots.
"""

import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from api.cli.plate import app
from tlc_analysis.model import FeatureKind, Flag
from tlc_analysis.synthetic import blank_spec, random_spec, render

SHARED = Path(os.environ.get("DRUGCHECK_SHARED", Path(__file__).parents[3] / "shared")) / "plates"
PICTURES = sorted(path for path in SHARED.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
LIBRARY = "substance,system,hrf,sd_hrf,n,kind\ncocaine,A,50,1.5,6,own\ncaffeine,A,20,1.5,6,own\n"


def exactly(**properties: Any) -> dict[str, Any]:
    """An object with these keys and no other."""
    return {**at_least(**properties), "additionalProperties": False}


def at_least(**properties: Any) -> dict[str, Any]:
    """An object with these keys and perhaps more."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def array(of: Any) -> dict[str, Any]:
    return {"type": "array", "items": of}


NUMBER = {"type": "number"}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
OR_NULL = {"type": ["number", "null"]}
POINT = {**array(NUMBER), "minItems": 2, "maxItems": 2}
LINE = {"anyOf": [{**array(POINT), "minItems": 1}, {"type": "null"}]}
FLAGS = array({"enum": [flag.value for flag in Flag]})
CANDIDATES = array(exactly(substance={"type": "string"}, probability=SHARE, in_set={"type": "boolean"}))
FEATURE = exactly(kind={"enum": [kind.value for kind in FeatureKind]}, centre_px=POINT)
SPOT = at_least(
    rf={"type": ["number", "null"], "minimum": -0.05, "maximum": 1.05},
    rf_u={"type": ["number", "null"], "exclusiveMinimum": 0},
    migration_px=OR_NULL,
    centre_px=POINT,
    snr=NUMBER,
    asymmetry=OR_NULL,
    volume={"type": "number", "minimum": 0},
    colour_lab={**array(NUMBER), "minItems": 3, "maxItems": 3},
    flags=FLAGS,
    candidates=CANDIDATES,
)
PLATE = at_least(
    corners_px={**array(POINT), "minItems": 4, "maxItems": 4},
    confidence=SHARE,
    origin_px=LINE,
    front_px=LINE,
    lanes=array(
        at_least(index={"type": "integer", "minimum": 1}, x_px=NUMBER, spots=array(SPOT), features=array(FEATURE))
    ),
    flags=FLAGS,
)
READING = Draft202012Validator(
    exactly(
        schema={"const": "plate-reading/1"},
        image=exactly(
            sha256={"type": "string", "pattern": "^[0-9a-f]{64}$"},
            width_px={"type": "integer", "minimum": 1},
            height_px={"type": "integer", "minimum": 1},
            illumination={"enum": ["uv254", "uv366", "visible"]},
            illumination_inferred={"type": "boolean"},
        ),
        plates=array(PLATE),
        flags=FLAGS,
        method=exactly(version={"type": "string", "minLength": 1}, parameters={"type": "object"}),
    )
)
MATCH = Draft202012Validator(
    exactly(
        schema={"const": "plate-match/1"},
        spots=array(
            exactly(lane={"type": "integer"}, rf=OR_NULL, candidates=CANDIDATES, not_in_library={
                "anyOf": [SHARE, {"type": "null"}]
            })
        ),
    )
)  # fmt: skip


def printed(*arguments: object) -> Any:
    """What a command printed: one JSON document as RFC 8259 has it, without NaN."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.stderr

    def refuse(word: str) -> None:
        pytest.fail(f"{word} is no JSON")

    return json.loads(result.stdout, parse_constant=refuse)


def holds(validator: Draft202012Validator, document: Any) -> None:
    faults = [f"{list(error.absolute_path)}: {error.message[:200]}" for error in validator.iter_errors(document)]
    assert faults == []


def hangs_together(reading: Any) -> None:
    """What the schema cannot say."""
    for plate in reading["plates"]:
        assert [lane["index"] for lane in plate["lanes"]] == list(range(1, len(plate["lanes"]) + 1))
        for spot in (spot for lane in plate["lanes"] for spot in lane["spots"]):
            assert (spot["rf"] is None) == (spot["rf_u"] is None)
            if plate["origin_px"] is None or plate["front_px"] is None:
                assert spot["rf"] is None
        if plate["origin_px"] is None:
            assert "origin_not_found" in plate["flags"]
        if plate["front_px"] is None:
            assert "front_not_found" in plate["flags"]
    if not reading["plates"]:
        assert "no_plate" in reading["flags"]


def drawn(kind: str) -> bytes:
    if kind == "nothing":
        return cv2.imencode(".png", np.full((300, 400, 3), 90, np.uint8))[1].tobytes()
    blank = kind == "blank"
    spec = blank_spec("scan", "uv254", 7) if blank else random_spec("scan", kind, 7)  # type: ignore[arg-type]  # a light
    return render(spec, seed=7).image


@pytest.mark.parametrize("kind", ["uv254", "uv366", "visible", "blank", "nothing"])
def test_a_drawn_picture_is_read_as_the_contract_says(tmp_path: Path, kind: str) -> None:
    picture, library = tmp_path / "plate.png", tmp_path / "library.csv"
    picture.write_bytes(drawn(kind))
    reading = printed("analyse", picture, "--json")
    holds(READING, reading)
    hangs_together(reading)
    spots = [spot for plate in reading["plates"] for lane in plate["lanes"] for spot in lane["spots"]]
    assert bool(spots) == (kind not in {"blank", "nothing"})

    written = tmp_path / "reading.json"
    written.write_text(json.dumps(reading), encoding="utf-8")
    library.write_text(LIBRARY, encoding="utf-8")
    matched = printed("match", written, "--system", "A", "--library", library, "--json")
    holds(MATCH, matched)
    assert [spot["rf"] for spot in matched["spots"]] == [spot["rf"] for spot in spots]


@pytest.mark.plates
@pytest.mark.skipif(not PICTURES, reason="the shared development pictures are not on this machine")
@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_a_real_picture_is_read_as_the_contract_says(picture: Path) -> None:
    reading = printed("analyse", picture, "--json")
    holds(READING, reading)
    hangs_together(reading)


@pytest.mark.parametrize("key", ["schema", "image", "plates", "flags", "method"])
def test_a_missing_key_is_noticed(tmp_path: Path, key: str) -> None:
    picture = tmp_path / "plate.png"
    picture.write_bytes(drawn("nothing"))
    reading = printed("analyse", picture, "--json")
    del reading[key]
    assert not READING.is_valid(reading)
