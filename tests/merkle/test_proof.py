"""`provenance.merkle.proof`: made, verified, and refused when anything is off."""

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merkle import vectors
from merkle.judges import is_consistent, is_included, make_head, make_proof
from merkle.oracle import (
    OracleTree,
    accepts_consistency,
    accepts_inclusion,
    root_of_inclusion,
    roots_of_consistency,
)
from merkle.strategies import hashes

from provenance import merkle
from provenance.errors import VerificationError

ENTRIES = [b"entry %d" % number for number in range(1001)]
LEAVES = merkle.hash_leaves(ENTRIES)
LOOKUP = merkle.lookup_leaves(LEAVES)
ORACLE = OracleTree(ENTRIES)
CT_LOOKUP = merkle.lookup_leaves(merkle.hash_leaves(vectors.CT_ENTRIES))


def flip(octets: bytes, bit: int) -> bytes:
    number = int.from_bytes(octets, "big") ^ 1 << bit
    return number.to_bytes(len(octets), "big")


# Known answers


@pytest.mark.parametrize(("index", "size", "expected"), vectors.CT_INCLUSION)
def test_inclusion_in_the_reference_tree(
    index: int, size: int, expected: list[str]
) -> None:
    proof = merkle.prove_inclusion(CT_LOOKUP, leaf_index=index, tree_size=size)
    root = bytes.fromhex(vectors.CT_ROOTS[size])
    assert expected == [node.hex() for node in proof.hashes]
    leaf = merkle.hash_leaf(vectors.CT_ENTRIES[index])
    merkle.verify_inclusion(leaf, proof, make_head(size, root))


@pytest.mark.parametrize(("older", "newer", "expected"), vectors.CT_CONSISTENCY)
def test_consistency_in_the_reference_tree(
    older: int, newer: int, expected: list[str]
) -> None:
    proof = merkle.prove_consistency(CT_LOOKUP, older_size=older, newer_size=newer)
    roots = [bytes.fromhex(vectors.CT_ROOTS[size]) for size in (older, newer)]
    assert expected == [node.hex() for node in proof]
    merkle.verify_consistency(
        make_head(older, roots[0]), make_head(newer, roots[1]), proof
    )


def test_inclusion_in_a_public_log() -> None:
    leaf, root = map(bytes.fromhex, (vectors.PUBLIC_LEAF, vectors.PUBLIC_ROOT))
    path = [bytes.fromhex(node) for node in vectors.PUBLIC_PATH]
    place = vectors.PUBLIC_INDEX, vectors.PUBLIC_SIZE
    assert is_included(leaf, *place, path, root)
    assert not is_included(leaf, vectors.PUBLIC_INDEX + 1, place[1], path, root)
    assert not is_included(leaf, *place, path[::-1], root)


def test_inclusion_in_the_own_fixture() -> None:
    leaves = merkle.hash_leaves(vectors.OWN_ENTRIES)
    proof = merkle.prove_inclusion(
        merkle.lookup_leaves(leaves), leaf_index=3, tree_size=5
    )
    expected = [b64decode(node) for node in vectors.OWN_INCLUSION_3_OF_5]
    assert expected == list(proof.hashes)
    merkle.verify_inclusion(
        leaves[3], proof, make_head(5, b64decode(vectors.OWN_ROOT_5))
    )


# Every tree up to 256 leaves, against the definition and a second verifier


@pytest.mark.slow
def test_every_inclusion_proof_up_to_256_leaves() -> None:
    for size in range(1, 257):
        root = ORACLE.mth(0, size)
        head = make_head(size, root)
        for index in range(size):
            proof = merkle.prove_inclusion(LOOKUP, leaf_index=index, tree_size=size)
            assert ORACLE.path(index, 0, size) == list(proof.hashes)
            merkle.verify_inclusion(LEAVES[index], proof, head)
            assert accepts_inclusion(LEAVES[index], index, size, proof.hashes, root)


@pytest.mark.slow
def test_every_consistency_proof_up_to_256_leaves() -> None:
    for newer in range(257):
        newer_head = make_head(newer, ORACLE.mth(0, newer))
        for older in range(newer + 1):
            proof = merkle.prove_consistency(LOOKUP, older_size=older, newer_size=newer)
            older_head = make_head(older, ORACLE.mth(0, older))
            assert ORACLE.proof(older, newer) == list(proof)
            merkle.verify_consistency(older_head, newer_head, proof)
            assert older == 0 or accepts_consistency(
                older, newer, older_head.root, newer_head.root, proof
            )


# Anything flipped is refused


@st.composite
def places(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(st.integers(1, 1001))
    return draw(st.integers(0, size - 1)), size


@given(places(), st.data())
def test_a_flipped_bit_in_an_inclusion_proof_is_refused(
    place: tuple[int, int], data: st.DataObject
) -> None:
    index, size = place
    proof = ORACLE.path(index, 0, size)
    leaf, root = LEAVES[index], ORACLE.mth(0, size)
    bit = data.draw(st.integers(0, 255))
    assert is_included(leaf, index, size, proof, root)
    assert not is_included(flip(leaf, bit), index, size, proof, root)
    assert not is_included(leaf, index, size, proof, flip(root, bit))
    assert not is_included(leaf, index ^ 1 << bit % 64, size, proof, root)
    for number, node in enumerate(proof):
        changed = [*proof[:number], flip(node, bit), *proof[number + 1 :]]
        assert not is_included(leaf, index, size, changed, root)
        assert not is_included(leaf, index, size, proof[:number], root)
    assert not is_included(leaf, index, size, [*proof, root], root)
    assert not is_included(leaf, index, size, [leaf, *proof], root)


@given(places(), st.data())
def test_a_flipped_bit_in_a_consistency_proof_is_refused(
    place: tuple[int, int], data: st.DataObject
) -> None:
    older, newer = place
    older += 1
    proof = ORACLE.proof(older, newer)
    root1, root2 = ORACLE.mth(0, older), ORACLE.mth(0, newer)
    bit = data.draw(st.integers(0, 255))
    assert is_consistent(older, newer, root1, root2, proof)
    assert not is_consistent(older, newer, flip(root1, bit), root2, proof)
    assert not is_consistent(older, newer, root1, flip(root2, bit), proof)
    for number, node in enumerate(proof):
        changed = [*proof[:number], flip(node, bit), *proof[number + 1 :]]
        assert not is_consistent(older, newer, root1, root2, changed)
        assert not is_consistent(older, newer, root1, root2, proof[:number])
    assert not is_consistent(older, newer, root1, root2, [*proof, root2])
    assert not is_consistent(older, newer, root1, root2, [root1, *proof])


@given(places(), st.integers(1, 1001), st.integers(0, 1001))
def test_both_verifiers_judge_other_sizes_and_indexes_alike(
    place: tuple[int, int], other_size: int, other_index: int
) -> None:
    index, size = place
    proof = ORACLE.path(index, 0, size)
    claim = (LEAVES[index], other_index, other_size, proof, ORACLE.mth(0, size))
    assert accepts_inclusion(*claim) == is_included(*claim)


HUGE = st.integers(1, 2**63 - 1)
SIXTY_FOUR = st.lists(hashes, min_size=64, max_size=64)


@given(HUGE, HUGE, hashes, SIXTY_FOUR)
def test_of_any_inclusion_proof_exactly_one_length_is_accepted(
    index: int, size: int, leaf: bytes, proof: list[bytes]
) -> None:
    index %= size
    accepted = []
    for length in range(65):
        root = root_of_inclusion(leaf, index, size, proof[:length])
        claim = (leaf, index, size, proof[:length], root or leaf)
        assert (root is not None) == is_included(*claim)
        accepted += [length] if root else []
    assert len(accepted) == 1


@given(HUGE, HUGE, hashes, SIXTY_FOUR)
def test_of_any_consistency_proof_exactly_one_length_is_accepted(
    older: int, newer: int, root: bytes, proof: list[bytes]
) -> None:
    older = older % newer or newer
    accepted = []
    for length in range(65):
        roots = roots_of_consistency(older, newer, root, proof[:length])
        claim = (older, newer, *(roots or (root, flip(root, 0))), proof[:length])
        assert (roots is not None) == is_consistent(*claim)
        accepted += [length] if roots else []
    assert len(accepted) == (1 if older < newer else 0)


@given(places(), st.integers(1, 1001), st.integers(1, 1001))
def test_both_verifiers_judge_other_pairs_of_sizes_alike(
    place: tuple[int, int], other_older: int, other_newer: int
) -> None:
    older, newer = place[0] + 1, place[1]
    claim = (
        other_older,
        other_newer,
        ORACLE.mth(0, older),
        ORACLE.mth(0, newer),
        ORACLE.proof(older, newer),
    )
    assert accepts_consistency(*claim) == is_consistent(*claim)


def test_one_root_verifies_under_other_sizes() -> None:
    """Hence a size is only believed from where the root is believed from."""
    index, size = 500, 1001
    proof = ORACLE.path(index, 0, size)
    root = ORACLE.mth(0, size)
    accepted = [
        other
        for other in range(900, 1101)
        if is_included(LEAVES[index], index, other, proof, root)
    ]
    assert len(accepted) > 1
    assert size in accepted


# Named refusals


def test_a_proof_of_an_empty_older_tree_must_be_empty() -> None:
    newer = make_head(5, ORACLE.mth(0, 5))
    empty = make_head(0, merkle.EMPTY_ROOT)
    merkle.verify_consistency(empty, newer, ())
    merkle.verify_consistency(empty, empty, ())
    with pytest.raises(VerificationError, match=r"from 0 to 5 .* 1 hashes, expected 0"):
        merkle.verify_consistency(empty, newer, [LEAVES[0]])


def test_two_trees_of_one_size_are_named_as_a_split_view() -> None:
    with pytest.raises(VerificationError, match="different roots") as caught:
        merkle.verify_consistency(
            make_head(5, bytes(32)), make_head(5, ORACLE.mth(0, 5)), ()
        )
    assert "split view" in caught.value.hint


def test_a_shrunken_tree_is_refused() -> None:
    with pytest.raises(VerificationError, match=r"5 leaves is larger .* of 3"):
        merkle.verify_consistency(
            make_head(5, ORACLE.mth(0, 5)), make_head(3, ORACLE.mth(0, 3)), ()
        )


@pytest.mark.parametrize(
    ("index", "size", "words"),
    [
        (5, 5, "leaf 5 is outside a tree of 5 leaves"),
        (0, 0, "leaf 0 is outside a tree of 0 leaves"),
        (2**63, 5, "leaf index is 9223372036854775808"),
        (-1, 5, "leaf index is -1"),
    ],
)
def test_an_index_outside_the_tree_is_refused(
    index: int, size: int, words: str
) -> None:
    with pytest.raises(VerificationError, match=words):
        merkle.verify_inclusion(
            LEAVES[0], make_proof(index, []), make_head(size, ORACLE.mth(0, size))
        )


def test_a_hash_of_another_length_is_refused() -> None:
    with pytest.raises(VerificationError, match="proof hash 1 holds 31 bytes"):
        make_proof(0, [bytes(32), bytes(31)])
    with pytest.raises(VerificationError, match="leaf hash holds 33 bytes"):
        merkle.verify_inclusion(
            merkle.LeafHash(merkle.Hash(bytes(33))),
            make_proof(0, []),
            make_head(1, bytes(32)),
        )


def test_a_consistency_proof_with_a_hash_of_another_length_is_refused() -> None:
    proof = [merkle.Hash(bytes(32)), merkle.Hash(bytes(33))]
    with pytest.raises(VerificationError, match="proof hash 1 holds 33 bytes"):
        merkle.verify_consistency(
            make_head(3, ORACLE.mth(0, 3)), make_head(5, ORACLE.mth(0, 5)), proof
        )


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_no_proof_is_made_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"no leaf {index} in a tree of {size}"):
        merkle.prove_inclusion(LOOKUP, leaf_index=index, tree_size=size)


@pytest.mark.parametrize(("older", "newer"), [(6, 5), (-1, 5)])
def test_no_proof_is_made_from_a_larger_tree(older: int, newer: int) -> None:
    with pytest.raises(ValueError, match=f"no tree of {older} leaves in one of"):
        merkle.prove_consistency(LOOKUP, older_size=older, newer_size=newer)
