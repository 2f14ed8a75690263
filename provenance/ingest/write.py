"""Write the rows of a batch: its records and edges, with the ids of this ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from provenance.ingest.arrange import Batch
from provenance.store import schema
from provenance.store.arrow import insert_batch
from provenance.store.intern import (
    intern_derivations,
    intern_media_types,
    intern_origins,
    intern_sources,
    last_id,
)
from provenance.store.scratch import ScratchFile, attach_scratch

__all__ = ["BatchWriter", "WrittenBatch"]

_SOURCES_KEPT = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBatch:
    """What writing a batch added to the ledger, with its ids."""

    first_record: int
    """Id of its first record; the others follow without a gap."""
    records: pa.Table
    """The records with the columns that lineage looks at."""
    generated_by: pa.Table
    derived_from: pa.Table


@dataclass(slots=True)
class BatchWriter:
    """Writes the batches of one manifest, one after the other."""

    _sources: dict[str, int] = field(default_factory=dict)

    def write(
        self,
        connection: sa.Connection,
        batch: Batch,
        batch_id: int,
        scratch: ScratchFile | None = None,
    ) -> WrittenBatch:
        """Write the records and edges of a batch that is not empty.

        Args:
            connection: An open writing transaction.
            batch: The rows, numbered within the batch.
            batch_id: Id of the batch.
            scratch: An SQLite file that holds the same rows already.
        """
        first = last_id(connection, schema.records) + 1
        ids = self._intern(connection, batch)
        if scratch is None:
            _insert(connection, batch, ids, batch_id, first)
        else:
            name = attach_scratch(connection, scratch)
            _copy(connection, name, scratch, batch, ids, batch_id, first)
        return WrittenBatch(
            first_record=first,
            records=_of_lineage(batch, ids, batch_id, first),
            generated_by=_numbered(batch.generated_by, first).set_column(
                1, "origin_id", _take(ids["origins"], batch.generated_by["origin_id"])
            ),
            derived_from=_numbered(batch.derived_from, first).set_column(
                5,
                "derivation_id",
                _take(ids["derivations"], batch.derived_from["derivation_id"]),
            ),
        )

    def _intern(
        self, connection: sa.Connection, batch: Batch
    ) -> Mapping[str, pa.Array[Any]]:
        """The ids of what the rows of a batch share, in the order of its tables."""
        if len(self._sources) > _SOURCES_KEPT:
            self._sources.clear()
        new = [
            (key, source)
            for key, source in batch.known_sources
            if source.prefix not in self._sources
        ]
        self._sources |= intern_sources(connection, new)
        types = batch.media_types.select(["media_type", "medium"]).to_pylist()
        media = intern_media_types(
            connection, [(row["media_type"], row["medium"]) for row in types]
        )
        origins = intern_origins(connection, batch.known_origins)
        ways = [
            (row["mode"], row["evidence"])
            for row in batch.derivations.select(["mode", "evidence"]).to_pylist()
        ]
        derivations = intern_derivations(connection, ways)
        return {
            "sources": _array(
                self._sources[source.prefix] for _, source in batch.known_sources
            ),
            "media_types": _array(media[row["media_type"]] for row in types),
            "origins": _array(origins[origin] for origin in batch.known_origins),
            "derivations": _array(derivations[way] for way in ways),
        }


def _array(ids: Iterable[int]) -> pa.Array[Any]:
    return pa.array(list(ids), pa.int64())


def _take(ids: pa.Array[Any], numbers: Any) -> pa.Array[Any]:
    """Put ids in the place of numbers that count from 1; null stays null."""
    if isinstance(numbers, pa.ChunkedArray):
        numbers = numbers.combine_chunks()
    taken: pa.Array[Any] = ids.take(pc.subtract(numbers.cast(pa.int64()), 1))
    return taken


def _look_up(values: Any, numbers: Any) -> pa.ChunkedArray:
    """The same, with each value kept once."""
    distinct = values.combine_chunks()
    chunks = [
        pa.DictionaryArray.from_arrays(pc.subtract(chunk, 1), distinct)
        for chunk in numbers.chunks
    ]
    return pa.chunked_array(chunks, pa.dictionary(pa.int64(), pa.string()))


def _numbered(table: pa.Table, first: int) -> pa.Table:
    records = pc.add(table["record_id"], first - 1)
    return table.set_column(0, "record_id", records)


def _of_lineage(
    batch: Batch, ids: Mapping[str, pa.Array[Any]], batch_id: int, first: int
) -> pa.Table:
    rows = batch.records
    prefixes, domains = (
        _look_up(batch.sources[name], rows["source_id"])
        for name in ("prefix", "domain")
    )
    columns = {
        "record_id": pc.add(rows["id"], first - 1),
        "batch_id": pa.repeat(batch_id, rows.num_rows),
        **{
            name: rows[name]
            for name in (
                "content_key",
                "digest",
                "item",
                "fetched_at",
                "bytes",
                "tokens",
                "items",
                "copies",
                "language",
                "split",
            )
        },
        "source_id": _take(ids["sources"], rows["source_id"]),
        "medium": batch.medium,
        "domain": domains,
        "name": rows["name"],
        "prefix": prefixes,
        "path": rows["path"],
    }
    return pa.table(columns)


def _insert(
    connection: sa.Connection,
    batch: Batch,
    ids: Mapping[str, pa.Array[Any]],
    batch_id: int,
    first: int,
) -> None:
    """Write from memory."""
    rows = batch.records
    columns = {name: rows[name] for name in rows.column_names}
    columns["id"] = pc.add(rows["id"], first - 1)
    columns["batch_id"] = pa.repeat(batch_id, rows.num_rows)
    columns["source_id"] = _take(ids["sources"], rows["source_id"])
    columns["media_type_id"] = _take(ids["media_types"], rows["media_type_id"])
    origins = _take(ids["origins"], batch.generated_by["origin_id"])
    ways = _take(ids["derivations"], batch.derived_from["derivation_id"])
    written = {
        schema.records: pa.table(columns),
        schema.generated_by: _numbered(batch.generated_by, first).set_column(
            1, "origin_id", origins
        ),
        schema.derived_from: _numbered(batch.derived_from, first).set_column(
            5, "derivation_id", ways
        ),
    }
    if batch.record_salts is not None:
        written[schema.record_salts] = _numbered(batch.record_salts, first)
    for table, values in written.items():
        for part in values.combine_chunks().to_batches():
            insert_batch(connection, table, part)


def _copy(
    connection: sa.Connection,
    schema_name: str,
    file: ScratchFile,
    batch: Batch,
    ids: Mapping[str, pa.Array[Any]],
    batch_id: int,
    first: int,
) -> None:
    """Write from the scratch file, inside the database.

    A row that is refused undoes the transaction. A statement that could be undone alone
    would first write each page that it changes into a journal of its own.
    """
    for name, numbers in ids.items():
        connection.exec_driver_sql(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS new_{name} "
            "(number INTEGER PRIMARY KEY, id INTEGER)"
        )
        connection.exec_driver_sql(f"DELETE FROM new_{name}")  # noqa: S608 - our names
        pairs = list(enumerate(numbers.to_pylist(), start=1))
        if pairs:
            connection.exec_driver_sql(
                f"INSERT INTO new_{name} VALUES (?, ?)",  # noqa: S608 - our names
                pairs,
            )
    offset = first - 1
    names = batch.records.column_names[1:]
    values = dict(zip(names, file.spell("records", *names), strict=True))
    joins = ""
    for name, new in (("source_id", "sources"), ("media_type_id", "media_types")):
        if values[name] != "NULL":
            joins += f" LEFT JOIN new_{new} ON new_{new}.number = {values[name]}"
            values[name] = f"new_{new}.id"
    chosen = ", ".join(f'"{name}"' for name in names)
    into_records = (
        f"INSERT OR ROLLBACK INTO records (id, batch_id, {chosen}) "  # noqa: S608 - our names
        f"SELECT records.rowid + {offset}, {batch_id}, {', '.join(values.values())} "
        f"FROM {schema_name}.records{joins} ORDER BY records.rowid"
    )
    record, origin, score, threshold = file.spell(
        "generated_by", "record_id", "origin_id", "score", "threshold"
    )
    into_generated_by = (
        "INSERT OR ROLLBACK INTO generated_by (record_id, origin_id, score, threshold) "  # noqa: S608 - our names
        f"SELECT {record} + {offset}, n.id, {score}, {threshold} "
        f"FROM {schema_name}.generated_by JOIN new_origins AS n "
        f"ON n.number = {origin} ORDER BY 1, 2"
    )
    record, way, *edge = file.spell(
        *("derived_from", "record_id", "derivation_id", "ordinal"),
        *("parent_key", "parent_digest", "parent_reference"),
    )
    into_derived_from = (
        "INSERT OR ROLLBACK INTO derived_from (record_id, ordinal, parent_key, "  # noqa: S608 - our names
        "parent_digest, parent_reference, derivation_id) "
        f"SELECT {record} + {offset}, {', '.join(edge)}, n.id "
        f"FROM {schema_name}.derived_from JOIN new_derivations AS n "
        # The index by parent is large, the end of the table small: its order counts.
        f"ON n.number = {way} ORDER BY 3"
    )
    statements = [into_records, into_generated_by, into_derived_from]
    if batch.record_salts is not None:
        record, salt = file.spell("record_salts", "record_id", "salt")
        statements.append(
            "INSERT OR ROLLBACK INTO record_salts (record_id, salt) "  # noqa: S608 - our names
            f"SELECT {record} + {offset}, {salt} FROM {schema_name}.record_salts "
            "ORDER BY record_salts.rowid"
        )
    for statement in statements:
        connection.exec_driver_sql(statement)
