"""How one entry of the library learned: its mean and spread after each own run, drawn and in a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep
from api.pages.layout import show, work_site
from api.routing import GuardedRouter, needs
from lab.library.errors import SubstanceNotFoundError, SystemNotFoundError
from lab.library.learning import Estimate, history
from lab.library.models import Substance, TlcSystem
from lab.network.access import Permission

router = GuardedRouter(prefix="/library", html=True)
_WIDTH, _HEIGHT, _EDGE = 600.0, 200.0, 24.0


@dataclass(frozen=True)
class Point:
    """One moment of an entry on the drawing."""

    x: float
    y: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Plot:
    """The drawing of an entry's history: points from left to right, and the scale in hRf."""

    points: Sequence[Point]
    low_hrf: float
    high_hrf: float

    @property
    def line(self) -> str:
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


def plot_of(steps: Sequence[Estimate]) -> Plot | None:
    """The drawing of ``steps``, one spread to each side; None without any."""
    if not steps:
        return None
    low = min(step.mean_hrf - step.spread_hrf for step in steps)
    high = max(step.mean_hrf + step.spread_hrf for step in steps)
    span = high - low or 1.0

    def height(hrf: float) -> float:
        return _EDGE + (_HEIGHT - 2 * _EDGE) * (high - hrf) / span

    gap = (_WIDTH - 2 * _EDGE) / max(len(steps) - 1, 1)
    points = [
        Point(
            _EDGE + gap * number, height(step.mean_hrf), height(step.mean_hrf + step.spread_hrf),
            height(step.mean_hrf - step.spread_hrf),
        )
        for number, step in enumerate(steps)
    ]  # fmt: skip
    return Plot(points, low, high)


@router.get("/{substance_id}/systems/{system_id}", access=needs(Permission.LIBRARY_READ))
def entry(
    substance_id: UUID, system_id: UUID, request: Request, session: SessionDep, identity: IdentityDep
) -> Response:
    """One substance in one system, as the laboratory of this account learned it."""
    substance, system = session.get(Substance, substance_id), session.get(TlcSystem, system_id)
    if substance is None:
        raise SubstanceNotFoundError
    if system is None:
        raise SystemNotFoundError
    site = work_site(request, session, identity, Permission.LIBRARY_READ)
    series = {
        kind: history(
            session, substance_id=substance_id, system_id=system_id, site_id=site.id if site else UUID(int=0),
            corrected=kind == "corrected_plates",
        )
        for kind in ("corrected_plates", "uncorrected_plates")
    }  # fmt: skip
    return show(
        request, "pages/library_entry.html", session=session, substance=substance, system=system, at=site,
        series=[(kind, steps, plot_of(steps)) for kind, steps in series.items()],
    )  # fmt: skip
