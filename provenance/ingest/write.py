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

__all__ = ["BatchWriter", "IdentifiedBatch", "WrittenBatch"]

_SOURCES_KEPT = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifiedBatch:
    """Normalised rows with their items, in the order in which records are kept."""

    rows: pa.RecordBatch
    """Rows of the one schema, by content key, then row and part of the file."""
    items: pa.Array[Any]
    """Item keys, null where the digest itself is the identity."""
    keys: pa.Array[Any]
    """Content keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBatch:
    """What writing a batch added to the ledger."""

    first_record: int
    """Id of its first record; the others follow without a gap."""
    records: int
    generated_by: int
    derived_from: int


@dataclass(slots=True, kw_only=True)
class BatchWriter:
    """Writes the batches of one manifest as records and edges."""

    connection: sa.Connection
    """An open writing transaction."""
    dataset: DatasetName
    manifest_sha256: bytes
    _sources: dict[str, int] = field(default_factory=dict)

    def identify(self, batch: pa.RecordBatch) -> IdentifiedBatch:
        """Find the items of normalised rows, and order the rows by them."""
        items, keys = identify(batch, self.dataset, self.manifest_sha256)
        order = pc.sort_indices(
            pa.table({"key": keys, "row": batch["row"], "part": batch["part"]}),
            sort_keys=[(name, "ascending") for name in ("key", "row", "part")],
        )
        return IdentifiedBatch(
            rows=batch.take(order), items=items.take(order), keys=keys.take(order)
        )

    def write(self, batch: IdentifiedBatch, batch_id: int) -> WrittenBatch:
        """Write the records and edges of a batch that is not empty."""
        connection, rows = self.connection, batch.rows
        first = last_id(connection, schema.records) + 1
        ids = pa.array(range(first, first + len(rows)), pa.int64())
        source_ids, paths = self._place(rows.column("url"))
        records = pa.record_batch(
            {
                "id": ids,
                "batch_id": pa.repeat(batch_id, len(rows)),
                "row": rows.column("row"),
                "part": rows.column("part"),
                "content_key": batch.keys,
                "digest": rows.column("digest"),
                "item": batch.items,
                "name": rows.column("name"),
                "source_id": source_ids,
                "path": paths,
                "fetched_at": rows.column("fetched_at").cast(pa.int64()),
                "bytes": rows.column("bytes"),
                "tokens": rows.column("tokens"),
                "items": rows.column("items"),
                "copies": rows.column("copies"),
                "language": rows.column("language"),
                "media_type_id": self._media(rows),
                "split": rows.column("split"),
            }
        )
        insert_batch(connection, schema.records, records)
        return WrittenBatch(
            first_record=first,
            records=len(rows),
            generated_by=write_generated_by(connection, rows.column("origins"), ids),
            derived_from=write_derived_from(connection, rows.column("parents"), ids),
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
