"""Where the time of an ingest goes: its stages, run apart."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from benchmarks.bench import Bench, Benchmark, median
from benchmarks.tables import format_number, format_table

from provenance import Ledger
from provenance.batch import BATCH_SCHEMA
from provenance.domain import DatasetName, parse_dataset
from provenance.ingest import BatchWriter, IdentifiedBatch, WrittenBatch
from provenance.ledger.facts import find_dataset, record_dataset
from provenance.lineage import rebuild
from provenance.log import append_entry, hash_batch
from provenance.manifest import (
    Normaliser,
    RawBatch,
    fingerprint,
    map_columns,
    open_manifest,
)
from provenance.store import schema

__all__ = ["BENCHMARK", "time_stages"]

_BATCH_ROWS = 1 << 18


@dataclass(slots=True, kw_only=True)
class _Work:
    """What the stages hand on to each other."""

    manifest: Path
    connection: sa.Connection
    """A writing transaction, rolled back in the end."""
    dataset: DatasetName
    sha256: bytes = b""
    raw: list[RawBatch] = field(default_factory=list)
    batches: list[pa.RecordBatch] = field(default_factory=list)
    identified: list[IdentifiedBatch] = field(default_factory=list)

    def writer(self) -> BatchWriter:
        """A writer of the manifest's batches."""
        return BatchWriter(
            connection=self.connection,
            dataset=self.dataset,
            manifest_sha256=self.sha256,
        )


def _fingerprint(work: _Work) -> None:
    work.sha256, _ = fingerprint(work.manifest)


def _read(work: _Work) -> None:
    reader = open_manifest(work.manifest)
    columns = map_columns(reader.columns, {}, {})
    work.raw = list(reader.read(columns.needed))


def _normalise(work: _Work) -> None:
    reader = open_manifest(work.manifest)
    columns = map_columns(reader.columns, {}, {})
    normaliser = Normaliser(columns, file=reader.file)
    rows = [normaliser.normalise(raw)[0] for raw in work.raw]
    table = pa.Table.from_batches(rows, schema=BATCH_SCHEMA).combine_chunks()
    work.batches = table.to_batches(max_chunksize=_BATCH_ROWS)
    work.raw = []


def _identify(work: _Work) -> None:
    writer = work.writer()
    work.identified = [writer.identify(batch) for batch in work.batches]


def _hash(work: _Work) -> None:
    for batch in work.identified:
        hash_batch(batch.rows)


def _write(work: _Work) -> None:
    writer = work.writer()
    for number, batch in enumerate(work.identified, start=1):
        written = writer.write(batch, number)
        _stand(work, number, written)


def _stand(work: _Work, number: int, written: WrittenBatch) -> None:
    """Let a batch stand in the ledger: rows of no batch are derived from nothing."""
    position = append_entry(work.connection, "batch", {"batch": number}, 0)
    work.connection.execute(
        schema.batches.insert().values(
            id=number,
            dataset_id=find_dataset(work.connection, work.dataset),
            kind="dataset",
            manifest=str(work.manifest),
            manifest_sha256=work.sha256,
            manifest_bytes=0,
            reader="parquet",
            mapping="{}",
            first_row=number,
            last_row=number,
            complete=True,
            records=written.records,
            root=bytes(32),
            first_record=written.first_record,
            quarantined=0,
            generated_by=written.generated_by,
            derived_from=written.derived_from,
            position=position,
        )
    )


def _derive(work: _Work) -> None:
    rebuild(work.connection)


_STAGES: dict[str, Callable[[_Work], None]] = {
    "fingerprint of the file": _fingerprint,
    "read": _read,
    "normalise": _normalise,
    "identify and sort": _identify,
    "leaves and tree": _hash,
    "insert records and edges, with their indexes": _write,
    "pedigrees, tallies, assessments": _derive,
}
"""Stages in the order of an ingest; each takes what those before it left."""


def _cpu_seconds() -> float:
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, who))


def time_stages(manifest: str, url: str) -> dict[str, float]:
    """Run the stages one after another; return CPU seconds of each."""
    spent: dict[str, float] = {}
    with (
        Ledger.open(url) as ledger,
        ledger._engine.connect() as opened,
    ):
        connection = opened.execution_options(write=True)
        with connection.begin() as transaction:
            dataset = parse_dataset("crawl")
            record_dataset(connection, dataset, now=0)
            work = _Work(
                manifest=Path(manifest), connection=connection, dataset=dataset
            )
            for name, stage in _STAGES.items():
                before = _cpu_seconds()
                stage(work)
                spent[name] = _cpu_seconds() - before
            transaction.rollback()
    return spent


def _run(bench: Bench) -> list[str]:
    manifest = str(bench.crawl(bench.rows))
    apart: list[dict[str, float]] = []
    whole = []
    for _ in range(bench.repeat):
        with bench.scratch() as folder:
            run = bench.measure(
                "stages",
                "benchmarks.stages:time_stages",
                manifest=manifest,
                url=f"sqlite:///{folder}/ledger.db",
            )
        apart.append(run.returned)
        with bench.scratch() as folder:
            run = bench.measure(
                "whole",
                "benchmarks.writers:ledger",
                manifest=manifest,
                url=f"sqlite:///{folder}/ledger.db",
            )
        whole.append(run)
    total = median(whole).cpu_seconds
    middle = {
        name: sorted(times[name] for times in apart)[(len(apart) - 1) // 2]
        for name in _STAGES
    }
    rows: list[tuple[str, Any, Any]] = [
        (name, _micros(seconds, bench), f"{seconds / total:.0%}")
        for name, seconds in middle.items()
    ]
    apart_total = sum(middle.values())
    rows += [
        (
            "sum of the stages",
            _micros(apart_total, bench),
            f"{apart_total / total:.0%}",
        ),
        ("whole ingest", _micros(total, bench), "100%"),
    ]
    return [format_table(("stage", "core-µs per row", "of the whole"), rows)]


def _micros(seconds: float, bench: Bench) -> str:
    return format_number(seconds / bench.rows * 1e6)


BENCHMARK = Benchmark(
    name="stages",
    title="Where the time goes",
    about=f"""
User and system time of the stages of an ingest on SQLite, each run alone over the whole manifest in batches of {_BATCH_ROWS:,} rows, and that of a whole ingest; medians.
""",  # noqa: E501 - a sentence a line, as in every document
    rows=1_000_000,
    bytes_per_row=1_500,
    run=_run,
)
