"""Which kind of document a text is, by how it begins."""

from __future__ import annotations

import re

from provenance.manifest.documents.front_matter import split_front
from provenance.manifest.documents.json_object import top_keys
from provenance.manifest.documents.prov_json import STATEMENTS

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
    if start.lstrip().startswith("{"):
        return _recognise_object(start)
    if suffix in MARKDOWN:
        raise ValueError("has no YAML front matter")
    return ""


_EVENTS = (
    {"eventTime", "run", "job", "producer"},
    {"eventTime", "job", "producer", "schemaURL"},
    {"eventTime", "dataset", "producer", "schemaURL"},
)
_FACETS = "openlineage.io/spec/facets"


def _recognise_object(start: str) -> str:
    """Tell JSON documents apart by their outermost keys."""
    keys = top_keys(start)
    if keys.get("bomFormat") == "CycloneDX":
        return "cyclonedx"
    context = keys.get("@context", "")
    if "spdx.org/rdf/" in context or (context in ("", "[") and '"spdxId"' in start):
        return "spdx"
    if any(wanted <= keys.keys() for wanted in _EVENTS):
        return "openlineage"
    if keys.keys() == {"lineage"} and _FACETS in start:
        return "openlineage"
    has_statements = keys.keys() & STATEMENTS - {"prefix", "bundle"}
    values = {keys[key] for key in keys.keys() & STATEMENTS}
    if has_statements and keys.keys() <= STATEMENTS and values == {"{"}:
        return "prov-json"
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
