"""Colours of the laboratory's own standards as evidence about a sample's bands."""

from typing import Any

import pytest
from sqlmodel import col, select

from lab.bench.candidates import lanes_of_sample, rank
from lab.library.models import RetentionValue
from lab.library.service import withdraw_own_standard
from lab.plates.interpretation import Interpretation, interpret
from lab.plates.models import PlatePicture, Reading
from lab.plates.schemas import LaneIn
from lab.plates.service import accept_reading
from tests.lab.plates.plate_bench import PlateBench, document
from tlc_analysis.model import Lab

GREEN, VIOLET, DARK = (60.0, -35.0, 20.0), (50.0, 30.0, -35.0), (45.0, 1.0, 2.0)
EXACT = [0.18, 0.33, 0.56, 0.75]
WATCHED = ("heroin", "cocaine")


def coloured(lanes: list[list[float]], colours: list[Lab], light: str = "visible", **spot: Any) -> dict[str, Any]:
    """A reading whose bands of one lane share a colour."""
    content = document(lanes)
    content["image"]["illumination"] = light
    for lane, colour in zip(content["plates"][0]["lanes"], colours, strict=True):
        for one in lane["spots"]:
            one.update({"colour_lab": list(colour)} | spot)
    return content


def photographed(bench: PlateBench, lanes: list[LaneIn], *contents: dict[str, Any], reagent: str | None) -> Reading:
    """A plate with a picture for each reading; the last of them."""
    plate = bench.plate(*lanes)
    readings = []
    for content in contents:
        picture: PlatePicture = bench.picture(plate)
        picture.reagent = reagent
        bench.session.add(picture)
        readings.append(bench.read(picture, content))
    return readings[-1]


def teach(bench: PlateBench, colours: dict[str, Lab], *, plates: int = 4, reagent: str | None = "Marquis") -> None:
    """Own standards at the same hRf, each in its colour, on accepted readings."""
    for number in range(plates):
        lanes = [bench.standard(), *(bench.standard(name) for name in colours)]
        seen = [DARK, *((c[0] + number - 1.5, c[1], c[2]) for c in colours.values())]
        content = coloured([EXACT, *([0.47] for _ in colours)], seen)
        reading = photographed(bench, lanes, content, reagent=reagent)
        accept_reading(bench.session, actor=bench.chemist, reading_id=reading.id)


def asked(bench: PlateBench, colour: Lab, *, reagent: str | None = "marquis", **spot: Any) -> Interpretation:
    lane = bench.unknown()
    content = coloured([EXACT, [0.47]], [DARK, colour], **spot)
    reading = photographed(bench, [bench.standard(), lane], content, reagent=reagent)
    return interpret(bench.session, actor=bench.chemist, reading_id=reading.id, watch_list=WATCHED)


def chances(found: Interpretation) -> dict[str, float]:
    (spot,) = found.lanes[1].spots
    return {one.substance: one.probability or 0.0 for one in spot.compatible}


def test_of_two_that_run_together_the_one_with_the_colour_is_more_probable(bench: PlateBench) -> None:
    teach(bench, {"heroin": GREEN, "cocaine": VIOLET})
    green, violet = (chances(asked(bench, colour)) for colour in (GREEN, VIOLET))
    assert green["heroin"] > 5 * green["cocaine"]
    assert violet["cocaine"] > 5 * violet["heroin"]


def test_no_substance_that_runs_here_is_left_out_because_of_its_colour(bench: PlateBench) -> None:
    teach(bench, {"heroin": GREEN, "cocaine": VIOLET})
    found = asked(bench, GREEN)
    assert set(chances(found)) == {"heroin", "cocaine"}
    assert not found.lanes[1].spots[0].told_apart


@pytest.mark.parametrize("reagent", [None, "froehde"])
def test_a_colour_under_another_light_or_reagent_says_nothing(bench: PlateBench, reagent: str | None) -> None:
    teach(bench, {"heroin": GREEN, "cocaine": VIOLET})
    found = asked(bench, GREEN, reagent=reagent)
    assert found.lanes[1].spots[0].colours == {}
    assert chances(found)["heroin"] == pytest.approx(chances(found)["cocaine"])


def test_a_burnt_out_band_has_no_colour(bench: PlateBench) -> None:
    teach(bench, {"heroin": GREEN, "cocaine": VIOLET})
    found = asked(bench, GREEN, flags=["saturated"])
    assert chances(found)["heroin"] == pytest.approx(chances(found)["cocaine"])


def test_a_withdrawn_run_has_no_colour_any_more(bench: PlateBench) -> None:
    teach(bench, {"heroin": GREEN, "cocaine": VIOLET}, plates=1)
    bench.own("heroin", 47.0)
    bench.own("cocaine", 47.0)
    assert {entry.substance for entry in asked(bench, GREEN).colours} == {"heroin", "cocaine"}
    (run,) = bench.session.exec(
        select(RetentionValue).where(
            RetentionValue.substance_id == bench.substance("heroin").id, col(RetentionValue.plate_id).is_not(None)
        )
    ).all()
    withdraw_own_standard(bench.session, actor=bench.chemist, value_id=run.id)
    assert {entry.substance for entry in asked(bench, GREEN).colours} == {"cocaine"}


def test_colours_are_means_over_the_plates_of_one_view(bench: PlateBench) -> None:
    teach(bench, {"heroin": GREEN})
    (entry,) = asked(bench, GREEN).colours
    assert (entry.substance, entry.reagent, entry.system, entry.n) == ("heroin", "marquis visible", "TA", 4)
    assert entry.colour_lab == pytest.approx(GREEN)
    assert entry.sd_lab == pytest.approx((5 / 3 / 3) ** 0.5)  # L alone varies: -1.5, -0.5, 0.5, 1.5


def test_the_bench_ranks_all_plates_of_a_sample_with_their_colours(bench: PlateBench) -> None:
    teach(bench, {"heroin": GREEN, "cocaine": VIOLET})
    lane = bench.unknown()
    photographed(bench, [bench.standard(), lane], coloured([EXACT, [0.47]], [DARK, VIOLET]), reagent="marquis")
    assert lane.sample_id is not None
    lanes = lanes_of_sample(bench.session, actor=bench.chemist, sample_id=lane.sample_id, watch_list=WATCHED)
    rows = {row.substance: row.probability or 0.0 for row in rank(bench.session, lanes=lanes)}
    assert rows["cocaine"] > 5 * rows["heroin"] > 0
