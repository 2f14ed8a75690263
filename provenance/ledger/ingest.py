"""Record one manifest: the way of a record, from the file to the log.

manifest file → rows → Arrow batches of the one schema → records and edges →
pedigrees and tallies → log entry → commit.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from provenance.batch import Fault
from provenance.domain import DatasetName, Field
from provenance.errors import ManifestChangedError, ManifestError, QuarantineError
from provenance.ingest import (
    BatchCounts,
    BatchWriter,
    EarlierManifest,
    find_manifests,
)
from provenance.ledger.facts import find_dataset, record_dataset
from provenance.ledger.quarantine import Quarantine
from provenance.lineage import rebuild
from provenance.log import append_entry
from provenance.manifest import (
    ColumnMap,
    Normaliser,
    Reader,
    fingerprint,
    map_columns,
    open_manifest,
)
from provenance.store import schema
from provenance.store.intern import last_id

__all__ = ["KINDS", "Ingest", "Ingested", "ingest_file"]

KINDS = ("dataset", "crawl")
"""What a manifest can be a manifest of."""

_LARGEST_BATCH = 1 << 20
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """The order to record a manifest, as the caller gave it."""

    path: Path
    dataset: DatasetName
    format: str
    columns: Mapping[Field, str]
    constants: Mapping[Field, str]
    kind: str
    append: bool
    replace: bool
    stop_on_fault: bool
    dry_run: bool
    quarantine: Path
    """Folder for the file of quarantined rows."""
    progress: Callable[[int, int], None] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What recording a manifest came to."""

    file: str
    dataset: str
    format: str
    already: bool = False
    """Nothing was recorded: these bytes stand in the ledger already."""
    dry_run: bool = False
    """Nothing was kept: the caller only wanted to know."""
    rows_read: int = 0
    recorded: int = 0
    quarantined: int = 0
    skipped: int = 0
    """Rows that were recorded when the file was shorter."""
    new_contents: int = 0
    """Contents that the ledger had not seen in any dataset."""
    edges: int = 0
    generated_by: int = 0
    derived_from: int = 0
    batch: int | None = None
    """Number of the (last) batch."""
    position: int | None = None
    """Log position of that batch."""
    seconds: float = 0.0
    quarantine_file: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Field → column that fed it, or the constant."""
    unused: tuple[str, ...] = ()
    """Columns that were not read."""

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values; the format of ``ingest --json``."""
        return asdict(self) | {"unused": list(self.unused)}


class _Opens(Protocol):
    def __call__(self, *, keep: bool = True) -> AbstractContextManager[sa.Connection]:
        """Open a writing transaction."""


def ingest_file(
    order: Ingest,
    reading: Callable[[], AbstractContextManager[sa.Connection]],
    writing: _Opens,
    clock: Callable[[], int],
) -> Ingested:
    """Carry out an order; see ``Ledger.ingest`` for its meaning and errors."""
    started = time.monotonic()
    if order.kind not in KINDS:
        raise ManifestError(
            f"a manifest of kind {order.kind!r} cannot be recorded",
            hint=f"The kinds are: {', '.join(KINDS)}.",
        )
    reader = open_manifest(order.path, format=order.format)
    columns = map_columns(reader.columns, dict(order.columns), dict(order.constants))
    sha256, size = fingerprint(order.path)
    mapping = columns.to_json()
    blank = Ingested(
        file=str(order.path),
        dataset=str(order.dataset),
        format=reader.format,
        mapping=columns.described(),
        unused=tuple(columns.unused),
        dry_run=order.dry_run,
    )
    with reading() as connection:
        plan = _plan(connection, order, sha256, mapping)
    if plan is None:
        return _with(blank, already=True, seconds=time.monotonic() - started)
    name = f"{order.path.name}-{sha256.hex()[:8]}.quarantine.jsonl"
    quarantine = Quarantine(order.quarantine / name)
    try:
        with writing(keep=not order.dry_run) as connection:
            plan = _plan(connection, order, sha256, mapping)
            if plan is None:
                return _with(blank, already=True, seconds=time.monotonic() - started)
            run = _Run(
                order=order,
                connection=connection,
                reader=reader,
                columns=columns,
                sha256=sha256,
                size=size,
                mapping=mapping,
                quarantine=quarantine,
                now=clock(),
                skip_rows=plan.skip_rows,
            )
            done = run.record(blank, plan)
            kept = None if order.dry_run else quarantine.keep()
    finally:
        quarantine.drop()
    return _with(
        done,
        seconds=time.monotonic() - started,
        quarantine_file=str(kept) if kept else None,
    )


def _with(done: Ingested, **changes: Any) -> Ingested:
    return Ingested(**{**asdict(done), "unused": done.unused, **changes})


@dataclass(frozen=True, slots=True)
class _Plan:
    skip_rows: int = 0
    withdrawn: tuple[int, ...] = ()


def _plan(
    connection: sa.Connection, order: Ingest, sha256: bytes, mapping: str
) -> _Plan | None:
    """Decide what of the file is to be recorded; None: nothing, it is all there."""
    number = find_dataset(connection, order.dataset)
    if number is None:
        return _Plan()
    path = str(order.path.absolute())
    earlier = find_manifests(connection, number, path, sha256)
    if not earlier:
        return _Plan()
    same = [manifest for manifest in earlier if manifest.sha256 == sha256]
    if any(manifest.mapping == mapping for manifest in same):
        return None
    if order.replace:
        return _Plan(withdrawn=tuple(p for m in earlier for p in m.positions))
    if order.append:
        return _Plan(skip_rows=_rows_before(order.path, earlier))
    if same:
        raise ManifestChangedError(
            f"{order.path} was recorded for {order.dataset} with another mapping",
            hint="Use --replace to withdraw what was recorded and read it anew, or "
            "--append to record its rows once more.",
        )
    raise ManifestChangedError(
        f"{order.path} has changed since it was recorded for {order.dataset}",
        hint="Use --replace to withdraw what was recorded of it, --append to record "
        "the rows it has now beside that, or name a new version of the dataset.",
    )


def _rows_before(path: Path, earlier: list[EarlierManifest]) -> int:
    """Return up to which row the file is what was recorded, bytes for bytes."""
    for manifest in reversed(earlier):
        digest, left = hashlib.sha256(), manifest.size
        with path.open("rb") as file:
            while left and (chunk := file.read(min(left, _CHUNK))):
                digest.update(chunk)
                left -= len(chunk)
        if not left and digest.digest() == manifest.sha256:
            return manifest.last_row
    return 0


@dataclass(slots=True, kw_only=True)
class _Run:
    """One manifest on its way into an open transaction."""

    order: Ingest
    connection: sa.Connection
    reader: Reader
    columns: ColumnMap
    sha256: bytes
    size: int
    mapping: str
    quarantine: Quarantine
    now: int
    skip_rows: int
    rows_read: int = 0

    def record(self, blank: Ingested, plan: _Plan) -> Ingested:
        """Write every batch of the file, then bring the derived tables up to date."""
        if plan.withdrawn:
            self._withdraw(plan.withdrawn)
        if find_dataset(self.connection, self.order.dataset) is None:
            record_dataset(self.connection, self.order.dataset, now=self.now)
        first_record = last_id(self.connection, schema.records) + 1
        batches = list(self._batches())
        if not batches:
            return _with(blank, already=True, skipped=self.skip_rows)
        number, position, _ = batches[-1]
        total = sum((counts for _, _, counts in batches), BatchCounts())
        new = rebuild(self.connection, since_record=first_record)
        return _with(
            blank,
            rows_read=self.rows_read,
            recorded=total.records,
            quarantined=self.quarantine.count,
            skipped=self.skip_rows,
            new_contents=new,
            edges=total.generated_by + total.derived_from,
            generated_by=total.generated_by,
            derived_from=total.derived_from,
            batch=number,
            position=position,
        )

    def _rows(self) -> Iterator[tuple[pa.RecordBatch, int, int]]:
        """Yield normalised rows, the last row they reach to, and faults among them."""
        normaliser = Normaliser(self.columns, file=str(self.order.path))
        for raw in self.reader.read(self.columns.needed):
            batch, faults = normaliser.normalise(raw)
            if self.skip_rows:
                is_new = pc.greater(batch.column("row"), pa.scalar(self.skip_rows))
                batch = batch.filter(is_new)
                faults = [fault for fault in faults if fault.row > self.skip_rows]
            self._set_aside(faults)
            self.rows_read += len(batch) + len(faults)
            if self.order.progress:
                self.order.progress(self.rows_read, self.quarantine.count)
            if len(batch) or faults:
                last = max(
                    pc.max(batch.column("row")).as_py() or 0,
                    max((fault.row for fault in faults), default=0),
                )
                yield batch, last, len(faults)

    def _set_aside(self, faults: list[Fault]) -> None:
        if faults and self.order.stop_on_fault:
            fault = faults[0]
            raise QuarantineError(
                f"{fault.file}, row {fault.row}, {fault.field}: {fault.reason}; "
                f"found {fault.value!r}",
                hint="Nothing was recorded. Mend the row, or leave out "
                "--on-error stop to set bad rows aside.",
            )
        self.quarantine.add(faults)

    def _batches(self) -> Iterator[tuple[int, int, BatchCounts]]:
        """Write batches of bounded size; yield number, log position and counts."""
        dataset_id = find_dataset(self.connection, self.order.dataset)
        counts, first_row, last_row, bad = BatchCounts(), self.skip_rows + 1, 0, 0
        writer: BatchWriter | None = None
        number, recorded = 0, 0
        for batch, reached, faults in self._rows():
            if writer and counts.records + len(batch) > _LARGEST_BATCH:
                yield self._close(
                    number, dataset_id, counts, (first_row, last_row), bad, last=False
                )
                writer, counts, first_row, bad = None, BatchCounts(), last_row + 1, 0
            if writer is None:
                number = last_id(self.connection, schema.batches) + 1
                writer = BatchWriter(
                    connection=self.connection,
                    batch_id=number,
                    dataset=self.order.dataset,
                    manifest_sha256=self.sha256,
                )
            written = writer.write(batch)
            counts += written
            recorded += written.records
            last_row, bad = reached, bad + faults
        if writer is None:
            return
        if not recorded:
            kept = self.quarantine.keep()
            raise ManifestError(
                f"not one of the {self.rows_read} rows of {self.order.path} could be "
                f"recorded: {self.quarantine.most_frequent()}",
                hint=f"See {kept} for each row; check --map and --format.",
            )
        yield self._close(
            number, dataset_id, counts, (first_row, last_row), bad, last=True
        )

    def _close(
        self,
        number: int,
        dataset_id: int | None,
        counts: BatchCounts,
        rows: tuple[int, int],
        quarantined: int,
        *,
        last: bool,
    ) -> tuple[int, int, BatchCounts]:
        body = {
            "dataset": self.order.dataset.name,
            "version": self.order.dataset.version,
            "kind": self.order.kind,
            "manifest": str(self.order.path.absolute()),
            "manifest_sha256": self.sha256.hex(),
            "manifest_bytes": self.size,
            "reader": self.reader.format,
            "mapping": self.mapping,
            "first_row": rows[0],
            "last_row": rows[1],
            "complete": last,
            "records": counts.records,
            "quarantined": quarantined,
            "generated_by": counts.generated_by,
            "derived_from": counts.derived_from,
        }
        position = append_entry(self.connection, "batch", body, self.now)
        stored = {
            name: value
            for name, value in body.items()
            if name not in ("dataset", "version")
        }
        self.connection.execute(
            schema.batches.insert().values(
                **stored | {"manifest_sha256": self.sha256},
                id=number,
                dataset_id=dataset_id,
                position=position,
            )
        )
        return number, position, counts

    def _withdraw(self, positions: tuple[int, ...]) -> None:
        why = f"replaced by {self.sha256.hex()}"
        body = {"withdrawn": list(positions), "why": why}
        position = append_entry(self.connection, "withdrawal", body, self.now)
        for withdrawn in positions:
            self.connection.execute(
                schema.withdrawals.insert().values(
                    position=position, withdrawn=withdrawn, why=why
                )
            )
