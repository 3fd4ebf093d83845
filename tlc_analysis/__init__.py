"""Reads photographs of thin-layer chromatography plates: image bytes in, measurements out.

Pure functions over frozen dataclasses; no database, no network, no files. See ``docs/method.md``
for the mathematics and ``docs/coordinates.md`` for the pixel conventions.
"""

from .analyse import analyse
from .errors import PlateError
from .model import Hints, PlateHints, PlateReading
from .serialise import from_json, to_json
from .version import METHOD_VERSION

__all__ = [
    "METHOD_VERSION",
    "Hints",
    "PlateError",
    "PlateHints",
    "PlateReading",
    "analyse",
    "from_json",
    "to_json",
]
