"""Make every derived table anew from the facts: the oracle of all shortcuts."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from provenance.domain import Unit
from provenance.lineage.book import PedigreeBook
from provenance.lineage.claims import load_reaches
from provenance.lineage.facts import list_batches, load_everything
from provenance.lineage.keep import (
    end_loops,
    insert_open_parents,
    insert_relation,
    iter_open_parents,
    keep_tallies,
    next_loop,
    select_items,
    select_loops,
    select_named_parents,
)
from provenance.lineage.kept import reassess
from provenance.lineage.reach import start_cone
from provenance.lineage.rest import leave_no_rest, set_rest_aside
from provenance.lineage.solve import Solver
from provenance.lineage.traits import find_traits
from provenance.lineage.workspace import (
    add_rows,
    make_table,
    open_workspace,
    start_over,
)
from provenance.store import schema
from provenance.store.amounts import ASSESSED
from provenance.store.arrow import insert_batch, read_batches, uncollected
from provenance.store.stream import Question, read_each

__all__ = ["compare", "rebuild"]

_MEMORY = "4GB"
"""Before it spills; a graph of many millions of edges needs more than two."""
_THREADS = 2

_SUMS = (*(str(unit) for unit in Unit), *(f"without_{unit}" for unit in ASSESSED))

_STORED = pa.schema(
    [
        ("dataset_id", pa.int64()),
        ("dimension", pa.int16()),
        ("value_id", pa.int64()),
        ("pedigree", pa.int64()),
        *((name, pa.int64()) for name in _SUMS),
    ]
)

_VALUES = pa.schema([("value_id", pa.int64()), ("value", pa.string())])

_OPEN_PARENTS = pa.schema(
    {"record_id": pa.int64(), "ordinal": pa.int32(), "parent_key": pa.int64()}
)


def rebuild(
    connection: sa.Connection, position: int, *, committed: bool = False
) -> None:
    """Make the derived tables what the standing facts make them.

    Pedigrees are kept: one that is not used any more does no harm. Tallies are
    history: those of this position are made anew, with all that the sums of earlier
    ones lack; what was told of earlier positions stays as it was.

    Args:
        connection: An open writing transaction; readers see all of it or nothing.
        position: The last log position, to stamp differences with.
        committed: Whether the transaction has written nothing yet.
    """
    find_traits(connection)
    with uncollected(), open_workspace(_MEMORY, _THREADS) as duck:
        solver = _solve_everything(connection, duck, committed=committed)
        for table in (
            schema.named_parents,
            schema.open_parents,
            schema.item_pedigrees,
        ):
            connection.execute(table.delete())
        insert_relation(connection, schema.item_pedigrees, select_items(duck))
        insert_relation(connection, schema.named_parents, select_named_parents(duck))
        insert_open_parents(connection, duck)
        _keep_loops(connection, solver, position)
        _subtract_stored(connection, duck, before=position, committed=committed)
        tallies = schema.tallies
        connection.execute(tallies.delete().where(tallies.c.position >= position))
        keep_tallies(connection, duck, position, {})
    reassess(connection)


def _keep_loops(connection: sa.Connection, solver: Solver, position: int) -> None:
    """End the loops that do not stand, and add those that are not told yet."""
    table = schema.item_loops
    told: dict[int, set[bytes]] = {}
    for row in connection.execute(sa.select(table).where(table.c.until.is_(None))):
        told.setdefault(row.loop, set()).add(row.item)
    made: dict[int, set[bytes]] = {}
    found = select_loops(solver, next_loop(connection), position).to_arrow_table()
    for loop, item in zip(
        found["loop"].to_pylist(), found["item"].to_pylist(), strict=True
    ):
        made.setdefault(loop, set()).add(item)
    stand, known = [*made.values()], [*told.values()]
    end_loops(
        connection,
        [loop for loop, items in told.items() if items not in stand],
        position,
    )
    new = [loop for loop, items in made.items() if items not in known]
    chosen = pc.is_in(found["loop"], value_set=pa.array(new, pa.int64()))
    for batch in found.filter(chosen).to_batches():
        insert_batch(connection, table, batch)


def compare(connection: sa.Connection) -> list[str]:
    """Solve everything, and say which derived tables are not what comes of it.

    Args:
        connection: A writing transaction that has changed no facts, and is undone
            afterwards.

    Returns:
        One sentence for each table that differs.
    """
    differing = []
    with uncollected(), open_workspace(_MEMORY, _THREADS) as duck:
        solver = _solve_everything(connection, duck, committed=True)
        _subtract_stored(connection, duck, committed=True)
        relations = {
            schema.item_pedigrees: select_items(duck).to_arrow_table(),
            schema.named_parents: select_named_parents(duck).to_arrow_table(),
            schema.open_parents: pa.Table.from_batches(
                iter_open_parents(duck), _OPEN_PARENTS
            ),
            schema.item_loops: select_loops(solver, 0, 0)
            .to_arrow_table()
            .drop_columns("since"),
        }
        for table, made in relations.items():
            found = _differences(connection, duck, table, made)
            differing += _say(table.name, *found)
        (moved,) = duck.execute("SELECT count(*) FROM tally").fetchall()[0]
        differing += _say("tallies", moved, 0)
    return differing


def _say(table: str, extra: int, missing: int) -> list[str]:
    if not extra and not missing:
        return []
    return [
        f"{table}: {extra} rows are not what the facts make them, {missing} are missing"
    ]


def _differences(
    connection: sa.Connection,
    duck: duckdb.DuckDBPyConnection,
    table: sa.Table,
    made: Any,
) -> tuple[int, int]:
    """Count the stored rows that should not be there, and those that are not."""
    columns = made.schema
    query = sa.select(*(table.c[name] for name in columns.names))
    if table is schema.item_loops:
        query = query.where(table.c.until.is_(None))
    make_table(duck, "kept", columns)
    stored = add_rows(duck, "kept", read_batches(connection, query, columns))
    if not stored and not made.num_rows:
        return 0, 0
    duck.register("made", made)
    if table is schema.item_loops:
        # The numbers of loops mean nothing: compare each with its least member.
        least = "SELECT min(item) OVER (PARTITION BY loop) AS loop, content_key, item"
        kept, should = f"{least} FROM kept", f"{least} FROM made"
    else:
        kept, should = "FROM kept", "FROM made"
    (counts,) = duck.execute(
        f"""
        SELECT coalesce(sum(extra) FILTER (extra > 0), 0)::BIGINT,
               coalesce(-sum(extra) FILTER (extra < 0), 0)::BIGINT
        FROM (
            SELECT sum(one) AS extra
            FROM (SELECT *, 1 AS one FROM ({kept})
                  UNION ALL SELECT *, -1 FROM ({should}))
            GROUP BY {", ".join(columns.names)}
        )
        """  # noqa: S608 - our names
    ).fetchall()
    duck.unregister("made")
    return counts[0], counts[1]


def _has_names(connection: sa.Connection) -> bool:
    """Whether a parent may be found by more than the digest of its content."""
    traits, edges = schema.dataset_traits, schema.derived_from
    marked = sa.or_(traits.c.short_contents, traits.c.digest_names)
    queries = (
        sa.select(traits.c.dataset_id).where(marked).limit(1),
        sa.select(edges.c.record_id).where(edges.c.parent_key.is_(None)).limit(1),
    )
    return any(connection.execute(query).first() is not None for query in queries)


def _solve_everything(
    connection: sa.Connection, duck: duckdb.DuckDBPyConnection, *, committed: bool
) -> Solver:
    start_over(duck, list_batches(connection))
    load_reaches(connection, duck)
    start_cone(duck)
    load_everything(connection, duck, committed=committed)
    if _has_names(connection):
        leave_no_rest(duck)
    else:
        set_rest_aside(duck)
    solver = Solver(connection=connection, duck=duck, book=PedigreeBook())
    solver.solve(everything=True)
    return solver


def _subtract_stored(
    connection: sa.Connection,
    duck: duckdb.DuckDBPyConnection,
    *,
    before: int | None = None,
    committed: bool,
) -> None:
    """Leave in ``tally`` only what the stored sums lack, or those before a position."""
    tallies, values = schema.tallies, schema.tally_values
    names = ("dataset_id", "dimension", "value_id", "pedigree_id", *_SUMS)
    stored = sa.select(*(tallies.c[name] for name in names))
    if before is not None:
        stored = stored.where(tallies.c.position < before)
    questions: dict[str, Question] = {
        "stored": (stored, _STORED),
        "stored_value": (sa.select(values.c.id, values.c.value), _VALUES),
    }
    for name, (_, columns) in questions.items():
        make_table(duck, name, columns)
    found = read_each(connection, questions, committed=committed)
    for name, batches in groupby(found, itemgetter(0)):
        add_rows(duck, name, map(itemgetter(1), batches))
    negative = ", ".join(f"-{name}" for name in _SUMS)
    added = ", ".join(f"sum({name})::BIGINT AS {name}" for name in _SUMS)
    nonzero = " OR ".join(f"sum({name}) <> 0" for name in _SUMS)
    duck.execute(
        f"""
        CREATE OR REPLACE TABLE tally AS
        SELECT dataset_id, dimension, value, pedigree, {added}
        FROM (
            SELECT dataset_id, dimension, value, pedigree, {", ".join(_SUMS)} FROM tally
            UNION ALL
            SELECT dataset_id, dimension, value, pedigree, {negative}
            FROM stored JOIN stored_value USING (value_id)
        )
        GROUP BY ALL HAVING {nonzero}
        """  # noqa: S608 - names of ours
    )
