"""Which kind of document a text is, by how it begins."""

from __future__ import annotations

import re

from provenance.manifest.documents.front_matter import split_front

__all__ = ["MARKDOWN", "recognise_document"]

MARKDOWN = frozenset({".md", ".markdown"})

_KEY = re.compile(r"^([A-Za-z][\w-]*)[ \t]*:", re.MULTILINE)
_OF_DATASETS = frozenset(
    {
        *("annotations_creators", "language_creators", "source_datasets"),
        *("size_categories", "task_ids", "task_categories", "multilinguality"),
        *("dataset_info", "configs", "pretty_name", "paperswithcode_id"),
        "train_eval_index",
    }
)
_OF_MODELS = frozenset(
    {
        *("base_model", "base_model_relation", "library_name", "pipeline_tag"),
        *("model_index", "model_name", "inference", "widget", "datasets", "metrics"),
        *("quantized_by", "co2_eq_emissions", "new_version"),
    }
)


def recognise_document(start: str, suffix: str) -> str:
    """Return the name of the format; empty when it is no document.

    Args:
        start: The beginning of the text.
        suffix: Of the file, in lower case.

    Raises:
        ValueError: It is a document and gives nothing; says why.
    """
    if start.lstrip().startswith("---") and suffix not in (".yaml", ".yml"):
        return _recognise_card(start)
    if suffix in MARKDOWN:
        raise ValueError("has no YAML front matter")
    return ""


def _recognise_card(start: str) -> str:
    """Tell cards of datasets and of models apart by the keys that only one has."""
    front, _, _ = split_front(start)
    keys = {key.lower().replace("-", "_") for key in _KEY.findall(front)}
    datasets, models = len(keys & _OF_DATASETS), len(keys & _OF_MODELS)
    if "sdk" in keys:
        raise ValueError("is the page of an app, not a card")
    if datasets > models:
        return "dataset-card"
    if models:
        return "model-card"
    raise ValueError(
        "has front matter that tells neither a dataset's card nor a model's"
    )
