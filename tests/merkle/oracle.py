"""RFC 6962 and RFC 9162 once more, word for word: slow, and sharing no code.

`OracleTree` follows the recursive definitions of RFC 6962, section 2.1. The two
``accepts_`` functions are the fn/sn loops of RFC 9162, sections 2.1.3.2 and
2.1.4.2, where the package uses the closed form.
"""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Any


class OracleTree:
    """A tree over entries, by definition; each subtree is hashed once."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self.entries = entries
        self.mth: Any = cache(self._mth)

    def _mth(self, start: int, end: int) -> bytes:
        if start == end:
            return sha256(b"").digest()
        if end - start == 1:
            return sha256(b"\x00" + self.entries[start]).digest()
        middle = start + largest_power_below(end - start)
        left, right = self.mth(start, middle), self.mth(middle, end)
        return sha256(b"\x01" + left + right).digest()

    def path(self, m: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        k = start + largest_power_below(end - start)
        if m < k:
            return [*self.path(m, start, k), self.mth(k, end)]
        return [*self.path(m, k, end), self.mth(start, k)]

    def proof(self, m: int, n: int) -> list[bytes]:
        return self.subproof(m, 0, n, complete=True) if m else []

    def subproof(self, m: int, start: int, end: int, *, complete: bool) -> list[bytes]:
        if m == end:
            return [] if complete else [self.mth(start, end)]
        k = start + largest_power_below(end - start)
        if m <= k:
            return [*self.subproof(m, start, k, complete=complete), self.mth(k, end)]
        return [*self.subproof(m, k, end, complete=False), self.mth(start, k)]


def largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root_of_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes]
) -> bytes | None:
    """Return where the hashes lead, or None if they are too few or too many."""
    if not 0 <= index < size:
        return None
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            r = sha256(b"\x01" + p + r).digest()
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\x01" + r + p).digest()
        fn, sn = fn >> 1, sn >> 1
    return r if sn == 0 else None


def accepts_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    return root == root_of_inclusion(leaf, index, size, proof)


def roots_of_consistency(
    first: int, second: int, first_hash: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes] | None:
    """Return where the hashes lead, or None if they are too few or too many."""
    if not 0 < first < second or not proof:
        return None
    path = [first_hash, *proof] if first & (first - 1) == 0 else list(proof)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            fr = sha256(b"\x01" + c + fr).digest()
            sr = sha256(b"\x01" + c + sr).digest()
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha256(b"\x01" + sr + c).digest()
        fn, sn = fn >> 1, sn >> 1
    return (fr, sr) if sn == 0 else None


def accepts_consistency(
    first: int,
    second: int,
    first_hash: bytes,
    second_hash: bytes,
    proof: Sequence[bytes],
) -> bool:
    if first == second > 0:
        return not proof and first_hash == second_hash
    roots = (first_hash, second_hash)
    return roots == roots_of_consistency(first, second, first_hash, proof)
