"""What a policy makes of a pedigree: a tier, and one per model, mode, evidence.

Elements that are known less well than the policy's least grade, or whose model it
ignores, are taken as not stated. What loses its author that way is unknown, and so is
what inherits from it; a derivation that is not believed only drops out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provenance.domain import Kind, ModelBook, Origin, Policy, Tier
from provenance.lineage.pedigree import Element, Pedigree

__all__ = ["NONE", "Assessor"]

NONE = "(none)"
"""The group of items that no model, mode or evidence is known of."""


class Assessor:
    """Assesses pedigrees under one policy, with the models as recorded."""

    def __init__(
        self, policy: Policy, book: ModelBook, origins: Mapping[int, Origin]
    ) -> None:
        self._policy = policy
        self._book = book
        self._origins = origins
        self._ignored = {book.find(name).name for name in policy.ignored_models}

    def model_of(self, element: Element) -> str | None:
        """The recorded name of the model an element comes from, if from one."""
        origin = self._origins[element.origin]
        if origin.kind is not Kind.MODEL:
            return None
        return self._book.find(origin.model or "").name

    def is_generating(self, element: Element) -> bool:
        """Whether the element is generation in the eyes of the policy."""
        origin = self._origins[element.origin]
        return (
            origin.kind is Kind.MODEL
            and origin.mode in self._policy.generating
            and self._book.find(origin.model or "").generative
        )

    def counting(self, pedigree: Pedigree) -> list[Element]:
        """The elements that the policy believes."""
        return [element for element in pedigree if self._counts(element)]

    def _counts(self, element: Element) -> bool:
        if element.grade < self._policy.least_grade:
            return False
        return self.model_of(element) not in self._ignored

    def generating(self, pedigree: Pedigree) -> list[Element]:
        """The believed elements that are generation."""
        return [e for e in self.counting(pedigree) if self.is_generating(e)]

    def tier(self, pedigree: Pedigree) -> Tier:
        """The one tier of an item with this pedigree."""
        tier = self._tier(self.counting(pedigree))
        if tier in (Tier.HUMAN, Tier.OTHER) and self._lost_author(pedigree):
            return Tier.UNKNOWN
        return tier

    def _lost_author(self, pedigree: Pedigree) -> bool:
        """Whether the policy disbelieves who made the item, or what it came from."""
        own_left = any(
            element.own and self._counts(element) and self._is_author(element)
            for element in pedigree
        )
        return any(
            not own_left if element.own else self._is_disbelieved(element)
            for element in pedigree
            if not self._counts(element) and self._is_author(element)
        )

    def _is_author(self, element: Element) -> bool:
        return self._origins[element.origin].is_author

    def _is_disbelieved(self, element: Element) -> bool:
        """Whether the origin itself is not believed, rather than the derivation."""
        if self._origins[element.origin].grade < self._policy.least_grade:
            return True
        return element.grade >= self._policy.least_grade

    def _tier(self, elements: Iterable[Element]) -> Tier:
        kinds = set()
        inherited = False
        for element in elements:
            if self.is_generating(element):
                if element.own:
                    return Tier.GENERATED
                inherited = True
                continue
            kinds.add(self._kind(self._origins[element.origin]))
        if inherited:
            return Tier.DERIVED
        if not kinds or Kind.UNKNOWN in kinds:
            return Tier.UNKNOWN
        return Tier.HUMAN if kinds == {Kind.HUMAN} else Tier.OTHER

    def _kind(self, origin: Origin) -> Kind:
        if origin.kind is Kind.CAPTURE:
            early = self._policy.is_before_cutoff(origin.month, origin.medium)
            return Kind.HUMAN if early else Kind.UNKNOWN
        return origin.kind

    def groups(self, pedigree: Pedigree, aspect: str) -> dict[str, Tier]:
        """Tiers by model, mode or evidence, each relative to its own origins.

        Args:
            pedigree: The pedigree to break down.
            aspect: ``model``, ``mode`` or ``evidence``.

        Returns:
            Value → tier; ``{NONE: tier}`` where no origin has such a value.
        """
        members: dict[str, list[Element]] = {}
        for element in self.counting(pedigree):
            origin = self._origins[element.origin]
            if origin.kind in (Kind.CAPTURE, Kind.UNKNOWN):
                continue
            if aspect == "evidence":
                value = str(origin.evidence)
            elif origin.kind is not Kind.MODEL:
                continue
            elif aspect == "mode":
                value = str(origin.mode)
            else:
                value = self.model_of(element) or NONE
            members.setdefault(value, []).append(element)
        if not members:
            return {NONE: self.tier(pedigree)}
        return {value: self._tier(group) for value, group in members.items()}
