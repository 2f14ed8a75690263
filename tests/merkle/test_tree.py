"""`provenance.merkle.tree`: hashes of leaves, nodes and ranges."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merkle import vectors
from merkle.oracle import OracleTree

from provenance import merkle
from provenance.errors import VerificationError
from provenance.merkle.tree import hash_pairs

ENTRIES = [b"entry %d" % number for number in range(256)]
LEAVES = merkle.hash_leaves(ENTRIES)


@pytest.mark.parametrize("number", range(8))
def test_leaf_hashes_of_the_reference_tree(number: int) -> None:
    leaf = merkle.hash_leaf(vectors.CT_ENTRIES[number])
    assert vectors.CT_LEAVES[number] == leaf.hex()


@pytest.mark.parametrize("size", range(9))
def test_roots_of_the_reference_tree(size: int) -> None:
    leaves = merkle.hash_leaves(vectors.CT_ENTRIES[:size])
    assert vectors.CT_ROOTS[size] == merkle.hash_tree(leaves).hex()


def test_hash_primitives_of_the_reference_implementation() -> None:
    leaf = merkle.hash_leaf(b"L123456")
    node = merkle.hash_node(merkle.Hash(b"N123"), merkle.Hash(b"N456"))
    counting = merkle.hash_node(
        merkle.Hash(bytes(range(32))), merkle.Hash(bytes(range(32, 64)))
    )
    expected = [
        "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56",
        "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb",
        "1a378704c17da31e2d05b6d121c2bb2c7d76f6ee6fa8f983e596c2d034963c57",
    ]
    assert expected == [found.hex() for found in (leaf, node, counting)]


def test_the_empty_root_is_the_hash_of_nothing() -> None:
    assert vectors.CT_ROOTS[0] == merkle.EMPTY_ROOT.hex()


@given(st.lists(st.binary(max_size=100)))
def test_many_leaves_hash_as_each_alone(entries: list[bytes]) -> None:
    assert [merkle.hash_leaf(entry) for entry in entries] == merkle.hash_leaves(entries)


@pytest.mark.parametrize("size", range(8))
def test_pairs_leave_out_a_last_node_without_sibling(size: int) -> None:
    pairs = zip(LEAVES[:size:2], LEAVES[1:size:2], strict=False)
    assert [merkle.hash_node(*pair) for pair in pairs] == hash_pairs(LEAVES[:size])


@pytest.mark.parametrize("size", range(257))
def test_every_size_has_the_root_of_the_definition(size: int) -> None:
    lookup = merkle.lookup_leaves(LEAVES[:size])
    expected = OracleTree(ENTRIES).mth(0, size)
    assert expected == merkle.hash_tree(LEAVES[:size])
    assert expected == merkle.hash_range(lookup, 0, size)


def test_a_leaf_cannot_pass_for_a_node() -> None:
    left, right = LEAVES[:2]
    assert merkle.hash_node(left, right) != merkle.hash_leaf(left + right)


def test_a_last_leaf_twice_is_another_tree() -> None:
    """Trees that duplicate the last node cannot tell these apart."""
    assert merkle.hash_tree(LEAVES[:3]) != merkle.hash_tree([*LEAVES[:3], LEAVES[2]])


@pytest.mark.parametrize(
    ("tree_size", "root", "words"),
    [
        pytest.param(-1, bytes(32), "tree size is -1", id="negative"),
        pytest.param(2**63, bytes(32), "expected 0 to 2", id="too-large"),
        pytest.param(1, bytes(31), "root hash holds 31 bytes", id="short-root"),
        pytest.param(1, bytes(33), "root hash holds 33 bytes", id="long-root"),
        pytest.param(0, bytes(32), "root of an empty tree is 0000", id="empty-tree"),
    ],
)
def test_a_tree_head_refuses(tree_size: int, root: bytes, words: str) -> None:
    with pytest.raises(VerificationError, match=words):
        merkle.TreeHead(tree_size=tree_size, root=merkle.RootHash(merkle.Hash(root)))
