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

    def parents_of(self, number: int) -> list[int]:
        """Return the recorded parents of a dataset version."""
        return self._parents.get(number, [])

    def ancestors_of(self, number: int) -> set[int]:
        """Return the recorded parents, their parents, and so on, without itself."""
        found: set[int] = set()
        left = list(self.parents_of(number))
        while left:
            one = left.pop()
            if one not in found:
                found.add(one)
                left += self.parents_of(one)
        return found - {number}
