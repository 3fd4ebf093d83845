"""From an apex to a retardation factor with the uncertainty of reading this picture."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .frames import Line

APEX_FLOOR_PX: Final = 0.05
"""Frame pixels: no apex is read better than this, whatever the fit says (lens, layer, sampling)."""
FLAT_SHARE: Final = 0.00005
"""Standard uncertainty, as a share of the run, of a scan's geometry."""
RECTIFICATION_SHARE: Final = 0.0002
"""The same for a photograph, whose perspective was removed and whose lens was not known."""
CUT_SHARE: Final = 0.010
"""The same where the frame cuts the plate: one side is inferred. Root mean square over 36 drawn plates, mid-way."""
ASKEW_SHARE: Final = 0.01
"""The same where the picture's frame serves as the plate and lines that somebody drew level are not level in it."""
ASKEW: Final = 0.02
"""Slope of a drawn line from which on the picture was not squared to the plate."""
PERSPECTIVE: Final = 0.01
"""A plate whose scale changes by more than this from edge to edge was photographed."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A lane's way from origin to front at one place: frame rows and their standard uncertainties in px."""

    origin_y: float
    front_y: float
    origin_u: float
    front_u: float

    @property
    def length_px(self) -> float:
        """Rows from origin to front; positive."""
        return self.origin_y - self.front_y


def run_at(origin: Line | None, front: Line | None, *, x_origin: float, x_front: float) -> Run | None:
    """The run of a lane that leaves the origin at ``x_origin`` and meets the front at ``x_front``."""
    if origin is None or front is None:
        return None
    run = Run(origin_y=origin.at(x_origin), front_y=front.at(x_front), origin_u=origin.u_px, front_u=front.u_px)
    return run if run.length_px > 10 else None


def rf_of(y: float, run: Run) -> float:
    """Distance of the apex over distance of the front."""
    return (run.origin_y - y) / run.length_px


def geometry_share(
    to_picture: NDArray[np.float64], width: int, height: int, *, cut: bool = False, askew: bool = False
) -> float:
    """Standard uncertainty of the frame's geometry as a share of the run, from its homography.

    ``cut``: the picture's frame cuts the plate, whose fourth side is inferred. ``askew``: the frame was not squared.
    """
    if askew:
        return ASKEW_SHARE
    if cut:
        return CUT_SHARE
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], dtype=np.float64)
    depth = corners @ to_picture[2]
    return RECTIFICATION_SHARE if depth.max() / depth.min() > 1 + PERSPECTIVE else FLAT_SHARE


def is_askew(origin: Line | None, front: Line | None) -> bool:
    """Whether origin and front lie aslant in a frame, or to each other."""
    slopes = [
        float((line.y[-1] - line.y[0]) / (line.x[-1] - line.x[0])) for line in (origin, front) if line is not None
    ]
    return any(abs(slope) > ASKEW for slope in slopes) or (bool(slopes) and max(slopes) - min(slopes) > ASKEW)


def rf_uncertainty(y: float, apex_u: float, run: Run, *, geometry: float = FLAT_SHARE) -> float:
    """Standard uncertainty of Rf: apex, origin, front and rectification, independent (GUM, JCGM 100:2008, 5.1.2).

    With rf = (o - y) / (o - f): d rf/dy = -1/(o - f), d rf/do = (1 - rf)/(o - f), d rf/df = rf/(o - f).
    ``geometry`` (share of the run) errs least at the two lines, which move with it, and most between them.
    """
    rf = rf_of(y, run)
    apex = np.hypot(apex_u, APEX_FLOOR_PX)
    parts = np.array([apex, (1 - rf) * run.origin_u, rf * run.front_u]) / run.length_px
    bend = geometry * (0.5 + 2 * abs(rf * (1 - rf)))
    return float(np.sqrt((parts**2).sum() + bend**2))
