"""Find the item behind what a row calls its parent.

A digest names the content with that digest; a short content only within the
child's dataset version. Anything else is looked up among the names and URLs of the
same manifest, then of the same dataset version, or as ``DATASET[@VERSION]#NAME``.
No hit, or several: the parent stays unresolved, and contributes *unknown*.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from provenance.domain import DatasetName
from provenance.lineage.workspace import standing_batches
from provenance.store import schema
from provenance.store.arrow import read_batches

__all__ = ["UNSEEN", "resolve_parents"]

UNSEEN = -1
"""Stands for the item number of a parent that the ledger has not seen."""

_NAME: dict[str, pa.DataType] = {
    "record_id": pa.int64(),
    "name": pa.string(),
    "url": pa.string(),
}


def resolve_parents(
    connection: sa.Connection,
    duck: duckdb.DuckDBPyConnection,
    datasets: dict[int, DatasetName],
) -> None:
    """Make the tables ``link``, ``self_parent`` and ``named_parent``.

    ``link (child, way, parent)`` holds item numbers, or ``UNSEEN`` for the parent; an
    item that names itself stands in ``self_parent (item_no)`` instead.
    ``named_parent`` keeps what was not found by the digest alone.
    """
    duck.execute(
        """
        CREATE TABLE edge AS
        SELECT row_number() OVER () AS edge_no, p.record_id, p.ordinal,
               r.item_no AS child, r.dataset_id, r.manifest,
               p.derivation_id AS way, p.parent_key, p.parent_digest,
               coalesce(p.parent_reference,
                        CASE p.parent_digest[1:1]
                            WHEN '\\xD5'::BLOB THEN lower(hex(p.parent_digest[4:]))
                            ELSE lower(hex(p.parent_digest[3:])) END) AS reference
        FROM stated_parent AS p JOIN record AS r USING (record_id);

        CREATE TABLE short_content AS
        SELECT DISTINCT dataset_id, short_digest AS digest, item_no
        FROM record WHERE short_digest IS NOT NULL;

        CREATE TABLE by_digest AS
        SELECT e.edge_no, s.item_no AS short, coalesce(s.item_no, i.item_no) AS parent
        FROM edge AS e
        LEFT JOIN item AS i
            ON i.content_key = e.parent_key AND i.identity = e.parent_digest
        LEFT JOIN short_content AS s
            ON s.dataset_id = e.dataset_id AND s.digest = e.parent_digest
        WHERE e.parent_digest IS NOT NULL
            AND coalesce(s.item_no, i.item_no) IS NOT NULL;

        CREATE TABLE wanted AS
        SELECT edge_no, dataset_id, manifest, reference
        FROM edge ANTI JOIN by_digest USING (edge_no)
        WHERE reference IS NOT NULL;
        """
    )
    _load_names(connection, duck, datasets)
    duck.execute(
        f"""
        CREATE TABLE hit AS
        SELECT w.edge_no, 1 AS nearness, n.item_no
        FROM wanted AS w JOIN named AS n USING (manifest, reference)
        UNION ALL
        SELECT w.edge_no, 2, n.item_no
        FROM wanted AS w JOIN named AS n USING (dataset_id, reference)
        UNION ALL
        SELECT w.edge_no, 3, n.item_no
        FROM wanted AS w JOIN elsewhere AS x USING (reference)
        JOIN named AS n ON n.dataset_id = x.dataset_id AND n.reference = x.name;

        CREATE TABLE by_name AS
        WITH nearest AS (
            SELECT edge_no, min(nearness) AS nearness FROM hit GROUP BY edge_no
        )
        SELECT edge_no, min(item_no) AS parent
        FROM hit JOIN nearest USING (edge_no, nearness)
        GROUP BY edge_no HAVING min(item_no) = max(item_no);

        CREATE TABLE resolved AS
        SELECT e.child, e.way, coalesce(d.parent, n.parent, {UNSEEN}) AS parent
        FROM edge AS e LEFT JOIN by_digest AS d USING (edge_no)
        LEFT JOIN by_name AS n USING (edge_no);

        CREATE TABLE named_parent AS
        SELECT e.record_id, e.ordinal, i.content_key, i.identity AS item
        FROM edge AS e LEFT JOIN by_digest AS d USING (edge_no)
        LEFT JOIN by_name AS n USING (edge_no)
        JOIN item AS i ON i.item_no = coalesce(d.short, n.parent);

        CREATE TABLE self_parent AS
        SELECT DISTINCT child AS item_no FROM resolved WHERE child = parent;

        CREATE TABLE link AS
        SELECT DISTINCT child, way, parent FROM resolved WHERE child <> parent;
        """  # noqa: S608 - a constant of ours
    )


def _load_names(
    connection: sa.Connection,
    duck: duckdb.DuckDBPyConnection,
    datasets: dict[int, DatasetName],
) -> None:
    """Make ``named`` (names and URLs that are wanted) and ``elsewhere``."""
    duck.execute(
        """
        CREATE TABLE named (
            dataset_id BIGINT, manifest BIGINT, reference VARCHAR, item_no BIGINT
        );
        CREATE TABLE elsewhere (reference VARCHAR, dataset_id BIGINT, name VARCHAR);
        """
    )
    references = duck.execute("SELECT DISTINCT reference FROM wanted").fetchall()
    if not references:
        return
    rows = []
    for (reference,) in references:
        dataset, mark, name = reference.partition("#")
        if mark and name:
            rows += [
                (reference, number, name)
                for number, known in datasets.items()
                if dataset in (known.name, str(known))
            ]
    if rows:
        duck.executemany("INSERT INTO elsewhere VALUES (?, ?, ?)", rows)
    records, sources = schema.records, schema.sources
    query = (
        sa.select(
            records.c.id,
            records.c.name,
            sa.func.coalesce(sources.c.prefix, "").concat(records.c.path),
        )
        .select_from(records.outerjoin(sources, sources.c.id == records.c.source_id))
        .where(records.c.batch_id.in_(standing_batches()))
    )
    duck.execute(
        """
        CREATE TABLE asked AS
        SELECT reference FROM wanted UNION SELECT name FROM elsewhere
        """
    )
    for batch in read_batches(connection, query, pa.schema(_NAME)):
        duck.register("incoming", pa.Table.from_batches([batch]))
        duck.execute(
            """
            INSERT INTO named
            SELECT DISTINCT r.dataset_id, r.manifest, called.reference, r.item_no
            FROM (
                SELECT record_id, name AS reference FROM incoming
                UNION ALL SELECT record_id, url FROM incoming
            ) AS called
            SEMI JOIN asked USING (reference) JOIN record AS r USING (record_id)
            """
        )
    duck.unregister("incoming")
