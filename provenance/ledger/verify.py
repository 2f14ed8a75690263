"""Check the ledger against its log, whole or down to every record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from provenance.domain import say_count
from provenance.errors import VerificationError
from provenance.ledger.maintain import check_derived
from provenance.ledger.rehash import ROWS, rehash_records, start_hashing
from provenance.ledger.shared import verify_shared, verify_used
from provenance.log import (
    COLUMNS,
    WEAK_PREFIXES,
    LogState,
    list_batches,
    verify_counts,
    verify_facts,
    verify_log,
    verify_tile_count,
)
from provenance.log.anchor import Anchored, Anchors, verify_anchors
from provenance.store import schema
from provenance.store.triggers import foreign_triggers
from provenance.store.values import verify_values

__all__ = [
    "Verified",
    "refuse_foreign_triggers",
    "verify_derived",
    "verify_ledger",
]

_LOGGED = [schema.METADATA.tables[name] for name in COLUMNS]
_LOGGED += [schema.log_entries, schema.log_state]
_LOGGED += [schema.checkpoints, schema.cosignatures]
_SHARED = [
    table
    for table in schema.METADATA.sorted_tables
    if table not in (*_LOGGED, *ROWS, *schema.DERIVED)
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was verified, and what was not proved by it."""

    entries: int
    root: str
    """Root over the entries, hex."""
    facts: int
    """Rows of fact tables that were compared with the entries."""
    checkpoints: int
    """Signed checkpoints over the log that were verified."""
    signed_entries: int | None
    """Entries under the newest checkpoint."""
    anchored: Anchored = field(default_factory=Anchored)
    """What others vouch for."""
    records: int | None = None
    """Records hashed anew; None without ``deep``."""
    redacted: int = 0
    """Records whose name and URL were erased: their leaves stand by hash."""
    records_seconds: float | None = None
    derived_seconds: float | None = None
    not_proved: tuple[str, ...] = ()
    """What an auditor must not take as shown."""

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values; the format of ``verify --json``."""
        return asdict(self) | {"not_proved": list(self.not_proved)}


def verify_ledger(
    connection: sa.Connection,
    *,
    deep: bool,
    anchors: Anchors,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Verify log, checkpoints and facts; with ``deep`` every record and edge too.

    Raises:
        VerificationError: Something recorded is not what was logged.
    """
    verify_values(connection, _LOGGED)
    state = verify_log(connection, anchors.keys)
    anchored = verify_anchors(connection, state, anchors)
    facts = verify_facts(connection)
    batches = list_batches(connection)
    verify_counts(connection, batches)
    erased = sa.select(sa.func.count()).select_from(schema.redactions)
    redacted = connection.execute(erased).scalar_one()
    records = seconds = weak = None
    if deep:
        started = time.monotonic()
        with start_hashing(connection, batches) as pieces:
            verify_values(connection, _SHARED)
            verify_shared(connection)
            hashed = rehash_records(connection, batches, pieces, progress)
        verify_tile_count(connection, batches)
        verify_used(connection, hashed.used)
        records, weak = hashed.records, hashed.weak
        seconds = time.monotonic() - started
    return Verified(
        entries=state.size,
        root=state.root.hex(),
        facts=facts,
        checkpoints=state.signed,
        signed_entries=state.signed_size,
        anchored=anchored,
        redacted=redacted,
        records=records,
        records_seconds=seconds,
        not_proved=tuple(
            _not_proved(
                state,
                anchors,
                anchored.entries,
                weak=_weak_records(connection) if weak is None else weak,
                redacted=redacted,
                deep=deep,
            )
        ),
    )


def _not_proved(
    state: LogState,
    anchors: Anchors,
    anchored: int,
    *,
    weak: int,
    redacted: int,
    deep: bool,
) -> Iterator[str]:
    size, signed = state.size, state.signed_size
    if signed is None:
        yield (
            "unsigned: whoever can write the database can have made all of it anew; "
            "see provenance log keygen"
        )
    elif not anchors.keys:
        yield (
            "signer: the signatures fit the keys that this ledger names itself; give "
            "the key you know with --vkey"
        )
    if signed is not None and signed < size:
        yield f"{_say_last(size - signed)} under no signed checkpoint"
    if not anchored:
        yield (
            "no outside anchor: an older copy of the whole ledger would verify as "
            "well; keep a checkpoint elsewhere and give it with --pin"
        )
    elif anchored < size:
        yield f"{_say_last(size - anchored)} under no outside anchor"
    if weak:
        yield (
            f"weak digests: {say_count(weak, 'record')} known by SHA-1 or MD5 only, "
            "which find a content and do not prove it"
        )
    if redacted:
        yield (
            f"redacted: {say_count(redacted, 'record')} without name and URL; that the "
            "hash of what remains belongs to the hash of the leaf is the owner's word"
        )
    if not deep:
        yield "records and edges were counted, not hashed; use --deep"
    yield "that what was recorded is true: only that it was recorded, and when logged"


def _weak_records(connection: sa.Connection) -> int:
    digests, items = schema.records.c.digest, schema.records.c.item
    first = sa.func.substr(digests, 1, 1)
    query = sa.select(first, sa.func.count()).where(items.is_(None)).group_by(first)
    begins = [prefix[:1] for prefix in WEAK_PREFIXES]
    return sum(
        int(count) for prefix, count in connection.execute(query) if prefix in begins
    )


def verify_derived(connection: sa.Connection) -> None:
    """Rebuild the derived tables and compare; the transaction must be undone.

    Raises:
        VerificationError: A derived table is not what the facts make it, or a trigger
            that is not ours could have made it look so.
    """
    refuse_foreign_triggers(connection)
    verify_values(connection, schema.DERIVED)
    differences = check_derived(connection)
    if differences:
        raise VerificationError(
            "; ".join(differences), hint="Run: provenance db rebuild"
        )


def refuse_foreign_triggers(connection: sa.Connection) -> None:
    """Refuse to write, or to compare what is written, past triggers that are not ours.

    Raises:
        VerificationError: There are some.
    """
    foreign = foreign_triggers(connection)
    if foreign:
        raise VerificationError(
            "; ".join(foreign), hint="Then run: provenance db rebuild"
        )


def _say_last(number: int) -> str:
    if number == 1:
        return "the last entry is"
    return f"the last {number:,} entries are"
