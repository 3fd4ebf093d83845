"""Side by side with quanTLC (OfficeChromatography/quanTLC, GPL) on its own plate of dyes: its 181 saved peaks and ours.

quanTLC was told the plate's size, origin, front, first track, band length and number of bands, and its peaks were
accepted by hand, channel by channel. We are told nothing. The hand marks are the judge of both; origin and front, which
the picture does not show, serve only to put all three on one scale.
"""

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table
from scipy.optimize import linear_sum_assignment

from tlc_analysis.analyse import analyse

SHARED = Path(os.environ.get("DRUGCHECK_SHARED", Path(__file__).parents[3] / "shared")) / "plates"
pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.plates,
    pytest.mark.skipif(not (SHARED / "camag_dyes_peaklist.csv").is_file(), reason="quanTLC's files are not at hand"),
]
SAME_HRF = 1.5  # nearer peaks of one track in different channels are one band
TOLERANCE_HRF = 1.0

Bands = dict[int, list[float]]  # hRf by track


@dataclass(frozen=True, kw_only=True)
class Compared:
    """``shift``: median hRf less the marks'; ``scatter``: mean distance from them, without it."""

    bands: int
    marks_found: int
    others: int
    shift: float
    scatter: float


def _marks() -> tuple[Bands, float, float]:
    """The hand marks, and the rows of origin and front."""
    (plate,) = json.loads((SHARED / "truth.json").read_text())["images"]["camag_dyes_visible.png"]["plates"]
    origin, front = plate["origin_polyline"][0][1], plate["front_polyline"][0][1]
    bands: Bands = {}
    for spot in plate["spots"]:
        bands.setdefault(spot["lane"], []).append(100 * (origin - spot["y"]) / (origin - front))
    return bands, origin, front


def _peaks() -> list[tuple[int, float]]:
    """quanTLC's peaks as (track, hRf), one for each channel that shows one; its row says more than its rounded hRf."""
    with (SHARED / "camag_dyes_peaklist.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    row, hrf = (np.array([float(r[name]) for r in rows]) for name in ("Max", "hRf"))
    slope, level = np.polyfit(row, hrf, 1)  # its own scale, free of rounding
    return [(int(r["Track"]), float(level + slope * float(r["Max"]))) for r in rows]


def _distinct(peaks: list[tuple[int, float]]) -> Bands:
    bands: Bands = {}
    for track in sorted({track for track, _ in peaks}):
        values = np.sort([hrf for own, hrf in peaks if own == track])
        parts = np.split(values, np.flatnonzero(np.diff(values) > SAME_HRF) + 1)
        bands[track] = [float(np.median(part)) for part in parts]
    return bands


def _ours(origin: float, front: float) -> Bands:
    (plate,) = analyse((SHARED / "camag_dyes_visible.png").read_bytes()).plates
    return {
        lane.index: [100 * (origin - spot.centre_px[1]) / (origin - front) for spot in lane.spots]
        for lane in plate.lanes
    }


def _paired(found: Bands, marks: Bands, shift: float) -> list[float]:
    """Differences of the pairs within the tolerance, one to one, once ``shift`` is taken away."""
    differences: list[float] = []
    for track, own in marks.items():
        apart = np.subtract.outer(found.get(track, []), own) - shift
        if apart.size:
            rows, columns = linear_sum_assignment(np.minimum(np.abs(apart), 10.0))
            differences += [float(v) for v in apart[rows, columns] if abs(v) < TOLERANCE_HRF]
    return differences


def _shift(found: Bands, marks: Bands) -> float:
    """What the whole of one scale is off by: the shift that brings most marks together, refined on those."""
    best = max(np.arange(-2.0, 2.01, 0.25), key=lambda shift: len(_paired(found, marks, shift)))
    return float(best + np.median(_paired(found, marks, best)))


def _compared(found: Bands, marks: Bands) -> Compared:
    shift = _shift(found, marks)
    pairs = _paired(found, marks, shift)
    total = sum(len(own) for own in found.values())
    scatter = float(np.mean(np.abs(pairs)))
    return Compared(bands=total, marks_found=len(pairs), others=total - len(pairs), shift=shift, scatter=scatter)


def test_our_bands_beside_the_peaks_that_quantlc_saved() -> None:
    marks, origin, front = _marks()
    peaks, ours = _peaks(), _ours(origin, front)
    theirs, us = _compared(_distinct(peaks), marks), _compared(ours, marks)
    total = sum(len(own) for own in marks.values())
    table = Table("", "Bands", f"Of {total} marks", "At no mark", "Shift, hRf", "Scatter, hRf", title="quanTLC's dyes")
    for name, row in (("quanTLC, told six sizes", theirs), ("ours, told nothing", us)):
        figures = (f"{row.shift:+.2f}", f"{row.scatter:.2f}")
        table.add_row(name, str(row.bands), str(row.marks_found), str(row.others), *figures)
    near = [
        any(abs(hrf - theirs.shift - own + us.shift) < TOLERANCE_HRF for own in ours.get(track, []))
        for track, hrf in peaks
    ]
    Console(width=110).print(
        table, f"Of its {len(peaks)} peaks, channel by channel, {sum(near)} lie at a band of ours."
    )
    assert len(peaks) == 181
    assert us.marks_found >= theirs.marks_found
    assert us.others <= theirs.others
    assert us.scatter <= theirs.scatter
