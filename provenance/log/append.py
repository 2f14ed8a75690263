r"""Append one entry to the log: every change of facts gets a position.

An entry is a type line and canonical JSON::

    provenance/<kind>/v1\n{"…":…}
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import sqlalchemy as sa

from provenance.errors import LedgerError
from provenance.store import schema

__all__ = ["LARGEST_ENTRY", "append_entry", "log_size"]

LARGEST_ENTRY = 65_535
"""Bytes; the length field of an entry bundle has two (C2SP tlog-tiles)."""


def log_size(connection: sa.Connection) -> int:
    """Return the number of entries: the position that a report is *as of*."""
    query = sa.select(sa.func.max(schema.log_entries.c.position))
    last = connection.execute(query).scalar_one_or_none()
    return 0 if last is None else int(last) + 1


def append_entry(
    connection: sa.Connection, kind: str, body: Mapping[str, object], recorded_at: int
) -> int:
    """Append an entry and return its position.

    Args:
        connection: An open writing transaction.
        kind: batch, model, dataset, policy, withdrawal …
        body: What changed; plain JSON values.
        recorded_at: Microseconds since 1970 UTC.

    Raises:
        LedgerError: The entry is larger than the log format allows.
    """
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    entry = f"provenance/{kind}/v1\n{text}".encode()
    if len(entry) > LARGEST_ENTRY:
        raise LedgerError(
            f"a {kind} entry of {len(entry)} bytes does not fit the log "
            f"({LARGEST_ENTRY} at most)",
            hint="Say it in several smaller statements.",
        )
    position = log_size(connection)
    connection.execute(
        schema.log_entries.insert().values(
            position=position, kind=kind, entry=entry, recorded_at=recorded_at
        )
    )
    return position
