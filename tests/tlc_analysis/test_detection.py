import numpy as np
import pytest

from tests.tlc_analysis.plain_frames import add_spot, bare_plate, frame_of, landmarks
from tlc_analysis.bodies import join_bodies
from tlc_analysis.contrast import fill, measure_contrast
from tlc_analysis.detection import Blob, find_blobs, whitening


def _blobs(*spots: tuple[float, float, float]) -> list[Blob]:
    picture = bare_plate()
    for x, y, sigma in spots:
        add_spot(picture, x, y, sigma=(sigma, sigma))
    return find_blobs(measure_contrast(frame_of(picture), landmarks()))


def test_nothing_stands_out_on_a_bare_plate() -> None:
    assert _blobs() == []


def test_each_spot_is_one_candidate_at_its_own_scale() -> None:
    small, large = sorted(_blobs((100, 200, 6.0), (280, 380, 16.0)), key=lambda blob: blob.x)
    scale = 512 / 600
    assert (small.x, small.y) == pytest.approx((100 * scale, 200 * scale), abs=1.0)
    assert (large.x, large.y) == pytest.approx((280 * scale, 380 * scale), abs=1.5)
    assert small.sigma < large.sigma
    assert small.width == pytest.approx(2.355 * 6 * scale, rel=0.35)


def test_whitened_noise_is_independent_and_of_unit_size() -> None:
    rng = np.random.default_rng(0)
    mixed = rng.normal(0, 1, (20_000, 3)) @ np.array([[2.0, 1.5, 0], [0, 1.0, 0], [0, 0, 3.0]])
    white = mixed @ whitening(mixed)
    assert np.cov(white.T) == pytest.approx(np.eye(3), abs=0.12)


def test_a_hole_is_filled_without_a_new_extremum() -> None:
    rows, columns = np.mgrid[0:80, 0:80].astype(np.float32)
    plane = np.stack([rows, columns, rows + columns], axis=-1)
    holes = np.zeros((80, 80), dtype=np.bool_)
    holes[30:37, 10:70] = True
    filled = fill(np.where(holes[..., None], 0, plane).astype(np.float32), holes)
    assert np.abs(filled - plane)[holes].max() < 2.0
    assert filled[holes].min() >= 9.0
    assert np.array_equal(filled[~holes], plane[~holes])


def test_the_rims_of_an_overloaded_spot_are_one_body() -> None:
    picture = bare_plate()
    rows, columns = np.mgrid[0:600, 0:400]
    disc = 1 / (1 + np.exp((np.hypot(columns - 200, rows - 300) - 34) / 2.5))
    picture *= (1 - 0.5 * disc)[..., None].astype(np.float32)
    contrast = measure_contrast(frame_of(picture), landmarks())
    bodies = join_bodies(contrast, find_blobs(contrast))
    central = [body for body in bodies if abs(body.y - 300 * 512 / 600) < 20]
    assert len(central) == 1
