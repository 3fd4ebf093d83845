"""Several pictures of one plate: laid over each other, a spot is one spot with several colours."""

from dataclasses import replace

import numpy as np
import pytest

from tlc_analysis.decode import decode
from tlc_analysis.errors import RegistrationError
from tlc_analysis.model import Corners, Illumination, Lane, Plate, Spot
from tlc_analysis.register import Alignment, View, merge, register
from tlc_analysis.synthetic import PictureSpec, SyntheticPlate, random_spec, render


def pictures(seed: int, illumination: Illumination) -> tuple[SyntheticPlate, SyntheticPlate]:
    """One plate under 254 nm and under another light, from two camera positions. One seed: one set of pencil lines."""
    first = random_spec("phone", "uv254", seed, megapixels=0.9)
    camera = random_spec("phone", illumination, seed + 100, megapixels=0.9).camera
    size = {"width_px": first.camera.width_px, "height_px": first.camera.height_px}
    place = {"look_x_mm": first.camera.look_x_mm, "look_y_mm": first.camera.look_y_mm}
    camera = replace(camera, px_per_mm=0.95 * first.camera.px_per_mm, **size, **place)
    other: PictureSpec = replace(first, illumination=illumination, camera=camera)
    return render(first, seed=seed), render(other, seed=seed)


def spots(drawn: SyntheticPlate) -> list[tuple[float, float]]:
    return [tuple(s["centre_px"]) for lane in drawn.truth["plates"][0]["lanes"] for s in lane["spots"]]


def view(name: str, drawn: SyntheticPlate, *, off: float = 0.0, seed: int = 0, turned: bool = False) -> View:
    """The plate as if it had been read, its corners wrong by ``off`` of its height."""
    truth = drawn.truth["plates"][0]
    corners = np.array(truth["corners_px"])
    height = np.hypot(*(corners[0] - corners[3]))
    corners = corners + np.random.default_rng(seed).normal(0, 1, (4, 2)) * off * height
    if turned:
        corners = np.roll(corners, 2, axis=0)
    lanes = tuple(
        Lane(
            index=lane["index"],
            x_px=lane["x_px"],
            origin_px=tuple(lane["origin_px"]),
            front_px=tuple(lane["front_px"]),
            spots=tuple(spot(tuple(s["centre_px"]), s["rf"]) for s in lane["spots"]),
        )
        for lane in truth["lanes"]
    )
    ordered: Corners = tuple(map(tuple, corners.tolist()))  # type: ignore[assignment]  # four pairs, by construction
    plate = Plate(corners_px=ordered, confidence=1, origin_px=None, front_px=None, lanes=lanes)
    picture = decode(drawn.image, illumination=drawn.truth["image"]["illumination"])
    return View(name=name, picture=picture, plate=plate)


def spot(centre: tuple[float, float], rf: float, snr: float = 10.0) -> Spot:
    return Spot(rf=rf, rf_u=0.003, migration_px=1, centre_px=centre, snr=snr, asymmetry=1.0, volume=1.0,
                colour_lab=(50, 0, 0))  # fmt: skip


def error_px(alignment: Alignment, first: SyntheticPlate, other: SyntheticPlate) -> float:
    pairs = zip(spots(first), spots(other), strict=True)
    return float(np.mean([np.hypot(*np.subtract(alignment.map(b), a)) for a, b in pairs]))


def test_exact_corners_align_exactly_whatever_the_light() -> None:
    first, other = pictures(3, "uv366")
    assert error_px(register(view("254", first), view("366", other)), first, other) < 2.0


@pytest.mark.parametrize(("seed", "illumination"), [(3, "visible"), (6, "uv366"), (7, "visible")])
def test_wrong_corners_are_mended_by_what_is_drawn_on_the_plate(seed: int, illumination: Illumination) -> None:
    first, other = pictures(seed, illumination)
    one, two = view("a", first, off=0.004, seed=1), view("b", other, off=0.004, seed=2)
    mended = register(one, two)
    assert mended.refined
    assert error_px(mended, first, other) < 2.5


def test_a_plate_that_was_read_upside_down_is_turned_back() -> None:
    first, other = pictures(3, "visible")
    alignment = register(view("a", first), view("b", other, turned=True))
    assert alignment.turned
    assert error_px(alignment, first, other) < 2.5


def test_a_spot_on_two_pictures_is_one_spot_with_two_colours() -> None:
    first, other = pictures(3, "visible")
    one, two = view("uv254", first), view("marquis", other)
    merged = merge([one, two], [register(one, two)])
    assert len(merged) == len(spots(first))
    assert all(set(spot.colours) == {"uv254", "marquis"} for spot in merged)
    assert [spot.lane for spot in merged] == sorted(spot.lane for spot in merged)


def test_a_spot_that_only_one_light_shows_stays_and_the_best_view_gives_the_rf() -> None:
    first, _ = pictures(3, "visible")
    full = view("a", first)
    lane = full.plate.lanes[0]
    weak = replace(lane.spots[0], rf=0.99, snr=3.0)
    rest = tuple(replace(lane, spots=()) for lane in full.plate.lanes[1:])
    other = replace(full, name="b", plate=replace(full.plate, lanes=(replace(lane, spots=(weak,)), *rest)))
    same = Alignment(to_reference=np.eye(3), likeness=1.0, refined=False, turned=False)
    merged = merge([full, other], [same])
    both = [spot for spot in merged if len(spot.seen) == 2]
    assert len(merged) == len(spots(first))
    assert [(spot.best_view, spot.rf) for spot in both] == [("a", lane.spots[0].rf)]


def test_each_further_picture_needs_its_alignment() -> None:
    first, _ = pictures(3, "visible")
    with pytest.raises(RegistrationError, match="1 alignments"):
        merge([view("a", first), view("b", first)], [])
