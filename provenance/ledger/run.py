"""One manifest on its way into the ledger, batch by batch.

Each batch is one transaction with its log entry, its edges, pedigrees and tallies:
readers see all of it or nothing, and after a crash the same command goes on behind
the last batch that was committed.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from typing import Protocol

import pyarrow as pa
import sqlalchemy as sa

from provenance.batch import Faults
from provenance.domain import Claim, ClaimFact, Fact, say_count
from provenance.errors import LedgerStateError, ManifestError, QuarantineError
from provenance.ingest import Arranger, BatchWriter
from provenance.ledger.evidence import keep_evidence
from provenance.ledger.facts import find_dataset, record_dataset, record_withdrawal
from provenance.ledger.order import EVIDENCE, Ingest, Ingested, Noted
from provenance.ledger.parts import Part, count_rows, cut_parts, skip_rows
from provenance.ledger.plan import Plan, choose_dataset, find_standing
from provenance.ledger.prepare import Prepared, open_preparer
from provenance.ledger.quarantine import Quarantine
from provenance.ledger.reservations import plan_reservations, record_reservations
from provenance.ledger.stated import follow_withdrawn, record_facts
from provenance.ledger.subjects import Subjects
from provenance.lineage import Entering, Lineage, PedigreeBook, open_lineage
from provenance.log import EMPTY_TREE, BatchTree, append_entry, load_frontier
from provenance.manifest import ColumnMap, Normaliser, WatchedReader
from provenance.store import schema
from provenance.store.arrow import insert_rows, uncollected
from provenance.store.facts import load_models
from provenance.store.intern import last_id
from provenance.store.memory import giving_back

__all__ = ["Opens", "Run"]


class Opens(Protocol):
    """Opens a writing transaction."""

    def __call__(self, *, keep: bool = True) -> AbstractContextManager[sa.Connection]:
        """Open one; undone at its end unless it is to be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Logged:
    """What the log and the table of batches hold of a batch."""

    part: Part
    number: int
    dataset_id: int | None
    """None: the rows are evidence, or the manifest tells of others."""
    first_record: int
    tree: BatchTree = EMPTY_TREE
    complete: bool = True
    generated_by: int = 0
    derived_from: int = 0
    facts: int = 0
    """How many entries behind its own belong to it."""


@dataclass(slots=True, kw_only=True)
class Run:
    """Carries out the recording of one manifest."""

    order: Ingest
    reader: WatchedReader
    columns: ColumnMap
    sha256: bytes
    size: int
    quarantine: Quarantine
    clock: Callable[[], int]
    random: Callable[[int], bytes]
    plan: Plan
    writing: Opens
    url: sa.URL
    """Of the ledger."""
    facts: Sequence[Fact] = ()
    """What the manifest states beside its rows, as it will be logged."""
    subjects: Subjects | None = None
    """The records that evidence names, where it does."""
    rows_read: int = 0
    noted: dict[str, Noted] = field(default_factory=dict)
    _recorded_row: int = 0
    """The last row of the file that stands in the ledger."""

    @property
    def standing(self) -> int:
        """The last row of the file that stands if this run is broken off now."""
        return self.plan.skip_rows if self.order.is_atomic else self._recorded_row

    def record(self, outcome: Ingested) -> Ingested:
        """Record every batch of the file that does not stand in the ledger yet."""
        order, whole = self.order, self.order.is_atomic
        self._recorded_row = self.plan.skip_rows
        arranger = Arranger(
            dataset=order.dataset,
            manifest_sha256=self.sha256,
            random=self.random if order.salt else None,
        )
        parts = cut_parts(self._rows(), self.plan.skip_rows + 1, order.batch_rows)
        writer, book = BatchWriter(), PedigreeBook()
        values: dict[str | None, int] = {}
        with uncollected(), giving_back(), ExitStack() as stack:
            preparer = stack.enter_context(
                open_preparer(arranger, self.url, order.path, scratch=not whole)
            )
            one: sa.Connection | None = None
            if whole:
                one = stack.enter_context(self.writing(keep=not order.dry_run))
            for prepared in preparer.prepare(parts):
                try:
                    opened = self.writing() if one is None else nullcontext(one)
                    # A workspace gives its memory back when it is closed.
                    lineages = open_lineage(order.memory, book, values)
                    with opened as connection, lineages as lineage:
                        outcome = self._write(
                            connection, prepared, writer, lineage, outcome
                        )
                finally:
                    prepared.drop()
                gc.collect(0)
        if outcome.batch is None:
            return self._end_without_batch(outcome)
        return replace(
            outcome,
            rows_read=self.rows_read,
            quarantined=self.quarantine.count,
            skipped=self.plan.skip_rows,
            late=dict(self.reader.late),
            noted=dict(self.noted),
        )

    def _end_without_batch(self, outcome: Ingested) -> Ingested:
        if self.facts and not self.plan.skip_rows:
            return self._commit_facts(outcome)
        if self.quarantine.count and not self.plan.resumed:
            kept = None if self.order.dry_run else self.quarantine.keep()
            raise ManifestError(
                f"not one of the {say_count(self.rows_read, 'row')} of "
                f"{self.order.shown} could be "
                f"recorded: {self.quarantine.most_frequent()}",
                hint=f"See {kept} for each row; check --map and --format."
                if kept
                else "Check --map and --format.",
            )
        if not self.plan.skip_rows:
            told = (
                f"{what} ({say_count(seen.rows, 'row')})"
                for what, seen in self.noted.items()
            )
            raise ManifestError(
                f"no row of {self.order.shown} is an item", hint="; ".join(told)
            )
        return self.withdraw(outcome)

    def withdraw(self, outcome: Ingested) -> Ingested:
        """Withdraw what the file said before: there is nothing to record."""
        self._recorded_row = self.plan.skip_rows
        if self.plan.withdrawn:
            with ExitStack() as stack:
                keep = not self.order.dry_run
                connection = stack.enter_context(self.writing(keep=keep))
                lineage = stack.enter_context(open_lineage(self.order.memory))
                self._begin(connection, lineage, self.clock())
        return replace(outcome, already=True, skipped=self.plan.skip_rows)

    def record_facts(self, outcome: Ingested) -> Ingested:
        """Record a document that has no rows: a batch of none, and its facts."""
        self._recorded_row = self.plan.skip_rows
        for _ in self._rows():
            pass
        return self._commit_facts(outcome)

    def _commit_facts(self, outcome: Ingested) -> Ingested:
        with ExitStack() as stack:
            connection = stack.enter_context(self.writing(keep=not self.order.dry_run))
            lineage = None
            claimed = any(isinstance(f, ClaimFact | Claim) for f in self.facts)
            if self.plan.withdrawn or claimed:
                lineage = stack.enter_context(open_lineage(self.order.memory))
            now = self.clock()
            dataset_id = self._begin(connection, lineage, now)
            batch = _Logged(
                part=Part(1, last_row=1, quarantined=self.quarantine.count),
                number=last_id(connection, schema.batches) + 1,
                dataset_id=dataset_id,
                first_record=last_id(connection, schema.records) + 1,
                facts=len(self.facts),
            )
            position = self._log(connection, batch, now)
            record_facts(connection, self.facts, now, lineage)
        return replace(
            outcome,
            rows_read=self.rows_read,
            quarantined=self.quarantine.count,
            facts=len(self.facts),
            noted=dict(self.noted),
            batch=batch.number,
            position=position,
        )

    def _rows(self) -> Iterator[tuple[pa.RecordBatch, Faults]]:
        """Yield normalised rows that are to be recorded, and the faults among them.

        All rows are counted where a run goes on that was broken off, as it would have.
        """
        normaliser = Normaliser(self.columns, file=self.order.shown)
        skip, resumed = self.plan.skip_rows, self.plan.resumed
        uncounted = 0 if resumed else skip
        for raw in self.reader.read(self.columns.needed):
            batch, faults = normaliser.normalise(raw)
            self._note(raw.notes, uncounted)
            if self.subjects:
                batch, faults = self.subjects.find(batch, faults)
            if self.order.dataset is None:
                batch, faults = keep_evidence(batch, faults)
            batch, faults = skip_rows(uncounted, batch, faults)
            self._set_aside(faults)
            self.rows_read += count_rows(batch) + len(faults)
            self.quarantine.check(self.rows_read)
            if self.order.progress:
                self.order.progress(self.rows_read, self.quarantine.count, raw.share)
            yield skip_rows(skip, batch, faults)
        # Before the last batch is committed, which may be the only one.
        self.quarantine.check(self.rows_read, at_end=True)

    def _note(self, notes: Mapping[str, Sequence[int]], uncounted: int) -> None:
        for what, noted in notes.items():
            if rows := [row for row in noted if row > uncounted]:
                before = self.noted.get(what, Noted(rows=0, first_row=rows[0]))
                self.noted[what] = replace(before, rows=before.rows + len(rows))

    def _set_aside(self, faults: Faults) -> None:
        if faults and self.order.stop_on_fault:
            fault = faults[0]
            raise QuarantineError(
                f"{fault.file}, row {fault.row}, {fault.field}: {fault.reason}; "
                f"found {fault.value!r}",
                hint="Mend the row, or leave out --on-error stop: bad rows go aside.",
            )
        self.quarantine.add(faults)

    def _write(
        self,
        connection: sa.Connection,
        prepared: Prepared,
        writer: BatchWriter,
        lineage: Lineage,
        outcome: Ingested,
    ) -> Ingested:
        """Write one batch with everything that hangs on it."""
        now, batch = self.clock(), prepared.hand_over()
        dataset_id = self._begin(connection, lineage, now)
        number = last_id(connection, schema.batches) + 1
        written = writer.write(connection, batch, number, prepared.scratch)
        reserved = plan_reservations(batch.reservations)
        del batch
        tree = prepared.tree.result()
        facts = () if self.plan.resumed or outcome.batch is not None else self.facts
        generated_by = written.generated_by.num_rows
        derived_from = written.derived_from.num_rows
        logged = _Logged(
            part=prepared.part,
            tree=tree,
            number=number,
            dataset_id=dataset_id,
            first_record=written.first_record,
            complete=prepared.part.last,
            generated_by=generated_by,
            derived_from=derived_from,
            facts=len(facts) + len(reserved),
        )
        position = self._log(connection, logged, now)
        entering = Entering(
            dataset_id=dataset_id,
            dataset=self.order.dataset,
            first_record=written.first_record,
            records=written.records,
            origins=written.generated_by,
            parents=written.derived_from,
        )
        del written
        new = lineage.extend(connection, entering, position)
        record_facts(connection, facts, now, lineage)
        record_reservations(connection, reserved, position, now)
        self._recorded_row = prepared.part.last_row
        return replace(
            outcome,
            recorded=outcome.recorded + tree.size,
            new_contents=outcome.new_contents + new,
            edges=outcome.edges + generated_by + derived_from,
            generated_by=outcome.generated_by + generated_by,
            derived_from=outcome.derived_from + derived_from,
            facts=outcome.facts + len(facts),
            batch=number,
            position=position,
        )

    def _begin(
        self, connection: sa.Connection, lineage: Lineage | None, now: int
    ) -> int | None:
        """Check that nobody else records this file; return the dataset's id."""
        standing = find_standing(connection, self.order, self.reader, self.sha256)
        if standing != self.plan.seen:
            raise LedgerStateError(
                f"another process is recording {self.order.shown} for "
                f"{self.order.target}, or takes back what was recorded of it",
                hint="Wait for it, then run the command again: it goes on behind what "
                "stands then.",
            )
        if self.plan.withdrawn and lineage:
            why = f"replaced by {self.sha256.hex()}"
            before = load_models(connection)
            position = record_withdrawal(connection, self.plan.withdrawn, why, now)
            lineage.withdraw(connection, self.plan.batches, position)
            if self.reader.document:
                taken = self.plan.withdrawn
                follow_withdrawn(connection, taken, before, position, lineage)
            left = self.plan.seen.difference(self.plan.batches)
            self.plan = replace(self.plan, withdrawn=(), batches=(), seen=left)
        number, dataset = None, choose_dataset(self.order, self.reader)
        if dataset is not None:
            number = find_dataset(connection, dataset)
            if number is None:
                record_dataset(connection, dataset, now=now)
                number = find_dataset(connection, dataset)
        return number

    def _log(self, connection: sa.Connection, batch: _Logged, now: int) -> int:
        part, tree = batch.part, batch.tree
        before = load_frontier(connection)
        stored = {
            "kind": self.order.kind,
            "manifest": self.order.manifest,
            "manifest_sha256": self.sha256,
            "manifest_bytes": self.size,
            "reader": self.reader.format,
            "mapping": self.columns.to_json(),
            "first_row": part.first_row,
            "last_row": part.last_row,
            "complete": batch.complete,
            "records": tree.size,
            "root": tree.root,
            "quarantined": part.quarantined,
            "generated_by": batch.generated_by,
            "derived_from": batch.derived_from,
            "salted": self.order.salt,
        }
        dataset = None if batch.dataset_id is None else self.order.dataset
        nobody = "" if self.order.kind == EVIDENCE else None
        entry = {
            name: value.hex() if isinstance(value, bytes) else value
            for name, value in stored.items()
        } | {
            "mapping": json.loads(self.columns.to_json()),
            "dataset": dataset.name if dataset else nobody,
            "version": dataset.version if dataset else nobody,
            "previous": {"size": before.tree_size, "root": before.root().hex()},
        }
        if not self.order.salt:
            del entry["salted"]  # said of those alone that are
        if batch.facts:
            entry["facts"] = batch.facts
        self.plan = replace(self.plan, seen=self.plan.seen | {batch.number})
        position = append_entry(connection, "batch", entry, now)
        connection.execute(
            schema.batches.insert().values(
                id=batch.number,
                dataset_id=batch.dataset_id,
                first_record=batch.first_record,
                position=position,
                facts=batch.facts,
                **stored,
            )
        )
        insert_rows(
            connection,
            schema.batch_tiles,
            ("batch_id", "level", "number", "hashes"),
            [(batch.number, path.level, path.index, tile) for path, tile in tree.tiles],
        )
        return position
