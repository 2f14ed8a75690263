"""Summaries of the Data Provenance Initiative: JSON, an object per dataset.

https://github.com/Data-Provenance-Initiative/Data-Provenance-Collection, folder
``data_summaries``. ``Model Generated`` lists the models that wrote some of the text,
and not how much of it.
"""

from __future__ import annotations

from typing import Any

from provenance.domain import DatasetFact, DatasetName, to_dataset_name
from provenance.manifest.documents.addresses import find_dataset_names, hub_name
from provenance.manifest.documents.document import Document, Notes, to_words
from provenance.manifest.documents.json_object import read_object

__all__ = ["IDENTIFIER", "read_data_provenance"]

IDENTIFIER = "Unique Dataset Identifier"

_STATED = {
    "Dataset Name": "title",
    "Collection": "collection",
    "Languages": "languages",
    "Text Sources": "sources",
    "Model Generated": "generators",
    "Human Annotation": "human_annotation",
    "Creators": "creators",
}
_READ = frozenset(
    {
        IDENTIFIER,
        *_STATED,
        *("Derived from Datasets", "Licenses", "Hugging Face URL", "Text Metrics"),
    }
)


def read_data_provenance(text: str) -> Document:
    """Take a summary apart.

    Raises:
        ValueError: It is no JSON, or describes no dataset.
    """
    notes = Notes()
    facts: list[DatasetFact] = []
    lost: dict[str, None] = {}
    for key, entry in read_object(text).items():
        if not isinstance(entry, dict) or IDENTIFIER not in entry:
            notes.add("members without an identifier were passed over")
            continue
        called = to_words([entry[IDENTIFIER], key], IDENTIFIER, notes)
        dataset = to_dataset_name(called[0]) if called else None
        if dataset is None:
            notes.add(f"{key[:80]!r} is no name of a dataset")
            continue
        facts.append(_read_entry(entry, dataset, notes))
        lost |= dict.fromkeys(name for name in entry if name not in _READ)
    if not facts:
        raise ValueError("describes no dataset")
    return Document(
        facts=facts, lost=list(lost), notes=notes.found, is_of_dataset=False
    )


def _read_entry(
    entry: dict[str, Any], dataset: DatasetName, notes: Notes
) -> DatasetFact:
    stated = {
        name: to_words(entry.get(key), key, notes) for key, name in _STATED.items()
    }
    address = to_words(entry.get("Hugging Face URL"), "Hugging Face URL", notes)
    stated["hub"] = [hub_name(one) for one in address]
    metrics = entry.get("Text Metrics")
    if isinstance(metrics, dict):
        stated["items"] = to_words(metrics.get("Num Dialogs"), "Text Metrics", notes)
    licenses = entry.get("Licenses")
    named = [
        one.get("License") if isinstance(one, dict) else one
        for one in (licenses if isinstance(licenses, list) else [licenses])
    ]
    parents = to_words(entry.get("Derived from Datasets"), "parents", notes)
    return DatasetFact(
        dataset=dataset,
        parents=find_dataset_names(parents, "Derived from Datasets", notes),
        license=", ".join(to_words(named, "Licenses", notes)) or None,
        stated={name: words for name, words in stated.items() if words},
    )
