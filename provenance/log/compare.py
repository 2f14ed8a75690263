"""Say whether two signed checkpoints tell one history."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from provenance.errors import LedgerStateError, VerificationError
from provenance.log.fork import Fork, find_fork, open_any
from provenance.log.history import Branch
from provenance.merkle import VerifierKey, format_note

__all__ = ["compare_notes"]


def compare_notes(
    first: bytes,
    second: bytes,
    keys: Sequence[VerifierKey],
    open_branch: Callable[[], Branch],
) -> Fork | None:
    """Compare two checkpoints with the help of a log that knows one of them.

    Notes of one size speak for themselves. Otherwise the tree under the newer one is
    asked for; where it is not at hand, but the older one's is and has grown past the
    newer note, the newer note is held against that log's own checkpoint.

    Args:
        first: A signed note.
        second: Another one.
        keys: The log's keys, known from elsewhere.
        open_branch: Opens the log at hand; called when the sizes differ.

    Returns:
        Evidence of a fork, or None when the newer note continues the older one.

    Raises:
        LedgerStateError: The log at hand knows neither well enough to tell.
        VerificationError: A note is not the log's.
    """
    older, newer = sorted(
        (first, second), key=lambda note: open_any(note, keys).head.tree_size
    )
    old, new = open_any(older, keys).head, open_any(newer, keys).head
    if old.tree_size == new.tree_size:
        return find_fork(older, newer, keys, lambda _size: (new.root, ()))
    branch = open_branch()
    if branch.has(new):
        return find_fork(
            older, newer, keys, lambda size: branch.prove(size, new.tree_size)
        )
    if not branch.has(old) or new.tree_size > branch.head.tree_size:
        raise LedgerStateError(
            f"the log at hand has {branch.head.tree_size} signed entries, and cannot "
            f"tell whether {new.tree_size} entries continue {old.tree_size}",
            hint="Compare where the newer checkpoint's entries are: name its ledger "
            "with --ledger, or an export of it with --tiles.",
        )
    mine = format_note(branch.note)
    open_any(mine, keys)
    fork = find_fork(
        newer, mine, keys, lambda size: branch.prove(size, branch.head.tree_size)
    )
    if fork is None:
        raise VerificationError("the log at hand contradicts itself")
    return fork
