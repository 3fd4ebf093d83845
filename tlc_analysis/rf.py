"""From an apex to a retardation factor with the uncertainty of reading this picture."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .frames import Line

APEX_FLOOR_PX: Final = 0.35
"""Frame pixels: no apex is read better than this, whatever the fit says (lens, layer, sampling)."""
RECTIFICATION_SHARE: Final = 0.0008
"""Standard uncertainty, as a share of the run, left by removing perspective from a flat plate."""


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


def rf_uncertainty(y: float, apex_u: float, run: Run) -> float:
    """Standard uncertainty of Rf: apex, origin, front and rectification, independent (GUM, JCGM 100:2008, 5.1.2).

    With rf = (o - y) / (o - f): d rf/dy = -1/(o - f), d rf/do = (1 - rf)/(o - f), d rf/df = rf/(o - f).
    Rectification errs least at the two lines, which move with it, and most between them.
    """
    rf = rf_of(y, run)
    apex = np.hypot(apex_u, APEX_FLOOR_PX)
    parts = np.array([apex, (1 - rf) * run.origin_u, rf * run.front_u]) / run.length_px
    bend = RECTIFICATION_SHARE * (0.5 + 2 * abs(rf * (1 - rf)))
    return float(np.sqrt((parts**2).sum() + bend**2))
