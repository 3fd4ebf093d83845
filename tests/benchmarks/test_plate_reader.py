"""How well and how fast plates are read: the table that the reader is judged by, on drawn plates and on real ones.

Set ``DRUGCHECK_BENCH_PLATES`` for another number of plates per tier and light (10).
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tests.tlc_analysis.drawn_plates import drawn_plates
from tlc_analysis.analyse import analyse
from tlc_analysis.benchmark import PictureScore, Row, measure, row, summarise
from tlc_analysis.benchmark_truth import TruePicture, read_truth
from tlc_analysis.model import Illumination, PlateReading
from tlc_analysis.synthetic import ILLUMINATIONS, TIERS, Tier, no_plate_spec, random_spec, render

pytestmark = pytest.mark.benchmark

PLATES = int(os.environ.get("DRUGCHECK_BENCH_PLATES", "10"))
SHARED = Path(os.environ.get("DRUGCHECK_SHARED", Path(__file__).parents[3] / "shared"))

# Clear spots found, reported spots that are true, mean |error| of Rf, with an Rf, lanes right.
WANTED: dict[Tier, tuple[float, float, float, float, float]] = {
    "scan": (0.99, 0.99, 0.002, 0.98, 0.98),
    "phone": (0.97, 0.95, 0.005, 0.95, 0.92),
    "hard": (0.92, 0.90, 0.010, 0.95, 0.80),
}
COVERAGE = (0.90, 0.995)
TIME_OF_DECODING, MEMORY_MB = 3.0, 400

# In a process of its own: its peak memory is the analysis's, and nothing is warm that a user's would not be. Processor
# time on one thread, decoding and analysing by turns: another process's work then weighs on both alike.
TIMED = """
import json, re, sys, time
import cv2, numpy as np
from tlc_analysis.analyse import analyse

cv2.setNumThreads(1)

def seconds(work):
    start = time.process_time()
    work()
    return time.process_time() - start

def peak_mb():  # getrusage would count the process that started this one
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024

image = open(sys.argv[1], "rb").read()
before = peak_mb()
analyse(image)
peak = peak_mb()
turns = [
    (seconds(lambda: cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)), seconds(lambda: analyse(image)))
    for _ in range(7)
]
decode_s, analyse_s = (float(np.median(column)) for column in zip(*turns))
print(json.dumps({"analyse_s": analyse_s, "decode_s": decode_s, "peak_mb": peak, "start_mb": before,
                  "ratio": float(np.median([a / d for d, a in turns])), "file_mb": len(image) / 1e6}))
"""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def show(title: str, rows: list[Row]) -> None:
    table = Table("Pictures", "n", "Found", "True", "|ΔRf|", "Within 2u", "With Rf", "Lanes", "s/MP", title=title)
    for r in rows:
        cells = (r.recall, r.precision, r.rf_mae, r.coverage, r.with_rf, r.lanes, r.seconds_per_megapixel)
        table.add_row(r.group, str(r.pictures), *("-" if v is None else f"{v:.4f}" for v in cells))
    Console(width=130).print(table)


def below(r: Row, wanted: tuple[float, float, float, float, float]) -> list[str]:
    """What a row misses, in words."""
    found, true, error, with_rf, lanes = wanted
    floors = {
        "found": (r.recall, found),
        "true": (r.precision, true),
        "Rf": (r.with_rf, with_rf),
        "lanes": (r.lanes, lanes),
    }
    missed = [f"{name} {value:.4f} < {floor}" for name, (value, floor) in floors.items() if (value or 0) < floor]
    if r.rf_mae is None or r.rf_mae > error:
        missed.append(f"error {r.rf_mae} > {error}")
    if r.coverage is None or not COVERAGE[0] <= r.coverage <= COVERAGE[1]:
        missed.append(f"coverage {r.coverage} outside {COVERAGE}")
    return missed


@pytest.mark.parametrize("tier", TIERS)
def test_drawn_plates_are_read_as_well_as_is_wanted(tier: Tier) -> None:
    scores = measure(drawn_plates(tier, range(1000, 1000 + PLATES)), analyse)
    whole = row(f"{tier}, all", scores)
    show(tier, [*summarise(scores), whole])
    assert below(whole, WANTED[tier]) == []


def test_blank_plates_have_no_spot() -> None:
    scores = [s for t in TIERS for s in measure(drawn_plates(t, range(2000, 2000 + PLATES), blank=True), analyse)]
    wrong = [(s.group, s.false) for s in scores if s.false]
    Console().print(f"Blank plates: {len(scores)}, with an invented spot: {len(wrong)}")
    assert wrong == []


def test_pictures_without_a_plate_have_no_spot() -> None:
    specs = [(light, seed) for light in ILLUMINATIONS for seed in range(3000, 3000 + PLATES)]
    images = ((light, seed, render(no_plate_spec(light, seed), seed=seed).image) for light, seed in specs)
    spots = {(light, seed): _count(analyse(image)) for light, seed, image in images}
    wrong = {key: count for key, count in spots.items() if count}
    Console().print(f"Pictures without a plate: {len(spots)}, with an invented spot: {len(wrong)}")
    assert wrong == {}


def _count(reading: PlateReading) -> int:
    return sum(len(lane.spots) for plate in reading.plates for lane in plate.lanes)


@pytest.mark.plates
def test_real_plates() -> None:
    scores = list(_real())
    show("real", [row(s.name, [s]) for s in scores] + [row("all", scores)])
    whole = row("all", scores)
    assert (whole.recall or 0) >= 0.85
    assert (whole.precision or 0) >= 0.85
    assert (whole.rf_mae or 0) <= 0.015


def _real() -> Iterator[PictureScore]:
    truth = SHARED / "plates" / "truth.json"
    if not truth.is_file():
        pytest.skip(f"no development pictures at {truth}")
    pictures: list[tuple[bytes, TruePicture]] = [
        (path.read_bytes(), picture)
        for picture in read_truth(json.loads(truth.read_text(encoding="utf-8")))
        if (path := truth.parent / picture.name).is_file()
    ]
    yield from measure(pictures, analyse)


@pytest.mark.parametrize("light", ILLUMINATIONS)
def test_twelve_megapixels_are_read_within_time_and_memory(light: Illumination, tmp_path: Path) -> None:
    spec = random_spec("phone", light, 1, megapixels=12.2)
    # A phone writes about 3 MB for so many pixels; a cleaner file would decode faster than any real one.
    drawn = render(replace(spec, camera=replace(spec.camera, noise=0.03, blur_px=1.0, jpeg_quality=93)), seed=1)
    picture = tmp_path / f"phone{drawn.suffix}"
    picture.write_bytes(drawn.image)
    command = [sys.executable, "-c", TIMED, str(picture)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **ONE_THREAD})
    measured = json.loads(ran.stdout)
    Console().print({"light": light, **{k: round(v, 3) for k, v in measured.items()}})
    assert measured["ratio"] <= TIME_OF_DECODING
    assert measured["peak_mb"] <= MEMORY_MB
