"""Record one manifest: the way of a record, from the file to the log.

manifest file → rows → Arrow batches of the one schema → records and edges, and the
tree over them → log entry → pedigrees and tallies → commit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

import sqlalchemy as sa

from provenance.errors import ManifestError
from provenance.ledger.order import KINDS, Ingest, Ingested
from provenance.ledger.plan import make_plan
from provenance.ledger.quarantine import Quarantine
from provenance.ledger.run import Run
from provenance.manifest import fingerprint, map_columns, open_manifest

__all__ = ["ingest_file"]


class _Opens(Protocol):
    def __call__(self, *, keep: bool = True) -> AbstractContextManager[sa.Connection]:
        """Open a writing transaction."""


def ingest_file(order: Ingest, writing: _Opens, clock: Callable[[], int]) -> Ingested:
    """Carry out an order; see ``Ledger.ingest`` for its meaning and errors."""
    started = time.monotonic()
    if order.kind not in KINDS:
        raise ManifestError(
            f"a manifest of kind {order.kind!r} cannot be recorded",
            hint=f"The kinds are: {', '.join(KINDS)}.",
        )
    named = {field: column for field, column in order.columns.items() if column}
    reader = open_manifest(order.path, format=order.format, named=named)
    columns = map_columns(reader.columns, dict(order.columns), dict(order.constants))
    sha256, size = fingerprint(order.path)
    outcome = Ingested(
        file=str(order.path),
        dataset=str(order.dataset),
        format=reader.format,
        mapping=columns.described(),
        unused=tuple(columns.unused),
        dry_run=order.dry_run,
    )
    quarantine = Quarantine.beside(
        order.quarantine, order.path.name, sha256, order.max_bad
    )
    try:
        with writing(keep=not order.dry_run) as connection:
            plan = make_plan(connection, order, sha256, columns.to_json())
            if plan is None:
                outcome = replace(outcome, already=True)
            else:
                run = Run(
                    order=order,
                    connection=connection,
                    reader=reader,
                    columns=columns,
                    sha256=sha256,
                    size=size,
                    quarantine=quarantine,
                    now=clock(),
                    plan=plan,
                )
                outcome = run.record(outcome)
            kept = None if order.dry_run else quarantine.keep()
    finally:
        quarantine.drop()
    return replace(
        outcome,
        seconds=time.monotonic() - started,
        quarantine_file=str(kept) if kept else None,
    )
