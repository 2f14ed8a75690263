"""Write the records and edges of a batch: the facts of some rows of a manifest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from provenance.domain import DatasetName
from provenance.ingest.edges import write_derived_from, write_generated_by
from provenance.ingest.identity import identify
from provenance.ingest.places import read_source, split_urls
from provenance.store import schema
from provenance.store.arrow import insert_batch
from provenance.store.intern import intern_media_types, intern_sources, last_id

__all__ = ["BatchCounts", "BatchWriter"]

_SOURCES_KEPT = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCounts:
    """What writing some rows added to the ledger."""

    records: int = 0
    generated_by: int = 0
    derived_from: int = 0

    def __add__(self, other: BatchCounts) -> BatchCounts:
        return BatchCounts(
            records=self.records + other.records,
            generated_by=self.generated_by + other.generated_by,
            derived_from=self.derived_from + other.derived_from,
        )


@dataclass(slots=True, kw_only=True)
class BatchWriter:
    """Writes normalised rows as the records and edges of one batch."""

    connection: sa.Connection
    """An open writing transaction."""
    batch_id: int
    dataset: DatasetName
    manifest_sha256: bytes
    _sources: dict[str, int] = field(default_factory=dict)

    def write(self, batch: pa.RecordBatch) -> BatchCounts:
        """Write rows of the one schema, in file order."""
        if not len(batch):
            return BatchCounts()
        connection = self.connection
        first = last_id(connection, schema.records) + 1
        ids = pa.array(range(first, first + len(batch)), pa.int64())
        items, keys = identify(batch, self.dataset, self.manifest_sha256)
        source_ids, paths = self._place(batch.column("url"))
        records = pa.record_batch(
            {
                "id": ids,
                "batch_id": pa.repeat(self.batch_id, len(batch)),
                "row": batch.column("row"),
                "part": batch.column("part"),
                "content_key": keys,
                "digest": batch.column("digest"),
                "item": items,
                "name": batch.column("name"),
                "source_id": source_ids,
                "path": paths,
                "fetched_at": batch.column("fetched_at").cast(pa.int64()),
                "bytes": batch.column("bytes"),
                "tokens": batch.column("tokens"),
                "items": batch.column("items"),
                "copies": batch.column("copies"),
                "language": batch.column("language"),
                "media_type_id": self._media(batch),
                "split": batch.column("split"),
            }
        )
        insert_batch(connection, schema.records, records)
        return BatchCounts(
            records=len(batch),
            generated_by=write_generated_by(connection, batch.column("origins"), ids),
            derived_from=write_derived_from(connection, batch.column("parents"), ids),
        )

    def _place(self, urls: pa.Array[Any]) -> tuple[pa.Array[Any], pa.Array[Any]]:
        prefixes, paths = split_urls(urls)
        encoded = prefixes.dictionary_encode()
        names: list[str] = encoded.dictionary.to_pylist()
        if len(self._sources) > _SOURCES_KEPT:
            self._sources.clear()
        new = [name for name in names if name not in self._sources]
        self._sources |= intern_sources(self.connection, new, read_source)
        numbers = pa.array([self._sources[name] for name in names], pa.int64())
        return numbers.take(encoded.indices), paths

    def _media(self, batch: pa.RecordBatch) -> pa.Array[Any]:
        stated = pc.coalesce(batch.column("media_type"), batch.column("medium"))
        encoded = stated.dictionary_encode()
        names: list[Any] = encoded.dictionary.to_pylist()
        media = {}
        for name in names:
            place = pc.index(stated, name).as_py()
            media[name] = batch.column("medium")[place].as_py()
        ids = intern_media_types(self.connection, media.items())
        numbers = pa.array([ids[name] for name in names], pa.int64())
        return numbers.take(encoded.indices)
