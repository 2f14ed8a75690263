"""Ecosystem Graphs: datasets, models and applications, and what they depend on.

https://github.com/stanford-crfm/ecosystem-graphs: YAML lists of assets, one or several
behind each other, each asset with ``type``, ``name``, ``organization``,
``created_date`` and ``dependencies``. A value is plain, or has ``value`` beside an
``explanation``.

A dependency says no more than that there is one. Of a model, a dataset is what it was
trained on and a model is what it was made from. Of a dataset, a dataset is a parent;
a model may have written it, or filtered it, or neither: it is kept apart, as stated.
"""

from __future__ import annotations

from typing import Any

from provenance.domain import DatasetFact, Fact, Model, ModelFact, to_dataset_name
from provenance.manifest.documents.addresses import (
    find_dataset_names,
    find_model_names,
)
from provenance.manifest.documents.document import Document, Notes, to_words
from provenance.manifest.documents.model_card import read_date
from provenance.manifest.documents.yaml_text import read_all_yaml

__all__ = ["read_ecosystem_graphs"]

_MOST = 1 << 23
_READ = frozenset(
    {
        *("type", "name", "organization", "created_date", "dependencies", "license"),
        *("size", "modality"),
    }
)
_LONGEST = 300


def read_ecosystem_graphs(text: str) -> Document:
    """Take a list of assets apart.

    Raises:
        ValueError: It is no YAML, or no list of assets.
    """
    if len(text) > _MOST:
        raise ValueError(f"has over {_MOST >> 20} Mi characters of YAML")
    lists = read_all_yaml(text)
    if not any(isinstance(listed, list) for listed in lists):
        raise ValueError("is no list of assets")
    found = [one for listed in lists if isinstance(listed, list) for one in listed]
    notes = Notes()
    assets = [asset for asset in found if isinstance(asset, dict)]
    if len(assets) < len(found):
        notes.add("entries that are no asset were passed over")
    kinds = {
        _text(asset, "name", notes): _text(asset, "type", notes) for asset in assets
    }
    facts: list[Fact] = []
    lost: dict[str, None] = {}
    for asset in assets:
        name, kind = _text(asset, "name", notes), _text(asset, "type", notes)
        if not name or kind not in ("dataset", "model"):
            notes.add(f"assets of type {kind[:40] or '(none)'} were passed over")
            continue
        needed = to_words(asset.get("dependencies"), "dependencies", notes)
        datasets = [one for one in needed if kinds.get(one) == "dataset"]
        models = [one for one in needed if kinds.get(one) == "model"]
        for one in needed:
            if one not in kinds:
                notes.add(f"{name} depends on {one}, which the file does not describe")
        if kind == "model":
            facts.append(_model_fact(asset, name, datasets, models, notes))
        else:
            facts += _dataset_fact(asset, name, datasets, models, notes)
        lost |= dict.fromkeys(key for key in asset if key not in _READ)
    if not facts:
        raise ValueError("describes no dataset and no model")
    return Document(
        facts=facts, lost=list(lost), notes=notes.found, is_of_dataset=False
    )


def _model_fact(
    asset: dict[str, Any],
    name: str,
    datasets: list[str],
    models: list[str],
    notes: Notes,
) -> ModelFact:
    trained = find_dataset_names(datasets, "dependencies", notes)
    return ModelFact(
        model=Model(
            name=name,
            provider=_text(asset, "organization", notes) or None,
            released=read_date(_text(asset, "created_date", notes)),
            based_on=find_model_names(models, "dependencies", notes),
            trained_on=tuple(map(str, trained)),
        )
    )


def _dataset_fact(
    asset: dict[str, Any],
    name: str,
    datasets: list[str],
    models: list[str],
    notes: Notes,
) -> list[DatasetFact]:
    dataset = to_dataset_name(name)
    if dataset is None:
        notes.add(f"{name[:80]!r} is no name of a dataset")
        return []
    said = {
        "title": [name] if str(dataset) != name else [],
        "provider": to_words(_text(asset, "organization", notes), "", notes),
        "sizes": to_words(_text(asset, "size", notes), "", notes),
        "modality": to_words(_text(asset, "modality", notes), "", notes),
        "depends_on_models": models,
    }
    return [
        DatasetFact(
            dataset=dataset,
            parents=find_dataset_names(datasets, "dependencies", notes),
            license=_text(asset, "license", notes) or None,
            stated={key: words for key, words in said.items() if words},
        )
    ]


def _text(asset: dict[str, Any], key: str, notes: Notes) -> str:
    """Return a value as one text: itself, or its ``value``."""
    found = asset.get(key)
    if isinstance(found, dict):
        found = found.get("value")
    words = to_words(found, key, notes)
    return ", ".join(words)[:_LONGEST]
