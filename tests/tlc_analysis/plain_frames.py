"""Rectified plates drawn by a few lines of arithmetic, so that every answer can be worked out by hand."""

import numpy as np
from numpy.typing import NDArray

from tlc_analysis.frames import Landmarks, Line, PlateFrame

HEIGHT, WIDTH = 600, 400
ORIGIN_Y, FRONT_Y = 520.0, 80.0  # a run of 440 rows


def bare_plate(colour: tuple[float, float, float] = (0.85, 0.85, 0.82), *, seed: int = 1) -> NDArray[np.float32]:
    """A layer of one colour, 4 % brighter on the left than on the right, with a little noise."""
    slope = np.linspace(1.02, 0.98, WIDTH)[None, :, None]
    noise = np.random.default_rng(seed).normal(0, 0.004, (HEIGHT, WIDTH, 3))
    return (np.array(colour) * slope + noise).astype(np.float32)


def add_spot(
    picture: NDArray[np.float32],
    x: float,
    y: float,
    *,
    factor: tuple[float, float, float] = (0.6, 0.6, 0.6),
    sigma: tuple[float, float] = (9.0, 8.0),
) -> None:
    """A Gaussian spot whose middle has ``factor`` times the light of the layer; ``sigma`` across and along."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    shape = np.exp(-0.5 * (((columns - x) / sigma[0]) ** 2 + ((rows - y) / sigma[1]) ** 2))
    picture *= (1 + shape[..., None] * (np.array(factor) - 1)).astype(np.float32)


def frame_of(picture: NDArray[np.float32]) -> PlateFrame:
    """The plate as a frame that is the picture itself."""
    inside = np.clip(picture, 0, 1)
    shape = inside.shape[:2]
    return PlateFrame(
        srgb=inside,
        valid=np.ones(shape, dtype=np.bool_),
        clipped=(inside <= 0.002).any(axis=-1) | (inside >= 0.998).any(axis=-1),
        to_picture=np.eye(3),
        confidence=1.0,
    )


def level(y: float, *, u_px: float = 0.5) -> Line:
    """A horizontal line across the plate."""
    return Line(x=np.array([0.0, WIDTH - 1.0]), y=np.array([y, y]), u_px=u_px)


def landmarks(
    *, origin: float | None = ORIGIN_Y, front: float | None = FRONT_Y, marks: tuple[float, ...] = ()
) -> Landmarks:
    """Lines that somebody knows of but nobody drew."""
    return Landmarks(
        origin=None if origin is None else level(origin),
        front=None if front is None else level(front),
        mark_x=marks,
        ink=np.zeros((HEIGHT, WIDTH), dtype=np.bool_),
    )
