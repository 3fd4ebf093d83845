"""The geometry of a plate that was read, rebuilt from its reading alone: no picture is needed for an Rf.

The frame is the one the reader worked in (``tlc_analysis.rectify``), so that an Rf from here is the reader's own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidHintsError
from .frames import Line
from .landmarks import pointing_u
from .lanes import LanePath
from .model import Flag, Lane, Plate, Point, Polyline
from .rectify import frame_size, homography, inverse, to_picture_points
from .rf import Run, geometry_share, is_askew

_NARROW = 0.03  # of the plate's width: half a lane, where a reading does not say
_LOW = 0.92  # of the height: where lanes begin on a plate without an origin


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """A plate's frame of ``width`` by ``height`` pixels, its lines there, and what its geometry adds to an Rf's u."""

    width: int
    height: int
    to_picture: NDArray[np.float64]
    origin: Line | None
    front: Line | None
    geometry: float

    def picture_point(self, x: float, y: float) -> Point:
        """A point of the frame in the picture."""
        (found,) = to_picture_points(self.to_picture, np.array([[x, y]]))
        return float(found[0]), float(found[1])

    def frame_point(self, point: Point) -> Point:
        """A point of the picture in the frame."""
        (found,) = to_picture_points(inverse(self.to_picture), np.array([point]))
        return float(found[0]), float(found[1])

    def holds(self, point: Point) -> bool:
        """Whether a point of the picture lies on the plate."""
        x, y = self.frame_point(point)
        return -0.5 <= x <= self.width - 0.5 and -0.5 <= y <= self.height - 0.5

    @property
    def pointing_u(self) -> float:
        """Standard uncertainty of what a person points at, frame pixels."""
        return pointing_u(self.to_picture, self.width, self.height)


@dataclass(frozen=True, kw_only=True)
class Way:
    """Where a lane meets the origin and the front: frame columns and rows, None where a line is not known."""

    x_origin: float
    x_front: float
    y_origin: float | None
    y_front: float | None
    u_origin: float
    u_front: float

    @property
    def run(self) -> Run | None:
        """The way from origin to front, when both are known and apart."""
        if self.y_origin is None or self.y_front is None or self.y_origin - self.y_front <= 10:
            return None
        return Run(origin_y=self.y_origin, front_y=self.y_front, origin_u=self.u_origin, front_u=self.u_front)


def ground_of(plate: Plate, picture_size: tuple[int, int], plate_mm: tuple[float, float] | None) -> Ground:
    """The frame of ``plate`` in a picture of this width and height."""
    quad = np.array(plate.corners_px, dtype=np.float64)
    width, height = frame_size(picture_size, quad, plate_mm)
    matrix = homography(width, height, quad)
    origin = _line(matrix, plate.origin_px, plate.origin_u_px)
    front = _line(matrix, plate.front_px, plate.front_u_px)
    geometry = geometry_share(
        matrix, width, height, cut=Flag.PLATE_CUT in plate.flags,
        askew=Flag.WHOLE_PICTURE in plate.flags and is_askew(origin, front),
    )  # fmt: skip
    return Ground(width=width, height=height, to_picture=matrix, origin=origin, front=front, geometry=geometry)


def _line(matrix: NDArray[np.float64], polyline: Polyline | None, u_px: float | None) -> Line | None:
    if polyline is None:
        return None
    points = to_picture_points(inverse(matrix), np.array(polyline, dtype=np.float64))
    points = points[np.argsort(points[:, 0])]
    if len(points) > 1 and np.ptp(points[:, 0]) < abs(np.ptp(points[:, 1])):
        raise InvalidHintsError("An origin or front runs along the plate: give points from side to side.")
    if np.any(np.diff(points[:, 0]) <= 0):
        raise InvalidHintsError("Points of an origin or front lie one above the other: give them from side to side.")
    return Line(x=points[:, 0], y=points[:, 1], u_px=u_px or 0.0)


def path_of(ground: Ground, lane: Lane) -> LanePath:
    """The centre line of a lane that was read."""
    half = (lane.width_px or 2 * _NARROW * ground.width) / 2
    if lane.origin_px is None:
        x, y = _column(ground, lane.x_px)
    else:
        x, y = ground.frame_point(lane.origin_px)
    if lane.front_px is None:
        return LanePath(x=x, y=y, half_width=half)
    x_front, y_front = ground.frame_point(lane.front_px)
    return LanePath(x=x, y=y, slope=(x_front - x) / min(y_front - y, -1.0), half_width=half)


def _column(ground: Ground, x_px: float) -> Point:
    """Where a lane begins of which only the picture's column at its foot is known."""
    y = _LOW * ground.height
    columns = np.linspace(0, ground.width - 1, 64)
    seen = to_picture_points(ground.to_picture, np.column_stack([columns, np.full(64, y)]))
    order = np.argsort(seen[:, 0])
    return float(np.interp(x_px, seen[order, 0], columns[order])), y


def way_of(ground: Ground, path: LanePath) -> Way:
    """Where a lane meets the lines."""
    origin, front = ground.origin, ground.front
    x_origin = path.at(origin.at(path.x) if origin else path.y)
    x_front = path.at(front.at(path.x) if front else 0.1 * ground.height)
    return Way(
        x_origin=x_origin,
        x_front=x_front,
        y_origin=origin.at(x_origin) if origin else None,
        y_front=front.at(x_front) if front else None,
        u_origin=origin.u_px if origin else 0.0,
        u_front=front.u_px if front else 0.0,
    )


def point_at(ground: Ground, path: LanePath, rf: float) -> Point | None:
    """Where in the picture a lane has an Rf; None where origin or front are not known."""
    run = way_of(ground, path).run
    if run is None:
        return None
    y = run.origin_y - rf * run.length_px
    return ground.picture_point(path.at(y), y)
