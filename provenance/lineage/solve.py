"""Solve what is loaded in a workspace: pedigrees, and what they do to the sums."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from provenance.domain import Evidence, Kind, Origin
from provenance.lineage.book import PedigreeBook
from provenance.lineage.boundary import Boundary, read_pedigrees
from provenance.lineage.claims import state_origins
from provenance.lineage.parents import resolve_parents
from provenance.lineage.propagate import Rule, propagate
from provenance.lineage.tally import count_tallies
from provenance.lineage.workspace import number_items
from provenance.store.facts import (
    load_datasets,
    load_derivations,
    load_models,
    load_origins,
)
from provenance.store.intern import intern_origins

__all__ = ["Solver"]

_UNKNOWN = Origin(kind=Kind.UNKNOWN, evidence=Evidence.CAPTURED)


@dataclass(slots=True, kw_only=True)
class Solver:
    """Finds the pedigrees of the items in a workspace, from empty.

    Afterwards the workspace holds ``subject`` and ``solved`` (see ``propagate``),
    ``before`` (pedigrees that were written out for the same items), ``plain`` and
    ``tally``, all by the ids of stored pedigrees.
    """

    connection: sa.Connection
    """An open writing transaction."""
    duck: duckdb.DuckDBPyConnection
    book: PedigreeBook
    values: dict[str | None, int] = field(default_factory=dict)
    """Ids of values of dimensions that were met before."""
    new_pedigrees: list[int] = field(default_factory=list)
    """Ids of the pedigrees that were not stored before."""
    loops: list[list[int]] = field(default_factory=list)
    """Item numbers of each loop."""

    def solve(self, *, everything: bool = False) -> None:
        """Solve the loaded rows.

        Args:
            everything: The whole ledger is loaded, so that nothing lies outside.
        """
        state_origins(self.duck)
        number_items(self.duck)
        boundary = Boundary(self.connection, self.duck)
        resolve_parents(
            self.connection,
            self.duck,
            load_datasets(self.connection),
            None if everything else boundary,
        )
        rule = self._make_rule()
        self.loops = propagate(self.duck, rule)
        self._read_before(everything=everything)
        self._settle(rule)
        count_tallies(self.duck)

    def _make_rule(self) -> Rule:
        """Intern captures, number plain pedigrees, and load those of the boundary."""
        connection, duck = self.connection, self.duck
        months = duck.execute(
            """
            SELECT DISTINCT month, coalesce(medium, '') FROM record
            WHERE month IS NOT NULL
            UNION SELECT month, coalesce(medium, '') FROM rest_narrow
            WHERE month IS NOT NULL
            UNION SELECT month, medium FROM boundary WHERE month <> ''
            """
        ).fetchall()
        captures = {
            (month, medium): Origin(
                kind=Kind.CAPTURE,
                evidence=Evidence.CAPTURED,
                month=month,
                medium=medium or None,
            )
            for month, medium in months
        }
        ids = intern_origins(connection, [_UNKNOWN, *captures.values()])
        origins = load_origins(connection)
        self.book.forget()
        rule = Rule(
            origins=origins,
            ways=load_derivations(connection),
            book=load_models(connection),
            unknown=ids[_UNKNOWN],
            pedigrees=self.book,
        )
        known = {("", ""): ids[_UNKNOWN]}
        known |= {key: ids[origin] for key, origin in captures.items()}
        plain = pa.table(
            {
                "month": pa.array([month for month, _ in known], pa.string()),
                "medium": pa.array([medium for _, medium in known], pa.string()),
                "origin": pa.array(list(known.values()), pa.int64()),
                "pedigree": pa.array(map(rule.plain, known.values()), pa.int64()),
            }
        )
        duck.register("incoming", plain)
        duck.execute("CREATE TABLE plain AS FROM incoming")
        duck.execute(
            "UPDATE boundary SET pedigree = p.pedigree FROM plain AS p "
            "WHERE boundary.pedigree IS NULL AND p.month = boundary.month "
            "AND p.medium = boundary.medium"
        )
        stored = duck.execute(
            "SELECT DISTINCT pedigree FROM boundary WHERE month IS NULL"
        ).fetchall()
        self.book.load(connection, (row[0] for row in stored))
        return rule

    def _read_before(self, *, everything: bool) -> None:
        """Make ``before``: what was written out for items that stood before."""
        earlier = """
            SELECT content_key, identity AS item FROM item
            ANTI JOIN boundary USING (item_no) WHERE earlier > 0
            """
        if everything:
            earlier += " AND false"
        read_pedigrees(self.connection, self.duck, "was", earlier)
        self.duck.execute(
            """
            CREATE TABLE before AS
            SELECT i.item_no, w.pedigree FROM was AS w
            JOIN item AS i ON i.content_key = w.content_key AND i.identity = w.item
            """
        )

    def _settle(self, rule: Rule) -> None:
        """Store new pedigrees, and put their ids in the place of passing numbers."""
        duck = self.duck
        used = duck.execute(
            """
            SELECT pedigree FROM solved ANTI JOIN boundary USING (item_no)
            UNION SELECT pedigree FROM plain SEMI JOIN (
                SELECT coalesce(month, '') AS month,
                       CASE WHEN month IS NULL THEN '' ELSE coalesce(medium, '') END
                           AS medium
                FROM (
                    SELECT month, medium FROM record WHERE dataset_id IS NOT NULL
                    UNION SELECT month, medium FROM rest_narrow
                )
            ) USING (month, medium)
            """
        ).fetchall()
        last = self.book.last_id(self.connection)
        settled = self.book.settle(
            self.connection, (row[0] for row in used), rule.origins
        )
        self.new_pedigrees = sorted(n for n in set(settled.values()) if n > last)
        numbers = pa.table(
            {
                "passing": pa.array(list(settled), pa.int64()),
                "final": pa.array(list(settled.values()), pa.int64()),
            }
        )
        duck.register("incoming", numbers)
        for table in ("solved", "plain"):
            duck.execute(
                f"UPDATE {table} SET pedigree = n.final FROM incoming AS n "  # noqa: S608 - our names
                f"WHERE {table}.pedigree = n.passing"
            )
