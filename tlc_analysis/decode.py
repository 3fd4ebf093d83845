"""Bytes to a :class:`~tlc_analysis.frames.Picture` as displayed, at the bit depth it came with."""

import hashlib
import io
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

import cv2
import numpy as np
import pi_heif
from numpy.typing import NDArray
from PIL import Image

from .errors import UnreadableImageError
from .frames import Picture
from .headers import Header, bare_png, read_header
from .illumination import infer_illumination
from .model import Illumination

_Array = NDArray[Any]  # cv2 and Pillow do not say which; _samples settles it
_PILLOW_MODES = {"1", "P", "PA", "LA", "La", "CMYK", "YCbCr", "LAB", "HSV", "RGBa"}  # cv2 drops or misreads these
_LEAST_SIDE_PX = 1500  # longer side that a reduced decoding leaves: a plate that fills it has more rows than it needs
_MISSING, _MISSING_ROWS = 128, 16  # what a decoder fills in (ITU T.81, A.3.1: the level shift), one row of blocks
# In cv2's bits "reduced, grey" is "reduced" alone, and what it is reduced to is a bit of its own.
_REDUCED = {1: 0, 2: cv2.IMREAD_REDUCED_GRAYSCALE_2, 4: cv2.IMREAD_REDUCED_GRAYSCALE_4}
_TURNS: dict[int, tuple[bool, int | None]] = {  # Exif 2.32, table 6: (mirror left-right first, then this rotation)
    1: (False, None),
    2: (True, None),
    3: (False, cv2.ROTATE_180),
    4: (True, cv2.ROTATE_180),
    5: (True, cv2.ROTATE_90_COUNTERCLOCKWISE),
    6: (False, cv2.ROTATE_90_CLOCKWISE),
    7: (True, cv2.ROTATE_90_CLOCKWISE),
    8: (False, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


def decode(image: bytes, *, illumination: Illumination | None = None, reduced: bool = False) -> Picture:
    """Decode JPEG, PNG, TIFF, BMP, WebP or HEIC. Transparent pixels are laid on white; 16 bits stay 16 bits.

    ``reduced``: of a large JPEG a half or a quarter is enough (see :class:`Picture`), which its decoder gives in little
    more than half the time. Raises :class:`UnreadableImageError` for anything that is not one complete picture of a
    readable size.
    """
    header = read_header(image)
    block = _block(header) if reduced else 1
    with ThreadPoolExecutor(1) as beside:
        digest = beside.submit(lambda: hashlib.sha256(image).hexdigest())
        raw = _raw(image, header, block)
    pixels = _oriented(raw, header)
    full_scale = 65535 if pixels.dtype == np.uint16 else 255
    size = (header.width_px, header.height_px)
    whole = (size[1], size[0]) if header.orientation >= 5 else size
    return Picture(
        pixels=pixels,
        full_scale=full_scale,
        sha256=digest.result(),
        illumination=illumination or infer_illumination(pixels, full_scale=full_scale),
        illumination_inferred=illumination is None,
        block=block,
        damaged=header.format == "JPEG" and _is_cut_short(raw, block),
        whole_size=None if block == 1 else whole,
        decode_whole=None if block == 1 else cache(partial(_pixels, image, header, 1)),
    )


def _block(header: Header) -> int:
    """Side of the blocks of pixels of which only the mean is decoded: what is left must still show a plate well."""
    if header.format != "JPEG" or header.mode in _PILLOW_MODES:
        return 1
    sides = (header.width_px, header.height_px)
    for block in sorted(_REDUCED, reverse=True):
        # A turned picture's last blocks, where they are incomplete, would come first.
        complete = header.orientation == 1 or all(side % block == 0 for side in sides)
        if complete and max(sides) >= block * _LEAST_SIDE_PX:
            return block
    return 1


def _pixels(image: bytes, header: Header, block: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
    return _oriented(_raw(image, header, block), header)


def _raw(image: bytes, header: Header, block: int) -> _Array:
    if header.format == "HEIF":
        return _decode_heif(image)
    return _decode_pillow(image) if header.mode in _PILLOW_MODES else _decode_cv2(image, header, block)


def _oriented(raw: _Array, header: Header) -> NDArray[np.uint8] | NDArray[np.uint16]:
    # cv2 and Pillow leave the orientation to us, except that cv2 turns TIFF itself.
    return _samples(raw if header.format == "TIFF" else _turned(raw, header.orientation))


def _is_cut_short(raw: _Array, block: int) -> bool:
    """Whether a JPEG's last rows are the plain middle grey that a decoder leaves where the data ended before the file.

    A file that was cut off and closed again has its end marker, and decodes without a word. Flipped bits leave no such
    trace: the codes fall into step again, and the colours that are wrong look like any others.
    """
    end = raw[-max(1, _MISSING_ROWS // block) :]
    return bool((end == _MISSING).all())


def _damaged() -> UnreadableImageError:
    return UnreadableImageError(
        "The picture is damaged or incomplete and cannot be decoded: copy or send the original again."
    )


def _decode_cv2(image: bytes, header: Header, block: int) -> _Array:
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    if header.format == "JPEG":
        flags = _REDUCED[block] | cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        data = bare_png(image) if header.format == "PNG" else image
        raw = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise _damaged() from error
    finally:
        cv2.utils.logging.setLogLevel(level)
    if raw is None:
        raise _damaged()
    return raw if header.format == "JPEG" else _rgb(raw)


def _samples(raw: _Array) -> NDArray[np.uint8] | NDArray[np.uint16]:
    if raw.dtype == np.uint8:
        return raw.astype(np.uint8, copy=False)
    if raw.dtype == np.uint16:
        return raw.astype(np.uint16, copy=False)
    raise UnreadableImageError(
        f"Pictures with {raw.dtype} samples cannot be read: save it with 8 or 16 bits per channel."
    )


def _rgb(raw: _Array) -> _Array:
    """cv2's BGR, BGRA or grey to RGB."""
    if raw.dtype not in (np.uint8, np.uint16):
        return raw  # refused by _samples
    if raw.ndim == 2 or raw.shape[2] == 1:
        return cv2.cvtColor(raw, cv2.COLOR_GRAY2RGB)
    if raw.shape[2] == 4:
        return _on_white(cv2.cvtColor(raw, cv2.COLOR_BGRA2RGBA))
    return cv2.cvtColor(raw, cv2.COLOR_BGR2RGB)


def _on_white(rgba: _Array) -> _Array:
    alpha = rgba[:, :, 3:]
    full = np.iinfo(rgba.dtype).max
    if int(alpha.min()) == full:
        return np.ascontiguousarray(rgba[:, :, :3])
    share = alpha.astype(np.float32) / full
    return np.rint(rgba[:, :, :3] * share + full * (1.0 - share)).astype(rgba.dtype)


def _decode_pillow(image: bytes) -> _Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # damaged metadata: the pixels decide
        try:
            opened = Image.open(io.BytesIO(image))
            if opened.mode in {"CMYK", "YCbCr", "LAB", "HSV"}:
                return np.asarray(opened.convert("RGB"))
            return _on_white(np.asarray(opened.convert("RGBA")))
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise _damaged() from error


def _decode_heif(image: bytes) -> _Array:
    try:
        opened = pi_heif.open_heif(io.BytesIO(image), convert_hdr_to_8bit=True)
        # A copy: the picture's memory is libheif's, and goes with it while an array that looks at it is still in use.
        pixels = np.array(opened, order="C")
    except (ValueError, RuntimeError, EOFError, OSError, SyntaxError) as error:
        raise _damaged() from error
    if pixels.ndim == 2:
        return np.repeat(pixels[:, :, None], 3, axis=2)
    return _on_white(pixels) if pixels.shape[2] == 4 else pixels


def _turned(pixels: _Array, orientation: int) -> _Array:
    mirror, rotation = _TURNS[orientation]
    if mirror:
        pixels = cv2.flip(pixels, 1)
    return pixels if rotation is None else cv2.rotate(pixels, rotation)
