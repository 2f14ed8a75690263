"""Write what a change does to the derived tables: rows that differ, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from provenance.domain.digests import finding_key
from provenance.lineage.solve import Solver
from provenance.lineage.tally import refuse_amounts
from provenance.lineage.workspace import count_rows
from provenance.store import schema
from provenance.store.amounts import ASSESSED, DIMENSIONS
from provenance.store.arrow import insert_batch
from provenance.store.intern import intern_tally_values
from provenance.store.keys import ASKED_KEYS, ASKED_RECORDS, ask, split_asked

__all__ = [
    "end_loops",
    "insert_open_parents",
    "insert_relation",
    "iter_open_parents",
    "keep",
    "keep_tallies",
    "next_loop",
    "select_items",
    "select_loops",
    "select_named_parents",
]

_ROWS = 1 << 20
_VALUES_KEPT = 500_000

_WORTH_A_LOOK = 1 << 51
"""Thousandths in one change, some 2 PB, from which the whole might not fit."""
_MOST = 9.2e18
"""What 64 bits hold, less what sums of floats may be wrong by."""


def keep(solver: Solver, position: int, *, linked: bool) -> None:
    """Bring the derived tables up to date with what a solver found.

    Args:
        solver: It has solved, and its workspace has ``cone (content_key, item)``:
            the items that the change reaches, new ones left out.
        position: Log position of the change.
        linked: Whether edges may have come, gone, or come to mean another parent.
    """
    connection, duck = solver.connection, solver.duck
    _keep_items(connection, duck)
    if linked:
        _keep_parents(connection, duck)
        _keep_loops(solver, position)
    keep_tallies(connection, duck, position, solver.values)


def insert_relation(connection: sa.Connection, table: sa.Table, rows: Any) -> None:
    """Append the rows of a DuckDB relation to a table of the ledger, many at once."""
    waiting: list[pa.RecordBatch] = []
    for batch in rows.to_arrow_reader(_ROWS):
        waiting.append(batch)
        if sum(map(len, waiting)) >= _ROWS:
            insert_batch(connection, table, pa.concat_batches(waiting))
            waiting.clear()
    if any(map(len, waiting)):
        insert_batch(connection, table, pa.concat_batches(waiting))


def _keep_items(connection: sa.Connection, duck: duckdb.DuckDBPyConnection) -> None:
    duck.register("written", select_items(duck).to_arrow_table())
    gone = duck.sql("SELECT content_key, item FROM (FROM was EXCEPT FROM written)")
    stale = gone.to_arrow_table()
    table = schema.item_pedigrees
    if stale.num_rows:
        ask(connection, ASKED_KEYS, stale)
        these = sa.select(ASKED_KEYS.c.content_key, ASKED_KEYS.c.item)
        named = sa.tuple_(table.c.content_key, table.c.item)
        connection.execute(table.delete().where(named.in_(these)))
    new = duck.sql("FROM written EXCEPT FROM was ORDER BY content_key, item")
    insert_relation(connection, table, new)


def select_items(duck: duckdb.DuckDBPyConnection) -> Any:
    """The pedigrees that are written out: of items that are more than one capture."""
    return duck.sql(
        """
        SELECT i.content_key, i.identity AS item, s.pedigree AS pedigree_id
        FROM subject AS u JOIN solved AS s USING (item_no)
        JOIN item AS i USING (item_no)
        WHERE u.said ORDER BY i.content_key, i.identity
        """
    )


def select_named_parents(duck: duckdb.DuckDBPyConnection) -> Any:
    """The items behind parents that were not found by their digest alone."""
    return duck.sql(
        "SELECT record_id, ordinal, content_key, item FROM named_parent "
        "ORDER BY content_key"
    )


def _keep_parents(connection: sa.Connection, duck: duckdb.DuckDBPyConnection) -> None:
    """Edges of rows that stood before are written anew; those that leave go."""
    earlier = duck.sql(
        "SELECT DISTINCT record_id FROM stated_parent "
        "SEMI JOIN (FROM record WHERE NOT entering) USING (record_id)"
    ).to_arrow_table()
    if earlier.num_rows:
        ask(connection, ASKED_RECORDS, earlier)
        asked = sa.select(ASKED_RECORDS.c.record_id)
        for table in (schema.named_parents, schema.open_parents):
            connection.execute(table.delete().where(table.c.record_id.in_(asked)))
    insert_relation(connection, schema.named_parents, select_named_parents(duck))
    insert_open_parents(connection, duck)


def insert_open_parents(
    connection: sa.Connection, duck: duckdb.DuckDBPyConnection
) -> None:
    """Write ``open_parent``."""
    for batch in iter_open_parents(duck):
        insert_batch(connection, schema.open_parents, batch)


def iter_open_parents(duck: duckdb.DuckDBPyConnection) -> Iterator[pa.RecordBatch]:
    """Yield ``open_parent``; one without a digest is keyed by what it is called."""
    rows = duck.sql(
        "SELECT record_id, ordinal, parent_key, reference FROM open_parent "
        "ORDER BY parent_key"
    )
    for batch in rows.to_arrow_reader(_ROWS):
        if not batch.num_rows:
            continue
        keys = batch.column("parent_key")
        if keys.null_count:
            called = batch.column("reference").filter(pc.is_null(keys)).to_pylist()
            found = pa.array([finding_key(text) for text in called], pa.int64())
            keys = pc.replace_with_mask(keys, pc.is_null(keys), found)
        yield pa.record_batch(
            {
                "record_id": batch.column("record_id"),
                "ordinal": batch.column("ordinal"),
                "parent_key": keys,
            }
        )


def _keep_loops(solver: Solver, position: int) -> None:
    """Loops that the change reaches are written anew; what they were stays told."""
    connection, duck, table = solver.connection, solver.duck, schema.item_loops
    standing = sa.select(table.c.loop).where(table.c.until.is_(None)).limit(1)
    if connection.execute(standing).first() and count_rows(duck, "cone"):
        ask(connection, ASKED_KEYS, duck.sql("FROM cone").to_arrow_table())
        same = sa.and_(
            ASKED_KEYS.c.content_key == table.c.content_key,
            ASKED_KEYS.c.item == table.c.item,
            table.c.until.is_(None),
        )
        touched = sa.select(table.c.loop).join_from(table, ASKED_KEYS, same)
        end_loops(
            connection, connection.execute(touched.distinct()).scalars(), position
        )
    if solver.loops:
        first = next_loop(connection)
        insert_relation(connection, table, select_loops(solver, first, position))


def next_loop(connection: sa.Connection) -> int:
    """Return the number of the next loop; those of past loops are not used again."""
    last = connection.execute(sa.select(sa.func.max(schema.item_loops.c.loop))).scalar()
    return 0 if last is None else last + 1


def end_loops(connection: sa.Connection, loops: Iterable[int], position: int) -> None:
    """Say of standing loops that a log entry put an end to them."""
    table = schema.item_loops
    for asked in split_asked(loops):
        connection.execute(
            table.update().where(table.c.loop.in_(asked)).values(until=position)
        )


def select_loops(solver: Solver, first: int, position: int) -> Any:
    """The members of the loops that were found, numbered from ``first``.

    A loop that the change does not reach is left out: it stands already.

    Args:
        solver: It has solved.
        first: Number of the first loop.
        position: Log position of the change that closed them.
    """
    loops = solver.loops
    members = pa.table(
        {
            "loop": pa.array(
                [n for n, loop in enumerate(loops, first) for _ in loop], pa.int64()
            ),
            "item_no": pa.array([i for loop in loops for i in loop], pa.int64()),
        }
    )
    solver.duck.register("members", members)
    return solver.duck.sql(
        f"""
        SELECT m.loop, i.content_key, i.identity AS item, {position}::BIGINT AS since
        FROM members AS m JOIN item AS i USING (item_no)
        WHERE m.loop IN (
            SELECT m.loop FROM members AS m JOIN item AS i USING (item_no)
            LEFT JOIN cone AS c
                ON c.content_key = i.content_key AND c.item = i.identity
            WHERE c.item IS NOT NULL OR i.earlier = 0
        )
        ORDER BY m.loop, i.content_key, i.identity
        """  # noqa: S608 - a number of ours
    )


def keep_tallies(
    connection: sa.Connection,
    duck: duckdb.DuckDBPyConnection,
    position: int,
    known: dict[str | None, int],
) -> None:
    """Append the differences in ``tally``, stamped with the position of the change.

    Args:
        connection: An open writing transaction.
        duck: A workspace with ``tally``.
        position: Log position of the change.
        known: Ids of values of dimensions that were met before; grows.

    Raises:
        ManifestError: A dataset version would come to more than can be kept.
    """
    found = duck.execute("SELECT DISTINCT value FROM tally").fetchall()
    values = [row[0] for row in found]
    if len(known) > _VALUES_KEPT:
        known.clear()
    known |= intern_tally_values(connection, (v for v in values if v not in known))
    numbered = pa.table(
        {
            "value": pa.array(values, pa.string()),
            "value_id": pa.array([known[value] for value in values], pa.int64()),
        }
    )
    duck.register("incoming", numbered)
    rows = duck.sql(
        f"""
        SELECT dataset_id, dimension, {position}::BIGINT AS position, n.value_id,
               pedigree AS pedigree_id, records, contents, items, bytes, tokens,
               without_items, without_bytes, without_tokens
        FROM tally AS t JOIN incoming AS n ON n.value IS NOT DISTINCT FROM t.value
        ORDER BY dataset_id, dimension, value_id, pedigree_id
        """  # noqa: S608 - a number of ours
    )
    insert_relation(connection, schema.tallies, rows)
    _check_sums(connection, duck)


def _check_sums(connection: sa.Connection, duck: duckdb.DuckDBPyConnection) -> None:
    """Refuse a change after which a dataset version could not be added up."""
    large = duck.execute(
        "SELECT dataset_id FROM tally WHERE dimension = $whole GROUP BY dataset_id "
        "HAVING greatest(sum(items), sum(bytes), sum(tokens)) > $large",
        {"whole": DIMENSIONS[""], "large": _WORTH_A_LOOK},
    ).fetchall()
    table = schema.tallies
    for (number,) in large:
        whole = (table.c.dataset_id == number, table.c.dimension == DIMENSIONS[""])
        doubles: list[Any] = [sa.cast(table.c[unit], sa.Double()) for unit in ASSESSED]
        sums = [sa.func.sum(amount) for amount in doubles]
        if max(connection.execute(sa.select(*sums).where(*whole)).one()) > _MOST:
            refuse_amounts()
