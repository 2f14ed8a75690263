"""Make every derived table anew from the facts: the oracle of all shortcuts."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from provenance.domain import Evidence, Kind, Origin
from provenance.lineage.assessments import reassess
from provenance.lineage.parents import resolve_parents
from provenance.lineage.propagate import Rule, propagate
from provenance.lineage.tally import count_tallies
from provenance.lineage.workspace import load_facts, open_workspace
from provenance.store import schema
from provenance.store.arrow import insert_batch, insert_rows
from provenance.store.facts import (
    load_datasets,
    load_derivations,
    load_models,
    load_origins,
)
from provenance.store.intern import intern_origins

__all__ = ["rebuild"]

_ROWS_WRITTEN = 65_536


def rebuild(connection: sa.Connection, *, since_record: int = 0) -> int:
    """Empty the derived tables and fill them from the standing facts.

    Args:
        connection: An open writing transaction; readers see all of it or nothing.
        since_record: Id of the first record of interest.

    Returns:
        How many contents have no record older than that.
    """
    for table in schema.DERIVED:
        connection.execute(table.delete())
    with open_workspace() as duck:
        load_facts(connection, duck)
        datasets = load_datasets(connection)
        resolve_parents(connection, duck, datasets)
        captures = _intern_captures(connection, duck)
        unknown = _intern_unknown(connection)
        rule = Rule(
            origins=load_origins(connection),
            ways=load_derivations(connection),
            book=load_models(connection),
            unknown=unknown,
        )
        loops = propagate(duck, rule, captures)
        rows = [(*key, rule.plain(origin)) for key, origin in captures.items()]
        duck.execute("CREATE TABLE plain (month TEXT, medium TEXT, pedigree BIGINT)")
        if rows:
            duck.executemany("INSERT INTO plain VALUES (?, ?, ?)", rows)
        count_tallies(duck, rule.plain(unknown))
        _write_pedigrees(connection, rule)
        _write_items(connection, duck, loops)
        _write_tallies(connection, duck)
        query = "SELECT count(*) FROM item WHERE first_record >= ?"
        new = duck.execute(query, [since_record]).fetchall()[0][0]
    reassess(connection)
    return int(new)


def _intern_captures(
    connection: sa.Connection, duck: duckdb.DuckDBPyConnection
) -> dict[tuple[str, str], int]:
    keys = duck.execute(
        """
        SELECT DISTINCT month, coalesce(medium, '') FROM record
        WHERE month IS NOT NULL
        UNION SELECT capture.month, capture.medium FROM item
        WHERE capture IS NOT NULL
        """
    ).fetchall()
    wanted = {
        (month, medium): Origin(
            kind=Kind.CAPTURE,
            evidence=Evidence.CAPTURED,
            month=month,
            medium=medium or None,
        )
        for month, medium in keys
    }
    ids = intern_origins(connection, wanted.values())
    return {key: ids[origin] for key, origin in wanted.items()}


def _intern_unknown(connection: sa.Connection) -> int:
    unknown = Origin(kind=Kind.UNKNOWN, evidence=Evidence.CAPTURED)
    return intern_origins(connection, [unknown])[unknown]


def _write_pedigrees(connection: sa.Connection, rule: Rule) -> None:
    rows: list[tuple[object, ...]] = []
    elements: list[tuple[object, ...]] = []
    for number, pedigree in enumerate(rule.pedigrees):
        only = rule.origins[pedigree[0].origin] if len(pedigree) == 1 else None
        if only and pedigree[0].own and only.kind in (Kind.CAPTURE, Kind.UNKNOWN):
            rows.append((number, only.month or "", only.medium or ""))
        else:
            rows.append((number, None, None))
        elements += [(number, *element) for element in pedigree]
    insert_rows(connection, schema.pedigrees, ("id", "month", "medium"), rows)
    columns = (
        "pedigree_id",
        "origin_id",
        "grade",
        "own",
        "least_hops",
        "greatest_hops",
    )
    insert_rows(connection, schema.pedigree_origins, columns, elements)


def _write_items(
    connection: sa.Connection,
    duck: duckdb.DuckDBPyConnection,
    loops: list[list[int]],
) -> None:
    solved = duck.sql(
        """
        SELECT i.content_key, i.identity AS item, s.pedigree AS pedigree_id
        FROM solved AS s JOIN item AS i USING (item_no)
        JOIN subject AS u USING (item_no)
        WHERE u.said
        ORDER BY i.content_key, i.identity
        """
    )
    for batch in solved.to_arrow_reader(_ROWS_WRITTEN):
        insert_batch(connection, schema.item_pedigrees, batch)
    named = duck.sql("FROM named_parent ORDER BY record_id, ordinal")
    for batch in named.to_arrow_reader(_ROWS_WRITTEN):
        insert_batch(connection, schema.named_parents, batch)
    members = pa.table(
        {
            "loop": pa.array(
                [n for n, loop in enumerate(loops) for _ in loop], pa.int64()
            ),
            "item_no": pa.array([i for loop in loops for i in loop], pa.int64()),
        }
    )
    duck.register("members", members)
    looped = duck.sql(
        """
        SELECT m.loop, i.content_key, i.identity AS item
        FROM members AS m JOIN item AS i USING (item_no)
        ORDER BY m.loop, i.content_key, i.identity
        """
    )
    for batch in looped.to_arrow_reader(_ROWS_WRITTEN):
        insert_batch(connection, schema.item_loops, batch)


def _write_tallies(connection: sa.Connection, duck: duckdb.DuckDBPyConnection) -> None:
    rows = duck.sql(
        "SELECT * RENAME (pedigree AS pedigree_id) FROM tally "
        "ORDER BY dataset_id, dimension, value, pedigree"
    )
    for batch in rows.to_arrow_reader(_ROWS_WRITTEN):
        insert_batch(connection, schema.tallies, batch)
