r"""Two checkpoints of one log that cannot both be true: evidence that travels.

One JSON object, spelt as a proof file is::

    {
     "newer": "<signed note>",
     "older": "<signed note>",
     "path": ["<base64 hash>", …],
     "root": "<base64 hash>",
     "type": "provenance/fork/v1"
    }

``path`` is the consistency proof from a tree of the older note's size and ``root`` to
the newer note's tree. If it holds and ``root`` is not the older note's, the log's key
has signed two histories. Equal sizes need no path: two roots are enough.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from provenance.errors import VerificationError
from provenance.merkle import (
    Checkpoint,
    RootHash,
    TreeHead,
    VerifierKey,
    open_checkpoint,
    verify_consistency,
)
from provenance.merkle.encoding import format_hash, parse_hash
from provenance.merkle.tree import Hash

__all__ = ["Fork", "find_fork", "format_fork", "open_any", "parse_fork", "verify_fork"]

_TYPE: Final = "provenance/fork/v1"
_LIMIT_BYTES: Final = 1024 * 1024
_MEMBERS = {"newer", "older", "path", "root", "type"}

History = Callable[[int], tuple[RootHash, Sequence[Hash]]]
"""From an older size to its root in the newer tree and the proof between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """What shows that a log was forked, believed or not."""

    older: bytes
    newer: bytes
    root: RootHash
    """Root of the older size in the newer tree."""
    path: tuple[Hash, ...]


def open_any(note: bytes, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Open a checkpoint signed by one of a log's keys, past or present.

    Raises:
        VerificationError: None of them signed it.
    """
    faults = []
    for key in keys:
        try:
            return open_checkpoint(note, key)
        except VerificationError as error:
            faults.append(error.message)
    raise VerificationError("; ".join(dict.fromkeys(faults)) or "no key was given")


def find_fork(
    first: bytes, second: bytes, keys: Sequence[VerifierKey], history: History
) -> Fork | None:
    """Compare two checkpoints of one log; None when the newer continues the older.

    Args:
        first: A signed note.
        second: Another one; which is older does not matter.
        keys: The log's keys, known from elsewhere.
        history: Asked for the tree under the newer of them.

    Raises:
        VerificationError: A note is not the log's, or the history is not that of the
            newer note.
    """
    older, newer = sorted(
        (first, second), key=lambda note: open_any(note, keys).head.tree_size
    )
    old, new = open_any(older, keys), open_any(newer, keys)
    if old.origin != new.origin:
        raise VerificationError(
            f"these are checkpoints of two logs: {old.origin} and {new.origin}"
        )
    if old.head == new.head:
        return None
    root, path = new.head.root, tuple[Hash, ...]()
    if old.head.tree_size < new.head.tree_size:
        root, proof = history(old.head.tree_size)
        path = tuple(proof)
        head = TreeHead(tree_size=old.head.tree_size, root=root)
        verify_consistency(head, new.head, path)
    if root == old.head.root:
        return None
    return Fork(older=older, newer=newer, root=root, path=path)


def format_fork(fork: Fork) -> bytes:
    """Write the evidence; the inverse of ``parse_fork``."""
    written = {
        "newer": fork.newer.decode(),
        "older": fork.older.decode(),
        "path": [format_hash(node) for node in fork.path],
        "root": format_hash(fork.root),
        "type": _TYPE,
    }
    return _write(written)


def parse_fork(octets: bytes) -> Fork:
    """Read evidence of a fork, without believing it.

    Raises:
        VerificationError: The bytes are not as ``format_fork`` writes them.
    """
    fault = VerificationError("this is not evidence of a fork, as it is written here")
    if len(octets) > _LIMIT_BYTES:
        raise fault
    try:
        read = json.loads(octets)
        same = isinstance(read, dict) and _write(read) == octets
    except (ValueError, RecursionError) as error:
        raise fault from error
    if not same or set(read) != _MEMBERS or read["type"] != _TYPE:
        raise fault
    path = read["path"]
    texts = [read[name] for name in ("newer", "older", "root")]
    if not isinstance(path, list) or not all(
        isinstance(text, str) for text in [*texts, *path]
    ):
        raise fault
    return Fork(
        older=read["older"].encode(),
        newer=read["newer"].encode(),
        root=RootHash(parse_hash(read["root"], "root")),
        path=tuple(parse_hash(node, "a hash of the path") for node in path),
    )


def verify_fork(fork: Fork, keys: Sequence[VerifierKey]) -> tuple[Checkpoint, ...]:
    """Check evidence of a fork with the log's keys alone.

    Returns:
        The older and the newer checkpoint, which cannot both be true.

    Raises:
        VerificationError: It shows no fork.
    """
    found = find_fork(
        fork.older, fork.newer, keys, lambda _size: (fork.root, fork.path)
    )
    if found is None:
        raise VerificationError("the newer checkpoint may well continue the older one")
    return open_any(fork.older, keys), open_any(fork.newer, keys)


def _write(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False)
    return f"{text}\n".encode()
