"""SPDX 3.0 in JSON-LD: datasets, AI packages, and what became of what.

https://spdx.github.io/spdx-spec/v3.0.1/. Elements stand in ``@graph`` and name each
other by ``spdxId``. Documents of other profiles give what these say of data and AI.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from provenance.domain import Derivation
from provenance.manifest.documents.document import Document, Notes, Row
from provenance.manifest.documents.json_object import (
    as_list,
    as_mapping,
    as_text,
    iter_mappings,
    read_object,
)
from provenance.manifest.documents.stated_names import (
    DatasetDraft,
    ModelDraft,
    name_dataset,
)

__all__ = ["read_spdx"]

_DATASET, _MODEL, _FILE = "dataset_DatasetPackage", "ai_AIPackage", "software_File"
_TRAINED = frozenset({"trainedOn", "pretrainedOn", "finetunedOn"})
_ANCESTRY = {
    "descendantOf": (False, Derivation.UNSPECIFIED),
    "ancestorOf": (True, Derivation.UNSPECIFIED),
    "copiedTo": (True, Derivation.COPIED),
    "expandsTo": (True, Derivation.EXTRACTED),
}
"""Relationship → whether it points from parent to child, and the derivation."""

_LICENSES = ("hasDeclaredLicense", "hasConcludedLicense")
"""Where both are there, the first counts."""
_READ = frozenset({*_TRAINED, *_ANCESTRY, "contains", "generates", *_LICENSES})
_STATED = {
    "dataset_datasetType": "types",
    "dataset_datasetSize": "sizes",
    "dataset_dataCollectionProcess": "collection",
    "dataset_dataPreprocessing": "preprocessing",
    "dataset_datasetAvailability": "availability",
    "software_downloadLocation": "url",
}
_NOBODY = re.compile(
    r"(?:https?://spdx\.org/rdf/.*/|expandedlicensing_)?"
    r"(NoAssertion|None)(?:Element|License)?"
)
"""What stands in place of an element: nobody says which, or there is none."""
_ALGORITHMS = {
    **{name: name for name in ("sha256", "sha512", "sha384", "sha1", "md5")},
    "blake3": "blake3",
}


def read_spdx(text: str) -> Document:
    """Take an SPDX document apart.

    Raises:
        ValueError: It is no SPDX 3, or tells of no dataset and no model.
    """
    found = read_object(text)
    if "SPDXID" in found or "spdxVersion" in found:
        raise ValueError("is SPDX 2, which knows neither datasets nor models")
    return _Graph(found).finish()


class _Graph:
    """The elements of one document, and their relationships."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.notes = Notes()
        self.elements: dict[str, Mapping[str, Any]] = {}
        self.arcs: list[tuple[str, str, str]] = []
        """Kind, from, to."""
        graph = document.get("@graph", [document])
        for element in iter_mappings(graph):
            key = _key(element)
            if _type(element).endswith("Relationship"):
                kind = as_text(element.get("relationshipType"))
                if kind not in _READ:
                    self.notes.add(f"relationships {kind[:40]} were not read")
                    continue
                for target in as_list(element.get("to")):
                    end = _id(target)
                    nobody = _NOBODY.fullmatch(end)
                    if nobody and (nobody[1] != "None" or kind not in _LICENSES):
                        continue
                    self.arcs.append((kind, _id(element.get("from")), end))
            elif key:
                self.elements[key] = element
        self.arcs.sort(key=lambda arc: arc[0] == _LICENSES[-1])
        self.holders: defaultdict[str, list[str]] = defaultdict(list)
        """Element → what contains it."""
        for kind, start, end in self.arcs:
            if kind == "contains":
                self.holders[end].append(start)
        self.generated: defaultdict[str, dict[str, None]] = defaultdict(dict)
        """Element → the models that generated it."""
        self.datasets: dict[str, DatasetDraft] = {}
        self.models: dict[str, ModelDraft] = {}
        self._make_drafts()

    def _make_drafts(self) -> None:
        for key, element in self.elements.items():
            name = as_text(element.get("name")) or key
            version = as_text(element.get("software_packageVersion"))
            if _type(element) == _DATASET:
                named = name_dataset(name, version, self.notes)
                if named:
                    self.datasets[key] = self._describe(named, element)
            elif _type(element) == _MODEL:
                self.models[key] = ModelDraft(
                    name=name,
                    provider=self._name(element.get("suppliedBy")),
                    released=as_text(element.get("releaseTime")),
                )

    def _describe(self, named: Any, element: Mapping[str, Any]) -> DatasetDraft:
        draft = DatasetDraft(name=named)
        for key, what in _STATED.items():
            draft.state(what, map(as_text, as_list(element.get(key))))
        draft.state("sources", map(self._name, as_list(element.get("originatedBy"))))
        draft.state("digests", _digests(element))
        return draft

    def _name(self, reference: object) -> str:
        """Return the name of the element that is named, or what names it."""
        key = _id(reference)
        return as_text(self.elements.get(key, {}).get("name")) or key

    def _find(self, key: str, among: Mapping[str, Any]) -> str:
        """Return an element, or the nearest one it is contained in, of a kind."""
        seen: set[str] = set()
        waiting = [key]
        while waiting:
            key = waiting.pop(0)
            if key in among:
                return key
            if key not in seen:
                seen.add(key)
                waiting += self.holders[key]
        return ""

    def finish(self) -> Document:
        """Follow the relationships, and return what is told."""
        edges: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for kind, start, end in self.arcs:
            if kind in _TRAINED:
                self._train(start, end)
            elif kind in _LICENSES:
                self._license(start, end)
            elif kind == "generates" and start in self.models:
                self.generated[end][self.models[start].name] = None
                if end in self.datasets:
                    self.datasets[end].state("generated_by", [self.models[start].name])
            elif kind in _ANCESTRY:
                points_down, derivation = _ANCESTRY[kind]
                child, parent = (end, start) if points_down else (start, end)
                self._derive(child, parent)
                edges[child][parent] = derivation
        if not self.datasets and not self.models:
            raise ValueError("tells of no dataset and no model")
        rows = self._list_rows(edges)
        subject = next(iter(self.datasets)) if len(self.datasets) == 1 else ""
        if not subject and rows:
            self.notes.add("files of several datasets are no records")
        called = str(self.datasets[subject].name) if subject else ""
        is_subject = bool(subject) and bool(rows or not self.models)
        return Document(
            facts=[
                *(d.finish(is_subject=is_subject) for d in self.datasets.values()),
                *(model.finish() for model in self.models.values()),
            ],
            rows=rows if subject else (),
            lines=range(1, 1 + len(rows)) if subject else (),
            notes=self.notes.found,
            called=called,
            is_of_dataset=is_subject,
        )

    def _train(self, start: str, end: str) -> None:
        model = self.models.get(self._find(start, self.models))
        dataset = self.datasets.get(self._find(end, self.datasets))
        if model is None and start in self.elements:
            model = self.models[start] = ModelDraft(name=self._name(start))
        named = dataset.name if dataset else None
        if named is None:
            named = name_dataset(self._name(end), "", self.notes)
        if model is not None and named is not None:
            model.training[named] = None

    def _license(self, start: str, end: str) -> None:
        draft = self.datasets.get(start)
        if draft is not None and not draft.license:
            expression = self.elements.get(end, {}).get(
                "simplelicensing_licenseExpression"
            )
            plain = "NONE" if _NOBODY.fullmatch(end) else end.rpartition("/")[2]
            draft.license = as_text(expression) or plain

    def _derive(self, child: str, parent: str) -> None:
        if child in self.datasets and parent != child:
            known = self.datasets.get(parent)
            named = known.name if known else None
            if named is None:
                named = name_dataset(self._name(parent), "", self.notes)
            if named:
                self.datasets[child].parents[named] = None
        elif child in self.models:
            known_model = self.models.get(parent)
            base = known_model.name if known_model else self._name(parent)
            self.models[child].bases[base] = None

    def _list_rows(self, edges: Mapping[str, Mapping[str, str]]) -> list[Row]:
        """Return the files of the datasets, folders left out."""
        folders = {start for kind, start, _ in self.arcs if kind == "contains"}
        rows: list[Row] = []
        for key, element in self.elements.items():
            if _type(element) != _FILE or key in folders:
                continue
            if as_text(element.get("software_fileKind")) == "directory":
                continue
            if not self._find(key, self.datasets):
                continue
            digests = _digests(element)
            parents = edges.get(key, {})
            names = [self._name(parent) for parent in parents]
            modes = set(parents.values())
            rows.append(
                {
                    "name": self._name(key),
                    "digest": digests[0] if digests else None,
                    "media_type": as_text(element.get("contentType")) or None,
                    "generated_by": list(self.generated.get(key, {})) or None,
                    "derived_from": names or None,
                    "derivation": modes.pop() if len(modes) == 1 else None,
                }
            )
        return rows


def _type(element: Mapping[str, Any]) -> str:
    """Return the class of an element, without the namespace of its profile."""
    stated = as_text(element.get("type") or element.get("@type"))
    return stated.rpartition("/")[2].replace("Dataset:", "dataset_")


def _key(element: Mapping[str, Any]) -> str:
    return as_text(element.get("spdxId") or element.get("@id"))


def _id(reference: object) -> str:
    """Return what an element is named by: an id, or the element itself."""
    if isinstance(reference, Mapping):
        return _key(reference)
    return as_text(reference)


def _digests(element: Mapping[str, Any]) -> list[str]:
    """Return the digests of an element, the strongest first."""
    found = {
        as_text(hash_.get("algorithm")).lower(): as_text(hash_.get("hashValue"))
        for hash_ in iter_mappings(element.get("verifiedUsing"))
    }
    return list(_iter_known(found))


def _iter_known(found: Mapping[str, str]) -> Iterator[str]:
    for name, algorithm in _ALGORITHMS.items():
        value = as_mapping(found).get(name)
        if value:
            yield f"{algorithm}:{value}"
