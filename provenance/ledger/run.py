"""One manifest on its way into an open transaction, batch by batch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from provenance.batch import BATCH_SCHEMA, Faults
from provenance.errors import ManifestError, QuarantineError
from provenance.ingest import BatchWriter, WrittenBatch
from provenance.ledger.facts import find_dataset, record_dataset, record_withdrawal
from provenance.ledger.order import Ingest, Ingested, Noted
from provenance.ledger.plan import Plan
from provenance.ledger.quarantine import Quarantine
from provenance.lineage import rebuild
from provenance.log import BatchTree, append_entry, hash_batch, load_frontier
from provenance.manifest import ColumnMap, Normaliser, Reader
from provenance.store import schema
from provenance.store.arrow import insert_rows
from provenance.store.intern import last_id

__all__ = ["Run"]

_LARGEST_BATCH = 1 << 18


def _count_rows(batch: pa.RecordBatch) -> int:
    """Count the rows of the file that a batch holds, each once for all its parts."""
    if not pc.max(batch.column("part")).as_py():
        return len(batch)
    count: int = pc.count_distinct(batch.column("row")).as_py()
    return count


@dataclass(slots=True)
class _Part:
    """The rows that become one batch, and how far in the file they reach."""

    first_row: int
    last_row: int = 0
    records: int = 0
    quarantined: int = 0
    batches: list[pa.RecordBatch] = field(default_factory=list)

    def add(self, batch: pa.RecordBatch, faults: Faults) -> None:
        """Take more rows, and the faults among them."""
        rows = pc.max(batch.column("row")).as_py() or 0
        self.last_row = max(self.last_row, rows, faults.last_row)
        self.records += len(batch)
        self.quarantined += len(faults)
        self.batches.append(batch)

    def combine(self) -> pa.RecordBatch:
        """All rows as one batch."""
        table = pa.Table.from_batches(self.batches, schema=BATCH_SCHEMA)
        return table.combine_chunks().to_batches(max_chunksize=None)[0]


@dataclass(slots=True, kw_only=True)
class Run:
    """Carries out the recording of one manifest."""

    order: Ingest
    connection: sa.Connection
    """An open writing transaction."""
    reader: Reader
    columns: ColumnMap
    sha256: bytes
    size: int
    quarantine: Quarantine
    now: int
    plan: Plan
    rows_read: int = 0
    noted: dict[str, Noted] = field(default_factory=dict)

    def record(self, outcome: Ingested) -> Ingested:
        """Write every batch of the file, then bring the derived tables up to date."""
        if self.plan.withdrawn:
            why = f"replaced by {self.sha256.hex()}"
            record_withdrawal(self.connection, self.plan.withdrawn, why, self.now)
        if find_dataset(self.connection, self.order.dataset) is None:
            record_dataset(self.connection, self.order.dataset, now=self.now)
        written = list(self._write())
        if not written and not self.plan.skip_rows:
            raise ManifestError(
                f"no row of {self.order.path} is an item",
                hint="; ".join(
                    f"{what} ({noted.rows} rows)" for what, noted in self.noted.items()
                ),
            )
        if not written:
            return replace(outcome, already=True, skipped=self.plan.skip_rows)
        new = rebuild(self.connection, since_record=written[0].first_record)
        generated_by = sum(batch.generated_by for batch in written)
        derived_from = sum(batch.derived_from for batch in written)
        return replace(
            outcome,
            rows_read=self.rows_read,
            recorded=sum(batch.records for batch in written),
            quarantined=self.quarantine.count,
            skipped=self.plan.skip_rows,
            late=dict(self.reader.late),
            noted=dict(self.noted),
            new_contents=new,
            edges=generated_by + derived_from,
            generated_by=generated_by,
            derived_from=derived_from,
            batch=last_id(self.connection, schema.batches),
            position=load_frontier(self.connection).tree_size - 1,
        )

    def _write(self) -> Iterator[WrittenBatch]:
        """Write batches of bounded size."""
        writer = BatchWriter(
            connection=self.connection,
            dataset=self.order.dataset,
            manifest_sha256=self.sha256,
        )
        part = _Part(self.plan.skip_rows + 1)
        recorded = 0
        for batch, faults in self._rows():
            if part.records and part.records + len(batch) > _LARGEST_BATCH:
                yield self._write_part(writer, part, last=False)
                part = _Part(part.last_row + 1)
            part.add(batch, faults)
            recorded += len(batch)
        self.quarantine.check(self.rows_read, at_end=True)
        if part.records:
            yield self._write_part(writer, part, last=True)
        elif part.quarantined and not recorded:
            kept = self.quarantine.keep()
            raise ManifestError(
                f"not one of the {self.rows_read} rows of {self.order.path} could be "
                f"recorded: {self.quarantine.most_frequent()}",
                hint=f"See {kept} for each row; check --map and --format.",
            )

    def _rows(self) -> Iterator[tuple[pa.RecordBatch, Faults]]:
        """Yield normalised rows that are to be recorded, and the faults among them."""
        normaliser = Normaliser(self.columns, file=str(self.order.path))
        skip = self.plan.skip_rows
        for raw in self.reader.read(self.columns.needed):
            batch, faults = normaliser.normalise(raw)
            self._note(raw.notes)
            if skip:
                batch = batch.filter(pc.greater(batch.column("row"), skip))
                faults = faults.after(skip)
            self._set_aside(faults)
            self.rows_read += _count_rows(batch) + len(faults)
            self.quarantine.check(self.rows_read)
            if self.order.progress:
                self.order.progress(self.rows_read, self.quarantine.count)
            yield batch, faults

    def _note(self, notes: Mapping[str, Sequence[int]]) -> None:
        for what, rows in notes.items():
            before = self.noted.get(what, Noted(rows=0, first_row=rows[0]))
            self.noted[what] = replace(before, rows=before.rows + len(rows))

    def _set_aside(self, faults: Faults) -> None:
        if faults and self.order.stop_on_fault:
            fault = faults[0]
            raise QuarantineError(
                f"{fault.file}, row {fault.row}, {fault.field}: {fault.reason}; "
                f"found {fault.value!r}",
                hint="Nothing was recorded. Mend the row, or leave out "
                "--on-error stop to set bad rows aside.",
            )
        self.quarantine.add(faults)

    def _write_part(
        self, writer: BatchWriter, part: _Part, *, last: bool
    ) -> WrittenBatch:
        number = last_id(self.connection, schema.batches) + 1
        identified = writer.identify(part.combine())
        tree = hash_batch(identified.rows)
        written = writer.write(identified, number)
        self._log(part, tree, written, number, last=last)
        return written

    def _log(
        self,
        part: _Part,
        tree: BatchTree,
        written: WrittenBatch,
        number: int,
        *,
        last: bool,
    ) -> None:
        before = load_frontier(self.connection)
        stored = {
            "kind": self.order.kind,
            "manifest": str(self.order.path.absolute()),
            "manifest_sha256": self.sha256,
            "manifest_bytes": self.size,
            "reader": self.reader.format,
            "mapping": self.columns.to_json(),
            "first_row": part.first_row,
            "last_row": part.last_row,
            "complete": last,
            "records": tree.size,
            "root": tree.root,
            "quarantined": part.quarantined,
            "generated_by": written.generated_by,
            "derived_from": written.derived_from,
        }
        entry = {
            name: value.hex() if isinstance(value, bytes) else value
            for name, value in stored.items()
        } | {
            "mapping": json.loads(self.columns.to_json()),
            "dataset": self.order.dataset.name,
            "version": self.order.dataset.version,
            "previous": {"size": before.tree_size, "root": before.root().hex()},
        }
        position = append_entry(self.connection, "batch", entry, self.now)
        self.connection.execute(
            schema.batches.insert().values(
                id=number,
                dataset_id=find_dataset(self.connection, self.order.dataset),
                first_record=written.first_record,
                position=position,
                **stored,
            )
        )
        insert_rows(
            self.connection,
            schema.batch_tiles,
            ("batch_id", "level", "number", "hashes"),
            [(number, path.level, path.index, tile) for path, tile in tree.tiles],
        )
