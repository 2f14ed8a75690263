"""Facts that a document states and that are no records: of datasets and models."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from provenance.domain.datasets import DatasetName, parse_dataset
from provenance.domain.models import Model
from provenance.errors import NameRefusedError

__all__ = ["DatasetFact", "Fact", "ModelFact", "to_dataset_name"]

_NO_NAME = re.compile(r"[^\w.+:/-]+|/+$")


def to_dataset_name(text: str) -> DatasetName | None:
    """Return the dataset that a document calls by some words; None if it cannot be.

    What no name can hold (spaces, brackets …) becomes ``-``; the same words give the
    same name everywhere.

    >>> str(to_dataset_name("The Stack"))
    'The-Stack'
    >>> str(to_dataset_name("all en/c4@v 1"))
    'all-en/c4@v-1'
    """
    text = text.strip()
    try:
        return parse_dataset(text)
    except NameRefusedError:
        pass
    parts = [
        re.sub(r"/[^\w]+", "/", _NO_NAME.sub("-", part)).strip("-/.+:")
        for part in text.split("@", 1)
    ]
    try:
        return parse_dataset("@".join(filter(None, parts)))
    except NameRefusedError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFact:
    """What a document states of a dataset version."""

    dataset: DatasetName | None = None
    """None: the one that the manifest is recorded for."""
    parents: tuple[DatasetName, ...] = ()
    license: str | None = None
    note: str | None = None
    stated: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What else it says, in its own words: sizes, languages, who made the text …"""

    def to_dict(self) -> dict[str, object]:
        """The fact as JSON values, without what it does not say."""
        said = {
            "dataset": str(self.dataset) if self.dataset else None,
            "derived_from": [str(parent) for parent in self.parents],
            "license": self.license,
            "note": self.note,
            "stated": {name: list(values) for name, values in self.stated.items()},
        }
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFact:
    """What a document states of a model."""

    model: Model
    """Without a name: the one that the manifest is named after."""
    generative: bool | None = None
    """None: the document does not say."""

    def to_dict(self) -> dict[str, object]:
        """The fact as JSON values, without what it does not say."""
        said = self.model.to_dict() | {"generative": self.generative}
        told = ("registered", "training_complete")
        return {
            ("model" if name == "name" else name): value
            for name, value in said.items()
            if name not in told and value not in (None, "", [])
        }


Fact = DatasetFact | ModelFact
