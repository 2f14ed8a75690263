"""Pedigrees by number: the id of a stored one, or a passing number of a new one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from provenance.domain import Kind, Origin
from provenance.lineage.pedigree import EMPTY, Element, Pedigree
from provenance.store import schema
from provenance.store.arrow import insert_rows
from provenance.store.intern import last_id
from provenance.store.keys import split_asked

__all__ = ["FIRST_NEW", "PedigreeBook", "describe"]

FIRST_NEW = 1 << 31
"""Numbers from here on are dealt to pedigrees that are not stored yet."""

_MOST_KEPT = 300_000


class PedigreeBook:
    """Numbers pedigrees as they turn up, and stores those that are new.

    What is stored is never changed or removed, so a book may be kept from one
    transaction to the next, as long as each of them is committed.
    """

    def __init__(self) -> None:
        self._by_number: dict[int, Pedigree] = {}
        self._numbers: dict[Pedigree, int] = {}
        self._next = FIRST_NEW

    def __getitem__(self, number: int) -> Pedigree:
        return self._by_number[number]

    def number(self, pedigree: Pedigree) -> int:
        """Return the number of a pedigree, a passing one if it is new."""
        found = self._numbers.get(pedigree)
        if found is None:
            found = self._next
            self._next += 1
            self._keep(found, pedigree)
        return found

    def _keep(self, number: int, pedigree: Pedigree) -> None:
        self._numbers[pedigree] = number
        self._by_number[number] = pedigree

    def forget(self) -> None:
        """Drop everything known, when it has become much."""
        if len(self._by_number) > _MOST_KEPT:
            self._by_number.clear()
            self._numbers.clear()

    def load(self, connection: sa.Connection, numbers: Iterable[int]) -> None:
        """Fetch stored pedigrees by their ids."""
        missing = [number for number in numbers if number not in self._by_number]
        for number, pedigree in _fetch(connection, missing).items():
            self._keep(number, pedigree)

    def last_id(self, connection: sa.Connection) -> int:
        """Return the greatest id of a stored pedigree; later ones are new."""
        return last_id(connection, schema.pedigrees)

    def settle(
        self,
        connection: sa.Connection,
        numbers: Iterable[int],
        origins: Mapping[int, Origin],
    ) -> dict[int, int]:
        """Store the new ones among some pedigrees.

        Returns:
            Passing number → id. The book knows them by their ids from now on.
        """
        new = {n: self._by_number[n] for n in numbers if n >= FIRST_NEW}
        prints = {number: fingerprint(pedigree) for number, pedigree in new.items()}
        table = schema.pedigrees
        candidates: dict[int, list[int]] = {}
        for asked in split_asked(prints.values()):
            query = sa.select(table.c.id, table.c.fingerprint).where(
                table.c.fingerprint.in_(asked)
            )
            for row in connection.execute(query):
                candidates.setdefault(row.fingerprint, []).append(row.id)
        stored = _fetch(connection, [i for ids in candidates.values() for i in ids])
        settled: dict[int, int] = {}
        last = last_id(connection, table)
        fresh: list[int] = []
        for number, pedigree in new.items():
            same = [
                i for i in candidates.get(prints[number], ()) if stored[i] == pedigree
            ]
            if not same:
                fresh.append(number)
            settled[number] = same[0] if same else last + len(fresh)
        _insert(connection, {settled[n]: new[n] for n in fresh}, origins)
        for number, final in settled.items():
            del self._by_number[number]
            self._keep(final, new[number])
        return settled


def fingerprint(pedigree: Pedigree) -> int:
    """Return 64 bits that find a pedigree among the stored ones."""
    text = ";".join(",".join(str(int(part)) for part in e) for e in pedigree)
    first = hashlib.sha256(text.encode()).digest()[:8]
    return int.from_bytes(first, "big", signed=True)


def describe(
    pedigree: Pedigree, origins: Mapping[int, Origin]
) -> tuple[int, str | None, str | None]:
    """Return what is kept beside the elements: fingerprint, month and medium."""
    only = origins[pedigree[0].origin] if len(pedigree) == 1 else None
    plain = only and pedigree[0].own and only.kind in (Kind.CAPTURE, Kind.UNKNOWN)
    month = (only.month or "") if only and plain else None
    medium = (only.medium or "") if only and plain else None
    return fingerprint(pedigree), month, medium


def _fetch(connection: sa.Connection, numbers: Iterable[int]) -> dict[int, Pedigree]:
    table = schema.pedigree_origins
    found: dict[int, list[Element]] = {}
    for asked in split_asked(numbers):
        for row in connection.execute(
            sa.select(table).where(table.c.pedigree_id.in_(asked))
        ):
            found.setdefault(row[0], []).append(
                Element(row[1], row[2], bool(row[3]), row[4], row[5])
            )
    return {number: tuple(sorted(elements)) for number, elements in found.items()}


def _insert(
    connection: sa.Connection,
    pedigrees: Mapping[int, Pedigree],
    origins: Mapping[int, Origin],
) -> None:
    rows: list[tuple[object, ...]] = []
    elements: list[tuple[object, ...]] = []
    for number, pedigree in pedigrees.items():
        assert pedigree != EMPTY, "a fixed point left an item without a pedigree"  # noqa: S101 - cannot happen
        rows.append((number, *describe(pedigree, origins)))
        elements += [(number, *element) for element in pedigree]
    columns = ("id", "fingerprint", "month", "medium")
    insert_rows(connection, schema.pedigrees, columns, rows)
    parts = (
        "pedigree_id",
        "origin_id",
        "grade",
        "own",
        "least_hops",
        "greatest_hops",
    )
    insert_rows(connection, schema.pedigree_origins, parts, elements)
