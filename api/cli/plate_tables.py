"""Plates as tables on a terminal."""

from collections.abc import Sequence

from rich.table import Table

from api.cli.console import out
from tlc_analysis.benchmark import Row
from tlc_analysis.compare import Comparison
from tlc_analysis.match import SpotMatch
from tlc_analysis.model import Lane, Plate, PlateReading, Spot

SHOWN_CANDIDATES = 5


def print_reading(reading: PlateReading) -> None:
    """One table per plate, and what the reading says about itself."""
    for number, plate in enumerate(reading.plates, start=1):
        out.print(plate_table(plate, title=f"Plate {number} ({reading.image.illumination})"))
        if plate.flags:
            out.print("Plate: " + ", ".join(plate.flags), markup=False)
    if reading.flags:
        out.print("Picture: " + ", ".join(reading.flags), markup=False)


def plate_table(plate: Plate, *, title: str) -> Table:
    """The spots of a plate by lane; a lane without spots has a line of its own."""
    table = _table("Lane", "Rf", "± (reading)", "Position (px)", "S/N", "Flags", title=title)
    for lane in plate.lanes:
        for cells in _lane_rows(lane):
            table.add_row(*cells)
    return table


def _lane_rows(lane: Lane) -> list[tuple[str, ...]]:
    seen = ", ".join(sorted({feature.kind.value for feature in lane.features}))
    if not lane.spots:
        return [(str(lane.index), "–", "", "", "", f"no spot{f' (seen: {seen})' if seen else ''}")]
    return [_spot_row(lane.index, spot) for spot in lane.spots]


def _spot_row(lane: int, spot: Spot) -> tuple[str, ...]:
    place = f"{spot.centre_px[0]:.0f}, {spot.centre_px[1]:.0f}"
    return str(lane), _number(spot.rf), _number(spot.rf_u, 4), place, f"{spot.snr:.0f}", ", ".join(spot.flags)


def match_table(matches: Sequence[SpotMatch]) -> Table:
    """The most probable candidates of each spot; a star marks members of the 95 % set."""
    table = _table("Lane", "Rf", "Compatible with (* in the 95 % set)", "Not in the library")
    for match in matches:
        shown = [c for c in match.candidates if c.in_set][:SHOWN_CANDIDATES] or list(match.candidates[:1])
        names = ", ".join(f"{c.substance}{'*' if c.in_set else ''} {_percent(c.probability)}" for c in shown)
        table.add_row(str(match.lane), _number(match.rf), names or "no Rf", _percent(match.not_in_library))
    return table


def benchmark_table(rows: Sequence[Row]) -> Table:
    """The figures by which readings are judged, a line per group of pictures.

    Found: of the clear spots. True: of the reported ones. ≤ 2u: Rf within two of its stated uncertainties.
    """
    table = _table("Pictures", "n", "Found", "True", "|ΔRf|", "≤ 2u", "With Rf", "Lanes", "s/MP")
    for r in rows:
        shares = [_percent(v) for v in (r.coverage, r.with_rf, r.lanes)]
        error = _number(r.rf_mae, 4)
        time = _number(r.seconds_per_megapixel, 2)
        table.add_row(r.group, str(r.pictures), _percent(r.recall), _percent(r.precision), error, *shares, time)
    return table


def comparison_table(comparison: Comparison) -> Table:
    """What changed, a line per spot; how many did not is in the title."""
    title = f"{comparison.method_before} → {comparison.method_after}: {comparison.unchanged} spots unchanged"
    table = _table("Change", "Plate", "Lane", "Rf before", "Rf after", title=title)
    for change in comparison.changes:
        lane = change.lane_before if change.lane_before is not None else change.lane_after
        before, after = _number(change.rf_before), _number(change.rf_after)
        table.add_row(change.kind, str(change.plate), str(lane), before, after)
    return table


def _table(*columns: str, title: str | None = None) -> Table:
    table = Table(title=title)
    for column in columns:
        table.add_column(column)
    return table


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}%"
