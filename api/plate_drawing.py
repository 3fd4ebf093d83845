"""A reading drawn over its picture, whole in one SVG: for the report, the demo and the command line."""

import base64
from collections.abc import Mapping
from typing import Any

from templates.drawing import draw_plate
from templates.i18n import Translator
from tlc_analysis.preview import preview


def drawn_over(picture: bytes, reading: Mapping[str, Any], translator: Translator) -> str:
    """The SVG of ``reading`` (``plate-reading/1``) with a preview of ``picture`` embedded in it.

    Raises :class:`~tlc_analysis.errors.UnreadableImageError`.
    """
    href = "data:image/jpeg;base64," + base64.b64encode(preview(picture)).decode()
    return draw_plate(reading, picture_href=href, translator=translator)
