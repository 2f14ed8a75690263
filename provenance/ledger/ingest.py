"""Record one manifest: the way of a record, from the file to the log.

manifest file → rows → Arrow batches of the one schema → records and edges, and the
tree over them → log entry → pedigrees and tallies → commit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace

import sqlalchemy as sa

from provenance.domain import to_dataset_name
from provenance.errors import ManifestError
from provenance.ledger.order import EVIDENCE, KINDS, Ingest, Ingested, Noted
from provenance.ledger.plan import choose_dataset, make_plan
from provenance.ledger.quarantine import Quarantine
from provenance.ledger.run import Opens, Run
from provenance.ledger.stated import find_loops, plan_facts
from provenance.ledger.subjects import load_subjects, name_subjects
from provenance.lineage import open_workspace
from provenance.manifest import WatchedReader, fingerprint, map_reader, open_manifest

__all__ = ["ingest_file"]

_LOOP = "derived from itself, says the file"


def ingest_file(
    order: Ingest,
    reading: Callable[[], AbstractContextManager[sa.Connection]],
    writing: Opens,
    clock: Callable[[], int],
    random: Callable[[int], bytes],
) -> Ingested:
    """Carry out an order; see ``Ledger.ingest`` for its meaning and errors."""
    started = time.monotonic()
    if order.kind not in KINDS:
        raise ManifestError(
            f"a manifest of kind {order.kind!r} cannot be recorded",
            hint=f"The kinds are: {', '.join(KINDS)}.",
        )
    named = {field: column for field, column in order.columns.items() if column}
    reader = open_manifest(
        order.path, format=order.format, named=named, trust=order.trust
    )
    columns = map_reader(reader, dict(order.columns), dict(order.constants))
    columns = name_subjects(order, reader, columns)
    if order.trust and reader.format == "media":
        columns = replace(columns, trust=order.trust.sha256)
    order = _name(order, reader)
    document, dataset = reader.document, choose_dataset(order, reader)
    stated = document.facts if document else ()
    facts = plan_facts(stated, order.dataset) if order.dataset else ()
    sha256, size = fingerprint(order.path)
    outcome = Ingested(
        file=order.shown,
        dataset=str(dataset or ("" if order.dataset else order.target)),
        format=reader.format,
        mapping=columns.described(),
        unused=tuple(columns.unused),
        dry_run=order.dry_run,
    )
    quarantine = Quarantine.of(order, sha256)
    subjects = None
    stack = ExitStack()
    try:
        with reading() as connection:
            url = connection.engine.url
            plan = make_plan(connection, order, reader, sha256, columns.to_json())
            if columns.of and plan is not None:
                duck = stack.enter_context(open_workspace(order.memory))
                subjects = load_subjects(connection, columns, duck)
        if plan is None:
            outcome = replace(outcome, already=True)
        else:
            outcome = replace(outcome, withdrawn=len(plan.batches))
            run = Run(
                order=order,
                reader=reader,
                columns=columns,
                sha256=sha256,
                size=size,
                quarantine=quarantine,
                clock=clock,
                random=random,
                plan=plan,
                writing=writing,
                url=url,
                facts=facts,
                subjects=subjects,
                noted={
                    f"{name} is {_LOOP}": Noted(rows=1, first_row=1)
                    for name in find_loops(facts)
                },
            )
            outcome = _carry_out(run, outcome)
        kept = None if order.dry_run else quarantine.keep()
    finally:
        stack.close()
        quarantine.drop()
    return replace(
        outcome,
        seconds=time.monotonic() - started,
        quarantine_file=str(kept) if kept else None,
    )


def _carry_out(run: Run, outcome: Ingested) -> Ingested:
    """Record what is left to be recorded; a refusal says what stands nevertheless."""
    document = run.reader.document
    try:
        if run.plan.complete:
            return run.withdraw(outcome)
        if document and not (document.rows or document.has_more_rows):
            return run.record_facts(outcome)
        return run.record(outcome)
    except ManifestError as error:
        told = "Nothing was recorded."
        if run.standing:
            told = f"Up to row {run.standing:,} it was recorded before, and no further."
        hint = f"{told} {error.hint}"
        raise type(error)(error.message, hint=hint) from error


def _name(order: Ingest, reader: WatchedReader) -> Ingest:
    """Take the name that a file gives itself, where the caller gave none."""
    if reader.is_evidence:
        if order.is_named:
            raise ManifestError(
                f"{order.shown} holds evidence, which belongs to no dataset",
                hint="Leave out --dataset.",
            )
        order = replace(order, dataset=None, kind=EVIDENCE)
    if order.dataset is None:
        if reader.document:
            raise ManifestError(
                f"{order.shown} is a document that states facts, and no evidence",
                hint="Leave out --kind evidence.",
            )
        return order
    name = None if order.is_named else to_dataset_name(reader.called)
    return replace(order, dataset=name) if name else order
