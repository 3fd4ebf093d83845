"""Which method this is: an archive stores it with every reading, so that it can be recomputed and compared."""

from typing import Final

from .contrast import WORK_HEIGHT_PX
from .detection import MIN_CONTRAST_LAB, MIN_SCORE, SCALES_PX
from .model import Method
from .rf import APEX_FLOOR_PX, RECTIFICATION_SHARE

METHOD_VERSION: Final = "2026.11.4"
"""Changes whenever a number that a reading reports can change."""


def method() -> Method:
    """The version with the parameters that shape its numbers."""
    return Method(
        version=METHOD_VERSION,
        parameters={
            "work_height_px": WORK_HEIGHT_PX,
            "scales_min_px": SCALES_PX[0],
            "scales_max_px": SCALES_PX[-1],
            "min_score": MIN_SCORE,
            "min_contrast_lab": MIN_CONTRAST_LAB,
            "apex_floor_px": APEX_FLOOR_PX,
            "rectification_share": RECTIFICATION_SHARE,
        },
    )
