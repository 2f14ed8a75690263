"""Follow a change of the facts: only what it touches is solved again.

New records take the pedigrees of their parents; a parent that comes late, an origin
that is said later, a withdrawal push on to everything derived from them, in any batch
and dataset. What a change reaches is solved from empty, around it everything stands:
so cycles cannot keep themselves alive. A full rebuild gives the same, and is the
oracle of each function here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from provenance.domain import Claim, DatasetName
from provenance.lineage.book import PedigreeBook
from provenance.lineage.called import CALLED, add_children
from provenance.lineage.claims import load_reached, load_reaches
from provenance.lineage.entering import (
    Entering,
    find_changed,
    find_repeated,
    load_entering,
)
from provenance.lineage.facts import list_batches, load_asked
from provenance.lineage.keep import keep
from provenance.lineage.kept import assess_change
from provenance.lineage.reach import add_descendants, add_seeds, start_cone
from provenance.lineage.rest import leave_no_rest
from provenance.lineage.solve import Solver
from provenance.lineage.traits import note_traits
from provenance.lineage.workspace import (
    ORIGIN_ROWS,
    PARENT_ROWS,
    add_rows,
    clear,
    count_rows,
    open_workspace,
    start_over,
)
from provenance.store import schema
from provenance.store.arrow import read_batches, uncollected
from provenance.store.given import give_values
from provenance.store.keys import prefer_indexes, split_asked
from provenance.store.records import IDENTITY
from provenance.store.standing import standing

__all__ = ["Lineage", "open_lineage"]

_MEMORY = "1GB"
_MANY = 1 << 18
"""Rows from which a change is worth a second core; most batches solve fewer."""


@dataclass(slots=True, kw_only=True)
class Lineage:
    """Keeps the derived tables in step with the facts, change by change."""

    duck: duckdb.DuckDBPyConnection
    """An empty workspace, used for one change after the other."""
    book: PedigreeBook
    values: dict[str | None, int] = field(default_factory=dict)
    """Ids of values of dimensions; kept like the book."""

    def extend(
        self, connection: sa.Connection, entering: Entering, position: int
    ) -> int:
        """Follow a batch of new records.

        Args:
            connection: A writing transaction in which the batch was recorded.
            entering: Its records and edges.
            position: Its log position.

        Returns:
            How many of its contents stood nowhere in the ledger.
        """
        duck = self._start(connection)
        add_rows(duck, "stated_origin", [entering.origins.select(ORIGIN_ROWS.names)])
        add_rows(duck, "stated_parent", [entering.parents.select(PARENT_ROWS.names)])
        records = entering.hand_over()
        if entering.dataset_id is not None:
            note_traits(connection, entering.dataset_id, records)
        repeated = find_repeated(connection, entering)
        load_entering(duck, records, repeated)
        if repeated.num_rows:
            before = schema.records.c.id < entering.first_record
            load_asked(connection, duck, repeated, but=sa.and_(standing(), before))
            find_changed(connection, duck)
        if entering.dataset is not None:
            entered = schema.records.c.id.between(
                entering.first_record, entering.last_record
            )
            called = records.select(CALLED.names)
            add_children(connection, duck, entered, called, entering.dataset)
            del called
        del records
        add_descendants(connection, duck)
        self._load_cone(connection)
        return self._solve(connection, position)

    def withdraw(
        self, connection: sa.Connection, batches: Iterable[int], position: int
    ) -> None:
        """Follow the withdrawal of batches.

        Args:
            connection: A writing transaction in which it was recorded.
            batches: Their ids.
            position: Log position of the withdrawal.
        """
        duck = self._start(connection)
        leaving = list(batches)
        for some in split_asked(leaving):
            self._add_leaving(connection, some)
        add_descendants(connection, duck)
        gone = give_values(connection, "gone", sa.BigInteger(), leaving)
        listed = ", ".join(map(str, leaving))
        self._load_cone(
            connection,
            also=schema.records.c.batch_id.in_(gone),
            leaving=f"batch_id IN ({listed})",
        )
        leave_no_rest(duck)
        self._solve(connection, position)

    def _add_leaving(self, connection: sa.Connection, batches: list[int]) -> None:
        """Add the items of batches that leave to the cone, and their children."""
        duck, records, sources = self.duck, schema.records, schema.sources
        of_batch = _records_of(connection, batches)
        add_seeds(
            connection, duck, sa.select(records.c.content_key, IDENTITY).where(of_batch)
        )
        for dataset, numbers in _by_dataset(connection, batches).items():
            of_these = _records_of(connection, numbers)
            query = (
                sa.select(
                    records.c.digest,
                    records.c.item,
                    records.c.name,
                    sources.c.prefix,
                    records.c.path,
                )
                .select_from(
                    records.outerjoin(sources, sources.c.id == records.c.source_id)
                )
                .where(of_these)
            )
            rows = pa.Table.from_batches(
                read_batches(connection, query, CALLED), CALLED
            )
            add_children(connection, duck, of_these, rows, dataset)

    def respeak(
        self, connection: sa.Connection, origins: Iterable[int], position: int
    ) -> None:
        """Follow a change of what is known of some origins' models.

        Every pedigree that such an origin flows into holds it, so these items are
        all that the change can reach.
        """
        duck = self._start(connection)
        items, elements = schema.item_pedigrees, schema.pedigree_origins
        turned = give_values(connection, "turned", sa.BigInteger(), origins)
        holding = sa.select(elements.c.pedigree_id).where(
            elements.c.origin_id.in_(turned)
        )
        query = sa.select(items.c.content_key, items.c.item).where(
            items.c.pedigree_id.in_(holding)
        )
        add_seeds(connection, duck, query)
        self._load_cone(connection)
        leave_no_rest(duck)
        self._solve(connection, position, linked=False)

    def restate(self, connection: sa.Connection, claim: Claim, position: int) -> int:
        """Follow a claim that comes or goes.

        Args:
            connection: A writing transaction in which that was recorded.
            claim: One that reaches items.
            position: Log position of the claim, or of its withdrawal.

        Returns:
            How many items it reaches, were there no better word on them.
        """
        duck = self._start(connection)
        reached = load_reached(connection, duck, claim)
        add_descendants(connection, duck)
        self._load_cone(connection)
        leave_no_rest(duck)
        self._solve(connection, position, linked=False)
        return reached

    def _start(self, connection: sa.Connection) -> duckdb.DuckDBPyConnection:
        prefer_indexes(connection)
        start_over(self.duck, list_batches(connection))
        load_reaches(connection, self.duck)
        start_cone(self.duck)
        return self.duck

    def _load_cone(
        self,
        connection: sa.Connection,
        *,
        also: Any = None,
        leaving: str = "false",
    ) -> None:
        """Load the rows of the cone's items that are not loaded yet."""
        keys = self.duck.sql(
            "FROM cone ANTI JOIN (SELECT content_key, coalesce(item, digest) AS item "
            "FROM loaded) USING (content_key, item)"
        ).to_arrow_table()
        # An item of which a row is loaded has all of them loaded: see ``extend``.
        if keys.num_rows:
            wanted = standing() if also is None else sa.or_(standing(), also)
            load_asked(connection, self.duck, keys, but=wanted, leaving=leaving)

    def _solve(
        self, connection: sa.Connection, position: int, *, linked: bool = True
    ) -> int:
        """Solve what is loaded and write what differs; return the new contents.

        Args:
            linked: Whether the change may have moved edges, and with them loops.
        """
        many = count_rows(self.duck, "loaded") > _MANY
        self.duck.execute(f"SET threads = {2 if many else 1}")
        solver = Solver(
            connection=connection, duck=self.duck, book=self.book, values=self.values
        )
        solver.solve()
        keep(solver, position, linked=linked)
        touched = self.duck.execute("SELECT DISTINCT dataset_id FROM tally").fetchall()
        assess_change(connection, solver.new_pedigrees, {row[0] for row in touched})
        rest = self.duck.execute("SELECT sum(records) FROM rest_narrow").fetchall()
        new = count_rows(self.duck, "item WHERE earlier = 0 AND occurrences > 0")
        clear(self.duck)
        return new + int(rest[0][0] or 0)


@contextmanager
def open_lineage(
    memory: str = _MEMORY,
    book: PedigreeBook | None = None,
    values: dict[str | None, int] | None = None,
) -> Iterator[Lineage]:
    """Open what follows the changes of one transaction.

    Args:
        memory: How much the set work may hold before it spills, such as ``500MB``.
        book: Pedigrees known from earlier transactions, all of them committed.
        values: Ids of values of dimensions, of the same.
    """
    known = {} if values is None else values
    with uncollected(), open_workspace(memory) as duck:
        yield Lineage(duck=duck, book=book or PedigreeBook(), values=known)


def _records_of(connection: sa.Connection, batches: list[int]) -> Any:
    """The condition that a record is of some batches; their ids follow each other.

    Args:
        connection: An open transaction.
        batches: Few enough to be asked about at once.
    """
    table, records = schema.batches, schema.records
    query = (
        sa.select(table.c.first_record, table.c.records)
        .where(table.c.id.in_(batches))
        .order_by(table.c.first_record)
    )
    spans: list[tuple[int, int]] = []
    for first, count in connection.execute(query):
        follows = bool(spans) and spans[-1][1] == first  # as those of a manifest do
        begin = spans.pop()[0] if follows else first
        spans.append((begin, first + count))
    return sa.or_(
        sa.false(), *(records.c.id.between(first, end - 1) for first, end in spans)
    )


def _by_dataset(
    connection: sa.Connection, batches: list[int]
) -> dict[DatasetName, list[int]]:
    table, names = schema.batches, schema.datasets
    query = (
        sa.select(table.c.id, names.c.name, names.c.version)
        .join(names, names.c.id == table.c.dataset_id)
        .where(table.c.id.in_(batches))
    )
    found: dict[DatasetName, list[int]] = {}
    for row in connection.execute(query):
        found.setdefault(DatasetName(row.name, row.version), []).append(row.id)
    return found
