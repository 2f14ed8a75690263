"""Hugging Face dataset cards: README.md with YAML front matter.

https://github.com/huggingface/hub-docs/blob/main/datasetcard.md

``machine-generated`` in ``language_creators`` or ``annotations_creators`` covers
templates, OCR and translation by rules: it is kept as it is said, and never made into
a generative model.
"""

from __future__ import annotations

from typing import Any

from provenance.domain import DatasetFact, DatasetName
from provenance.manifest.documents.addresses import find_dataset_names
from provenance.manifest.documents.document import Document, Notes, Row, to_words
from provenance.manifest.documents.front_matter import read_front, split_front
from provenance.manifest.documents.markdown import find_mixture
from provenance.manifest.documents.mixture import Mixture

__all__ = ["read_dataset_card"]

_CREATORS = ("language_creators", "annotations_creators")
_STATED = {
    "pretty_name": "title",
    "language": "languages",
    "languages": "languages",
    "size_categories": "sizes",
    "source_datasets": "source_datasets",
    **{name: name for name in _CREATORS},
}
_LICENSES = ("license", "licenses", "license_name")
_TAGS = frozenset({"synthetic", "machine-generated", "distilabel", "datadreamer"})
"""Tags that speak of where content comes from."""
_EXTENDED = "extended|"
_MOST_SPLITS = 200


def read_dataset_card(text: str) -> Document:
    r"""Take a dataset card apart.

    Raises:
        ValueError: It has no front matter, or that is no YAML.

    Example:
        >>> card = "---\nsource_datasets: [extended|squad]\n---\n# Card"
        >>> read_dataset_card(card).facts[0].to_dict()["derived_from"]
        ['squad']
    """
    front, body, before = split_front(text)
    keys = read_front(front)
    notes = Notes()
    stated, license_, lost = _read_keys(keys, notes)
    parents = find_parents(stated.get("source_datasets", []), notes)
    rows: list[Row] = []
    lines: list[int] = []
    mixture = find_mixture(body, before)
    if mixture and mixture.names_sources:
        _compare(mixture, stated.get("items", []), notes)
        rows, lines = mixture.to_rows(notes)
        parents = tuple(dict.fromkeys([*parents, *mixture.parents()]))
    fact = DatasetFact(parents=parents, license=license_, stated=stated)
    return Document(facts=[fact], rows=rows, lines=lines, lost=lost, notes=notes.found)


def find_parents(sources: list[str], notes: Notes) -> tuple[DatasetName, ...]:
    """Return the parents that ``source_datasets`` declares."""
    said = [one.removeprefix(_EXTENDED) for one in sources if one != "original"]
    if "extended" in said:
        notes.add("source_datasets says extended and not from what")
    named = [one for one in said if one != "extended"]
    return find_dataset_names(named, "source_datasets", notes)


def _compare(mixture: Mixture, splits: list[str], notes: Notes) -> None:
    """Hold the total of a mixture against that of the splits, of one configuration."""
    counts = [split.rpartition(": ")[::2] for split in splits]
    if len({name.partition("/")[0] for name, _ in counts}) != 1:
        return
    total = sum(int(count) for _, count in counts)
    if mixture.totals.setdefault("items", total) != total:
        notes.add(f"items: dataset_info says {total:,}, the text otherwise")


def _read_keys(
    keys: dict[str, Any], notes: Notes
) -> tuple[dict[str, list[str]], str | None, list[str]]:
    """Return what is stated, the licence, and the keys that are lost."""
    stated: dict[str, list[str]] = {}
    licenses: list[str] = []
    lost: list[str] = []
    for key, value in keys.items():
        if key in _LICENSES:
            licenses += to_words(value, key, notes)
        elif key in _STATED:
            _add(stated, _STATED[key], to_words(value, key, notes))
        elif key == "dataset_info":
            _add(stated, "items", _list_splits(value, notes))
        elif key == "tags":
            _read_tags(to_words(value, key, notes), stated, licenses)
        else:
            lost.append(key)
    for key in _CREATORS:
        if key in stated:
            stated[key] = list(dict.fromkeys(map(_creator, stated[key])))
    return stated, ", ".join(dict.fromkeys(licenses)) or None, lost


def _add(stated: dict[str, list[str]], name: str, words: list[str]) -> None:
    known = dict.fromkeys([*stated.get(name, ()), *words])
    if known:
        stated[name] = list(known)


def _creator(word: str) -> str:
    """Return one spelling of who made it: older cards write ``_`` or a space."""
    return word.lower().replace("_", "-").replace(" ", "-")


def _read_tags(
    tags: list[str], stated: dict[str, list[str]], licenses: list[str]
) -> None:
    """Read tags, and those that are written as the Hub writes keys: ``license:mit``."""
    for tag in tags:
        key, colon, value = tag.partition(":")
        if colon and key in _STATED:
            _add(stated, _STATED[key], [value])
        elif colon and key in _LICENSES:
            licenses.append(value)
        elif _creator(tag) in _TAGS:
            _add(stated, "tags", [_creator(tag)])


def _list_splits(value: Any, notes: Notes) -> list[str]:
    """Return how many examples each split has: ``config/split: number``."""
    found: list[str] = []
    for config in value if isinstance(value, list) else [value]:
        if not isinstance(config, dict):
            notes.add("dataset_info is no list of configurations, and was not read")
            continue
        name = str(config.get("config_name", "default"))
        splits = config.get("splits")
        for split in splits if isinstance(splits, list) else []:
            if isinstance(split, dict) and str(split.get("num_examples", "")).isdigit():
                words = to_words([name, str(split.get("name"))], "dataset_info", notes)
                found.append(f"{'/'.join(words)}: {split['num_examples']}")
    if len(found) > _MOST_SPLITS:
        notes.add(f"dataset_info has over {_MOST_SPLITS} splits: the rest was not kept")
    return found[:_MOST_SPLITS]
