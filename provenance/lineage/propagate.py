"""The rule of a pedigree, set-based: level by level, and around cycles.

Items are grouped by what decides their pedigree (their own origins, and the
pedigrees of their parents), the pure rule runs once per group, and the children
follow when all their parents are known. What is left hangs on a cycle, or is a long
thin chain: those few are walked one by one, a cycle being iterated from empty.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from provenance.domain import Derivation, Grade, ModelBook, Origin
from provenance.lineage.book import PedigreeBook
from provenance.lineage.condense import condense
from provenance.lineage.parents import UNSEEN
from provenance.lineage.pedigree import (
    EMPTY,
    Link,
    Own,
    derive_pedigree,
    own_part,
    plain_pedigree,
)
from provenance.lineage.workspace import count_rows

__all__ = ["Rule", "propagate"]

_SMALL_REST = 1_000
_THIN = 1_000
_PARENT_BITS = 32
_NOTHING = Own(elements=EMPTY, authored=False, passes=0)


@dataclass(slots=True, kw_only=True)
class Rule:
    """The pure rule, with pedigrees and own parts numbered as they turn up."""

    origins: Mapping[int, Origin]
    """Every origin by id, captures and the plain unknown included."""
    ways: Mapping[int, tuple[Derivation, Grade]]
    """Mode and grade of each way of deriving, by id."""
    book: ModelBook
    unknown: int
    """Origin id of the plain unknown."""
    pedigrees: PedigreeBook
    owns: list[Own] = field(default_factory=lambda: [_NOTHING])

    def plain(self, origin: int) -> int:
        """Return the number of the plain pedigree of a source unknown."""
        return self.pedigrees.number(plain_pedigree(origin))

    def add_own(self, origins: Iterable[int], claims: Iterable[int]) -> int:
        """Return the number of the own part that origins and claims make."""
        stated = {one: self.origins[one] for one in origins}
        reaching = {one: self.origins[one] for one in claims}
        self.owns.append(own_part(stated, reaching, self.book))
        return len(self.owns) - 1

    def apply(self, own: int, capture: int, parents: Iterable[tuple[int, int]]) -> int:
        """Apply the rule and return the number of the pedigree.

        Args:
            own: Number of the own part.
            capture: Origin id of the item's earliest capture.
            parents: (way, number of the parent's pedigree), itself left out.
        """
        links = []
        for way, parent in parents:
            mode, grade = self.ways[way]
            links.append(Link(mode, int(grade), self.pedigrees[parent]))
        return self.pedigrees.number(
            derive_pedigree(
                self.owns[own],
                links,
                source_unknown=capture,
                unknown=self.unknown,
                origins=self.origins,
            )
        )


def propagate(duck: duckdb.DuckDBPyConnection, rule: Rule) -> list[list[int]]:
    """Give every item of the workspace its pedigree.

    Makes the table ``subject (item_no, own, capture, said)`` of the items of which
    more is said than one capture, or that are a parent, and ``solved (item_no,
    pedigree)`` of these; the rest is plain.

    Args:
        duck: A workspace with facts, links, ``plain (month, medium, origin,
            pedigree)`` and the known pedigrees of items at the boundary.
        rule: Numbers the pedigrees it makes.

    Returns:
        The item numbers of each loop.
    """
    _gather_own(duck, rule)
    _start(duck, rule)
    while remaining := count_rows(duck, "link"):
        ready = _next_level(duck, rule) if remaining > _SMALL_REST else 0
        if ready < max(remaining // _THIN, 1):
            break
    return _walk_rest(duck, rule)


def _list_of(which: str) -> str:
    """SQL of the distinct origins of a group of rows, in order; none: empty."""
    return (
        f"coalesce(list_sort(list(DISTINCT s.origin_id) FILTER ({which})), [])"
        "::BIGINT[]"
    )


def _gather_own(duck: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    """Make ``subject``: items of which more is said than one capture, or parents."""
    duck.execute(
        f"""
        CREATE TABLE own_list AS
        SELECT r.item_no, {_list_of("NOT s.claimed")} AS origins,
               {_list_of("s.claimed")} AS claims
        FROM origin_stated AS s JOIN record AS r USING (record_id)
        WHERE NOT r.leaving
        GROUP BY r.item_no;
        """  # noqa: S608 - columns of ours
    )
    lists = duck.execute("SELECT DISTINCT origins, claims FROM own_list").fetchall()
    several = pa.list_(pa.int64())
    numbered = pa.table(
        {
            "origins": pa.array([row[0] for row in lists], several),
            "claims": pa.array([row[1] for row in lists], several),
            "own": pa.array([rule.add_own(*row) for row in lists], pa.int64()),
        }
    )
    duck.register("numbered", numbered)
    duck.execute(
        f"""
        CREATE TABLE subject AS
        SELECT i.item_no, coalesce(n.own, 0) AS own,
               coalesce(c.origin, {rule.unknown}) AS capture,
               n.own IS NOT NULL OR i.occurrences > 1 OR i.evidence
                   OR i.item_no IN (SELECT child FROM link) AS said
        FROM item AS i
        LEFT JOIN (own_list JOIN numbered AS n USING (origins, claims))
            USING (item_no)
        LEFT JOIN plain AS c
            ON c.month = i.capture.month AND c.medium = i.capture.medium
        ANTI JOIN boundary ON boundary.item_no = i.item_no
        WHERE i.occurrences > 0
            AND (said OR i.item_no IN (SELECT parent FROM link));
        DROP TABLE own_list;
        """  # noqa: S608 - numbers of ours
    )
    duck.unregister("numbered")


def _start(duck: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    """Make ``solved`` with the items that have no parent, and those known before."""
    groups = duck.execute(
        "SELECT DISTINCT own, capture FROM subject "
        "ANTI JOIN link ON link.child = subject.item_no"
    ).fetchall()
    numbered = pa.table(
        {
            "own": pa.array([row[0] for row in groups], pa.int64()),
            "capture": pa.array([row[1] for row in groups], pa.int64()),
            "pedigree": pa.array(
                [rule.apply(own, capture, ()) for own, capture in groups], pa.int64()
            ),
        }
    )
    duck.register("numbered", numbered)
    duck.execute(
        """
        CREATE TABLE solved AS
        SELECT s.item_no, n.pedigree
        FROM subject AS s JOIN numbered AS n USING (own, capture)
        ANTI JOIN link ON link.child = s.item_no
        UNION ALL SELECT item_no, pedigree FROM boundary
        """
    )
    duck.unregister("numbered")


def _next_level(duck: duckdb.DuckDBPyConnection, rule: Rule) -> int:
    """Solve the items whose parents are all solved; return how many links went."""
    unseen = rule.plain(rule.unknown)
    duck.execute(
        f"""
        CREATE OR REPLACE TABLE ready AS
        SELECT l.child, s.own, l.parents
        FROM (
            SELECT l.child, list_sort(list_distinct(list(
                       (l.way << {_PARENT_BITS}) + coalesce(p.pedigree, {unseen})
                   ))) AS parents
            FROM link AS l LEFT JOIN solved AS p ON p.item_no = l.parent
            GROUP BY l.child
            HAVING bool_and(l.parent = {UNSEEN} OR p.item_no IS NOT NULL)
        ) AS l JOIN subject AS s ON s.item_no = l.child
        """  # noqa: S608 - numbers of ours
    )
    groups = duck.execute("SELECT DISTINCT own, parents FROM ready").fetchall()
    mask = (1 << _PARENT_BITS) - 1
    solved = [
        rule.apply(own, rule.unknown, [(p >> _PARENT_BITS, p & mask) for p in parents])
        for own, parents in groups
    ]
    numbered = pa.table(
        {
            "own": pa.array([row[0] for row in groups], pa.int64()),
            "parents": pa.array([row[1] for row in groups], pa.list_(pa.int64())),
            "pedigree": pa.array(solved, pa.int64()),
        }
    )
    duck.register("numbered", numbered)
    before = count_rows(duck, "link")
    duck.execute(
        """
        INSERT INTO solved
        SELECT r.child, n.pedigree
        FROM ready AS r JOIN numbered AS n USING (own, parents);
        CREATE OR REPLACE TABLE link AS
        SELECT * FROM link ANTI JOIN ready ON ready.child = link.child
        """
    )
    duck.unregister("numbered")
    return before - count_rows(duck, "link")


@dataclass(slots=True)
class _Rest:
    """The part of the graph that is walked one by one."""

    rule: Rule
    own: dict[int, int]
    parents: dict[int, list[tuple[int, int]]]
    """Child → (way, parent item)."""
    pedigree: dict[int, int]
    """Item → number of its pedigree, as far as known."""

    def solve(self, item: int) -> int:
        known = [(way, self.pedigree[parent]) for way, parent in self.parents[item]]
        return self.rule.apply(self.own[item], self.rule.unknown, dict.fromkeys(known))

    def solve_cycle(self, component: list[int]) -> None:
        """Find the least fixed point from empty of a component's items."""
        empty = self.rule.pedigrees.number(EMPTY)
        inside = set(component)
        children: dict[int, list[int]] = {item: [] for item in component}
        for item in component:
            self.pedigree[item] = empty
            for _, parent in self.parents[item]:
                if parent in inside:
                    children[parent].append(item)
        waiting = deque(component)
        queued = set(component)
        while waiting:
            item = waiting.popleft()
            queued.discard(item)
            found = self.solve(item)
            if found != self.pedigree[item]:
                self.pedigree[item] = found
                for child in children[item]:
                    if child not in queued:
                        queued.add(child)
                        waiting.append(child)
        for item in component:
            if self.pedigree[item] == empty:
                self.pedigree[item] = self.rule.plain(self.rule.unknown)


def _walk_rest(duck: duckdb.DuckDBPyConnection, rule: Rule) -> list[list[int]]:
    """Solve what is left in ``link`` and return its loops."""
    loops: list[list[int]] = []
    rest = _Rest(rule, {}, {}, {UNSEEN: rule.plain(rule.unknown)})
    query = """
        SELECT l.child, s.own, l.way, l.parent, p.pedigree
        FROM link AS l JOIN subject AS s ON s.item_no = l.child
        LEFT JOIN solved AS p ON p.item_no = l.parent
        ORDER BY l.child, l.way, l.parent
        """
    for child, own, way, parent, pedigree in duck.execute(query).fetchall():
        rest.own[child] = own
        rest.parents.setdefault(child, []).append((way, parent))
        if pedigree is not None:
            rest.pedigree[parent] = pedigree

    def open_parents(item: int) -> list[int]:
        return [parent for _, parent in rest.parents[item] if parent in rest.parents]

    for component in condense(list(rest.parents), open_parents):
        if len(component) == 1:
            rest.pedigree[component[0]] = rest.solve(component[0])
        else:
            rest.solve_cycle(component)
            loops.append(sorted(component))
    walked = pa.table(
        {
            "item_no": pa.array(list(rest.parents), pa.int64()),
            "pedigree": pa.array(
                [rest.pedigree[item] for item in rest.parents], pa.int64()
            ),
        }
    )
    duck.register("walked", walked)
    duck.execute("INSERT INTO solved FROM walked")
    duck.unregister("walked")
    around = {item for loop in loops for item in loop}
    named = [row[0] for row in duck.execute("FROM self_parent").fetchall()]
    return loops + [[item] for item in named if item not in around]
