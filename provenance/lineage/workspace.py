"""A scratch DuckDB beside the ledger: the facts, laid out for set work.

Nothing of record lives here; it is filled from an open transaction of the ledger
and thrown away. Items get dense numbers, which only this scratch space knows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from provenance.store import schema
from provenance.store.arrow import read_batches

__all__ = ["load_facts", "open_workspace"]

_MEMORY_LIMIT = "2GB"

_RECORD: dict[str, pa.DataType] = {
    "record_id": pa.int64(),
    "batch_id": pa.int64(),
    "content_key": pa.int64(),
    "digest": pa.binary(),
    "item": pa.binary(),
    "fetched_at": pa.int64(),
    "bytes": pa.int64(),
    "tokens": pa.int64(),
    "items": pa.int64(),
    "copies": pa.int64(),
    "language": pa.string(),
    "split": pa.string(),
    "medium": pa.string(),
    "domain": pa.string(),
}
_BATCH: dict[str, pa.DataType] = {
    "batch_id": pa.int64(),
    "dataset_id": pa.int64(),
    "sha256": pa.binary(),
}
_GENERATED_BY: dict[str, pa.DataType] = {
    "record_id": pa.int64(),
    "origin_id": pa.int64(),
}
_DERIVED_FROM: dict[str, pa.DataType] = {
    "record_id": pa.int64(),
    "ordinal": pa.int32(),
    "parent_key": pa.int64(),
    "parent_digest": pa.binary(),
    "parent_reference": pa.string(),
    "derivation_id": pa.int64(),
}


@contextmanager
def open_workspace() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty scratch database that spills to a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="provenance-") as folder:
        duck = duckdb.connect(
            config={
                "memory_limit": _MEMORY_LIMIT,
                "temp_directory": folder,
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "preserve_insertion_order": "false",
            }
        )
        try:
            yield duck
        finally:
            duck.close()


def standing_batches() -> sa.Select[tuple[int]]:
    """The ids of all batches that were not withdrawn."""
    batches, withdrawals = schema.batches, schema.withdrawals
    return sa.select(batches.c.id).where(
        batches.c.position.not_in(sa.select(withdrawals.c.withdrawn))
    )


def load_facts(connection: sa.Connection, duck: duckdb.DuckDBPyConnection) -> None:
    """Copy the standing facts into the workspace and number the items.

    Makes the tables ``record`` (one row per occurrence, with ``item_no``), ``item``
    (one per distinct content, with its earliest capture), ``stated_origin`` and
    ``stated_parent``.
    """
    records, batches = schema.records, schema.batches
    sources, media = schema.sources, schema.media_types
    standing = standing_batches()
    _fill(
        connection,
        duck,
        "batch",
        sa.select(batches.c.id, batches.c.dataset_id, batches.c.manifest_sha256).where(
            batches.c.id.in_(standing)
        ),
        _BATCH,
    )
    _fill(
        connection,
        duck,
        "loaded",
        sa.select(
            records.c.id,
            records.c.batch_id,
            records.c.content_key,
            records.c.digest,
            records.c.item,
            records.c.fetched_at,
            records.c.bytes,
            records.c.tokens,
            records.c["items"],
            records.c.copies,
            records.c.language,
            records.c.split,
            media.c.medium,
            sources.c.domain,
        )
        .select_from(
            records.outerjoin(media, media.c.id == records.c.media_type_id).outerjoin(
                sources, sources.c.id == records.c.source_id
            )
        )
        .where(records.c.batch_id.in_(standing)),
        _RECORD,
    )
    edges = schema.generated_by
    _fill(
        connection,
        duck,
        "stated_origin",
        sa.select(edges.c.record_id, edges.c.origin_id),
        _GENERATED_BY,
    )
    parents = schema.derived_from
    _fill(
        connection,
        duck,
        "stated_parent",
        sa.select(
            parents.c.record_id,
            parents.c.ordinal,
            parents.c.parent_key,
            parents.c.parent_digest,
            parents.c.parent_reference,
            parents.c.derivation_id,
        ),
        _DERIVED_FROM,
    )
    _number_items(duck)


def _fill(
    connection: sa.Connection,
    duck: duckdb.DuckDBPyConnection,
    table: str,
    query: sa.Select[tuple[object, ...]],
    types: dict[str, pa.DataType],
) -> None:
    columns = pa.schema(types)
    empty = columns.empty_table()
    duck.register("incoming", empty)
    duck.execute(f"CREATE TABLE {table} AS FROM incoming")
    for batch in read_batches(connection, query, columns):
        duck.register("incoming", pa.Table.from_batches([batch]))
        duck.execute(f"INSERT INTO {table} FROM incoming")
    duck.unregister("incoming")


def _number_items(duck: duckdb.DuckDBPyConnection) -> None:
    duck.execute(
        """
        CREATE TABLE manifest AS
        SELECT batch_id, dataset_id,
               dense_rank() OVER (ORDER BY dataset_id, sha256) AS manifest
        FROM batch;

        CREATE TABLE dated AS
        SELECT l.*, coalesce(l.item, l.digest) AS identity, m.dataset_id, m.manifest,
               strftime(make_timestamp(l.fetched_at), '%Y-%m') AS month
        FROM loaded AS l JOIN manifest AS m USING (batch_id);
        DROP TABLE loaded;

        CREATE TABLE item AS
        SELECT row_number() OVER () AS item_no, content_key, identity,
               count(*) AS occurrences, min(record_id) AS first_record,
               min({'month': month, 'medium': coalesce(medium, '')})
                   FILTER (WHERE month IS NOT NULL) AS capture
        FROM dated GROUP BY content_key, identity;

        CREATE TABLE record AS
        SELECT d.record_id, i.item_no, d.dataset_id, d.manifest,
               CASE WHEN d.item IS NOT NULL THEN d.digest END AS short_digest,
               d.month, d.domain, d.language, d.split, d.medium,
               d.items, d.copies, d.bytes, d.tokens
        FROM dated AS d JOIN item AS i USING (content_key, identity);
        DROP TABLE dated;
        """
    )
