"""How large a picture says it is, from its first bytes alone: before anything that could be lured into decoding."""

import struct
from collections.abc import Callable, Mapping

from lab.plates.containers import BROKEN

Size = tuple[int, int]  # width, height in pixels, as stored
_SOF = {*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)}  # ITU-T T.81, table B.1


def stated_size(content: bytes, kind: str) -> Size | None:
    """The size in the header of a file of this kind; None where the header cannot be followed."""
    find = _FINDERS.get(kind)
    try:
        return None if find is None else find(content)
    except BROKEN:
        return None


def _jpeg(content: bytes) -> Size:
    at = 2
    while content[at + 1] not in _SOF:
        at += 1 if content[at + 1] == 0xFF else 2 + int(struct.unpack_from(">H", content, at + 2)[0])
    height, width = struct.unpack_from(">HH", content, at + 5)
    return width, height


def _png(content: bytes) -> Size:
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _bmp(content: bytes) -> Size:
    width, height = struct.unpack_from("<ii", content, 18)
    return width, abs(height)  # negative: rows run from the top


def _tiff(content: bytes) -> Size:
    order = "<" if content[:2] == b"II" else ">"
    (at,) = struct.unpack_from(order + "I", content, 4)
    (count,) = struct.unpack_from(order + "H", content, at)
    found: dict[int, int] = {}
    for number in range(count):
        tag, kind = struct.unpack_from(order + "HH", content, at + 2 + 12 * number)
        if tag in (256, 257):
            letter = {3: "H", 4: "I"}[kind]
            (found[tag],) = struct.unpack_from(order + letter, content, at + 10 + 12 * number)
    return found[256], found[257]


def _webp(content: bytes) -> Size:
    kind = content[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", content, 26)
    return width & 0x3FFF, height & 0x3FFF


_FINDERS: Mapping[str, Callable[[bytes], Size]] = {
    "JPEG": _jpeg, "PNG": _png, "BMP": _bmp, "TIFF": _tiff, "WEBP": _webp,
}  # fmt: skip
