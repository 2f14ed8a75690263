"""Datasets and models in the making, by the names that a document has for them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from provenance.domain import (
    DatasetFact,
    DatasetName,
    Model,
    ModelFact,
    to_dataset_name,
)
from provenance.manifest.documents.document import Notes

__all__ = ["DatasetDraft", "ModelDraft", "name_dataset"]

_LONGEST_MODEL = 300
_LONGEST_WORDS = 2_000
"""Characters of a description that are kept."""


def name_dataset(name: str, version: str, notes: Notes) -> DatasetName | None:
    """Return the dataset of a name and a version, and tell if it cannot be one."""
    plain = name.replace("@", "-")
    found = to_dataset_name(plain)
    if found is None:
        notes.add(f"{name[:80]!r} is no name of a dataset, and was not recorded")
        return None
    known = to_dataset_name(version.replace("@", "-")) if version else None
    return DatasetName(found.name, known.name) if known else found


@dataclass(slots=True, kw_only=True)
class DatasetDraft:
    """What was found of one dataset so far."""

    name: DatasetName
    parents: dict[DatasetName, None] = field(default_factory=dict)
    license: str = ""
    stated: dict[str, list[str]] = field(default_factory=dict)

    def state(self, what: str, words: Iterable[str]) -> None:
        """Add what else is said of it."""
        plain = (" ".join(word.split())[:_LONGEST_WORDS] for word in words)
        known = dict.fromkeys([*self.stated.get(what, ()), *filter(None, plain)])
        if known:
            self.stated[what] = list(known)

    def finish(self, *, is_subject: bool = False) -> DatasetFact:
        """Return the fact.

        Args:
            is_subject: Whether it is the dataset that the document is a manifest of.
        """
        return DatasetFact(
            dataset=None if is_subject else self.name,
            parents=tuple(self.parents),
            license=self.license or None,
            stated=self.stated,
        )


@dataclass(slots=True, kw_only=True)
class ModelDraft:
    """What was found of one model so far."""

    name: str
    provider: str = ""
    released: str = ""
    """As written: ISO 8601 with or without a time."""
    bases: dict[str, None] = field(default_factory=dict)
    training: dict[DatasetName, None] = field(default_factory=dict)

    def finish(self) -> ModelFact:
        """Return the fact."""
        released = None
        with contextlib.suppress(ValueError):
            released = date.fromisoformat(self.released[:10])
        name = self.name[:_LONGEST_MODEL]
        return ModelFact(
            model=Model(
                name=name,
                provider=self.provider or None,
                released=released,
                based_on=tuple(base for base in self.bases if base != name),
                trained_on=tuple(map(str, self.training)),
            )
        )
