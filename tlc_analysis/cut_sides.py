"""A plate cut by the frame of the picture: where the side runs that the picture does not show.

The picture's own border is no side of the plate: taken for one, it bends every line of the plate and costs up to
0.06 Rf.
"""

import numpy as np
from numpy.typing import NDArray

from .rectify import Quad, side_lengths

_FOCAL_SHARE = 1.6  # of the longer side: between a phone's main camera (0.75) and its zoom, since the crop is unknown
_LONGEST = 1.6  # times the side it replaces: what would be longer is not believed


def complete(quad: Quad, unseen: NDArray[np.bool_], picture_shape: tuple[int, ...]) -> Quad:
    """``quad`` (4, 2) with its one unseen side put where perspective has it; as it was with none or several unseen.

    The three sides seen give the vanishing point of one direction; that of the other lies on the side opposite the
    unseen one, and at a right angle to the first as seen from the camera (Hartley & Zisserman, Multiple View
    Geometry, 2nd ed., 2004, section 8.6), with a phone's focal length. The new side goes through it, outside
    of what the picture shows.
    """
    if unseen.sum() != 1:
        return quad
    k = int(np.argmax(unseen))
    centre = np.array([picture_shape[1] - 1, picture_shape[0] - 1]) / 2
    focal = _FOCAL_SHARE * max(picture_shape[:2])
    corners = np.column_stack([(quad - centre) / focal, np.ones(4)])
    sides = [np.cross(corners[i], corners[(i + 1) % 4]) for i in range(4)]
    before, after, opposite = sides[k - 1], sides[(k + 1) % 4], sides[(k + 2) % 4]
    vanishing = np.cross(
        opposite, np.cross(before, after)
    )  # in units of the focal length, v1 . v2 = 0 is a right angle
    candidates = []
    for corner in (corners[k], corners[(k + 1) % 4]):
        side = np.cross(vanishing, corner)
        ends = np.array([np.cross(side, before), np.cross(side, after)])
        if np.abs(ends[:, 2]).min() < 1e-9 * np.abs(ends).max():
            continue
        moved = quad.copy()
        moved[[k, (k + 1) % 4]] = ends[:, :2] / ends[:, 2:] * focal + centre
        candidates.append(moved)
    believed = [moved for moved in candidates if _plausible(moved, quad)]
    return max(believed, key=_area, default=quad)


def _plausible(moved: Quad, quad: Quad) -> bool:
    grown = np.array(side_lengths(moved)) / np.array(side_lengths(quad))
    return bool(_area(moved) > 0 and (grown < _LONGEST).all() and (grown > 1 / _LONGEST).all())


def _area(quad: Quad) -> float:
    """Signed: positive in the order top-left, top-right, bottom-right, bottom-left."""
    x, y = quad[:, 0], quad[:, 1]
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2
