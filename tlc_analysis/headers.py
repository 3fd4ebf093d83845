"""What a picture file says of itself before it is decoded: format, size, orientation, and whether it is all there.

Deciding on the size here is what makes a header that claims 65535 x 65535 pixels fail at once.
"""

import io
import re
import warnings
import zlib
from dataclasses import dataclass

import pi_heif
from PIL import Image, UnidentifiedImageError

from .errors import UnreadableImageError

MAX_PIXELS = 80_000_000  # a 200 x 100 mm plate scanned at 1200 dpi has 45 million
MIN_SIDE_PX = 32  # below this no line and no spot can be told from noise
_ORIENTATION_TAG = 0x0112  # Exif 2.32, table 4
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_PNG_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
# A marker inside entropy-coded data: not a stuffed zero, a restart or a fill byte (ITU-T T.81, B.1.1.2).
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


@dataclass(frozen=True, kw_only=True)
class Header:
    """``width_px`` and ``height_px`` as stored; ``orientation`` 1 to 8 is still to be applied."""

    format: str
    mode: str
    width_px: int
    height_px: int
    orientation: int


def read_header(image: bytes) -> Header:
    """The header of a picture that is complete and of a size that can be read.

    Raises :class:`UnreadableImageError`, with one sentence, for anything else.
    """
    if not image:
        raise UnreadableImageError("The file is empty (0 bytes): send the picture again.")
    header = _heif_header(image) if _is_heif(image) else _pillow_header(image)
    _check_size(header.width_px, header.height_px)
    if not _is_complete(image, header.format):
        raise _incomplete()
    return header


def _incomplete() -> UnreadableImageError:
    return UnreadableImageError(
        "The picture is incomplete: the file stops before the end of the image. Copy or send the original again."
    )


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise UnreadableImageError(
            f"The picture is too large: its header says {width} x {height} pixels and at most "
            f"{MAX_PIXELS // 1_000_000} million can be read. Reduce or crop it."
        )
    if min(width, height) < MIN_SIDE_PX:
        raise UnreadableImageError(
            f"The picture is too small to show a plate ({width} x {height} pixels): "
            f"send one with at least {MIN_SIDE_PX} pixels on each side."
        )


def _is_heif(image: bytes) -> bool:
    return image[4:8] == b"ftyp" and image[8:12] in _HEIF_BRANDS


def _heif_header(image: bytes) -> Header:
    try:
        opened = pi_heif.open_heif(io.BytesIO(image), convert_hdr_to_8bit=False)
        width, height = opened.size
    except (ValueError, RuntimeError, EOFError, OSError, SyntaxError) as error:
        raise UnreadableImageError(
            "The HEIC picture is damaged or incomplete: copy or send the original again."
        ) from error
    # libheif has already turned the picture: its size is that of the picture as displayed.
    return Header(format="HEIF", mode=str(opened.mode), width_px=width, height_px=height, orientation=1)


def _pillow_header(image: bytes) -> Header:
    with warnings.catch_warnings():
        # Damaged metadata is no reason to refuse pixels, nor to write to standard error.
        warnings.simplefilter("ignore")
        try:
            opened = Image.open(io.BytesIO(image))
        except Image.DecompressionBombError as error:
            raise UnreadableImageError(
                f"The picture is too large: at most {MAX_PIXELS // 1_000_000} million pixels can be read. "
                "Reduce or crop it."
            ) from error
        except UnidentifiedImageError as error:
            raise _not_a_picture(image) from error
        except (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, OverflowError) as error:
            raise UnreadableImageError("The picture is damaged: copy or send the original again.") from error
        if opened.format not in {"JPEG", "MPO", "PNG", "TIFF", "BMP", "DIB", "WEBP"}:
            raise UnreadableImageError(
                f"Pictures of the kind {opened.format} cannot be read: save it as JPEG, PNG, TIFF, BMP, WebP or HEIC."
            )
        width, height = opened.size
        return Header(
            # MPO is what Pillow calls a JPEG with a second picture after it, as phones write.
            format="JPEG" if opened.format == "MPO" else str(opened.format),
            mode=opened.mode,
            width_px=width,
            height_px=height,
            orientation=_orientation(opened),
        )


def _not_a_picture(image: bytes) -> UnreadableImageError:
    if image[:3] == b"\xff\xd8\xff" or image[:4] in {b"\x89PNG", b"II*\x00", b"MM\x00*", b"RIFF"}:
        return _incomplete()
    return UnreadableImageError(
        "The file is not a picture, whatever its name says: send a JPEG, PNG, TIFF, BMP, WebP or HEIC file."
    )


def _orientation(opened: Image.Image) -> int:
    try:
        value = int(opened.getexif().get(_ORIENTATION_TAG, 1))
    except (ValueError, TypeError, OSError, SyntaxError, KeyError, AttributeError):
        return 1
    return value if 1 <= value <= 8 else 1


def _is_complete(image: bytes, kind: str) -> bool:
    if kind == "JPEG":
        return _jpeg_ends(image)
    if kind == "PNG":
        return _png_ends(image)
    return True  # the decoders of the other formats refuse a file that stops early


def _jpeg_ends(image: bytes) -> bool:
    """Whether the end-of-image marker follows the scans; one inside an embedded thumbnail does not count."""
    position, in_scan = 2, False
    while True:
        if in_scan:
            found = _JPEG_MARKER.search(image, position)
            if found is None:
                return False
            position = found.start()
        while image[position : position + 2] == b"\xff\xff":
            position += 1
        if position + 4 > len(image):
            return image[position : position + 2] == b"\xff\xd9"
        marker = image[position + 1]
        if image[position] != 0xFF or marker == 0xD9:
            return marker == 0xD9
        in_scan = marker == 0xDA
        position += 2 + int.from_bytes(image[position + 2 : position + 4], "big")


def bare_png(image: bytes) -> bytes:
    """A PNG less what is not pixels: decoders write to standard error about a faulty colour profile.

    Raises :class:`UnreadableImageError` when a chunk does not carry its own checksum.
    """
    kept = [image[:8]]
    position = 8
    while position + 12 <= len(image):
        length = int.from_bytes(image[position : position + 4], "big")
        chunk = image[position : position + 12 + length]
        kind = chunk[4:8]
        if kind in _PNG_PIXELS:
            if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
                raise UnreadableImageError("The PNG picture is damaged: copy or send the original again.")
            kept.append(chunk)
        if kind == b"IEND":
            break
        position += 12 + length
    return b"".join(kept)


def _png_ends(image: bytes) -> bool:
    position = 8
    while position + 12 <= len(image):
        length = int.from_bytes(image[position : position + 4], "big")
        if image[position + 4 : position + 8] == b"IEND":
            return True
        position += 12 + length
    return False
