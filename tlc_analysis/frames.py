"""What the steps of the pipeline hand to each other: pictures, rectified plates, lines.

A *frame* is a plate after perspective is removed: the front is towards row 0, an integer is a pixel's
centre (``docs/coordinates.md``). Arrays in these classes are never written to after construction.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .model import Flag, Illumination


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """A decoded picture as displayed.

    ``pixels``: (H, W, 3) uint8 or uint16, RGB, gamma-encoded as it came. ``full_scale``: the value of white,
    255 or 65535. A large JPEG may be decoded at a fraction of its size: one of ``pixels`` is then the mean of
    ``block`` x ``block`` pixels of the picture, ``decode_whole`` gives all of them, and ``whole_size`` is how many
    there are, across and down. Coordinates are always those of the whole picture. ``damaged``: its end is missing.
    """

    pixels: NDArray[np.uint8] | NDArray[np.uint16]
    full_scale: int
    sha256: str
    illumination: Illumination
    illumination_inferred: bool
    block: int = 1
    damaged: bool = False
    whole_size: tuple[int, int] | None = None
    decode_whole: Callable[[], NDArray[np.uint8] | NDArray[np.uint16]] | None = None

    @property
    def width(self) -> int:
        """Of the whole picture."""
        return self.whole_size[0] if self.whole_size else int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Of the whole picture."""
        return self.whole_size[1] if self.whole_size else int(self.pixels.shape[0])

    def whole(self) -> "Picture":
        """The same picture with every pixel it has."""
        if self.decode_whole is None:
            return self
        return replace(self, pixels=self.decode_whole(), block=1, whole_size=None, decode_whole=None)


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """A line across a plate, as y over x in frame pixels, with its standard uncertainty in y.

    ``x`` ascends; between its knots the line is linear, beyond them it is continued flat along the last
    segment's slope.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    u_px: float

    def at(self, x: float) -> float:
        """The line's y at ``x``, in frame pixels."""
        if len(self.x) == 1:
            return float(self.y[0])
        i = min(max(int(self.x.searchsorted(x)) - 1, 0), len(self.x) - 2)
        slope = (self.y[i + 1] - self.y[i]) / (self.x[i + 1] - self.x[i])
        return float(self.y[i] + slope * (x - self.x[i]))


@dataclass(frozen=True, kw_only=True, eq=False)
class PlateFrame:
    """One plate, rectified.

    ``srgb``: (H, W, 3) float32 in 0..1, RGB, gamma-encoded. ``valid``: (H, W) bool, inside the plate and the
    picture. ``clipped``: (H, W) bool, some channel at the ends of its scale in the source. ``to_picture``: (3, 3)
    homography, frame pixel to displayed-picture pixel. ``px_per_mm``: None when the plate's size is not known.
    """

    srgb: NDArray[np.float32]
    valid: NDArray[np.bool_]
    clipped: NDArray[np.bool_]
    to_picture: NDArray[np.float64]
    confidence: float
    flags: tuple[Flag, ...] = ()
    px_per_mm: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Landmarks:
    """Origin and front of a plate, in frame pixels, and what else is drawn on it.

    ``mark_x``: where the origin line carries application marks (ticks, dots, crosses), frame x.
    ``ink``: (H, W) bool, pixels explained as drawn lines, ticks, the front's ridge or writing; not analyte.
    """

    origin: Line | None
    front: Line | None
    mark_x: tuple[float, ...]
    ink: NDArray[np.bool_]
    flags: tuple[Flag, ...] = ()
