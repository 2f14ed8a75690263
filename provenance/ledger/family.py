"""Which recorded dataset versions are the declared parents of which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provenance.domain import DatasetName

__all__ = ["Family"]


class Family:
    """Declared parents, resolved: a name without a version means all versions."""

    def __init__(
        self,
        names: Mapping[int, DatasetName],
        declared: Mapping[int, Iterable[DatasetName]],
    ) -> None:
        """Look the declared parents up.

        Args:
            names: Dataset versions by their ids.
            declared: Id → parents as declared.
        """
        versions: dict[str, list[int]] = {}
        for number, name in names.items():
            versions.setdefault(name.name, []).append(number)
        self._children: dict[int, set[int]] = {}
        self._parents = {
            child: sorted(
                {
                    number
                    for parent in parents
                    for number in versions.get(parent.name, ())
                    if parent.version in ("", names[number].version)
                }
            )
            for child, parents in declared.items()
        }
        for child, known in self._parents.items():
            for parent in known:
                self._children.setdefault(parent, set()).add(child)

    def parents_of(self, number: int) -> list[int]:
        """Return the recorded parents of a dataset version."""
        return self._parents.get(number, [])

    def descendants_of(self, number: int) -> set[int]:
        """Return those it is a recorded parent of, those of these, and so on.

        Without itself: it may be declared to be derived from what is derived from it.
        """
        found: set[int] = set()
        left = [number]
        while left:
            new = self._children.get(left.pop(), set()) - found
            found |= new
            left += new
        return found - {number}
