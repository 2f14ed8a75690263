r"""Append entries to the log, and keep the head of its tree.

An entry is a type line and canonical JSON; it is a leaf of the ledger's log::

    provenance/<kind>/v1\n{"…":…}

Position, tree head and facts move in one transaction: the head is replaced by
compare-and-swap on (size, root), so two writers can never make two roots of one size.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import sqlalchemy as sa

from provenance.errors import LedgerError, LedgerStateError, VerificationError
from provenance.merkle import Frontier, Hash, hash_leaf
from provenance.store import schema

__all__ = ["LARGEST_ENTRY", "append_entry", "load_frontier", "log_size"]

LARGEST_ENTRY = 65_535
"""Bytes; the length field of an entry bundle has two (C2SP tlog-tiles)."""

_HASH_BYTES = 32


def load_frontier(connection: sa.Connection) -> Frontier:
    """Return the head of the log's tree: its size and the peaks of its right edge.

    Raises:
        VerificationError: The peaks kept do not make the root kept.
    """
    state = schema.log_state
    row = connection.execute(sa.select(state)).first()
    if row is None:
        return Frontier()
    if not isinstance(row.size, int) or not isinstance(row.peaks, bytes):
        raise VerificationError("log_state: size or peaks are of another type")
    peaks = (
        Hash(row.peaks[start : start + _HASH_BYTES])
        for start in range(0, len(row.peaks), _HASH_BYTES)
    )
    try:
        frontier = Frontier(tree_size=row.size, peaks=tuple(peaks))
    except VerificationError as error:
        raise VerificationError(f"log_state: {error.message}") from error
    if frontier.root() != row.root:
        raise VerificationError(
            f"log_state: the root of {row.size} entries is kept as {row.root.hex()}, "
            f"its peaks make {frontier.root().hex()}"
        )
    return frontier


def log_size(connection: sa.Connection) -> int:
    """Return the number of entries: the position that a report is *as of*."""
    state = schema.log_state
    return connection.execute(sa.select(state.c.size)).scalar_one_or_none() or 0


def append_entry(
    connection: sa.Connection, kind: str, body: Mapping[str, object], recorded_at: int
) -> int:
    """Append an entry and return its position.

    Args:
        connection: An open writing transaction.
        kind: batch, model, dataset, policy, withdrawal …
        body: What changed; plain JSON values, no floats.
        recorded_at: Microseconds since 1970 UTC.

    Raises:
        LedgerError: The entry is larger than the log format allows.
        LedgerStateError: Another writer moved the log meanwhile.
    """
    stamped = {**body, "recorded_at": recorded_at}
    text = json.dumps(
        stamped, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    entry = f"provenance/{kind}/v1\n{text}".encode()
    if len(entry) > LARGEST_ENTRY:
        raise LedgerError(
            f"a {kind} entry of {len(entry)} bytes does not fit the log "
            f"({LARGEST_ENTRY} at most)",
            hint="Say it in several smaller statements.",
        )
    before = load_frontier(connection)
    position = before.tree_size
    connection.execute(
        schema.log_entries.insert().values(
            position=position, kind=kind, entry=entry, recorded_at=recorded_at
        )
    )
    _swap(connection, before, before.append(hash_leaf(entry)))
    return position


def _swap(connection: sa.Connection, before: Frontier, after: Frontier) -> None:
    state = schema.log_state
    values = {
        "size": after.tree_size,
        "root": after.root(),
        "peaks": b"".join(after.peaks),
    }
    if not before.tree_size:
        connection.execute(state.insert().values(id=1, **values))
        return
    moved = connection.execute(
        state.update()
        .where(state.c.size == before.tree_size, state.c.root == before.root())
        .values(**values)
    )
    if moved.rowcount != 1:
        raise LedgerStateError(
            f"another writer moved the log past {before.tree_size} entries",
            hint="Nothing was recorded. Run the command again.",
        )
