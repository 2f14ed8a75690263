"""`provenance.merkle.frontier`: appending with nothing but the peaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merkle.oracle import OracleTree

from provenance import merkle
from provenance.errors import VerificationError

ENTRIES = [b"entry %d" % number for number in range(10_000)]
LEAVES = merkle.hash_leaves(ENTRIES)
ORACLE = OracleTree(ENTRIES)


def test_one_by_one_every_size_has_the_root_of_the_definition() -> None:
    frontier = merkle.Frontier()
    for size, leaf in enumerate(LEAVES[:257]):
        head = merkle.TreeHead(tree_size=size, root=ORACLE.mth(0, size))
        assert head == frontier.head()
        frontier = frontier.append(leaf)


@pytest.mark.parametrize("size", [4095, 4096, 4097, 8192, 10_000])
def test_a_bulk_of_several_blocks_has_the_root_of_the_definition(size: int) -> None:
    frontier = merkle.Frontier().extend(LEAVES[:size])
    assert ORACLE.mth(0, size) == frontier.root()


@given(st.lists(st.integers(0, 300), max_size=12))
def test_any_division_into_bulks_gives_one_tree(lengths: list[int]) -> None:
    frontier = merkle.Frontier()
    for length in lengths:
        start = frontier.tree_size
        frontier = frontier.extend(LEAVES[start : start + length])
    assert merkle.Frontier().extend(LEAVES[: sum(lengths)]) == frontier


@given(st.integers(0, 600), st.integers(0, 600))
def test_stored_peaks_go_on_as_if_never_stored(before: int, more: int) -> None:
    first = merkle.Frontier().extend(LEAVES[:before])
    stored = first.tree_size, [bytes(peak) for peak in first.peaks]
    again = merkle.Frontier(
        tree_size=stored[0], peaks=tuple(map(merkle.Hash, stored[1]))
    )
    assert ORACLE.mth(0, before + more) == (
        again.extend(LEAVES[before : before + more]).root()
    )


def test_a_lazy_source_is_read_to_its_end() -> None:
    assert ORACLE.mth(0, 9000) == merkle.hash_tree(iter(LEAVES[:9000]))


@pytest.mark.parametrize("level", range(10))
def test_shards_hashed_apart_merge_into_one_tree(level: int) -> None:
    width = 1 << level
    frontier = merkle.Frontier()
    for start in range(0, 7 * width, width):
        shard = merkle.hash_tree(LEAVES[start : start + width])
        frontier = frontier.append_subtree(level, shard)
    tail = LEAVES[7 * width : 7 * width + 3]
    assert ORACLE.mth(0, 7 * width + 3) == frontier.extend(tail).root()


@pytest.mark.parametrize(("size", "level"), [(1, 1), (2, 2), (255, 8), (4, 3)])
def test_a_subtree_that_is_not_aligned_is_refused(size: int, level: int) -> None:
    frontier = merkle.Frontier().extend(LEAVES[:size])
    with pytest.raises(
        ValueError, match=f"of {1 << level} leaves does not fit at {size}"
    ):
        frontier.append_subtree(level, LEAVES[0])


@pytest.mark.parametrize(
    ("tree_size", "peaks", "words"),
    [
        pytest.param(-1, [], "tree size is -1", id="negative"),
        pytest.param(2**63, [bytes(32)], "expected 0 to 2", id="too-large"),
        pytest.param(3, [bytes(32)], "1 peaks .* 3 leaves, expected 2", id="few"),
        pytest.param(4, [bytes(32)] * 2, "2 peaks .* expected 1", id="many"),
        pytest.param(3, [bytes(32), b""], "peak 1 holds 0 bytes", id="short-peak"),
    ],
)
def test_stored_peaks_are_refused(
    tree_size: int, peaks: list[bytes], words: str
) -> None:
    with pytest.raises(VerificationError, match=words):
        merkle.Frontier(tree_size=tree_size, peaks=tuple(map(merkle.Hash, peaks)))
