"""What a fitted thing is, by its shape among the others of its plate."""

import numpy as np
import pytest

from tests.tlc_analysis.plain_frames import bare_plate, frame_of, landmarks
from tlc_analysis.analyse import candidates
from tlc_analysis.features import judge
from tlc_analysis.locate import Located
from tlc_analysis.model import FeatureKind
from tlc_analysis.sheet import Sheet


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    """A bare plate: what lies on it is told to it."""
    frame, lines = frame_of(bare_plate()), landmarks()
    contrast, _ = candidates(frame, lines)
    return Sheet(frame=frame, landmarks=lines, contrast=contrast, illumination="visible")


def band(x: float, y: float, *, width: float, sigma: float) -> Located:
    """A strong band, symmetrical along the lane."""
    return Located(
        x=x, y=y, apex_u=0.2, sigma_front=sigma, sigma_origin=sigma, width=width, exponent=2.0,
        heights=np.array([-25.0, 8.0, 0.0]), pedestal=0.0, snr=90.0, score=90.0, volume=500.0, centroid_y=y,
        overlapping=False,
    )  # fmt: skip


def kind_of(sheet: Sheet, thing: Located) -> FeatureKind | None:
    """What ``thing`` is beside six sprayed bands that are 58 px long and 15 px high."""
    company = [band(x, y, width=58.0, sigma=6.4) for x in (90.0, 230.0) for y in (180.0, 260.0, 340.0)]
    return judge(sheet, [*company, thing])[-1].kind


def test_a_sprayed_band_that_has_hardly_spread_is_known_by_its_length(sheet: Sheet) -> None:
    assert kind_of(sheet, band(230.0, 425.0, width=62.0, sigma=1.8)) is None


@pytest.mark.parametrize("width", [45.0, 90.0])
def test_a_thin_line_of_another_length_than_the_sprayed_bands_is_a_scratch(sheet: Sheet, width: float) -> None:
    assert kind_of(sheet, band(230.0, 425.0, width=width, sigma=1.8 * min(1.0, width / 62.0))) is FeatureKind.SCRATCH
