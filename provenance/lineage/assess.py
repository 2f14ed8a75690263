"""What a policy makes of a pedigree: a tier, from what each element speaks for.

Elements that are known less well than the policy's least grade, or whose model it
ignores, are taken as not stated. What loses its author that way is unknown, and so is
what inherits from it; a derivation that is not believed only drops out.

Every element has a few *marks*; the marks of a set of elements are those of its
members together, and decide its tier. So a database can assess any number of
pedigrees: it unites the marks of their elements, and looks the tier up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntFlag

from provenance.domain import Kind, ModelBook, Origin, Policy, Tier
from provenance.lineage.pedigree import Element, Pedigree

__all__ = ["NONE", "Assessor", "Mark", "Verdict", "tell_tier"]

NONE = "(none)"
"""The group of items that no model, mode or evidence is known of."""


class Mark(IntFlag):
    """What an element speaks for, in the eyes of a policy."""

    GENERATED = 1
    """The item's own generation."""
    DERIVED = 2
    """Generation that the item inherits."""
    UNKNOWN = 4
    """Content of which nobody says where it comes from."""
    HUMAN = 8
    OTHER = 16
    AUTHOR_LEFT = 32
    """An own author is believed."""
    AUTHOR_LOST = 64
    """An own author is not believed."""
    SOURCE_LOST = 128
    """The author of something inherited is not believed."""


def tell_tier(marks: int) -> Tier:
    """Return the one tier of an item whose elements have these marks together.

    >>> tell_tier(Mark.HUMAN | Mark.DERIVED)
    <Tier.DERIVED: 'derived'>
    """
    if marks & Mark.GENERATED:
        return Tier.GENERATED
    if marks & Mark.DERIVED:
        return Tier.DERIVED
    if marks & Mark.UNKNOWN or not marks & (Mark.HUMAN | Mark.OTHER):
        return Tier.UNKNOWN
    lost = marks & Mark.AUTHOR_LOST and not marks & Mark.AUTHOR_LEFT
    if lost or marks & Mark.SOURCE_LOST:
        return Tier.UNKNOWN
    return Tier.OTHER if marks & Mark.OTHER else Tier.HUMAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a policy makes of an element: the same in whatever pedigree it stands."""

    origin: int
    grade: int
    own: bool
    marks: int
    generating: bool
    """Believed, and generation."""
    model: str | None = None
    """The group that it stands in by model; none when it is not believed."""
    mode: str | None = None
    evidence: str | None = None


class Assessor:
    """Assesses elements under one policy, with the models as recorded."""

    def __init__(
        self, policy: Policy, book: ModelBook, origins: Mapping[int, Origin]
    ) -> None:
        self._policy = policy
        self._book = book
        self._origins = origins
        self._ignored = {book.find(name).name for name in policy.ignored_models}

    def models(self) -> set[str]:
        """The recorded names of all models that origins name."""
        return {
            self._book.find(origin.model or "").name
            for origin in self._origins.values()
            if origin.kind is Kind.MODEL
        }

    def model_of(self, element: Element) -> str | None:
        """The recorded name of the model an element comes from, if from one."""
        origin = self._origins[element.origin]
        if origin.kind is not Kind.MODEL:
            return None
        return self._book.find(origin.model or "").name

    def tier(self, pedigree: Iterable[Element]) -> Tier:
        """The one tier of an item with these elements."""
        marks = Mark(0)
        for element in pedigree:
            marks |= self._judge(element).marks
        return tell_tier(marks)

    def generating(self, elements: Iterable[Element]) -> Pedigree:
        """The believed elements that are generation."""
        return tuple(e for e in elements if self._counts(e) and self._generates(e))

    def verdicts(self) -> Iterator[Verdict]:
        """Judge every element that a pedigree can have.

        An own element has the grade of its origin; an inherited one that, or the lower
        one of a derivation.
        """
        for number, origin in self._origins.items():
            grade = int(origin.grade)
            yield self._judge(Element(number, grade, True, 0, 0))
            for lower in range(grade + 1):
                yield self._judge(Element(number, lower, False, 0, 0))

    def _judge(self, element: Element) -> Verdict:
        origin, counts = self._origins[element.origin], self._counts(element)
        spoken = counts and origin.kind not in (Kind.CAPTURE, Kind.UNKNOWN)
        by_model = spoken and origin.kind is Kind.MODEL
        return Verdict(
            origin=element.origin,
            grade=element.grade,
            own=element.own,
            marks=self._believed(element) if counts else self._disbelieved(element),
            generating=counts and self._generates(element),
            model=self.model_of(element) if by_model else None,
            mode=str(origin.mode) if by_model else None,
            evidence=str(origin.evidence) if spoken else None,
        )

    def _counts(self, element: Element) -> bool:
        if element.grade < self._policy.least_grade:
            return False
        return self.model_of(element) not in self._ignored

    def _generates(self, element: Element) -> bool:
        origin = self._origins[element.origin]
        return (
            origin.kind is Kind.MODEL
            and origin.mode in self._policy.generating
            and self._book.find(origin.model or "").generative
        )

    def _believed(self, element: Element) -> Mark:
        origin = self._origins[element.origin]
        left = origin.is_author and element.own
        marks = Mark.AUTHOR_LEFT if left else Mark(0)
        if self._generates(element):
            return marks | (Mark.GENERATED if element.own else Mark.DERIVED)
        kind = origin.kind
        if kind is Kind.CAPTURE:
            early = self._policy.is_before_cutoff(origin.month, origin.medium)
            kind = Kind.HUMAN if early else Kind.UNKNOWN
        if kind is Kind.UNKNOWN:
            return marks | Mark.UNKNOWN
        return marks | (Mark.HUMAN if kind is Kind.HUMAN else Mark.OTHER)

    def _disbelieved(self, element: Element) -> Mark:
        """An inherited author is lost unless only the derivation is not believed.

        What counts but for its model, which is ignored, is an author of any grade.
        """
        origin, least = self._origins[element.origin], self._policy.least_grade
        is_ignored = element.grade >= least
        if not (origin.is_author or (is_ignored and self._generates(element))):
            return Mark(0)
        if element.own:
            return Mark.AUTHOR_LOST
        is_weak = origin.grade < least or is_ignored
        return Mark.SOURCE_LOST if is_weak else Mark(0)
