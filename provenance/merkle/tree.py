"""The Merkle tree hash of RFC 6962, over SHA-256.

Section 2.1 (the same in RFC 9162, section 2.1.1)::

    MTH({})    = SHA-256()
    MTH({d0})  = SHA-256(0x00 || d0)
    MTH(D[n])  = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))
                 k = the largest power of two smaller than n

The prefixes keep leaves and nodes apart: "this domain separation is required to
give second preimage resistance". The last node of an odd level is carried up
as it is: never duplicated, never padded.

https://www.rfc-editor.org/rfc/rfc6962.html#section-2.1
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NewType, cast

from provenance.errors import VerificationError

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "SIZE_LIMIT",
    "Hash",
    "LeafHash",
    "RootHash",
    "SubtreeHash",
    "TreeHead",
    "hash_leaf",
    "hash_leaves",
    "hash_node",
    "hash_pairs",
    "hash_range",
    "lookup_leaves",
]

Hash = NewType("Hash", bytes)
"""The 32-byte hash of any subtree."""

LeafHash = NewType("LeafHash", Hash)
"""The hash of one entry, which is also the hash of a subtree of one leaf."""

RootHash = NewType("RootHash", Hash)
"""The hash of a whole tree. It does not commit to the size: see `TreeHead`."""

SubtreeHash = Callable[[int, int], Hash]
"""``(level, index)`` to the hash of the complete subtree over the leaves
``index * 2**level`` to ``(index + 1) * 2**level``."""

HASH_BYTES: Final = 32
SIZE_LIMIT: Final = 2**63  # sizes and indexes are below this in every C2SP format
EMPTY_ROOT: Final = RootHash(Hash(sha256().digest()))

_LEAF = sha256(b"\x00")
_NODE = sha256(b"\x01")


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeHead:
    """The size of a tree and its root, which only mean something together.

    One proof and one root verify under many sizes, so both must come from
    one authenticated place: a signed checkpoint, or an entry proved in it.
    """

    tree_size: int
    root: RootHash

    def __post_init__(self) -> None:
        if not 0 <= self.tree_size < SIZE_LIMIT:
            raise VerificationError(
                f"tree size is {self.tree_size}, expected 0 to 2**63 - 1"
            )
        if len(self.root) != HASH_BYTES:
            raise VerificationError(
                f"root hash holds {len(self.root)} bytes, expected {HASH_BYTES}"
            )
        if self.tree_size == 0 and self.root != EMPTY_ROOT:
            raise VerificationError(
                f"root of an empty tree is {self.root.hex()}, "
                f"expected {EMPTY_ROOT.hex()}"
            )


def hash_leaf(entry: bytes) -> LeafHash:
    """Hash one entry: ``SHA-256(0x00 || entry)``.

    Example:
        >>> hash_leaf(b"").hex()
        '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'
    """
    return LeafHash(Hash(sha256(b"\x00" + entry).digest()))


def hash_node(left: Hash, right: Hash) -> Hash:
    """Hash two subtrees into their parent: ``SHA-256(0x01 || left || right)``."""
    return Hash(sha256(b"\x01" + left + right).digest())


def hash_leaves(entries: Iterable[bytes]) -> list[LeafHash]:
    """Hash many entries, the same as `hash_leaf` on each.

    Copying a primed hash spares OpenSSL its look-up of the algorithm: 0.50
    against 0.54 microseconds for an entry of 100 bytes.
    """
    fresh = _LEAF.copy
    hashes: list[bytes] = []
    append = hashes.append
    for entry in entries:
        state = fresh()
        state.update(entry)
        append(state.digest())
    return cast("list[LeafHash]", hashes)


def hash_pairs(nodes: Sequence[Hash]) -> list[Hash]:
    """Hash neighbours two by two into the level above.

    Args:
        nodes: The first must be a left child; of an odd number the last
            has no sibling yet and is left out.
    """
    fresh = _NODE.copy
    parents: list[bytes] = []
    append = parents.append
    one_by_one = iter(nodes)
    for left, right in zip(one_by_one, one_by_one, strict=False):
        state = fresh()
        state.update(left + right)
        append(state.digest())
    return cast("list[Hash]", parents)


def hash_range(subtree_hash: SubtreeHash, start: int, end: int) -> Hash:
    """Compute ``MTH(D[start:end])`` from hashes of complete subtrees.

    Args:
        start: A multiple of the smallest power of two that is not below
            ``end - start``, as in every range that RFC 6962 speaks of.
    """
    if start == end:
        return EMPTY_ROOT
    peaks = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(subtree_hash(level, start >> level))
        start += 1 << level
    root = peaks.pop()
    while peaks:
        root = hash_node(peaks.pop(), root)
    return root


def lookup_leaves(leaves: Sequence[LeafHash]) -> SubtreeHash:
    """Hash a tree that fits into memory and return its subtree hashes.

    Example:
        >>> leaves = hash_leaves([b"one", b"two", b"three"])
        >>> hash_range(lookup_leaves(leaves), 0, 3).hex()[:16]
        '5aac771c899ac292'
    """
    levels: list[Sequence[Hash]] = [leaves]
    while len(levels[-1]) > 1:
        levels.append(hash_pairs(levels[-1]))
    return lambda level, index: levels[level][index]
