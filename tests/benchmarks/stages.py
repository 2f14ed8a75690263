"""Where the time of an ingest goes: its stages, run apart."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from benchmarks.bench import Bench, Benchmark, median
from benchmarks.tables import format_number, format_table

from provenance import Ledger
from provenance.batch import BATCH_SCHEMA
from provenance.domain import parse_dataset
from provenance.ingest import Arranger, Batch, BatchWriter, WrittenBatch
from provenance.ledger.facts import find_dataset, record_dataset
from provenance.ledger.parts import LARGEST_BATCH
from provenance.lineage import Entering, Lineage, open_lineage
from provenance.log import append_entry, hash_batch
from provenance.manifest import (
    Normaliser,
    RawBatch,
    fingerprint,
    map_columns,
    open_manifest,
)
from provenance.store import schema
from provenance.store.scratch import ScratchFile, detach_scratch

__all__ = ["BENCHMARK", "time_stages"]

_DATASET = parse_dataset("crawl")
_MEMORY = "500MB"


@dataclass(slots=True, kw_only=True)
class _Work:
    """One batch after the other, as the stages hand it on."""

    manifest: Path
    connection: sa.Connection
    """One that writes; each batch is a transaction."""
    rows: Iterator[RawBatch]
    normaliser: Normaliser
    arranger: Arranger
    lineage: Lineage
    writer: BatchWriter = field(default_factory=BatchWriter)
    number: int = 0
    raw: list[RawBatch] = field(default_factory=list)
    batch: pa.Table | None = None
    arranged: Batch | None = None
    scratch: ScratchFile | None = None
    written: WrittenBatch | None = None


def _read(work: _Work) -> None:
    work.raw = []
    while sum(len(raw.rows) for raw in work.raw) < LARGEST_BATCH:
        raw = next(work.rows, None)
        if raw is None:
            return
        work.raw.append(raw)


def _normalise(work: _Work) -> None:
    rows = [work.normaliser.normalise(raw)[0] for raw in work.raw]
    work.batch = pa.Table.from_batches(rows, schema=BATCH_SCHEMA)


def _arrange(work: _Work) -> None:
    assert work.batch is not None
    work.arranged = work.arranger.arrange(work.batch)


def _hash(work: _Work) -> None:
    assert work.arranged is not None
    hash_batch(work.arranged.tables())


def _stage(work: _Work) -> None:
    assert work.arranged is not None
    work.scratch = ScratchFile(work.connection.engine.url)
    work.scratch.write(work.arranged.unnumbered())


def _write(work: _Work) -> None:
    assert work.arranged is not None
    work.number += 1
    work.written = work.writer.write(
        work.connection, work.arranged, work.number, work.scratch
    )


def _derive(work: _Work) -> None:
    written, dataset = work.written, find_dataset(work.connection, _DATASET)
    assert written is not None
    assert dataset is not None
    position = _log(work, dataset, written)
    entering = Entering(
        dataset_id=dataset,
        dataset=_DATASET,
        first_record=written.first_record,
        records=written.records,
        origins=written.generated_by,
        parents=written.derived_from,
    )
    work.lineage.extend(work.connection, entering, position)


def _log(work: _Work, dataset: int, written: WrittenBatch) -> int:
    """Let the batch stand in the ledger: lineage looks at no others."""
    position = append_entry(work.connection, "batch", {"batch": work.number}, 0)
    work.connection.execute(
        schema.batches.insert().values(
            id=work.number,
            dataset_id=dataset,
            kind="dataset",
            manifest=str(work.manifest),
            manifest_sha256=bytes(32),
            manifest_bytes=0,
            reader="parquet",
            mapping="{}",
            first_row=work.number,
            last_row=work.number,
            complete=True,
            records=written.records.num_rows,
            root=bytes(32),
            first_record=written.first_record,
            quarantined=0,
            generated_by=written.generated_by.num_rows,
            derived_from=written.derived_from.num_rows,
            position=position,
        )
    )
    return position


_FINGERPRINT, _COMMIT = "fingerprint of the file", "commit"
_STAGES: dict[str, Callable[[_Work], None]] = {
    "normalise": _normalise,
    "identify, sort, lay out": _arrange,
    "leaves and tree": _hash,
    "scratch file": _stage,
    "copy into the tables, with their indexes": _write,
    "pedigrees, tallies, assessments": _derive,
}
"""What becomes of each batch that was read, in this order."""


def _cpu_seconds() -> float:
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, who))


def time_stages(manifest: str, url: str) -> dict[str, float]:
    """Take every batch through the stages; return CPU seconds of each."""
    spent = dict.fromkeys((_FINGERPRINT, "read", *_STAGES, _COMMIT), 0.0)
    path = Path(manifest)

    def timed(name: str, stage: Callable[[], object]) -> None:
        before = _cpu_seconds()
        stage()
        spent[name] += _cpu_seconds() - before

    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger.open(url))
        opened = stack.enter_context(ledger._engine.connect())
        connection = opened.execution_options(write=True)
        with connection.begin():
            record_dataset(connection, _DATASET, now=0)
        timed(_FINGERPRINT, lambda: fingerprint(path))
        reader = open_manifest(path)
        columns = map_columns(reader.columns, {}, {})
        work = _Work(
            manifest=path,
            connection=connection,
            rows=reader.read(columns.needed),
            normaliser=Normaliser(columns, file=reader.file),
            arranger=Arranger(dataset=_DATASET, manifest_sha256=bytes(32)),
            lineage=stack.enter_context(open_lineage(_MEMORY)),
        )
        while True:
            timed("read", lambda: _read(work))
            if not work.raw:
                break
            with connection.begin() as transaction:
                for name, stage in _STAGES.items():
                    timed(name, partial(stage, work))
                timed(_COMMIT, transaction.commit)
            detach_scratch(connection)
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
        for name in apart[0]
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
User and system time of the stages of an ingest on SQLite, run one after the other for each batch of {LARGEST_BATCH:,} rows, and that of a whole ingest, which overlaps them and commits after each batch; medians.
""",  # noqa: E501 - a sentence a line, as in every document
    rows=1_000_000,
    bytes_per_row=1_500,
    run=_run,
)
