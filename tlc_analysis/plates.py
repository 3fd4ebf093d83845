"""Which plates a picture shows, each rectified with its front towards row 0."""

import numpy as np

from .frames import Picture, PlateFrame
from .model import Flag, Hints
from .rectify import rectify


def find_plates(picture: Picture, *, hints: Hints | None = None) -> tuple[PlateFrame, ...]:
    """The plates of a picture, left to right and then top to bottom."""
    height, width = picture.pixels.shape[:2]
    if hints is not None and any(plate.corners_px for plate in hints.plates):
        return tuple(
            rectify(
                picture,
                np.array(plate.corners_px, dtype=np.float64),
                confidence=1.0,
                flags=(Flag.CORNERS_FROM_HINT,),
                plate_mm=(plate.width_mm, plate.height_mm) if plate.width_mm and plate.height_mm else None,
            )
            for plate in hints.plates
            if plate.corners_px
        )
    whole = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    return (rectify(picture, whole, confidence=0.3, flags=(Flag.WHOLE_PICTURE,)),)
