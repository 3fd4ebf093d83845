"""A person's corrections by geometry alone: where things will stand and their Rf, before the picture is looked at."""

from collections.abc import Sequence

from .ground import Ground, way_of
from .lanes import LanePath
from .model import Lane, Plate, Point, Spot
from .remeasure import APEX_SHARE
from .rf import rf_of, rf_uncertainty

_HALF_HEIGHT = 0.012  # of the plate: what a band put by hand is fitted over (``handmade.fit_at``)


class OnPaper:
    """The measurer that has no picture (:class:`tlc_analysis.amend.Measurer`): strength 0, no colour, no profile."""

    def __init__(self, _plate: Plate, ground: Ground) -> None:
        self._ground = ground

    def spots(self, path: LanePath, places: Sequence[Point]) -> tuple[Spot, ...]:
        """A spot at each place with its Rf."""
        return tuple(self._spot(path, x, y) for x, y in places)

    def _spot(self, path: LanePath, x: float, y: float) -> Spot:
        way = way_of(self._ground, path)
        run = way.run
        migration = None
        centre = self._ground.picture_point(x, y)
        if way.y_origin is not None:
            foot = self._ground.picture_point(way.x_origin, way.y_origin)
            migration = ((centre[0] - foot[0]) ** 2 + (centre[1] - foot[1]) ** 2) ** 0.5
        apex_u = self.apex_u(path, (x, y))
        return Spot(
            rf=rf_of(y, run) if run else None,
            rf_u=rf_uncertainty(y, apex_u, run, geometry=self._ground.geometry) if run else None,
            migration_px=migration,
            centre_px=centre,
            snr=0.0,
            asymmetry=None,
            volume=0.0,
            colour_lab=(0.0, 0.0, 0.0),
        )

    def apex_u(self, _path: LanePath, _place: Point) -> float:
        """How certainly a person points."""
        return APEX_SHARE * _HALF_HEIGHT * self._ground.height

    def lane(self, path: LanePath, _others: Sequence[LanePath]) -> Lane:
        """A lane whose bands the picture has yet to show."""
        way = way_of(self._ground, path)
        foot = self._ground.picture_point(way.x_origin, path.y if way.y_origin is None else way.y_origin)
        return Lane(
            index=0,
            x_px=foot[0],
            origin_px=None if way.y_origin is None else foot,
            front_px=None if way.y_front is None else self._ground.picture_point(way.x_front, way.y_front),
            width_px=2 * path.half_width,
        )

    def densitogram(self, _path: LanePath) -> None:
        """None: a profile is measured on the picture."""
