"""Prepare the batches of a manifest beside the writer: one thread ahead of it."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from provenance.ingest import Arranger, Batch
from provenance.ledger.parts import Part
from provenance.ledger.workers import explain_end, start_workers
from provenance.log import BatchTree, hash_batch
from provenance.store.bulk import BulkReader
from provenance.store.memory import give_back
from provenance.store.scratch import Constants, ScratchFile
from provenance.temporary import explain_temporary

__all__ = ["Prepared", "Preparer", "hash_file", "hash_scratch", "open_preparer"]

_WORTH_SCRATCH = 20_000
_WORTH_WORKER = 100_000
_ROWS_READ = 1 << 14


@dataclass(slots=True, kw_only=True)
class Prepared:
    """A batch that is ready to be written."""

    part: Part
    batch: Batch | None
    scratch: ScratchFile | None
    tree: Future[BatchTree]

    def hand_over(self) -> Batch:
        """Return the batch, which is not kept: it takes much memory."""
        batch, self.batch = self.batch, None
        assert batch is not None, "a batch is written once"  # noqa: S101 - cannot happen
        return batch

    def drop(self) -> None:
        """Remove what was written for a batch that will not be recorded."""
        self.tree.cancel()
        if self.scratch:
            self.scratch.drop()


class Preparer:
    """Arranges parts, and has their trees hashed, while earlier ones are written."""

    def __init__(
        self,
        arranger: Arranger,
        url: sa.URL | None,
        threads: ThreadPoolExecutor,
        workers: ProcessPoolExecutor | None,
    ) -> None:
        self._arranger = arranger
        self._url = url
        self._threads = threads
        self._workers = workers

    def prepare(self, parts: Iterable[Part]) -> Iterator[Prepared]:
        """Yield the parts, each with its tree under way; the thread is one ahead."""
        source = iter(parts)
        ahead = self._threads.submit(self._next, source)
        try:
            while found := ahead.result():
                ahead = self._threads.submit(self._next, source)
                yield found
        finally:
            if not ahead.cancel() and not ahead.exception():
                left = ahead.result()
                if left:
                    left.drop()

    def _next(self, source: Iterator[Part]) -> Prepared | None:
        part = next(source, None)
        if part is None:
            return None
        batch = self._arranger.arrange(part.hand_over())
        scratch = None
        if self._url is not None and batch.size >= _WORTH_SCRATCH:
            scratch = ScratchFile(self._url)
            scratch.write(batch.unnumbered())
        return Prepared(
            part=part, batch=batch, scratch=scratch, tree=self._hash(batch, scratch)
        )

    def _hash(self, batch: Batch, scratch: ScratchFile | None) -> Future[BatchTree]:
        if self._workers and scratch:
            return self._workers.submit(
                hash_scratch,
                str(scratch.path),
                _schemas(batch.tables()),
                scratch.constants,
            )
        if self._workers and batch.size >= _WORTH_SCRATCH:
            others = batch.tables()
            records = others.pop("records")
            path = _lay_down([*others.values(), records])
            tree = self._workers.submit(hash_file, str(path), [*others])
            tree.add_done_callback(lambda _: path.unlink(missing_ok=True))
            return tree
        done: Future[BatchTree] = Future()
        done.set_result(hash_batch(batch.tables()))
        return done


def _lay_down(tables: Iterable[pa.Table]) -> Path:
    """Write tables into an Arrow file: a pipe would hold all of them twice."""
    with explain_temporary():
        path = Path(tempfile.gettempdir(), f"provenance-{uuid.uuid4().hex}.arrow")
        try:
            with pa.OSFile(str(path), "wb") as file:
                for rows in tables:
                    with pa.ipc.new_stream(file, rows.schema) as stream:
                        stream.write_table(rows, max_chunksize=_ROWS_READ)
        except OSError:
            path.unlink(missing_ok=True)
            raise
    return path


def _wake() -> None:
    """Nothing: whoever is asked to do it has loaded this module."""


def hash_file(path: str, names: Sequence[str]) -> BatchTree:
    """Hash a batch that lies in an Arrow file: its other tables, then its records."""
    with pa.OSFile(path) as file:
        tables = {name: pa.ipc.open_stream(file).read_all() for name in names}
        with pa.ipc.open_stream(file) as records:
            return hash_batch(tables, records)


def _schemas(tables: dict[str, pa.Table]) -> dict[str, pa.Schema]:
    """The columns of each table as SQLite hands them back, but for unhashed ones."""
    records = tables["records"].drop_columns(["id", "content_key", "item"])
    tables = tables | {"records": records}
    return {
        name: pa.schema(
            [
                field.with_type(pa.int64())
                if pa.types.is_integer(field.type) or pa.types.is_boolean(field.type)
                else field
                for field in table.schema
            ]
        )
        for name, table in tables.items()
        if table.num_rows
    } | {name: table.schema for name, table in tables.items() if not table.num_rows}


def hash_scratch(
    path: str, schemas: Mapping[str, pa.Schema], constants: Constants
) -> BatchTree:
    """Hash a batch as its scratch file holds it: what was written is read back.

    Runs in a process of its own, which touches the file by nothing but ADBC.

    Args:
        path: Of the file.
        schemas: The columns of each table that leaves are made of.
        constants: Those of them that are not in the file.
    """
    url = sa.URL.create("sqlite", database=path)  # "?" and "%" mean much in a URL
    with BulkReader(url.render_as_string()) as reader:
        read = {
            name: _read(reader, name, schema, constants[name])
            for name, schema in schemas.items()
        }
        records = read.pop("records")
        tables = {
            name: pa.Table.from_batches(batches, schemas[name])
            for name, batches in read.items()
        }
        return hash_batch(tables, records)


def _read(
    reader: BulkReader, name: str, schema: pa.Schema, constants: Mapping[str, Any]
) -> Iterator[pa.RecordBatch]:
    stored = pa.schema([field for field in schema if field.name not in constants])
    columns = ", ".join(f'"{column}"' for column in stored.names)
    query = f"SELECT {columns} FROM {name} ORDER BY rowid"  # noqa: S608 - our names
    for batch in reader.read(query, stored):
        values = [
            pa.repeat(pa.scalar(constants[field.name], field.type), len(batch))
            if field.name in constants
            else batch.column(field.name)
            for field in schema
        ]
        yield pa.record_batch(values, schema=schema)


@contextmanager
def open_preparer(
    arranger: Arranger, url: sa.URL, path: Path, *, scratch: bool
) -> Iterator[Preparer]:
    """Open what is needed to prepare a manifest, and close it again.

    Args:
        arranger: Arranges its batches.
        url: Of the ledger: SQLite is handed rows in scratch files.
        path: The manifest; a small one is not worth a process.
        scratch: Whether there will be a transaction for each batch: one for all of
            them could not attach so many files.

    Raises:
        LedgerStateError: The process was killed, or could not begin.
    """
    sqlite = url if scratch and url.get_backend_name() == "sqlite" else None
    workers = None
    if path.stat().st_size > _WORTH_WORKER * 10:
        workers = start_workers(1, give_back)
        workers.submit(_wake)  # it takes as long to begin as a batch to be read
    threads = ThreadPoolExecutor(1)
    try:
        with explain_end():
            yield Preparer(arranger, sqlite, threads, workers)
    finally:
        threads.shutdown(cancel_futures=True)
        if workers:
            workers.shutdown(cancel_futures=True)
