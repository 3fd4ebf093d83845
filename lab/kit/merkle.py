"""The Merkle tree of RFC 6962, section 2.1: hashes, inclusion proofs and consistency proofs.

Pure functions. ``Nodes`` gives the hash of a perfect subtree: ``nodes(level, index)`` covers the leaves
``index * 2**level`` up to (not including) ``(index + 1) * 2**level``; level 0 is a leaf.
"""

import hashlib
from collections.abc import Callable, Sequence

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
Nodes = Callable[[int, int], bytes]

_sha256 = hashlib.sha256


def leaf_hash(body: bytes) -> bytes:
    """Hash of a leaf: the prefix 0x00 keeps a leaf from ever passing for a node."""
    return _sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node, with the prefix 0x01."""
    return _sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The tree's hash from all its leaf hashes."""
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        pairs = [_sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        if len(level) % 2:
            pairs.append(level[-1])  # an odd one out climbs alone
        level = pairs
    return level[0]


def completed_by(seq: int, leaf: bytes, nodes: Nodes) -> list[bytes]:
    """The hashes of the perfect subtrees that leaf number ``seq`` (from 0) completes, from its own upwards."""
    hashes = [leaf]
    level = 0
    while seq >> level & 1:
        hashes.append(node_hash(nodes(level, (seq >> level) - 1), hashes[-1]))
        level += 1
    return hashes


def _split(count: int) -> int:
    """The largest power of two smaller than ``count``."""
    return 1 << (count - 1).bit_length() - 1


def range_hash(start: int, end: int, nodes: Nodes) -> bytes:
    """Hash of the subtree over the leaves ``start`` to ``end`` (excluded), a range that the tree itself splits into."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return nodes(level, start >> level)
    middle = start + _split(count)
    return node_hash(range_hash(start, middle, nodes), range_hash(middle, end, nodes))


def root_at(size: int, nodes: Nodes) -> bytes:
    """The tree's hash when it had ``size`` leaves."""
    return range_hash(0, size, nodes) if size else EMPTY_ROOT


def inclusion_proof(seq: int, size: int, nodes: Nodes) -> list[bytes]:
    """The audit path of leaf ``seq`` in the tree of ``size`` leaves, from the leaf upwards [RFC 6962, 2.1.1]."""
    if not 0 <= seq < size:
        message = f"leaf {seq} is not in a tree of {size}"
        raise ValueError(message)
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if seq < middle:
            path.append(range_hash(middle, end, nodes))
            end = middle
        else:
            path.append(range_hash(start, middle, nodes))
            start = middle
    return path[::-1]


def consistency_proof(first: int, second: int, nodes: Nodes) -> list[bytes]:
    """The proof that the tree of ``second`` leaves extends that of ``first`` [RFC 6962, 2.1.2]."""
    if not 0 <= first <= second:
        message = f"a tree of {second} cannot extend one of {first}"
        raise ValueError(message)
    if first in {0, second}:
        return []
    path: list[bytes] = []
    start, end, whole = 0, second, True  # whole: the subtree in hand is the verifier's own first tree
    while end != first:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(range_hash(middle, end, nodes))
            end = middle
        else:
            path.append(range_hash(start, middle, nodes))
            start, whole = middle, False
    if not whole:
        path.append(range_hash(start, end, nodes))
    return path[::-1]


def root_from_inclusion(leaf: bytes, seq: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that an audit path leads to, or None when its length does not fit [RFC 9162, 2.1.3.2]."""
    if not 0 <= seq < size:
        return None
    position, last, value = seq, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if position & 1 or position == last:
            value = node_hash(sibling, value)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        position, last = position >> 1, last >> 1
    return value if last == 0 else None


def verify_consistency(first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether ``path`` shows that the second tree extends the first [RFC 9162, 2.1.4.2]."""
    if first == second:
        return not path and first_root == second_root
    if first == 0:
        return not path and first_root == EMPTY_ROOT
    if not 0 < first < second:
        return False
    hashes = list(path) if first & (first - 1) else [first_root, *path]
    if not hashes:
        return False
    position, last = first - 1, second - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
