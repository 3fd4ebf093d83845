"""PNG (Portable Network Graphics, third edition)."""

import struct
import zlib
from collections.abc import Iterator

from lab.plates.containers.exif import UPRIGHT, orientation_exif

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# PNG, third edition: the critical chunks, transparency, scale, and what the samples mean as numbers.
_PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"cICP"}


def rewrite_png(content: bytes, *, orientation: int) -> bytes:
    """The same chunks without texts, times, profiles, thumbnails and what follows the end."""
    parts = [_PNG_SIGNATURE]
    for kind, chunk in _png_chunks(content):
        if kind in _PNG_KEPT:
            parts.append(chunk)
        if kind == b"IHDR" and orientation != UPRIGHT:
            parts.append(_png_chunk(b"eXIf", orientation_exif(orientation)))
    return b"".join(parts)


def _png_chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG_SIGNATURE)
    kind = b""
    while kind != b"IEND":
        (length,) = struct.unpack_from(">I", content, at)
        kind, end = content[at + 4 : at + 8], at + 12 + length
        if end > len(content):
            message = "a chunk is longer than the file"
            raise ValueError(message)
        yield kind, content[at:end]
        at = end
