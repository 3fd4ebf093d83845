"""Origin and solvent front of a rectified plate, as curves with their own uncertainty."""

import numpy as np

from .frames import Landmarks, Line, PlateFrame
from .model import Flag, Illumination, PlateHints, Polyline
from .rectify import inverse, to_picture_points


def find_landmarks(frame: PlateFrame, *, illumination: Illumination, hints: PlateHints | None = None) -> Landmarks:
    """Origin, front and application marks of ``frame``; None and a flag where there is nothing to be found."""
    origin = _from_hint(frame, hints.origin_px if hints else None)
    front = _from_hint(frame, hints.front_px if hints else None)
    flags = [Flag.ORIGIN_FROM_HINT if origin else Flag.ORIGIN_NOT_FOUND]
    flags.append(Flag.FRONT_FROM_HINT if front else Flag.FRONT_NOT_FOUND)
    ink = np.zeros(frame.valid.shape, dtype=np.bool_)
    return Landmarks(origin=origin, front=front, mark_x=(), ink=ink, flags=tuple(flags))


def _from_hint(frame: PlateFrame, polyline: Polyline | None) -> Line | None:
    if not polyline:
        return None
    points = to_picture_points(inverse(frame.to_picture), np.array(polyline, dtype=np.float64))
    points = points[np.argsort(points[:, 0])]
    return Line(x=points[:, 0], y=points[:, 1], u_px=1.0)
