"""Names of datasets and models out of the addresses that documents give for them."""

from __future__ import annotations

import re

from provenance.domain import DatasetName, to_dataset_name
from provenance.manifest.documents.document import Notes

__all__ = ["find_dataset_names", "find_model_names", "hub_name"]

_HUB = re.compile(
    r"^https?://(?:www\.)?(?:huggingface\.co|hf\.co)/(?:datasets/)?"
    r"([\w.-]+/[\w.-]+|[\w.-]+)(?:[/?#].*)?$"
)
_SCHEME = re.compile(r"^[A-Za-z][\w+.-]*://")
_LONGEST_MODEL = 300


def hub_name(text: str) -> str:
    """Return ``ORG/NAME`` of an address on the Hub; of any other what is behind ``//``.

    >>> hub_name("https://huggingface.co/datasets/org/set/tree/main")
    'org/set'
    >>> hub_name("https://example.org/a"), hub_name("org/set")
    ('example.org/a', 'org/set')
    """
    found = _HUB.match(text)
    return found[1] if found else _SCHEME.sub("", text)


def find_dataset_names(
    words: list[str], name: str, notes: Notes
) -> tuple[DatasetName, ...]:
    """Return the datasets that some words name, each once.

    Args:
        words: Names or addresses.
        name: What the words are called in the document, for the note.
        notes: Are told of words that can be no name.
    """
    found: dict[DatasetName, None] = {}
    for word in words:
        dataset = to_dataset_name(hub_name(word))
        if dataset is None:
            notes.add(f"{name}: {word[:80]!r} is no name of a dataset")
        else:
            found[dataset] = None
    return tuple(found)


def find_model_names(words: list[str], name: str, notes: Notes) -> tuple[str, ...]:
    """Return the models that some words name, each once; see ``find_dataset_names``."""
    found: dict[str, None] = {}
    for word in words:
        model = hub_name(word).strip("/")
        if not model or len(model) > _LONGEST_MODEL or not model.isprintable():
            notes.add(f"{name}: {word[:80]!r} is no name of a model")
        else:
            found[model] = None
    return tuple(found)
