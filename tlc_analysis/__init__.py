"""Reads photographs of thin-layer chromatography plates: image bytes in, measurements out.

Pure functions over frozen dataclasses; no database, no network, no files. See ``docs/method.md``
for the mathematics and ``docs/coordinates.md`` for the pixel conventions.
"""

from .analyse import analyse
from .combine import combine
from .compare import compare
from .correct import correct
from .errors import PlateError
from .library import read_library
from .match import match
from .model import Hints, PlateHints, PlateReading
from .quantify import calibrate, quantify
from .register import merge, register
from .serialise import from_json, to_json
from .version import METHOD_VERSION

__all__ = [
    "METHOD_VERSION",
    "Hints",
    "PlateError",
    "PlateHints",
    "PlateReading",
    "analyse",
    "calibrate",
    "combine",
    "compare",
    "correct",
    "from_json",
    "match",
    "merge",
    "quantify",
    "read_library",
    "register",
    "to_json",
]
