"""Figures of ``docs/method.md``, "Matching": how often said probabilities are right, and what more evidence gains."""

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from tests.tlc_analysis.match_world import Tally
from tests.tlc_analysis.sample_world import Judged, simulate

pytestmark = pytest.mark.benchmark

LABORATORIES = {
    "own runs, 2 to 12 plates": {},
    "own runs, 2 or 3 plates": {"n_range": (2, 3)},
    "half literature": {"literature": 0.5},
    "all literature": {"literature": 1.0},
    "8 substances": {"substances": 8},
    "60 substances": {"substances": 60},
}
EVIDENCE = {
    "one system": {"systems": 1},
    "one system, one reagent": {"systems": 1, "reagents": 1},
    "one system, four reagents": {"systems": 1, "reagents": 4},
    "two systems": {"systems": 2},
    "two systems, one reagent": {"systems": 2, "reagents": 1},
    "three systems": {"systems": 3},
    "mixtures of 1 to 3, one system": {"systems": 1, "mixture": (1, 2, 3)},
    "mixtures of 1 to 3, two systems": {"systems": 2, "mixture": (1, 2, 3)},
    "mixtures of 1 to 3, two systems, one reagent": {"systems": 2, "reagents": 1, "mixture": (1, 2, 3)},
}


def test_said_probabilities_are_right_that_often() -> None:
    table = Table("Library", "Said 0.2-0.4", "0.4-0.6", "0.6-0.75", "0.75-0.85", "Set holds truth", title="Calibration")
    for name, options in LABORATORIES.items():
        tally = Tally(1, 200, **options)
        cells = [tally.right(*limits) for limits in ((0.2, 0.4), (0.4, 0.6), (0.6, 0.75), (0.75, 0.85))]
        table.add_row(name, *(f"{said:.2f} → {right:.2f}" for said, right in cells), f"{tally.coverage:.3f}")
        assert tally.coverage >= 0.95
    Console(width=140).print(table)


def test_a_second_system_and_colours_gain_this_much() -> None:
    table = Table("Evidence", "First is right", "Set size", "Set holds truth", "Unknown recognised", title="Gain")
    first: dict[str, float] = {}
    for name, options in EVIDENCE.items():
        known, unknown = _split(simulate(2, 600, **options))
        first[name] = float(np.mean([j.top for j in known]))
        size, held = np.mean([j.set_size for j in known]), np.mean([j.held for j in known])
        admitted = np.mean([j.spot.not_in_library > 0.5 for j in unknown])
        table.add_row(name, f"{first[name]:.2f}", f"{size:.2f}", f"{held:.3f}", f"{admitted:.2f}")
        assert held >= 0.95
    Console(width=140).print(table)
    assert first["two systems"] > first["one system"] + 0.2
    assert first["one system, one reagent"] > first["one system"] + 0.1


def _split(judged: list[Judged]) -> tuple[list[Judged], list[Judged]]:
    return [j for j in judged if j.name is not None], [j for j in judged if j.name is None]
