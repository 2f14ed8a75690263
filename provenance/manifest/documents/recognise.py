"""Which kind of document a text is, by how it begins."""

from __future__ import annotations

import re

from provenance.domain.fact_file import FACTS_TYPE
from provenance.manifest.documents.data_provenance import IDENTIFIER
from provenance.manifest.documents.front_matter import split_front
from provenance.manifest.documents.json_object import top_keys
from provenance.manifest.documents.markdown import find_mixture
from provenance.manifest.documents.mixture_file import is_mixture_table
from provenance.manifest.documents.prov_json import STATEMENTS

__all__ = ["recognise_document"]

_MARKDOWN = frozenset({".md", ".markdown"})
_TABLES = frozenset({".csv", ".tsv", ".tab", ".psv"})

_YAML = frozenset({".yaml", ".yml"})
_ASSET = re.compile(
    r"^(?:- |[ ]{2})type:[ \t]*(?:model|dataset|application)\b", re.MULTILINE
)
_ASSETS = re.compile(r"(?:\s*---[ \t]*\r?\n)?- type: (?:model|dataset|application)\b")
_SUMMARY = re.compile(rf'\{{\s*"[^"]*"\s*:\s*\{{[^{{}}]*"{IDENTIFIER}"\s*:')
_CONTEXT = re.compile(
    r'^[ \t]*+(?:\{[ \t]*+)?"@(?:context|type|graph)"[ \t]*:', re.MULTILINE
)
_CROISSANT = re.compile(r"mlcommons\.org/(?:schema/)?croissant", re.IGNORECASE)
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
    if suffix in _YAML or _ASSETS.match(start):
        if _ASSET.search(start):
            return "ecosystem-graphs"
        raise ValueError("is YAML, and no list of assets as Ecosystem Graphs has them")
    if start.lstrip().startswith("---"):
        return _recognise_card(start)
    text = start.lstrip()
    if text.startswith("{"):
        return _recognise_object(start)
    if suffix in _MARKDOWN:
        if find_mixture(start):
            return "mixture"
        raise ValueError("has no YAML front matter, and no table of components")
    return "mixture" if suffix in _TABLES and is_mixture_table(start) else ""


_EVENTS = (
    {"eventTime", "run", "job", "producer"},
    {"eventTime", "job", "producer", "schemaURL"},
    {"eventTime", "dataset", "producer", "schemaURL"},
)
_FACETS = "openlineage.io/spec/facets"


def _recognise_object(start: str) -> str:
    """Tell JSON documents apart: by a text of their own, else by outermost keys."""
    text, keys = start.lstrip(), top_keys(start)
    context = keys.get("@context", "")
    has_statements = keys.keys() & STATEMENTS - {"prefix", "bundle"}
    values = {keys[key] for key in keys.keys() & STATEMENTS}
    is_of = {
        "data-provenance": _SUMMARY.match(text),
        "croissant": _CROISSANT.search(text) and _CONTEXT.search(text),
        "cyclonedx": keys.get("bomFormat") == "CycloneDX",
        "spdx": "spdx.org/rdf/" in context
        or ('"spdxId"' in start and (context == "[" or keys.get("@graph") == "[")),
        "openlineage": any(wanted <= keys.keys() for wanted in _EVENTS)
        or (keys.keys() == {"lineage"} and _FACETS in start),
        "ledger-facts": keys.get("type") == FACTS_TYPE,
        "prov-json": has_statements and keys.keys() <= STATEMENTS and values == {"{"},
    }
    return next((name for name, is_one in is_of.items() if is_one), "")


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
