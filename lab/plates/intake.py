"""What happens to a plate picture before anything of it is stored: checked, and freed of its metadata.

Its pixels stay exactly as they came. JPEG, PNG, TIFF and WebP keep their compressed data under a rewritten
container. HEIC (whose container describes itself by offsets into itself, in parts that metadata share with the
picture) and BMP are decoded once and kept as PNG, which loses nothing; that is done in the limited process of
:mod:`lab.plates.sandbox`, for decoding is where a hostile file bites.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lab.plates.containers import BROKEN
from lab.plates.containers.jpeg import rewrite_jpeg
from lab.plates.containers.png import rewrite_png
from lab.plates.containers.size import Size, stated_size
from lab.plates.containers.tiff import rewrite_tiff
from lab.plates.containers.webp import rewrite_webp
from lab.plates.errors import (
    NotAPictureError,
    PictureDamagedError,
    PictureEmptyError,
    PictureTooHeavyError,
    PictureTooLargeError,
    PictureTooSmallError,
)
from lab.plates.sandbox import ReaderError, as_png
from tlc_analysis.errors import UnreadableImageError
from tlc_analysis.headers import MIN_SIDE_PX, Header, read_header

MAX_MEGAPIXELS = 60  # a 200 x 100 mm plate scanned at 1200 dpi has 45
MAX_MEGABYTES = 100
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}  # ISO/IEC 23008-12, annex B

Rewrite = Callable[..., bytes]
_REWRITES: Mapping[str, tuple[Rewrite, str]] = {
    "JPEG": (rewrite_jpeg, "image/jpeg"),
    "PNG": (rewrite_png, "image/png"),
    "TIFF": (rewrite_tiff, "image/tiff"),
    "WEBP": (rewrite_webp, "image/webp"),
}


@dataclass(frozen=True)
class CleanPicture:
    """A picture as it may be stored."""

    content: bytes
    media_type: str


def clean_picture(content: bytes) -> CleanPicture:
    """Check ``content`` and drop its metadata; the pixels as displayed stay exactly the same.

    Raises the picture's errors of :mod:`lab.plates.errors`.
    """
    kind = _checked_kind(content)
    header = _header(content)
    _check_size((header.width_px, header.height_px))
    if kind not in _REWRITES:
        return CleanPicture(_decoded(content), "image/png")
    rewrite, media_type = _REWRITES[kind]
    try:
        clean = rewrite(content, orientation=header.orientation)
    except BROKEN as error:
        raise PictureDamagedError from error
    if _header(clean) != header:
        raise PictureDamagedError
    return CleanPicture(clean, media_type)


def check_picture(content: bytes, *, max_megabytes: int = MAX_MEGABYTES) -> None:
    """Raise the error of whatever is wrong with ``content`` before anything decodes it."""
    if len(content) > max_megabytes * 1_000_000:
        raise PictureTooHeavyError(limit_mb=max_megabytes)
    _checked_kind(content)
    header = _header(content)
    _check_size((header.width_px, header.height_px))


def kind_of(content: bytes) -> str | None:
    """Which kind of picture the first bytes announce; None for none that can be read."""
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        return "HEIF"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    starts = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG", b"II*\0": "TIFF", b"MM\0*": "TIFF", b"BM": "BMP"}
    return next((kind for start, kind in starts.items() if content.startswith(start)), None)


def _checked_kind(content: bytes) -> str:
    if not content:
        raise PictureEmptyError
    if len(content) > MAX_MEGABYTES * 1_000_000:
        raise PictureTooHeavyError(limit_mb=MAX_MEGABYTES)
    kind = kind_of(content)
    if kind is None:
        raise NotAPictureError
    size = stated_size(content, kind)
    if size is not None:  # else the full look at the header says what is wrong
        _check_size(size)
    return kind


def _check_size(size: Size) -> None:
    width, height = size
    if width * height > MAX_MEGAPIXELS * 1_000_000:
        raise PictureTooLargeError(width_px=width, height_px=height, limit_megapixels=MAX_MEGAPIXELS)
    if min(width, height) < MIN_SIDE_PX:
        raise PictureTooSmallError(width_px=width, height_px=height, limit_px=MIN_SIDE_PX)


def _header(content: bytes) -> Header:
    try:
        return read_header(content)
    except UnreadableImageError as error:
        raise PictureDamagedError from error


def _decoded(content: bytes) -> bytes:
    try:
        return as_png(content)
    except ReaderError as error:
        raise PictureDamagedError from error
