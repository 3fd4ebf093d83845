"""A person's corrections carried out on the picture: the reader's own steps, asked for one lane or one spot."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .amend import amend
from .analyse import candidates
from .decode import decode
from .densitogram import densitogram
from .edits import Edits
from .features import judge
from .frames import Picture
from .ground import Ground
from .handmade import fit_at
from .landmarks import find_landmarks
from .lanes import LanePath
from .locate import Located, locate
from .model import Densitogram, Lane, Plate, PlateHints, PlateReading, Point, Spot
from .progress import Progress, Step, untold
from .rectify import rectify, sharp_enough
from .sheet import Sheet
from .spots import lane_contents, lane_ends, lane_run, spot_of

APEX_SHARE = 0.25
"""Of the half height looked for: how certainly a person points at an apex that no fit confirms."""


def amend_picture(
    image: bytes,
    reading: PlateReading,
    edits: Edits,
    *,
    plate_mm: tuple[float, float] | None = None,
    progress: Progress = untold,
) -> PlateReading:
    """``reading`` of ``image`` with ``edits``, measured on the picture wherever it must be.

    ``progress``: told of each step as it begins. Raises :class:`UnreadableImageError` and :class:`InvalidHintsError`.
    """
    progress(Step.DECODE)
    picture = decode(image, illumination=reading.image.illumination, reduced=True)
    progress(Step.BANDS)

    def measuring(plate: Plate, ground: Ground) -> "OnPicture":
        return OnPicture(picture=picture, plate=plate, ground=ground, plate_mm=plate_mm)

    return amend(reading, edits, measuring=measuring, plate_mm=plate_mm)


@dataclass(kw_only=True, eq=False)
class OnPicture:
    """Measures on one plate of a picture (:class:`tlc_analysis.amend.Measurer`). Nothing is computed unasked."""

    picture: Picture
    plate: Plate
    ground: Ground
    plate_mm: tuple[float, float] | None

    @cached_property
    def _read(self) -> tuple[Sheet, list[Located]]:
        quad = np.array(self.plate.corners_px, dtype=np.float64)
        frame = rectify(
            sharp_enough(self.picture, [quad]), quad,
            confidence=self.plate.confidence, flags=self.plate.flags, plate_mm=self.plate_mm,
        )  # fmt: skip
        hints = PlateHints(origin_px=self.plate.origin_px, front_px=self.plate.front_px)
        found = find_landmarks(frame, illumination=self.picture.illumination, hints=hints)
        lines = replace(found, origin=self.ground.origin, front=self.ground.front, flags=())
        contrast, blobs = candidates(frame, lines)
        sheet = Sheet(frame=frame, landmarks=lines, contrast=contrast, illumination=self.picture.illumination)
        return sheet, locate(sheet, blobs)

    def spots(self, path: LanePath, places: Sequence[Point]) -> tuple[Spot, ...]:
        """A spot at each place, exactly there."""
        return tuple(self._spot(path, x, y) for x, y in places)

    def _spot(self, path: LanePath, x: float, y: float) -> Spot:
        sheet, _ = self._read
        band, sigma = fit_at(sheet, path, x, y)
        return spot_of(sheet, replace(band, x=x, y=y, apex_u=self._pointed(band, y, sigma)), path)

    def apex_u(self, path: LanePath, place: Point) -> float:
        """How certainly the apex of a band that the reader found is read."""
        band, sigma = fit_at(self._read[0], path, *place)
        return self._pointed(band, place[1], sigma)

    @staticmethod
    def _pointed(band: Located, y: float, sigma: float) -> float:
        """A fit that agrees lends its certainty, the distance to it added; else it is that of pointing."""
        away = abs(band.y - y)
        limit = APEX_SHARE * sigma
        return float(np.hypot(band.apex_u, away)) if np.isfinite(band.apex_u) and away <= limit else limit

    def lane(self, path: LanePath, others: Sequence[LanePath]) -> Lane:
        """What the reader sees along ``path`` and not nearer to one of ``others``."""
        sheet, bands = self._read
        own = [
            item
            for item in judge(sheet, bands)
            if abs(item.band.x - path.at(item.band.y)) <= path.half_width
            and all(
                abs(item.band.x - path.at(item.band.y)) <= abs(item.band.x - other.at(item.band.y)) for other in others
            )
        ]
        spots, features = lane_contents(sheet, path, own)
        x_origin, x_front = lane_ends(sheet, path)
        origin, front = sheet.landmarks.origin, sheet.landmarks.front
        y_origin = origin.at(x_origin) if origin else path.y
        return Lane(
            index=0,
            x_px=sheet.to_picture(x_origin, y_origin)[0],
            spots=spots,
            features=features,
            origin_px=sheet.to_picture(x_origin, y_origin) if origin else None,
            front_px=sheet.to_picture(x_front, front.at(x_front)) if front else None,
            width_px=2 * path.half_width,
            densitogram=densitogram(sheet, path, lane_run(sheet, path)),
        )

    def densitogram(self, path: LanePath) -> Densitogram:
        """The lane's profile."""
        sheet, _ = self._read
        return densitogram(sheet, path, lane_run(sheet, path))
