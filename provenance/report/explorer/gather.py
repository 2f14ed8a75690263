"""Read what any policy needs to assess a dataset version: pedigrees and their sums."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from provenance.domain import DatasetName, Kind, ModelBook, Origin, Unit
from provenance.lineage import Element, load_members
from provenance.report.explorer.book import Book
from provenance.report.standpoint import Standpoint
from provenance.store.amounts import (
    ASSESSED,
    DIMENSIONS,
    select_pedigrees,
    select_tallied,
)
from provenance.store.facts import load_models, load_origins
from provenance.store.given import give_values
from provenance.store.schema import pedigree_origins, tallies, tally_values
from provenance.store.standing import logged_by

__all__ = [
    "LACKING",
    "OTHERS",
    "UNITS",
    "Gathered",
    "count_sources",
    "find_sources",
    "gather",
]

UNITS = tuple(map(str, Unit))
LACKING = tuple(f"without_{unit}" for unit in ASSESSED)

OTHERS = -1
"""Stands for all sources that are not told apart."""

_Value = str | int | None
_Sums = dict[tuple[_Value, int], list[int]]


@dataclass(slots=True, kw_only=True)
class Gathered:
    """The sums of a dataset version, by what decides how it is assessed."""

    rows: dict[int, list[int]]
    """Row of the book → amounts in ``UNITS``, then ``LACKING``."""
    months: _Sums
    """Month and class → amounts in ``UNITS``; None: not dated."""
    sources: _Sums
    """The same by source; the smaller ones together as ``OTHERS``."""
    members: dict[DatasetName, dict[int, int]]
    """Dataset version that a model was trained on → what models made of it, and of
    each element the greatest hops."""


def count_sources(view: Standpoint, dataset: int) -> int:
    """Return how many sources a dataset version has, *not stated* among them."""
    every = _select_sources(view, dataset).subquery()
    found = view.connection.execute(sa.select(sa.func.count()).select_from(every))
    return int(found.scalar_one())


def find_sources(view: Standpoint, dataset: int, unit: Unit, most: int) -> list[int]:
    """Return the ids of the greatest sources, and of *not stated*."""
    value = tally_values.c.value
    query = _select_sources(view, dataset).join(
        tally_values, tally_values.c.id == tallies.c.value_id
    )
    amount = sa.func.sum(tallies.c[str(unit)])
    ordered = query.group_by(value).order_by(value.is_not(None), amount.desc(), value)
    found = view.connection.execute(ordered.limit(most))
    return [int(row.value_id) for row in found]


def _select_sources(view: Standpoint, dataset: int) -> sa.Select[tuple[int]]:
    return (
        sa.select(tallies.c.value_id)
        .where(
            tallies.c.dataset_id == dataset,
            tallies.c.dimension == DIMENSIONS["source"],
            logged_by(tallies.c.position, view.size),
        )
        .group_by(tallies.c.value_id)
        .having(sa.func.sum(tallies.c.records) != 0)
    )


def gather(view: Standpoint, dataset: int, book: Book, sources: list[int]) -> Gathered:
    """Read the pedigrees of a dataset version, and their sums.

    Args:
        view: From where it is seen; its policy does not matter.
        dataset: Id of the dataset version.
        book: Numbers pedigrees; grows.
        sources: Ids of those that are told apart.
    """
    models = load_models(view.connection, view.size)
    origins = load_origins(view.connection)
    seen: dict[tuple[int, int, bool], int] = {}
    numbers: dict[int, int] = {}
    for pedigree, elements in _read_pedigrees(view, dataset):
        found = []
        for one in elements:
            number = seen.get(one[:3])
            if number is None:
                number = book.element(one, origins[one.origin], models)
                seen[one[:3]] = number
            found.append((number, one.greatest_hops))
        numbers[pedigree] = book.row(found)
    classes = [class_ for class_, _ in book.rows]
    by_pedigree = {pedigree: classes[row] for pedigree, row in numbers.items()}
    rows: dict[int, list[int]] = {}
    whole: dict[int, list[int]] = {}
    for pedigree, _, *amounts in _tallied(view, dataset):
        _add(rows, numbers[pedigree], amounts)
        _add(whole, by_pedigree[pedigree], amounts[: len(UNITS)])
    months = _by_value(view, _tallied(view, dataset, "month"), by_pedigree)
    told = _by_value(view, _tallied(view, dataset, "source", sources), by_pedigree)
    return Gathered(
        rows=rows,
        months=months,
        sources=told | _rest(whole, told),
        members=_gather_members(view, book, models, origins),
    )


def _read_pedigrees(
    view: Standpoint, dataset: int
) -> Iterator[tuple[int, Iterator[Element]]]:
    table = pedigree_origins
    query = (
        sa.select(table)
        .where(table.c.pedigree_id.in_(select_pedigrees(dataset, view.size)))
        .order_by(table.c.pedigree_id)
    )
    rows = view.connection.execute(query)
    for pedigree, group in groupby(rows, key=lambda row: int(row[0])):
        yield pedigree, (Element(r[1], r[2], bool(r[3]), r[4], r[5]) for r in group)


def _tallied(
    view: Standpoint,
    dataset: int,
    dimension: str = "",
    values: Collection[int] | None = None,
) -> Iterable[Any]:
    query = select_tallied(dataset, dimension, view.size)
    if values is not None:
        wanted = give_values(view.connection, "wanted", sa.BigInteger(), values)
        query = query.where(sa.column("value_id").in_(wanted))
    return view.connection.execute(query)


def _add(sums: dict[Any, list[int]], key: Any, amounts: Iterable[int]) -> None:
    known = sums.get(key)
    sums[key] = (
        list(amounts)
        if known is None
        else [one + more for one, more in zip(known, amounts, strict=True)]
    )


def _by_value(
    view: Standpoint, rows: Iterable[Any], classes: Mapping[int, int]
) -> _Sums:
    found: dict[tuple[int, int], list[int]] = {}
    for pedigree, value, *amounts in rows:
        _add(found, (value, classes[pedigree]), amounts[: len(UNITS)])
    table = tally_values
    asked = {value for value, _ in found}
    names = {
        row.id: row.value
        for row in view.connection.execute(sa.select(table))
        if row.id in asked
    }
    return {(names[value], class_): sums for (value, class_), sums in found.items()}


def _rest(whole: dict[int, list[int]], told: _Sums) -> _Sums:
    """What is left of each class when the sources that are told apart are taken off."""
    left = {class_: list(amounts) for class_, amounts in whole.items()}
    for (_, class_), amounts in told.items():
        _add(left, class_, [-amount for amount in amounts])
    return {(OTHERS, class_): sums for class_, sums in left.items() if any(sums)}


def _gather_members(
    view: Standpoint, book: Book, models: ModelBook, origins: Mapping[int, Origin]
) -> dict[DatasetName, dict[int, int]]:
    found: dict[DatasetName, dict[int, int]] = {}
    members = load_members(view.connection, models, view.size)
    for dataset, elements in members.items():
        hops = found.setdefault(dataset, {})
        for one in elements:
            if origins[one.origin].kind is Kind.MODEL:
                number = book.element(one, origins[one.origin], models)
                hops[number] = max(one.greatest_hops, hops.get(number, 0))
    return found
