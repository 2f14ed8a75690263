"""Mixtures: which components a dataset was put together from, and how much of each.

A component is an aggregate: one row that stands for many items, known by its name and
by nothing that could be verified. Where a total is stated and the components do not
make it up, the rest is a row of its own, of which nothing is known; it is never
spread over the components.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from provenance.domain import DatasetFact, DatasetName, to_dataset_name
from provenance.manifest.documents.amount import read_amount, scale_of
from provenance.manifest.documents.document import Document, Notes, Row

__all__ = [
    "UNACCOUNTED",
    "Component",
    "Mixture",
    "Table",
    "is_written_out",
    "read_name",
    "read_table",
]

UNACCOUNTED = "(unaccounted)"
"""Name of the row for what no component makes up."""

_UNITS = ("items", "tokens", "bytes")

_COMPONENT = frozenset(
    {
        *("component", "dataset", "subset", "source", "name", "split", "config"),
        *("category", "mixture", "corpus", "collection", "components", "domain"),
    }
)
_GENERATOR = frozenset(
    {"generator", "generators", "generated", "model", "models", "teacher"}
)
_UNIT_WORDS = {
    "items": frozenset(
        {
            *("items", "documents", "docs", "samples", "examples", "rows", "prompts"),
            *("instances", "conversations", "records", "pairs", "datapoints"),
        }
    ),
    "tokens": frozenset({"tokens", "token"}),
    "bytes": frozenset({"bytes"}),
}
_TOTAL = re.compile(r"(?:grand\s+)?(?:total|sum|all|overall)s?\s*:?", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_HUB = re.compile(r"huggingface\.co/datasets/([\w.-]+(?:/[\w.-]+)?)")
_ON_HUB = re.compile(r"[\w.-]+/[\w.-]+")
_NOBODY = frozenset({"", "-", "–", "—", "n/a", "none", "?", "unknown", "various"})
_LONGEST_HEAD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One line of a mixture."""

    name: str
    line: int
    amounts: dict[str, int]
    """Unit → how much."""
    generators: str = ""
    """As written; of several all."""
    dataset: DatasetName | None = None
    """The dataset that it links to."""
    split: str = ""

    def to_row(self) -> Row:
        """The component as fields of a record.

        How many items it stands for is not one where it is not said.
        """
        said = {"generated_by": self.generators, "split": self.split}
        row = {"name": self.name, "items": None, **self.amounts}
        return row | {name: value for name, value in said.items() if value}


@dataclass(slots=True, kw_only=True)
class Mixture:
    """Components, and the totals that are stated of them."""

    components: list[Component] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    """Unit → stated total."""
    line: int = 1
    lost: list[str] = field(default_factory=list)
    """Columns that nothing is made of."""

    @property
    def names_sources(self) -> bool:
        """Whether it says where components come from: a generator, or their dataset."""
        told = sum(bool(c.generators or c.dataset) for c in self.components)
        return 2 * told > len(self.components)

    def parents(self) -> tuple[DatasetName, ...]:
        """The datasets that components link to."""
        found = (c.dataset for c in self.components if c.dataset)
        return tuple(dict.fromkeys(found))

    def to_rows(self, notes: Notes) -> tuple[list[Row], list[int]]:
        """Return the rows and their lines; that of what is unaccounted comes last."""
        rows = [component.to_row() for component in self.components]
        lines = [component.line for component in self.components]
        rest: dict[str, int] = {}
        for unit, total in self.totals.items():
            known = [c.amounts[unit] for c in self.components if unit in c.amounts]
            told = f"{unit}: stated {total:,}, components sum to {sum(known):,}"
            left = total - sum(known)
            rest[unit] = max(left, 0)
            if left > 0:
                notes.add(f"{told}; {left:,} unaccounted", self.line)
            elif left < 0:
                notes.add(f"{told}, which is more", self.line)
        if any(rest.values()):
            rows.append({"name": UNACCOUNTED, "items": None, **rest})
            lines.append(max(self.line, lines[-1] + 1))  # rows are in order
        return rows, lines

    def to_document(self) -> Document:
        """The mixture as all that a document holds."""
        notes = Notes()
        rows, lines = self.to_rows(notes)
        parents = self.parents()
        return Document(
            facts=[DatasetFact(parents=parents)] if parents else [],
            rows=rows,
            lines=lines,
            lost=self.lost,
            notes=notes.found,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of texts, whatever it was written in."""

    head: Sequence[str]
    rows: Sequence[tuple[int, Sequence[str]]]
    """Line, and cells."""


def read_table(table: Table) -> Mixture | None:
    """Return the mixture that a table lists; None when it lists none."""
    roles = [_find_role(head) for head in table.head]
    units = {
        role: (place, scale_of(_words(table.head[place])))
        for place, role in enumerate(roles)
        if role in _UNITS
    }
    names = [place for place, role in enumerate(roles) if role == "component"]
    makers = [place for place, role in enumerate(roles) if role == "generator"]
    if not units or not (names or makers):
        return None
    mixture = Mixture(
        lost=[h for h, role in zip(table.head, roles, strict=True) if not role],
        line=table.rows[0][0] if table.rows else 1,
    )
    named = (names or makers)[0]
    for line, cells in table.rows:
        if len(cells) != len(roles):
            continue
        amounts = {
            unit: amount
            for unit, (place, times) in units.items()
            if (amount := read_amount(_plain(cells[place]), times)) is not None
        }
        name, dataset = read_name(cells[named])
        if dataset is None and "dataset" in _words(table.head[named]):
            dataset = to_dataset_name(name) if _ON_HUB.fullmatch(name) else None
        if _TOTAL.fullmatch(name):
            mixture.totals |= amounts
            mixture.line = line
        elif amounts and name:
            component = Component(
                name=name, line=line, amounts=amounts, dataset=dataset
            )
            if makers:
                made = _plain(cells[makers[0]])
                component = replace(
                    component,
                    generators="" if made.lower() in _NOBODY else made,
                )
            if _words(table.head[named]) == ["split"]:
                component = replace(component, split=name)
            mixture.components.append(component)
    return mixture if mixture.components else None


def is_written_out(table: Table) -> bool:
    """Whether a table of components says more than plain numbers do.

    It has a total among its rows, or amounts as people write them.
    """
    places = [p for p, head in enumerate(table.head) if _find_role(head) in _UNITS]
    if any(scale_of(_words(table.head[place])) > 1 for place in places):
        return True
    return any(
        _TOTAL.fullmatch(cells[0].strip()) is not None
        or any(not cells[place].strip().isdigit() for place in places)
        for _, cells in table.rows
        if len(cells) == len(table.head)
    )


def read_name(cell: str) -> tuple[str, DatasetName | None]:
    """Return what a component is called, and the dataset that it links to.

    >>> read_name("**[Aya](https://huggingface.co/datasets/org/aya)**")
    ('Aya', DatasetName(name='org/aya', version=''))
    """
    hub = _HUB.search(cell)
    return _plain(cell), to_dataset_name(hub[1]) if hub else None


def _plain(cell: str) -> str:
    """Return a cell without Markdown: the text of links, no emphasis, no notes."""
    return " ".join(_LINK.sub(r"\1", cell).replace("*", "").replace("`", "").split())


def _words(head: str) -> list[str]:
    return re.findall("[a-z]+", head.lower())


def _find_role(head: str) -> str:
    """Return what a column is by its head: a unit, ``component``, ``generator``."""
    words = _words(head)
    if not words or len(words) > _LONGEST_HEAD:
        return ""
    if _GENERATOR & set(words):
        return "generator"
    for unit, known in _UNIT_WORDS.items():
        if known & set(words) and not {"average", "avg", "mean", "per"} & set(words):
            return unit
    return "component" if _COMPONENT & set(words) else ""
