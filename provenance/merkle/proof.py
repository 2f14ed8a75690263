"""Inclusion and consistency proofs: made from subtree hashes, and verified.

RFC 6962, sections 2.1.1 and 2.1.2 (k: the largest power of two below n)::

    PATH(0, {d0}) = {}
    PATH(m, D[n]) = PATH(m, D[0:k]) : MTH(D[k:n])            m <  k
                  = PATH(m - k, D[k:n]) : MTH(D[0:k])        m >= k

    PROOF(m, D[n])          = SUBPROOF(m, D[n], true)
    SUBPROOF(m, D[m], true) = {}
    SUBPROOF(m, D[m], false) = {MTH(D[m])}
    SUBPROOF(m, D[n], b)    = SUBPROOF(m, D[0:k], b) : MTH(D[k:n])          m <= k
                            = SUBPROOF(m - k, D[k:n], false) : MTH(D[0:k])  m >  k

Verification follows RFC 9162, sections 2.1.3.2 and 2.1.4.2, in the closed form
that knows the length of a proof before the first hash: an *inner* part, where
left and right alternate with the bits of the index, then a *border* of left
siblings along the right edge of the tree.

https://www.rfc-editor.org/rfc/rfc9162.html#section-2.1.3
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provenance.errors import VerificationError
from provenance.merkle.tree import (
    HASH_BYTES,
    SIZE_LIMIT,
    Hash,
    LeafHash,
    SubtreeHash,
    TreeHead,
    hash_node,
    hash_range,
)

__all__ = [
    "InclusionProof",
    "prove_consistency",
    "prove_inclusion",
    "verify_consistency",
    "verify_inclusion",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusionProof:
    """Where a leaf stands and the hashes that lead from it to the root.

    The size of the tree is left out on purpose: it comes from the tree head.
    """

    leaf_index: int
    hashes: tuple[Hash, ...]  # the leaf's sibling first, the root's child last

    def __post_init__(self) -> None:
        if not 0 <= self.leaf_index < SIZE_LIMIT:
            raise VerificationError(
                f"leaf index is {self.leaf_index}, expected 0 to 2**63 - 1"
            )
        _verify_lengths(self.hashes)


def prove_inclusion(
    subtree_hash: SubtreeHash, *, leaf_index: int, tree_size: int
) -> InclusionProof:
    """Make the proof that a leaf is in a tree.

    Args:
        subtree_hash: Asked for complete subtrees of the first ``tree_size``
            leaves only.

    Raises:
        ValueError: There is no such leaf in a tree of that size.
    """
    if not 0 <= leaf_index < tree_size:
        raise ValueError(f"no leaf {leaf_index} in a tree of {tree_size} leaves")
    start, end = 0, tree_size
    siblings = []
    while end - start > 1:
        middle = start + _split(end - start)
        if leaf_index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    hashes = tuple(hash_range(subtree_hash, a, b) for a, b in reversed(siblings))
    return InclusionProof(leaf_index=leaf_index, hashes=hashes)


def verify_inclusion(leaf: LeafHash, proof: InclusionProof, head: TreeHead) -> None:
    """Check that a leaf is in the tree that a tree head commits to.

    The proof's length is checked against the tree size first, so a truncated
    or padded proof never reaches the hashing.

    Args:
        leaf: Computed by the caller from the bytes it holds, never taken from
            the file that brings the proof.
        head: Trusted already: verify the signature before this call.

    Raises:
        VerificationError: The proof does not lead from the leaf to the root.

    Example:
        >>> from provenance.merkle.tree import RootHash, hash_leaf
        >>> leaf = hash_leaf(b"row")
        >>> proof = InclusionProof(leaf_index=0, hashes=())
        >>> verify_inclusion(leaf, proof, TreeHead(tree_size=1, root=RootHash(leaf)))
        >>> verify_inclusion(leaf, proof, TreeHead(tree_size=2, root=RootHash(leaf)))
        Traceback (most recent call last):
        provenance.errors.VerificationError: inclusion proof of leaf 0 in 2 leaves \
has 0 hashes, expected 1
    """
    index, size = proof.leaf_index, head.tree_size
    if len(leaf) != HASH_BYTES:
        raise VerificationError(
            f"leaf hash holds {len(leaf)} bytes, expected {HASH_BYTES}"
        )
    if index >= size:
        raise VerificationError(f"leaf {index} is outside a tree of {size} leaves")
    inner = (index ^ (size - 1)).bit_length()
    border = (index >> inner).bit_count()
    _verify_count(
        proof.hashes,
        inner + border,
        f"inclusion proof of leaf {index} in {size} leaves",
    )
    root: Hash = leaf
    for height, sibling in enumerate(proof.hashes):
        if height >= inner or index >> height & 1:
            root = hash_node(sibling, root)
        else:
            root = hash_node(root, sibling)
    _verify_root(root, head)


def prove_consistency(
    subtree_hash: SubtreeHash, *, older_size: int, newer_size: int
) -> tuple[Hash, ...]:
    """Make the proof that a tree's first leaves are an older tree.

    Raises:
        ValueError: The older tree is larger than the newer one.
    """
    if not 0 <= older_size <= newer_size:
        raise ValueError(f"no tree of {older_size} leaves in one of {newer_size}")
    if older_size == 0:
        return ()
    start, end = 0, newer_size
    siblings = []
    while end != older_size:
        middle = start + _split(end - start)
        if older_size <= middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    if start:  # the flag b of SUBPROOF became false at the first turn to the right
        siblings.append((start, end))
    return tuple(hash_range(subtree_hash, a, b) for a, b in reversed(siblings))


def verify_consistency(older: TreeHead, newer: TreeHead, proof: Sequence[Hash]) -> None:
    """Check that one tree is another one with leaves appended.

    An older tree of size 0 has nothing to prove: only the empty proof will
    do (and its root can only be the one of no leaves, see `TreeHead`).

    Args:
        older: Trusted already, as is ``newer``.

    Raises:
        VerificationError: The newer tree does not extend the older one.
    """
    m, n = older.tree_size, newer.tree_size
    if m > n:
        raise VerificationError(
            f"older tree of {m} leaves is larger than the newer one of {n}"
        )
    _verify_lengths(proof)
    if m in {0, n}:
        _verify_count(proof, 0, f"consistency proof from {m} to {n} leaves")
        if m == n and older.root != newer.root:
            raise VerificationError(
                f"two trees of {n} leaves have different roots: "
                f"{older.root.hex()} and {newer.root.hex()}",
                hint="with both signatures this is evidence of a split view: keep it",
            )
        return
    # The last leaf of the older tree ends a complete subtree of 2**shift leaves,
    # which is a node of both trees: both roots are computed from there upwards.
    shift = (m & -m).bit_length() - 1
    mask = (m - 1) >> shift
    inner = (mask ^ ((n - 1) >> shift)).bit_length()
    border = (mask >> inner).bit_count()
    seeded = m == 1 << shift  # the older root is itself a node of the newer tree
    _verify_count(
        proof,
        inner + border + (0 if seeded else 1),
        f"consistency proof from {m} to {n} leaves",
    )
    seed, *rest = [older.root, *proof] if seeded else proof
    old_root = new_root = seed
    for height, sibling in enumerate(rest):
        if height >= inner or mask >> height & 1:
            old_root = hash_node(sibling, old_root)
            new_root = hash_node(sibling, new_root)
        else:
            new_root = hash_node(new_root, sibling)
    _verify_root(old_root, older)
    _verify_root(new_root, newer)


def _split(size: int) -> int:
    """Return k, "the largest power of two smaller than n"."""
    return 1 << ((size - 1).bit_length() - 1)


def _verify_count(hashes: Sequence[Hash], expected: int, what: str) -> None:
    if len(hashes) != expected:
        raise VerificationError(f"{what} has {len(hashes)} hashes, expected {expected}")


def _verify_lengths(hashes: Sequence[Hash]) -> None:
    for number, node in enumerate(hashes):
        if len(node) != HASH_BYTES:
            raise VerificationError(
                f"proof hash {number} holds {len(node)} bytes, expected {HASH_BYTES}"
            )


def _verify_root(computed: Hash, head: TreeHead) -> None:
    if computed != head.root:
        raise VerificationError(
            f"root mismatch at {head.tree_size} leaves: the proof leads to "
            f"{computed.hex()}, the tree head says {head.root.hex()}"
        )
