"""SPDX 3.0.1: the dataset as a package of the Dataset profile, models as of the AI's.

https://spdx.github.io/spdx-spec/v3.0.1/. The vocabulary has no word for synthetic
data: the intervals stand in ``dataset_dataCollectionProcess`` and, one by one, in an
``Annotation``. ``generates`` leads from a model to the dataset that it wrote a part
of; ``trainedOn`` from a model to what it learned from.

Who made or supplied a thing and when it was released is said where it is recorded, and
never of the export itself. The Dataset and AI profiles demand more than a ledger knows:
conformance to them is not stated.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from provenance.export.loss import Loss, list_losses
from provenance.export.told import Told

__all__ = ["make_spdx", "write"]

_CARRIED: Final = frozenset(
    {"units", "unknown", "missing", "unattributed", "policy", "models", "modes"}
)
_CONTEXT: Final = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
_TYPES: Final = {"text": "text", "image": "image", "audio": "audio", "video": "video"}


def write(told: Told, path: Path) -> tuple[list[Path], list[Loss]]:
    """Write one document; return the files, and what they do not carry."""
    text = json.dumps(make_spdx(told), ensure_ascii=False, indent=2)
    path.write_text(text + "\n", "utf-8")
    return [path], list_losses(told, _CARRIED)


def make_spdx(told: Told) -> dict[str, Any]:
    """Return the document."""
    return {"@context": _CONTEXT, "@graph": _Graph(told).make()}


class _Graph:
    """Makes the elements of a document, and the relationships between them."""

    def __init__(self, told: Told) -> None:
        self._told = told
        root = told.report["log"]["root"]
        self._start = f"https://spdx.org/spdxdocs/training-provenance-{root}/"
        self._made: list[dict[str, Any]] = []
        self._count = 0

    def make(self) -> list[dict[str, Any]]:
        """Return all elements, the document first."""
        told = self._told
        agent = self._id("tool", told.tool)
        name, version = told.tool.split(" ")
        self._add("SoftwareAgent", agent, name=f"{name} {version}")
        dataset = self._make_dataset()
        self._annotate(dataset)
        if stated := told.stated["license"]:
            license_ = self._add(
                "simplelicensing_LicenseExpression",
                self._id("license", stated),
                simplelicensing_licenseExpression=stated,
            )
            self._relate(dataset, "hasDeclaredLicense", [license_])
        for parent in told.stated["derived_from"]:
            if parent not in (told.dataset, told.name):
                self._relate(self._make_other(parent), "ancestorOf", [dataset])
        named = [name for name, _ in told.generators]
        names = dict.fromkeys([*named, *(model.name for model in told.models)])
        packages = {name: self._make_model(name) for name in names}
        for name, package in packages.items():
            model = told.find_model(name)
            if name in named:
                self._relate(package, "generates", [dataset])
            for base in model.based_on:
                if base in packages:
                    self._relate(packages[base], "ancestorOf", [package])
            sets = [
                dataset if one in (told.dataset, told.name) else self._make_other(one)
                for one in model.trained_on
            ]
            if sets:
                whole = "complete" if model.training_complete else "incomplete"
                self._relate(package, "trainedOn", sets, completeness=whole)
        document = {
            "type": "SpdxDocument",
            "spdxId": self._id("document", told.dataset),
            "creationInfo": "_:creation",
            "rootElement": [dataset],
            "element": [one["spdxId"] for one in self._made],
            "profileConformance": ["core", "software", "simpleLicensing"],
        }
        creation = {
            "type": "CreationInfo",
            "@id": "_:creation",
            "specVersion": "3.0.1",
            "created": told.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "createdBy": [agent],
        }
        return [creation, document, *self._made]

    def _id(self, kind: str, name: str) -> str:
        return f"{self._start}{kind}/{quote(name, safe='')}"

    def _add(self, kind: str, spdx_id: str, **said: Any) -> str:
        element = {"type": kind, "spdxId": spdx_id, "creationInfo": "_:creation"}
        element |= {key: value for key, value in said.items() if value is not None}
        if all(one["spdxId"] != spdx_id for one in self._made):
            self._made.append(element)
        return spdx_id

    def _relate(self, start: str, kind: str, ends: list[str], **said: Any) -> None:
        self._count += 1
        name = self._id("relationship", str(self._count))
        relation = {"from": start, "relationshipType": kind, "to": ends}
        self._add("Relationship", name, **relation, **said)

    def _make_dataset(self) -> str:
        told = self._told
        kinds = [_TYPES.get(medium, "other") for medium in told.media if medium]
        return self._add(
            "dataset_DatasetPackage",
            self._id("dataset", told.dataset),
            name=told.name,
            software_packageVersion=told.version or None,
            description=told.stated["note"],
            software_primaryPurpose="data",
            software_downloadLocation=f"urn:training-provenance:{told.dataset}",
            dataset_datasetType=sorted(set(kinds)) or ["noAssertion"],
            dataset_datasetSize=_size(told),
            dataset_dataCollectionProcess=". ".join(
                [*told.sentences.values(), f"Policy: {told.report['policy']}."]
            ),
        )

    def _make_other(self, name: str) -> str:
        plain, _, version = name.partition("@")
        return self._add(
            "dataset_DatasetPackage",
            self._id("dataset", name),
            name=plain,
            software_packageVersion=version or None,
            software_primaryPurpose="data",
            software_downloadLocation=f"urn:training-provenance:{name}",
            dataset_datasetType=["noAssertion"],
        )

    def _make_model(self, name: str) -> str:
        model = self._told.find_model(name)
        whole = "all" if model.training_complete else "not declared to be all"
        released = model.released.isoformat() if model.released else None
        return self._add(
            "ai_AIPackage",
            self._id("model", name),
            name=name,
            suppliedBy=self._add(
                "Organization",
                self._id("provider", model.provider),
                name=model.provider,
            )
            if model.provider
            else None,
            software_packageVersion="NOASSERTION",
            software_primaryPurpose="model",
            software_downloadLocation=f"urn:training-provenance:model:{quote(name)}",
            releaseTime=f"{released}T00:00:00Z" if released else None,
            ai_typeOfModel=["generative" if model.generative else "not generative"],
            ai_informationAboutTraining=f"Training sets listed here are {whole}.",
        )

    def _annotate(self, dataset: str) -> None:
        """Say the numbers one by one, as JSON: both ends of each interval."""
        report = self._told.report
        said = {
            "policy": report["policy"],
            "log": report["log"],
            "units": report["units"],
            "depth": report["depth"],
            "by": {by: report["by"][by] for by in ("model", "mode")},
        }
        self._add(
            "Annotation",
            self._id("annotation", "report"),
            annotationType="other",
            contentType="application/json",
            statement=json.dumps(said, ensure_ascii=False),
            subject=dataset,
        )


def _size(told: Told) -> int | None:
    """Bytes of the content; none where a record lacks them."""
    figures = told.report["units"]["bytes"]
    if not figures["total"] or sum(figures["missing"].values()):
        return None
    return int(figures["total"])
