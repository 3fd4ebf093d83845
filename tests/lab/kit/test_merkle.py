"""The tree of RFC 6962: against roots that others published, and against the definition written out."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.kit import merkle
from lab.kit.merkle import leaf_hash, node_hash

# The eight leaves and the roots that Certificate Transparency's reference implementations test with.
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MOST = 40


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, as it is written there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + defined_root(leaves[:k]) + defined_root(leaves[k:])).digest()


def nodes(leaves: list[bytes]) -> merkle.Nodes:
    """Perfect subtrees, computed from their leaves."""
    return lambda level, index: defined_root(leaves[index << level : (index + 1) << level])


BODIES = [bytes([number]) * number for number in range(MOST)]
NODES = nodes(BODIES)
ROOT_AT = [defined_root(BODIES[:size]) for size in range(MOST + 1)]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_the_published_ones(size: int) -> None:
    hashes = [leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert merkle.root_of(hashes).hex() == ROOTS[size - 1]
    assert merkle.root_at(size, nodes(LEAVES)).hex() == ROOTS[size - 1]


def test_the_empty_tree_hashes_nothing() -> None:
    assert merkle.root_of([]) == merkle.root_at(0, NODES) == hashlib.sha256(b"").digest()


def test_a_tree_of_three_worked_out_by_hand() -> None:
    a, b, c = (leaf_hash(leaf) for leaf in (b"a", b"b", b"c"))
    three = nodes([b"a", b"b", b"c"])
    assert merkle.root_at(3, three) == node_hash(node_hash(a, b), c)
    assert merkle.inclusion_proof(0, 3, three) == [b, c]
    assert merkle.inclusion_proof(2, 3, three) == [node_hash(a, b)]
    # RFC 6962, section 2.1.3 shows the same shape: from 1 leaf to 3, the verifier lacks b and c.
    assert merkle.consistency_proof(1, 3, three) == [b, c]


@pytest.mark.parametrize("size", range(MOST + 1))
def test_the_root_from_all_leaves_is_the_defined_one(size: int) -> None:
    assert merkle.root_of([leaf_hash(body) for body in BODIES[:size]]) == ROOT_AT[size]
    assert merkle.root_at(size, NODES) == ROOT_AT[size]


def test_a_leaf_completes_the_subtrees_that_end_with_it() -> None:
    for seq, body in enumerate(BODIES):
        completed = merkle.completed_by(seq, leaf_hash(body), NODES)
        expected = [level for level in range(7) if (seq + 1) % (1 << level) == 0]
        assert completed == [NODES(level, seq >> level) for level in expected]


def test_every_inclusion_proof_leads_to_the_root_and_only_from_its_own_leaf_and_place() -> None:
    for size in range(1, MOST + 1):
        for seq in range(size):
            proof = merkle.inclusion_proof(seq, size, NODES)
            leaf = leaf_hash(BODIES[seq])
            assert merkle.root_from_inclusion(leaf, seq, size, proof) == ROOT_AT[size]
            other = (seq + 1) % size
            if other != seq:
                assert merkle.root_from_inclusion(leaf, other, size, proof) != ROOT_AT[size]
                assert merkle.root_from_inclusion(leaf_hash(BODIES[other]), seq, size, proof) != ROOT_AT[size]


def test_a_proof_cut_or_lengthened_leads_nowhere() -> None:
    for size in range(2, 18):
        for seq in range(size):
            proof, leaf = merkle.inclusion_proof(seq, size, NODES), leaf_hash(BODIES[seq])
            for wrong in (proof[:-1], [*proof, leaf], proof[1:]):
                assert merkle.root_from_inclusion(leaf, seq, size, wrong) != ROOT_AT[size]


def test_every_two_sizes_have_a_consistency_proof_that_shows_nothing_else() -> None:
    for second in range(MOST + 1):
        for first in range(second + 1):
            proof = merkle.consistency_proof(first, second, NODES)
            assert merkle.verify_consistency(first, ROOT_AT[first], second, ROOT_AT[second], proof)
            forged = hashlib.sha256(ROOT_AT[first]).digest()
            assert not merkle.verify_consistency(first, forged, second, ROOT_AT[second], proof)
            if first > 0:
                assert not merkle.verify_consistency(first, ROOT_AT[first], second, forged, proof)
            assert not merkle.verify_consistency(first, ROOT_AT[first], second, ROOT_AT[second], [*proof, forged])
            if proof:
                assert not merkle.verify_consistency(first, ROOT_AT[first], second, ROOT_AT[second], proof[:-1])


def test_a_rewritten_entry_has_no_consistency_with_the_old_root() -> None:
    for changed in range(5):
        rewritten = [*BODIES[:9]]
        rewritten[changed] = b"rewritten"
        proof = merkle.consistency_proof(5, 9, nodes(rewritten))
        assert not merkle.verify_consistency(5, ROOT_AT[5], 9, defined_root(rewritten), proof)


def test_what_is_not_in_the_tree_is_refused() -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        merkle.inclusion_proof(3, 3, NODES)
    with pytest.raises(ValueError, match="cannot extend"):
        merkle.consistency_proof(4, 3, NODES)
    assert merkle.root_from_inclusion(leaf_hash(b""), 5, 3, []) is None


@given(st.integers(1, 1 << 60), st.data())
def test_proofs_of_large_trees_have_logarithmic_length(size: int, data: st.DataObject) -> None:
    seq = data.draw(st.integers(0, size - 1))
    same = hashlib.sha256(b"any").digest()
    assert len(merkle.inclusion_proof(seq, size, lambda _level, _index: same)) <= size.bit_length()
