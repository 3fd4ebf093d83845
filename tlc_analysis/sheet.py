"""One plate with everything measured on it so far: what the later steps read from."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .background import linearise, optical_density, relative_fluorescence
from .contrast import Contrast, to_lab
from .frames import Landmarks, PlateFrame
from .model import Illumination, Point

Rows = slice | NDArray[np.int_]
Columns = slice | NDArray[np.int_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """A rectified plate, its landmarks and its contrast. Rows and columns are frame pixels unless said otherwise."""

    frame: PlateFrame
    landmarks: Landmarks
    contrast: Contrast
    illumination: Illumination

    @property
    def height(self) -> int:
        """Rows of the frame."""
        return int(self.frame.valid.shape[0])

    @property
    def width(self) -> int:
        """Columns of the frame."""
        return int(self.frame.valid.shape[1])

    def density(self, rows: Rows, columns: Columns) -> NDArray[np.float32]:
        """Optical density against the layer at pixels of the reduced plate."""
        return optical_density(*self.light(rows, columns))

    def fluorescence(self, rows: Rows, columns: Columns) -> NDArray[np.float32]:
        """Light added to the layer's, share of full scale, at pixels of the reduced plate."""
        return relative_fluorescence(*self.light(rows, columns))

    def signal(self, rows: Rows, columns: Columns) -> NDArray[np.float32]:
        """What a densitogram shows: fluorescence under 366 nm, optical density otherwise."""
        return (self.fluorescence if self.illumination == "uv366" else self.density)(rows, columns)

    def light(self, rows: Rows, columns: Columns) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Linear light of the cleaned picture and of the bare layer."""
        bare = np.ascontiguousarray(self.contrast.background[rows, columns])
        seen = np.ascontiguousarray(bare + self.contrast.difference[rows, columns])
        rgb = [linearise(np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), dtype=np.float32)) for lab in (seen, bare)]
        return rgb[0], rgb[1]

    def profile(self, y0: int, y1: int, x: float, half_width: float) -> NDArray[np.float64]:
        """(y1 - y0, 3) CIELAB contrast of frame rows y0..y1-1, averaged over columns x +- half_width.

        Drawn pixels are replaced by what the reduced plate was filled with.
        """
        x0 = int(np.clip(round(x - half_width), 0, self.width - 1))
        x1 = int(np.clip(round(x + half_width) + 1, x0 + 1, self.width))
        rows = np.arange(y0, y1)
        contrast = to_lab(self.frame.srgb[y0:y1, x0:x1]) - self._bare(rows, x)[:, None]
        reduced = self._reduced(rows, np.arange(x0, x1))
        hidden = self.contrast.drawn[reduced]
        if hidden.any():
            contrast[hidden] = self.contrast.difference[reduced][hidden]
        return np.asarray(contrast.mean(axis=1, dtype=np.float64))

    def _reduced(self, rows: NDArray[np.int_], columns: NDArray[np.int_]) -> tuple[NDArray[np.int_], ...]:
        """Open mesh of the reduced plate's pixels under frame rows and columns."""
        scale = self.contrast.scale
        shape = self.contrast.usable.shape
        r = np.clip(((rows + 0.5) * scale).astype(int), 0, shape[0] - 1)
        c = np.clip(((columns + 0.5) * scale).astype(int), 0, shape[1] - 1)
        return np.ix_(r, c)

    def _bare(self, rows: NDArray[np.int_], x: float) -> NDArray[np.float64]:
        """(n, 3) CIELAB of the bare layer at frame rows in one column."""
        column = int(np.clip(round(self.contrast.from_frame(x)), 0, self.contrast.background.shape[1] - 1))
        at = (rows + 0.5) * self.contrast.scale - 0.5
        known = np.arange(self.contrast.background.shape[0])
        return np.stack([np.interp(at, known, self.contrast.background[:, column, c]) for c in range(3)], axis=1)

    def core_light(
        self, x: float, y: float, half_x: float, half_y: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean linear RGB (3,) inside a small box of the frame, and of the bare layer there."""
        rows, columns = self._box(x, y, half_x, half_y)
        seen = linearise(self.frame.srgb[rows, columns]).reshape(-1, 3).mean(axis=0, dtype=np.float64)
        bare_lab = self._bare(np.array([round(y)]), x).astype(np.float32)[None]
        bare = linearise(np.asarray(cv2.cvtColor(bare_lab, cv2.COLOR_LAB2RGB), dtype=np.float32))
        return seen, bare.reshape(3).astype(np.float64)

    def clipped_share(self, x: float, y: float, half_x: float, half_y: float) -> float:
        """Share of clipped pixels inside a box of the frame."""
        return float(self.frame.clipped[self._box(x, y, half_x, half_y)].mean())

    def _box(self, x: float, y: float, half_x: float, half_y: float) -> tuple[slice, slice]:
        y0, x0 = int(np.clip(round(y - half_y), 0, self.height - 1)), int(np.clip(round(x - half_x), 0, self.width - 1))
        y1 = int(np.clip(round(y + half_y) + 1, y0 + 1, self.height))
        return slice(y0, y1), slice(x0, int(np.clip(round(x + half_x) + 1, x0 + 1, self.width)))

    def to_picture(self, x: float, y: float) -> Point:
        """A frame point as displayed-picture pixels."""
        u = self.frame.to_picture @ np.array([x, y, 1.0])
        return (float(u[0] / u[2]), float(u[1] / u[2]))

    def from_picture(self, point: Point) -> Point:
        """A displayed-picture point in the frame."""
        u = np.linalg.solve(self.frame.to_picture, np.array([point[0], point[1], 1.0]))
        return (float(u[0] / u[2]), float(u[1] / u[2]))

    @property
    def area_unit_px2(self) -> float:
        """Frame px² in the unit of a volume: mm² when the plate's size is known, else 1."""
        return self.frame.px_per_mm**2 if self.frame.px_per_mm else 1.0
