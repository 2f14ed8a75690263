"""Check the ledger against its log, whole or down to every record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.ledger.maintain import check_ledger
from provenance.ledger.workers import start_workers
from provenance.log import (
    LoggedBatch,
    list_batches,
    verify_batch,
    verify_counts,
    verify_facts,
    verify_log,
)
from provenance.merkle import VerifierKey
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
    key: VerifierKey | None,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Verify log, checkpoints and facts; with ``deep`` every record and edge too.

    Raises:
        VerificationError: Something recorded is not what was logged.
    """
    state = verify_log(connection, key)
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
        records=records,
        records_seconds=seconds,
        not_proved=tuple(
            _not_proved(connection, state.size, state.signed_size, key, deep=deep)
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
    with start_workers(_WORKERS) as pool:
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
    size: int,
    signed: int | None,
    key: VerifierKey | None,
    *,
    deep: bool,
) -> Iterator[str]:
    if signed is None:
        yield (
            "unsigned: whoever can write the database can have made all of it anew; "
            "see provenance log keygen"
        )
    elif key is None:
        yield (
            "signer: the signatures fit the keys that this ledger names itself; give "
            "the key you know with --vkey"
        )
    if signed is not None and signed < size:
        yield f"the last {size - signed} entries are under no signed checkpoint"
    yield (
        "no outside anchor: an older copy of the whole ledger would verify as well; "
        "keep a checkpoint elsewhere"
    )
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
