"""Numbers for what a page has many of: origins, elements, classes and rows.

Whatever no policy can tell apart is one: two origins that differ in their detector or
its score alone, two pedigrees of the same elements and hops. A *class* is a set of
elements, which decides the tier; a *row* is a class with the hops of what models made,
which decides the depth.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from provenance.domain import Kind, ModelBook, Origin
from provenance.lineage import Element

__all__ = ["Book", "Seen"]


class Seen(NamedTuple):
    """An origin, as far as policies can tell."""

    kind: str
    model: str | None
    """The recorded name."""
    mode: str
    evidence: str
    grade: int
    author: bool
    month: str | None
    medium: str | None


Class = tuple[int, ...]
"""Numbers of elements, ascending."""

Row = tuple[int, tuple[int, ...]]
"""A class, and the greatest hops of each of its elements that is a model's."""


@dataclass(slots=True, kw_only=True)
class Book:
    """Origins, elements, classes and rows, each with the number it first came by."""

    origins: dict[Seen, int] = field(default_factory=dict)
    elements: dict[tuple[int, int, bool], int] = field(default_factory=dict)
    classes: dict[Class, int] = field(default_factory=dict)
    rows: dict[Row, int] = field(default_factory=dict)
    _of_model: set[int] = field(default_factory=set)

    def element(self, element: Element, origin: Origin, models: ModelBook) -> int:
        """Return the number of an element."""
        seen = _see(origin, models)
        number = self.origins.setdefault(seen, len(self.origins))
        key = (number, element.grade, element.own)
        found = self.elements.setdefault(key, len(self.elements))
        if origin.kind is Kind.MODEL:
            self._of_model.add(found)
        return found

    def row(self, elements: Iterable[tuple[int, int]]) -> int:
        """Return the number of a pedigree, given as elements with their hops."""
        hops: dict[int, int] = {}
        for element, most in elements:
            hops[element] = max(most, hops.get(element, 0))
        ordered = tuple(sorted(hops))
        class_ = self.classes.setdefault(ordered, len(self.classes))
        passes = tuple(hops[one] for one in ordered if one in self._of_model)
        return self.rows.setdefault((class_, passes), len(self.rows))


def _see(origin: Origin, models: ModelBook) -> Seen:
    of_model = origin.kind is Kind.MODEL
    return Seen(
        kind=str(origin.kind),
        model=models.find(origin.model or "").name if of_model else None,
        mode=str(origin.mode),
        evidence=str(origin.evidence),
        grade=int(origin.grade),
        author=origin.is_author,
        month=origin.month,
        medium=origin.medium,
    )
