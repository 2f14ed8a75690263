"""What a page carries: names as JSON, and numbers as columns.

The whole is gzip over a JSON object, one NUL, and the columns::

    {"dataset": …, "policy": {…}, "origins": [[…], …], …, "columns": {name: place}}

Amounts of items, bytes and tokens are in thousandths, as in the ledger.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provenance.domain import DatasetName, ModelBook
from provenance.lineage import TrainingSets
from provenance.report.explorer.book import Book
from provenance.report.explorer.columns import Columns
from provenance.report.explorer.gather import LACKING, OTHERS, UNITS, Gathered
from provenance.report.figures import Report

__all__ = ["Explorer", "Scenario", "pack_data"]

_MOST_SUMS = 50_000
"""With more sums by month and source, they are carried in one unit."""

_EXACT = 2**53
"""Up to here a browser's ordinary numbers are exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What would be there if a dataset were claimed to be generated."""

    dataset: str
    words: str
    gathered: Gathered


@dataclass(frozen=True, slots=True, kw_only=True)
class Explorer:
    """Everything that a page shows of one dataset version."""

    report: Report
    """The answer of the ledger, which the page must find by itself."""
    book: Book
    models: ModelBook
    gathered: Gathered
    stored: Mapping[str, Any]
    """The policy that is recorded, before anything is otherwise for the page."""
    ignored: tuple[str, ...]
    """Recorded names of the models that are ignored to begin with."""
    assumptions: tuple[str, ...]
    """Claims that hold for the page, as they were asked for."""
    shares: tuple[dict[str, Any], ...]
    """Claims of a share: ``claim, model, unit, share, elements``."""
    other_sources: int
    """How many sources are not told apart."""
    scenarios: tuple[Scenario, ...] = ()


def pack_data(explorer: Explorer) -> bytes:
    """Write what a page carries; the same bytes for the same answer."""
    book, columns = explorer.book, Columns()
    hops = [passes for _, passes in book.rows]
    columns.add("class_sizes", [len(one) for one in book.classes])
    columns.add("class_elements", _flat(book.classes))
    columns.add("row_class", [class_ for class_, _ in book.rows])
    columns.add("row_hops", _flat(hops))
    months = _Values()
    sources = _Values()
    whole = explorer.gathered
    carried = _choose_units(explorer)
    _add_whole(columns, "", list(range(len(book.rows))), whole.rows)
    size = len(book.classes)
    _add_values(columns, "month_", months, whole.months, size, carried)
    _add_values(columns, "source_", sources, whole.sources, size, carried)
    for number, scenario in enumerate(explorer.scenarios):
        found = scenario.gathered
        moved = sorted(
            row
            for row in {**whole.rows, **found.rows}
            if whole.rows.get(row) != found.rows.get(row)
        )
        columns.add(f"s{number}_rows", moved)
        _add_whole(columns, f"s{number}_", moved, found.rows)
        _add_values(columns, f"s{number}_month_", months, found.months, size, carried)
        _add_values(
            columns, f"s{number}_source_", sources, found.sources, size, carried
        )
    header = {
        **_name_models(explorer),
        "report": explorer.report.to_dict(),
        "stored": explorer.stored,
        "assumptions": list(explorer.assumptions),
        "ignored": explorer.ignored,
        "makers": _name_makers(explorer),
        "carried": carried,
        "elements": list(book.elements),
        "months": months.listed(),
        "sources": sources.listed(),
        "other_sources": explorer.other_sources,
        "shares": list(explorer.shares),
        "scenarios": [
            {"dataset": one.dataset, "words": one.words} for one in explorer.scenarios
        ],
        "exact": columns.greatest < _EXACT,
        "columns": columns.places,
    }
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode() + b"\0" + columns.octets, 9, mtime=0)


def _choose_units(explorer: Explorer) -> list[str]:
    """The units in which months and sources are carried; records tell what is there."""
    every = [explorer.gathered, *(one.gathered for one in explorer.scenarios)]
    if sum(len(one.months) + len(one.sources) for one in every) <= _MOST_SUMS:
        return list(UNITS)
    return [one for one in UNITS if one in ("records", str(explorer.report.unit))]


class _Values:
    """Months or sources, each with the number it first came by."""

    def __init__(self) -> None:
        self._numbers: dict[str | int | None, int] = {}

    def number(self, value: str | int | None) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    def listed(self) -> list[str | bool | None]:
        """The values; false stands for all that are not told apart."""
        return [False if isinstance(v, int) else v for v in self._numbers]


def _flat(lists: Iterable[Sequence[int]]) -> list[int]:
    return [number for one in lists for number in one]


def _add_whole(
    columns: Columns, prefix: str, rows: list[int], amounts: dict[int, list[int]]
) -> None:
    nothing = [0] * (len(UNITS) + len(LACKING))
    for place, name in enumerate((*UNITS, *LACKING)):
        columns.add(
            f"{prefix}{name}", [amounts.get(row, nothing)[place] for row in rows]
        )


def _add_values(
    columns: Columns,
    prefix: str,
    values: _Values,
    sums: dict[Any, list[int]],
    classes: int,
    units: Sequence[str],
) -> None:
    """Write sums by month or source, class by class.

    The last of each class is what is left of the class's own sum, and is not written.
    """
    kept: list[list[tuple[int, list[int]]]] = [[] for _ in range(classes)]
    for (value, class_), amounts in sorted(
        sums.items(), key=lambda one: _order(one[0][0])
    ):
        kept[class_].append((values.number(value), amounts))
    columns.add(f"{prefix}counts", [len(one) for one in kept])
    columns.add(f"{prefix}value", [value for one in kept for value, _ in one])
    for name in units:
        place = UNITS.index(name)
        said = [amounts[place] for one in kept for _, amounts in one[:-1]]
        columns.add(f"{prefix}{name}", said)


def _order(value: str | int | None) -> tuple[bool, bool, str]:
    return value is None, value == OTHERS, str(value)


def _name_makers(explorer: Explorer) -> list[str]:
    """The models that something of the dataset version is of, or a claimed share."""
    book = explorer.book
    origin_of = [origin for origin, _, _ in book.elements]
    origins = list(book.origins)
    inside = {element for class_ in book.classes for element in class_}
    inside |= {element for share in explorer.shares for element in share["elements"]}
    names = {origins[origin_of[element]].model for element in inside}
    return sorted(name for name in names if name is not None)


def _name_models(explorer: Explorer) -> dict[str, Any]:
    """Models, and datasets they were trained on, as far as they matter here.

    Those are the models that something of the dataset version is of, what they are
    based on and trained on, and who wrote that.
    """
    book, models = explorer.book, explorer.models
    origin_of = [origin for origin, _, _ in book.elements]
    origins = list(book.origins)
    every = [explorer.gathered, *(one.gathered for one in explorer.scenarios)]
    wrote: dict[DatasetName, set[str]] = {}
    for gathered in every:
        for dataset, hops in gathered.members.items():
            wrote.setdefault(dataset, set()).update(
                origins[origin_of[element]].model or "" for element in hops
            )
    training = TrainingSets(wrote)
    waiting = _name_makers(explorer)
    names: dict[str, int] = {}
    datasets: dict[DatasetName, int] = {}
    while waiting:
        name = waiting.pop(0)
        if name in names:
            continue
        names[name] = len(names)
        model = models.find(name)
        waiting += [models.find(base).name for base in model.based_on]
        for dataset in training.of(model)[0]:
            datasets.setdefault(dataset, len(datasets))
            waiting += sorted(wrote[dataset])
    told = []
    for name in names:
        model = models.find(name)
        sets, missing = training.of(model)
        told.append(
            {
                "name": name,
                "generative": model.generative,
                "complete": model.training_complete and not missing,
                "bases": [names[models.find(base).name] for base in model.based_on],
                "sets": [datasets[dataset] for dataset in sets],
            }
        )
    return {
        "models": told,
        "datasets": [str(dataset) for dataset in datasets],
        "members": [
            [sorted(one.members.get(dataset, {}).items()) for dataset in datasets]
            for one in every
        ],
        "origins": [
            seen._replace(model=None)
            if seen.model not in names
            else (*seen[:1], names[seen.model], *seen[2:])
            for seen in origins
        ],
    }
