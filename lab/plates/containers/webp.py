"""WebP (RFC 9649)."""

import struct
from collections.abc import Iterator

from lab.plates.containers.exif import UPRIGHT, orientation_exif

_KEPT = {b"VP8 ", b"VP8L", b"ALPH"}
_FLAGS_KEPT = 0x10  # of VP8X: alpha; profile, Exif, XMP and animation are gone
_FLAG_EXIF = 0x08


def rewrite_webp(content: bytes, *, orientation: int) -> bytes:
    """The same bitstream and alpha plane. An animation is refused: a plate does not move."""
    chunks = list(_chunks(content))
    kinds = {kind for kind, _ in chunks}
    if b"ANIM" in kinds or not kinds & {b"VP8 ", b"VP8L"}:
        message = "not a still picture"
        raise ValueError(message)
    turned = orientation != UPRIGHT
    body = [_chunk(kind, payload) for kind, payload in chunks if kind in _KEPT]
    extended = [payload for kind, payload in chunks if kind == b"VP8X"]
    if extended:  # an orientation other than upright was read from an Exif chunk, which needs a VP8X
        flags = extended[0][0] & _FLAGS_KEPT | (_FLAG_EXIF if turned else 0)
        body.insert(0, _chunk(b"VP8X", bytes([flags]) + extended[0][1:10]))
        if turned:
            body.append(_chunk(b"EXIF", orientation_exif(orientation)))
    inside = b"WEBP" + b"".join(body)
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


def _chunk(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    (size,) = struct.unpack_from("<I", content, 4)
    end = 8 + size
    if end > len(content):
        message = "the file is shorter than it says"
        raise ValueError(message)
    at = 12
    while at + 8 <= end:
        kind = content[at : at + 4]
        (length,) = struct.unpack_from("<I", content, at + 4)
        if at + 8 + length > end:
            message = "a chunk is longer than the file"
            raise ValueError(message)
        yield kind, content[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
