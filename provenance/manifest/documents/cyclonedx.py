"""CycloneDX ML-BOM in JSON, 1.5 to 1.7: models, data, and what they were made of.

https://cyclonedx.org/docs/1.7/json/. A component of the type
``machine-learning-model`` is a model, one of the type ``data`` a dataset; a model card
names the datasets it was trained on in line or by ``bom-ref``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provenance.domain import DatasetName
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

__all__ = ["read_cyclonedx"]

_MODEL, _DATA, _FILE = "machine-learning-model", "data", "file"
_DATASET = "dataset"
_ALGORITHMS = {
    "SHA-256": "sha256",
    "SHA-512": "sha512",
    "SHA-384": "sha384",
    "BLAKE3": "blake3",
    "SHA-1": "sha1",
    "MD5": "md5",
}
_DEEPEST = 50


def read_cyclonedx(text: str) -> Document:
    """Take a bill of materials apart.

    Raises:
        ValueError: It is no CycloneDX, or tells of no dataset and no model.
    """
    found = read_object(text)
    if as_text(found.get("bomFormat")) != "CycloneDX":
        raise ValueError("is no CycloneDX bill of materials")
    return _Bill(found).finish()


class _Bill:
    """The components of one bill."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.notes = Notes()
        self.components = list(_iter_components(document))
        self.subject = as_mapping(document.get("metadata")).get("component")
        self.outermost = list(iter_mappings(document.get("components")))
        """Those that the subject of the bill is put together from."""
        self.datasets: dict[DatasetName, DatasetDraft] = {}
        self.models: dict[str, ModelDraft] = {}
        self.by_reference: dict[str, DatasetName] = {}
        self.rows: list[Row] = []
        self.called = ""
        for component in self.components:
            if component.get("type") == _DATA:
                self._take_data(component)
        self.training: list[tuple[ModelDraft, DatasetName | str]] = []
        """Models, with what they were trained on: by name, or by its bom-ref."""
        for component in self.components:
            if component.get("type") == _MODEL:
                self._take_model(component)
        for model, said in self.training:
            named = self.by_reference.get(said) if isinstance(said, str) else said
            if named is None:
                self.notes.add(f"no dataset has the bom-ref {str(said)[:80]!r}")
            else:
                model.training[named] = None

    def finish(self) -> Document:
        """Return what is told."""
        if not self.datasets and not self.models:
            raise ValueError("tells of no dataset and no model")
        is_subject = len(self.datasets) == 1 and not self.models
        if self.rows and not is_subject:
            self.notes.add(
                "files of several datasets, or beside models, are no records"
            )
        rows = self.rows if is_subject else []
        return Document(
            facts=[
                *(d.finish(is_subject=is_subject) for d in self.datasets.values()),
                *(model.finish() for model in self.models.values()),
            ],
            rows=rows,
            lines=range(1, len(rows) + 1),
            notes=self.notes.found,
            called=self.called if is_subject else "",
            is_of_dataset=is_subject,
        )

    def _take_data(self, component: Mapping[str, Any]) -> None:
        stated = list(iter_mappings(component.get("data")))
        kinds = {as_text(data.get("type")) for data in stated}
        if kinds and _DATASET not in kinds:
            return
        named = self._name_data(component)
        if named is None:
            return
        draft = self.datasets.setdefault(named, DatasetDraft(name=named))
        self.called = self.called or str(named)
        self.by_reference[as_text(component.get("bom-ref"))] = named
        draft.license = draft.license or ", ".join(_licenses(component))
        draft.state("digests", _digests(component))
        draft.state("description", [as_text(component.get("description"))])
        for data in stated:
            self._describe(draft, data)
        for ancestor in iter_mappings(
            as_mapping(component.get("pedigree")).get("ancestors")
        ):
            parent = self._name_data(ancestor)
            if parent and parent != named:
                draft.parents[parent] = None
        parts = list(iter_mappings(component.get("components")))
        for inner in parts + (self.outermost if component is self.subject else []):
            if inner.get("type") == _FILE:
                digests = _digests(inner)
                self.rows.append(
                    {
                        "name": _full_name(inner),
                        "digest": digests[0] if digests else None,
                        "media_type": as_text(inner.get("mime-type")) or None,
                    }
                )

    def _describe(self, draft: DatasetDraft, data: Mapping[str, Any]) -> None:
        """Add what a ``componentData`` object says."""
        contents = as_mapping(data.get("contents"))
        draft.state("url", [as_text(contents.get("url"))])
        draft.state("classification", [as_text(data.get("classification"))])
        draft.state("sensitive", map(as_text, as_list(data.get("sensitiveData"))))
        draft.state("description", [as_text(data.get("description"))])

    def _take_model(self, component: Mapping[str, Any]) -> None:
        name = _full_name(component)
        if not name:
            self.notes.add("a model without a name was not recorded")
            return
        model = self.models.setdefault(name, ModelDraft(name=name))
        model.provider = model.provider or _provider(component)
        pedigree = as_mapping(component.get("pedigree"))
        for ancestor in iter_mappings(pedigree.get("ancestors")):
            if _full_name(ancestor):
                model.bases[_full_name(ancestor)] = None
        card = as_mapping(component.get("modelCard"))
        parameters = as_mapping(card.get("modelParameters"))
        for stated in iter_mappings(parameters.get("datasets")):
            reference = as_text(stated.get("ref"))
            if reference:
                self.training.append((model, reference))
            elif named := self._take_inline(stated):
                self.training.append((model, named))
                self.by_reference.setdefault(as_text(stated.get("bom-ref")), named)

    def _take_inline(self, stated: Mapping[str, Any]) -> DatasetName | None:
        """Take a dataset that a model card describes in line."""
        if as_text(stated.get("type")) != _DATASET:
            return None
        name = as_text(stated.get("name"))
        if not name:
            self.notes.add("a dataset without a name was not recorded")
            return None
        named = name_dataset(name, "", self.notes)
        if named:
            draft = self.datasets.setdefault(named, DatasetDraft(name=named))
            self._describe(draft, stated)
        return named

    def _name_data(self, component: Mapping[str, Any]) -> DatasetName | None:
        name = _full_name(component)
        if not name:
            self.notes.add("a dataset without a name was not recorded")
            return None
        return name_dataset(name, as_text(component.get("version")), self.notes)


def _iter_components(
    document: Mapping[str, Any], depth: int = 0
) -> Iterator[Mapping[str, Any]]:
    """Yield all components, those inside of others and the subject included."""
    if depth > _DEEPEST:
        raise ValueError(f"has components nested over {_DEEPEST} deep")
    subject = as_mapping(as_mapping(document.get("metadata")).get("component"))
    inner = [subject] if subject and not depth else []
    for component in [*inner, *iter_mappings(document.get("components"))]:
        yield component
        yield from _iter_components(
            {"components": component.get("components")}, depth + 1
        )


def _full_name(component: Mapping[str, Any]) -> str:
    group, name = (as_text(component.get(key)) for key in ("group", "name"))
    return f"{group}/{name}" if group and name else name


def _provider(component: Mapping[str, Any]) -> str:
    named = (
        as_text(as_mapping(component.get(key)).get("name"))
        for key in ("manufacturer", "supplier")
    )
    return next(filter(None, named), "") or as_text(component.get("publisher"))


def _licenses(component: Mapping[str, Any]) -> Iterator[str]:
    for choice in iter_mappings(component.get("licenses")):
        license_ = as_mapping(choice.get("license"))
        named = license_.get("id") or license_.get("name") or choice.get("expression")
        if as_text(named):
            yield as_text(named)


def _digests(component: Mapping[str, Any]) -> list[str]:
    """Return the digests of a component, the strongest first."""
    found = {
        as_text(hash_.get("alg")): as_text(hash_.get("content"))
        for hash_ in iter_mappings(component.get("hashes"))
    }
    return [f"{_ALGORITHMS[alg]}:{found[alg]}" for alg in _ALGORITHMS if found.get(alg)]
