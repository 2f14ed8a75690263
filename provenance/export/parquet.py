"""Parquet: a folder that Spark, DuckDB and notebooks read, and another ledger, too.

::

    DIR/facts.json                 datasets, models, claims (``domain.fact_file``)
    DIR/records/NAME.parquet       the records of the dataset, with all their edges
    DIR/upstream/NAME.parquet      records of other datasets that they hang on
    DIR/evidence/evidence.parquet  evidence that they hang on
    DIR/derived/….parquet          pedigrees, assessments, tallies

``provenance ingest DIR`` records the first three kinds, each file for the dataset that
its metadata name, and passes over what is derived. ``NAME`` has ``--`` for a slash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from provenance.domain.datasets import DatasetName, parse_dataset
from provenance.domain.fact_file import format_facts
from provenance.domain.facts import DatasetFact
from provenance.export.loss import Loss, list_losses
from provenance.export.told import Told

__all__ = ["make_facts", "name_file", "remove_stale", "write", "write_rows"]

_CARRIED: Final = frozenset(
    {
        *("rows", "digests", "edges", "upstream", "modes", "evidence", "units"),
        *("unknown", "missing", "sources", "claims", "models", "unattributed"),
    }
)
_HOLDS, _DATASET = "provenance.holds", "provenance.dataset"
_FOLDERS: Final = ("records", "upstream", "evidence", "derived")
_LONGEST: Final = 200
"""Bytes of a file's name: no name of a dataset is longer, and file systems take 255."""


def write(told: Told, folder: Path) -> tuple[list[Path], list[Loss]]:
    """Write the folder; return the files, and what they do not carry."""
    written = [folder / "facts.json"]
    folder.mkdir(parents=True, exist_ok=True)
    facts = json.dumps(make_facts(told), ensure_ascii=False, indent=1)
    written[0].write_text(facts + "\n", "utf-8")
    path = folder / "records" / f"{name_file(told.dataset)}.parquet"
    written += write_rows(path, told.read_rows(), told.dataset)
    for dataset, rows in told.read_upstream():
        inner = "evidence" if dataset is None else "upstream"
        path = folder / inner / f"{name_file(dataset or inner)}.parquet"
        written += write_rows(path, rows, dataset)
    for name, batches in told.read_derived():
        path = folder / "derived" / f"{name}.parquet"
        written += _write(path, batches, {_HOLDS: "derived", _DATASET: told.dataset})
    remove_stale(folder, written)
    return written, list_losses(told, _CARRIED)


def name_file(dataset: str) -> str:
    """Return a file name without its suffix, which is a dataset's name, too.

    Each dataset has another: a name that ``--`` makes ambiguous, or that is too long
    for a file, ends in ``---`` and a digest of all of it.
    """
    plain = dataset.replace("/", "--")
    octets = plain.encode()
    if not ("--" in dataset or "-/" in dataset or len(octets) > _LONGEST):
        return plain
    start = octets[: _LONGEST - 35].decode(errors="ignore").rstrip("@")
    return f"{start}---{hashlib.sha256(dataset.encode()).hexdigest()[:32]}"


def remove_stale(folder: Path, written: Iterable[Path]) -> None:
    """Remove what an earlier export left, which would be read as part of this one.

    Only Parquet that says itself what it holds goes, and only from our own folders.
    """
    kept = set(written)
    for inner in _FOLDERS:
        for path in set((folder / inner).glob("*.parquet")) - kept:
            if path.is_file() and _is_ours(path):
                path.unlink()


def _is_ours(path: Path) -> bool:
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException):
        return False
    return _HOLDS.encode() in metadata


def make_facts(told: Told) -> dict[str, Any]:
    """Return what rows cannot say: the dataset's own facts, its models, the claims."""
    recorded = [model for model in told.models if model.registered]
    datasets = [_to_fact(stated) for stated in (told.stated, *told.beside)]
    return format_facts(datasets, recorded, told.claims)


def _to_fact(stated: Mapping[str, Any]) -> DatasetFact:
    return DatasetFact(
        dataset=DatasetName(stated["dataset"], stated["version"]),
        parents=tuple(map(parse_dataset, stated["derived_from"])),
        license=stated["license"],
        note=stated["note"],
        stated=stated["stated"],
    )


def write_rows(
    path: Path, rows: Iterator[pa.RecordBatch], dataset: str | None
) -> list[Path]:
    """Write records to a file that says whose they are; none is written of none.

    Args:
        dataset: None: they are evidence.
    """
    holds = "evidence" if dataset is None else "records"
    return _write(path, rows, {_HOLDS: holds, _DATASET: dataset or ""})


def _write(
    path: Path, rows: Iterable[pa.RecordBatch], metadata: Mapping[str, str]
) -> list[Path]:
    batches = iter(rows)
    first = next((batch for batch in batches if len(batch)), None)
    if first is None:
        return []
    path.parent.mkdir(exist_ok=True)
    schema = first.schema.with_metadata(dict(metadata))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        writer.write_batch(first.replace_schema_metadata(dict(metadata)))
        for batch in batches:
            writer.write_batch(batch.replace_schema_metadata(dict(metadata)))
    return [path]
