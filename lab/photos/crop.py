"""Cutting a part out of a photograph that was taken in before: what it leaves out is gone from the new file."""

import io
from dataclasses import dataclass

from PIL import Image

from lab.photos.errors import CropError
from lab.photos.reencode import QUALITY

LEAST_PX = 120
"""A side shorter than this shows nothing that anybody would recognise."""


@dataclass(frozen=True)
class Margins:
    """How much is cut off each side, in percent of the photograph's width or height."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


def crop(photo: bytes, margins: Margins) -> bytes:
    """``photo`` (one of our own files: re-encoded, no wider than 1600 px) without its ``margins``, as a plain JPEG.

    Only pixels go into the new file. Raises :class:`CropError` where too little would be left.
    """
    with Image.open(io.BytesIO(photo), formats=("JPEG",)) as whole:
        width, height = whole.size
        box = (
            round(width * margins.left / 100), round(height * margins.top / 100),
            round(width * (100 - margins.right) / 100), round(height * (100 - margins.bottom) / 100),
        )  # fmt: skip
        sides = (margins.left, margins.top, margins.right, margins.bottom)
        if min(sides) < 0 or box[2] - box[0] < LEAST_PX or box[3] - box[1] < LEAST_PX:
            raise CropError
        part = whole.convert("RGB").crop(box)
    plain = Image.new("RGB", part.size)
    plain.paste(part)  # a new picture has no metadata that could be written along
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
