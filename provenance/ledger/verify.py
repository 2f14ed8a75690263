"""Check the ledger against its log, whole or down to every record."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.ledger.maintain import check_ledger
from provenance.log import (
    LoggedBatch,
    LogState,
    list_batches,
    verify_batch,
    verify_counts,
    verify_facts,
    verify_log,
)
from provenance.log.anchor import Anchored, Anchors, verify_anchors
from provenance.store import schema
from provenance.store.engine import connect_engine

__all__ = ["Verified", "verify_derived", "verify_ledger"]

_WORKERS = 2
_WORTH_WORKERS = 100_000


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
    state = verify_log(connection, anchors.key)
    anchored = verify_anchors(connection, state, anchors)
    facts = verify_facts(connection)
    batches = list_batches(connection)
    verify_counts(connection, batches)
    records = seconds = None
    if deep:
        started = time.monotonic()
        total, records = sum(batch.records for batch in batches), 0
        for done in _verify_batches(connection, batches, total):
            records += done
            if progress:
                progress(records, total)
        seconds = time.monotonic() - started
    return Verified(
        entries=state.size,
        root=state.root.hex(),
        facts=facts,
        checkpoints=state.signed,
        signed_entries=state.signed_size,
        anchored=anchored,
        records=records,
        records_seconds=seconds,
        not_proved=tuple(
            _not_proved(connection, state, anchors, anchored.entries, deep=deep)
        ),
    )


def _verify_batches(
    connection: sa.Connection, batches: list[LoggedBatch], total: int
) -> Iterator[int]:
    """Hash batches here, or in worker processes where there is enough to do."""
    url = connection.engine.url
    if total < _WORTH_WORKERS or url.database in (None, "", ":memory:"):
        for batch in batches:
            yield verify_batch(connection, batch)
        return
    text = url.render_as_string(hide_password=False)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_WORKERS, mp_context=spawn) as pool:
        yield from pool.map(_verify_in_worker, [text] * len(batches), batches)


def _verify_in_worker(url: str, batch: LoggedBatch) -> int:
    engine = connect_engine(url)
    try:
        with engine.connect() as connection, connection.begin():
            return verify_batch(connection, batch)
    finally:
        engine.dispose()


def _not_proved(
    connection: sa.Connection,
    state: LogState,
    anchors: Anchors,
    anchored: int,
    *,
    deep: bool,
) -> Iterator[str]:
    size, signed = state.size, state.signed_size
    if signed is None:
        yield (
            "unsigned: whoever can write the database can have made all of it anew; "
            "see provenance log keygen"
        )
    elif anchors.key is None:
        yield (
            "signer: the signatures fit the keys that this ledger names itself; give "
            "the key you know with --vkey"
        )
    if signed is not None and signed < size:
        yield f"the last {size - signed} entries are under no signed checkpoint"
    if not anchored:
        yield (
            "no outside anchor: an older copy of the whole ledger would verify as "
            "well; keep a checkpoint elsewhere and give it with --pin"
        )
    elif anchored < size:
        yield f"the last {size - anchored} entries are under no outside anchor"
    weak = _weak_records(connection)
    if weak:
        yield (
            f"weak digests: {weak:,} records are known by SHA-1 or MD5 only, which "
            "find a content and do not prove it"
        )
    if not deep:
        yield "records and edges were counted, not hashed; use --deep"
    yield "that what was recorded is true: only that it was recorded, and when logged"


def _weak_records(connection: sa.Connection) -> int:
    digests, items = schema.records.c.digest, schema.records.c.item
    first = sa.func.substr(digests, 1, 1)
    query = sa.select(first, sa.func.count()).where(items.is_(None)).group_by(first)
    weak = {b"\x11", b"\xd5"}
    return sum(
        int(count) for prefix, count in connection.execute(query) if prefix in weak
    )


def verify_derived(connection: sa.Connection) -> None:
    """Rebuild the derived tables and compare; the transaction must be undone.

    Raises:
        VerificationError: A derived table is not what the facts make it.
    """
    differences = check_ledger(connection)
    if differences:
        raise VerificationError(
            "; ".join(differences), hint="Run: provenance db rebuild"
        )
