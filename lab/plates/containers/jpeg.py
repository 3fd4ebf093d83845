"""JPEG (ITU-T T.81; JFIF 1.02)."""

import struct
from collections.abc import Iterator

from lab.plates.containers.exif import UPRIGHT, orientation_exif

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
# ITU-T T.81, table B.1: frames, Huffman and arithmetic tables, quantisation, restart interval, number of lines, scans.
_JPEG_KEPT = {*range(0xC0, 0xC8), *range(0xC9, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD}


def rewrite_jpeg(content: bytes, *, orientation: int) -> bytes:
    """The same scans under the same tables; of the application segments what tells the colour space and the scale."""
    head = [b"\xff\xd8"]
    body = []
    for marker, payload, scan in _jpeg_segments(content):
        if marker in _JPEG_KEPT:
            body.append(_jpeg_segment(marker, payload) + scan)
        elif marker == 0xE0 and payload[:5] == b"JFIF\0":
            # Version, unit and density; a thumbnail may follow, and is said to be 0 x 0 instead.
            head.append(_jpeg_segment(0xE0, payload[:12] + b"\0\0"))
        elif marker == 0xEE and payload[:5] == b"Adobe":
            body.append(_jpeg_segment(0xEE, payload[:12]))  # which colour transform the components have
    if orientation != UPRIGHT:
        head.append(_jpeg_segment(0xE1, b"Exif\0\0" + orientation_exif(orientation)))
    return b"".join([*head, *body, b"\xff\xd9"])


def _jpeg_segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(marker, payload, entropy-coded data after it) up to the end of the image; what follows is not the picture."""
    at = 2
    while True:
        while content[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        if content[at] != 0xFF:
            message = "no marker where one must be"
            raise ValueError(message)
        marker = content[at + 1]
        if marker == _EOI:
            return
        (length,) = struct.unpack_from(">H", content, at + 2)
        payload = content[at + 4 : at + 2 + length]
        at += 2 + length
        end = _scan_end(content, at) if marker == _SOS else at
        yield marker, payload, content[at:end]
        at = end


def _scan_end(content: bytes, at: int) -> int:
    """Where the next marker stands that is neither a stuffed zero, a restart nor a fill byte (T.81, B.1.1.2)."""
    while True:
        at = content.index(b"\xff", at)
        following = content[at + 1]
        if following == 0xFF:
            at += 1
        elif following == 0 or 0xD0 <= following <= 0xD7:
            at += 2
        else:
            return at
