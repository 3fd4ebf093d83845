"""TIFF (revision 6.0, and the technical note on JPEG in TIFF): the first picture of the file, without its story."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

# Everything that says how the samples are laid out, and the scale; by their numbers in TIFF 6.0.
_STRIP_OFFSETS, _STRIP_BYTES, _TILE_OFFSETS, _TILE_BYTES = 273, 279, 324, 325
_KEPT = {
    256, 257, 258, 259, 262, 266, 274, 277, 278, 282, 283, 284, 292, 293, 296, 317, 320, 322, 323, 332, 338, 339,
    347, 529, 530, 531, 532, _STRIP_OFFSETS, _STRIP_BYTES, _TILE_OFFSETS, _TILE_BYTES,
}  # fmt: skip
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_SHORT, _LONG = 3, 4


@dataclass(frozen=True)
class _Entry:
    tag: int
    type: int
    count: int
    value: bytes


def rewrite_tiff(content: bytes, *, orientation: int) -> bytes:  # noqa: ARG001 -- it is among the tags that are kept
    """The first directory with the tags that decoding needs, and its strips or tiles, byte for byte."""
    order = {b"II*\0": "<", b"MM\0*": ">"}[content[:4]]  # not BigTIFF
    entries = {entry.tag: entry for entry in _directory(content, order) if entry.tag in _KEPT}
    offsets_tag, bytes_tag = (
        (_TILE_OFFSETS, _TILE_BYTES) if _TILE_OFFSETS in entries else (_STRIP_OFFSETS, _STRIP_BYTES)
    )
    lengths = _numbers(entries[bytes_tag], order)
    pieces = [_piece(content, at, n) for at, n in zip(_numbers(entries[offsets_tag], order), lengths, strict=True)]
    entries[bytes_tag] = _longs(bytes_tag, lengths, order)
    entries[offsets_tag] = _longs(offsets_tag, [0] * len(pieces), order)
    start = 8 + _directory_size(list(entries.values()))
    entries[offsets_tag] = _longs(offsets_tag, _positions(pieces, start), order)
    head = content[:4] + struct.pack(order + "I", 8)
    return head + _pack([entries[tag] for tag in sorted(entries)], order) + b"".join(_even(piece) for piece in pieces)


def _directory(content: bytes, order: str) -> list[_Entry]:
    (at,) = struct.unpack_from(order + "I", content, 4)
    (count,) = struct.unpack_from(order + "H", content, at)
    return [_entry(content, at + 2 + 12 * number, order) for number in range(count)]


def _entry(content: bytes, at: int, order: str) -> _Entry:
    tag, kind, count = struct.unpack_from(order + "HHI", content, at)
    size = _SIZES.get(kind, 0) * count
    where = at + 8
    if size > 4:
        (where,) = struct.unpack_from(order + "I", content, at + 8)
    # A tag that is dropped may point anywhere; one that is kept may not.
    return _Entry(tag, kind, count, _piece(content, where, size) if tag in _KEPT else b"")


def _piece(content: bytes, at: int, size: int) -> bytes:
    if at + size > len(content):
        message = "a part lies outside the file"
        raise ValueError(message)
    return content[at : at + size]


def _numbers(entry: _Entry, order: str) -> list[int]:
    letter = {_SHORT: "H", _LONG: "I"}[entry.type]
    return list(struct.unpack(f"{order}{entry.count}{letter}", entry.value))


def _longs(tag: int, numbers: Sequence[int], order: str) -> _Entry:
    return _Entry(tag, _LONG, len(numbers), struct.pack(f"{order}{len(numbers)}I", *numbers))


def _even(data: bytes) -> bytes:
    return data + b"\0" * (len(data) % 2)  # TIFF 6.0: offsets are of words


def _directory_size(entries: Sequence[_Entry]) -> int:
    return 2 + 12 * len(entries) + 4 + sum(len(_even(entry.value)) for entry in entries if len(entry.value) > 4)


def _positions(pieces: Sequence[bytes], start: int) -> list[int]:
    positions = []
    for piece in pieces:
        positions.append(start)
        start += len(_even(piece))
    return positions


def _pack(entries: Sequence[_Entry], order: str) -> bytes:
    """The directory at byte 8, with the values that do not fit into it behind it."""
    table, behind = [struct.pack(order + "H", len(entries))], b""
    start = 8 + 2 + 12 * len(entries) + 4
    for entry in entries:
        value = entry.value.ljust(4, b"\0")
        if len(value) > 4:
            value, behind = struct.pack(order + "I", start + len(behind)), behind + _even(entry.value)
        table.append(struct.pack(order + "HHI", entry.tag, entry.type, entry.count) + value)
    return b"".join([*table, struct.pack(order + "I", 0), behind])
