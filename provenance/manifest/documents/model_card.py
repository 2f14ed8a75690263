"""Hugging Face model cards: README.md with YAML front matter.

https://github.com/huggingface/hub-docs/blob/main/modelcard.md
"""

from __future__ import annotations

from datetime import date
from typing import Any

from provenance.domain import Model, ModelFact
from provenance.manifest.documents.addresses import (
    find_dataset_names,
    find_model_names,
)
from provenance.manifest.documents.document import Document, Notes, to_words
from provenance.manifest.documents.front_matter import read_front, split_front

__all__ = ["read_date", "read_model_card"]

_PROVIDERS = ("provider", "organization", "developed_by")
_RELEASED = ("released", "release_date")
_READ = frozenset(
    {"base_model", "datasets", "tags", "pipeline_tag", *_PROVIDERS, *_RELEASED}
)
_GENERATE = frozenset(
    {
        *("text-generation", "text2text-generation", "conversational", "translation"),
        *("summarization", "text-to-image", "text-to-video", "text-to-audio"),
        *("text-to-speech", "image-to-text", "image-to-image", "image-to-video"),
        *("image-text-to-text", "video-text-to-text", "any-to-any", "text-to-3d"),
        *("unconditional-image-generation", "image-to-3d", "audio-text-to-text"),
    }
)
_NEVER_GENERATE = frozenset(
    {
        *("text-classification", "token-classification", "zero-shot-classification"),
        *("image-classification", "zero-shot-image-classification", "text-ranking"),
        *("audio-classification", "video-classification", "object-detection"),
        *("image-segmentation", "feature-extraction", "sentence-similarity"),
        *("image-feature-extraction", "tabular-classification", "depth-estimation"),
    }
)
_BASE_TAG, _DATASET_TAG = "base_model:", "dataset:"


def read_model_card(text: str) -> Document:
    r"""Take a model card apart.

    Its training sets are those it lists; they are never taken for all there are.

    Raises:
        ValueError: It has no front matter, or that is no YAML.

    Example:
        >>> card = "---\nbase_model: org/base\ndatasets: [org/set]\n---\n"
        >>> read_model_card(card).facts[0].to_dict()["trained_on"]
        ['org/set']
    """
    keys = read_front(split_front(text)[0])
    notes = Notes()
    tags = to_words(keys.get("tags"), "tags", notes)
    bases = to_words(keys.get("base_model"), "base_model", notes)
    # The Hub writes keys as tags too: base_model:org/a, base_model:finetune:org/a.
    bases += [tag.rsplit(":", 1)[1] for tag in tags if tag.startswith(_BASE_TAG)]
    sets = to_words(keys.get("datasets"), "datasets", notes)
    sets += [tag.removeprefix(_DATASET_TAG) for tag in tags if _DATASET_TAG in tag[:8]]
    trained = find_dataset_names(sets, "datasets", notes)
    model = Model(
        name="",
        provider=_first(keys, _PROVIDERS, notes),
        released=read_date(_first(keys, _RELEASED, notes) or ""),
        based_on=find_model_names(bases, "base_model", notes),
        trained_on=tuple(map(str, trained)),
    )
    fact = ModelFact(model=model, generative=_does_generate(keys, notes))
    return Document(
        facts=[fact],
        lost=[key for key in keys if key not in _READ],
        notes=notes.found,
        is_of_dataset=False,
    )


def read_date(text: str) -> date | None:
    """Return the day that a text begins with; None when it has none.

    >>> read_date("2023-05-09T10:00:00"), read_date("2023")
    (datetime.date(2023, 5, 9), None)
    """
    try:
        return date.fromisoformat(text[:10]) if text[4:5] == "-" else None
    except ValueError:
        return None


def _first(keys: dict[str, Any], names: tuple[str, ...], notes: Notes) -> str | None:
    words = (word for name in names for word in to_words(keys.get(name), name, notes))
    return next(words, None)


def _does_generate(keys: dict[str, Any], notes: Notes) -> bool | None:
    """Say whether it makes content, as far as its task tells."""
    tasks = set(to_words(keys.get("pipeline_tag"), "pipeline_tag", notes))
    if tasks & _GENERATE:
        return True
    return False if tasks & _NEVER_GENERATE else None
