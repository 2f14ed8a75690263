"""OpenLineage: one run event per manifest, and one that tells of the dataset.

https://openlineage.io/spec/2-0-2/OpenLineage.json. Inputs are the declared parents; a
manifest is no dataset, and stands in the run facet ``provenance_manifest``. The last
event has the facet
``provenance_syntheticShare``, whose schema is ``SHARE_SCHEMA``: each unit with its
interval, unknown and missing included; no single number anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from provenance.export.loss import Loss, list_losses
from provenance.export.told import Told

__all__ = ["FACET", "SHARE_SCHEMA", "make_events", "write"]

_CARRIED: Final = frozenset(
    {"units", "unknown", "missing", "unattributed", "policy", "depth", "modes"}
    | {"evidence", "parents"}
)
FACET: Final = "provenance_syntheticShare"
_NAMESPACE: Final = "training-provenance"
_PRODUCER: Final = "urn:training-provenance"
_SPEC: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS: Final = "https://openlineage.io/spec/facets"
_SCHEMA_URL: Final = "urn:training-provenance:facets:1-0-0:SyntheticShareFacet"

_AMOUNT: dict[str, Any] = {"type": "number", "minimum": 0}
_INTERVAL: dict[str, Any] = {
    "type": ["array", "null"],
    "items": {"type": "number", "minimum": 0, "maximum": 1},
    "minItems": 2,
    "maxItems": 2,
}
_TIERS = ("generated", "derived", "human", "other", "unknown")
_UNIT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "total": _AMOUNT,
        **dict.fromkeys(_TIERS, _AMOUNT),
        "unattributed": _AMOUNT,
        "missing": {"type": "object", "additionalProperties": _AMOUNT},
        "downstream_share": _INTERVAL,
        "measured_share": _INTERVAL,
    },
    "required": ["total", *_TIERS, "unattributed", "missing", "measured_share"],
}
SHARE_SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": _SCHEMA_URL,
    "type": "object",
    "properties": {
        "_producer": {"type": "string", "format": "uri"},
        "_schemaURL": {"type": "string", "format": "uri"},
        "policy": {"type": "string"},
        "log": {
            "type": "object",
            "properties": {"size": {"type": "integer"}, "root": {"type": "string"}},
            "required": ["size", "root"],
        },
        "units": {"type": "object", "additionalProperties": _UNIT},
        "depth": {"type": "object"},
        "generators": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"model": {"type": "string"}, "unit": {"type": "string"}},
                "required": ["model", "unit", "generated", "derived"],
            },
        },
        **{by: {"type": "array", "items": {"type": "object"}} for by in ("modes",)},
        "evidence": {"type": "array", "items": {"type": "object"}},
        "parents": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["_producer", "_schemaURL", "policy", "log", "units", "depth"],
}
"""JSON schema of the facet: a custom facet of an output dataset."""


def write(told: Told, path: Path) -> tuple[list[Path], list[Loss]]:
    """Write one event a line; return the files, and what they do not carry."""
    with path.open("w", encoding="utf-8") as out:
        for event in make_events(told):
            out.write(json.dumps(event, ensure_ascii=False) + "\n")
    return [path], list_losses(told, _CARRIED)


def make_events(told: Told) -> Iterator[dict[str, Any]]:
    """Yield the events, those of manifests in the order of the log."""
    output = _name_dataset(told.dataset)
    root = told.report["log"]["root"]
    for manifest in told.manifests:
        counted = _facet(
            "OutputStatisticsOutputDatasetFacet", rowCount=manifest.records
        )
        outputs = [{**output, "outputFacets": {"outputStatistics": counted}}]
        facet = {
            "_producer": _PRODUCER,
            "_schemaURL": f"{_PRODUCER}:facets:1-0-0:ManifestFacet",
            "file": manifest.file,
            "sha256": manifest.sha256,
            "format": manifest.format,
            "records": manifest.records,
            "log_position": manifest.position,
        }
        name = f"{root}:{manifest.position}"
        event = _event(name, "ingest", manifest.recorded_at, [], outputs)
        event["run"]["facets"]["provenance_manifest"] = facet
        yield event
    parents = [
        _name_dataset(parent)
        for parent in told.stated["derived_from"]
        if parent != told.dataset
    ]
    told_of = {**output, "facets": {**output["facets"], FACET: _share(told)}}
    name = f"{root}:report:{told.dataset}"
    yield _event(name, "report", told.now, parents, [told_of])


def _name_dataset(dataset: str) -> dict[str, Any]:
    name, _, version = dataset.partition("@")
    facets: dict[str, Any] = {}
    if version:
        facets["version"] = _facet("DatasetVersionDatasetFacet", datasetVersion=version)
    return {"namespace": _NAMESPACE, "name": name, "facets": facets}


def _event(
    name: str,
    job: str,
    at: datetime,
    inputs: list[dict[str, Any]],
    outputs: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        "eventType": "COMPLETE",
        "eventTime": at.isoformat().replace("+00:00", "Z"),
        "run": {"runId": str(uuid5(NAMESPACE_URL, name)), "facets": {}},
        "job": {"namespace": _NAMESPACE, "name": job, "facets": {}},
        "inputs": inputs,
        "outputs": outputs,
        "producer": _PRODUCER,
        "schemaURL": _SPEC,
    }


def _facet(kind: str, **said: Any) -> dict[str, Any]:
    url = f"{_FACETS}/1-0-1/{kind}.json#/$defs/{kind}"
    return {"_producer": _PRODUCER, "_schemaURL": url, **said}


def _share(told: Told) -> dict[str, Any]:
    report = told.report
    return {
        "_producer": _PRODUCER,
        "_schemaURL": _SCHEMA_URL,
        "policy": report["policy"],
        "log": report["log"],
        "units": {u: f for u, f in report["units"].items() if f["total"]},
        "depth": report["depth"],
        "generators": [
            {
                "model": model,
                "unit": report["unit"],
                "generated": group["generated"],
                "derived": group["derived"],
            }
            for model, group in told.generators
        ],
        "modes": report["by"]["mode"],
        "evidence": report["by"]["evidence"],
        "parents": report["parents"],
    }
