"""CycloneDX 1.7: a bill of materials of the dataset and of the models behind it.

https://cyclonedx.org/docs/1.7/json/. The dataset is a component of type ``data``, each
model one of type ``machine-learning-model``. Shares stand in ``properties`` under
``provenance:``, both ends of the interval; ``compositions`` say how complete that is,
``citations`` by which evidence it is known.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from provenance.domain import Model
from provenance.export.loss import Loss, list_losses
from provenance.export.told import Told

__all__ = ["make_bom", "write"]

_CARRIED: Final = frozenset(
    {
        *("evidence", "units", "unknown", "missing", "unattributed", "policy"),
        *("models", "depth", "modes"),
    }
)
_DATASET, _TOOL = "dataset", "tool"


def write(told: Told, path: Path) -> tuple[list[Path], list[Loss]]:
    """Write one document; return the files, and what they do not carry."""
    text = json.dumps(make_bom(told), ensure_ascii=False, indent=2)
    path.write_text(text + "\n", "utf-8")
    return [path], list_losses(told, _CARRIED)


def make_bom(told: Told) -> dict[str, Any]:
    """Return the document."""
    log = told.report["log"]
    name = f"urn:training-provenance:{log['root']}:{told.dataset}"
    models = {model: f"model-{n}" for n, model in enumerate(_list_models(told), 1)}
    sets = _list_sets(told)
    refs = {name: f"set-{n}" for n, name in enumerate(sets, 1)}
    refs |= {told.dataset: _DATASET, told.name: _DATASET}
    stamp = told.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    properties = list(_list_properties(told))
    parts = [_make_set(name, refs[name]) for name in sets]
    parts += [_make_model(told, name, ref, refs) for name, ref in models.items()]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, name)}",
        "version": 1,
        "metadata": {
            "timestamp": stamp,
            "tools": {
                "components": [
                    {
                        "type": "application",
                        "bom-ref": _TOOL,
                        "name": told.tool.partition(" ")[0],
                        "version": told.tool.partition(" ")[2],
                    }
                ]
            },
            "component": _make_dataset(told, properties, refs),
        },
        "components": parts,
        "dependencies": _list_dependencies(told, models, refs),
        "compositions": _list_compositions(told, models),
        "citations": _list_citations(told, properties, stamp),
    }


def _list_models(told: Told) -> list[str]:
    named = [name for name, _ in told.generators]
    return list(dict.fromkeys([*named, *(model.name for model in told.models)]))


def _list_sets(told: Told) -> list[str]:
    names = [*told.stated["derived_from"]]
    names += [name for model in told.models for name in model.trained_on]
    own = {told.dataset, told.name}
    return [name for name in dict.fromkeys(names) if name not in own]


def _make_dataset(
    told: Told, properties: list[dict[str, str]], refs: dict[str, str]
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "data",
        "bom-ref": _DATASET,
        "name": told.name,
        "description": ". ".join(told.sentences.values()) or "No records.",
        "data": [
            {
                "type": "dataset",
                "name": told.dataset,
                "description": told.stated["note"] or "See the description above.",
            }
        ],
        "properties": properties,
    }
    if told.version:
        made["version"] = told.version
    if told.stated["license"]:
        made["licenses"] = [{"license": {"name": told.stated["license"]}}]
    if told.stated["derived_from"]:
        made["pedigree"] = {
            "ancestors": [
                {"type": "data", "name": parent.partition("@")[0]}
                | ({"version": parent.partition("@")[2]} if "@" in parent else {})
                for parent in told.stated["derived_from"]
                if refs.get(parent) != _DATASET
            ]
        }
    return made


def _list_properties(told: Told) -> Iterator[dict[str, str]]:
    """Yield both ends of every interval, and what makes it one."""
    report = told.report
    yield _property("policy", report["policy"])
    yield _property("log:size", report["log"]["size"])
    yield _property("log:root", report["log"]["root"])
    for unit, figures in report["units"].items():
        if not figures["total"]:
            continue
        for end, value in zip(
            ("low", "high"), figures["measured_share"] or (), strict=False
        ):
            yield _property(f"{unit}:downstream:{end}", value)
        for name in ("total", "generated", "derived", "human", "other", "unknown"):
            yield _property(f"{unit}:{name}", figures[name])
        yield _property(f"{unit}:unattributed", figures["unattributed"])
        missing = sum(figures["missing"].values())
        yield _property(f"{unit}:missing", missing)
    for name, value in report["depth"].items():
        if value is not None:
            yield _property(f"depth:{name}", value)
    for by in ("model", "mode", "evidence"):
        for group in report["by"][by]:
            if group[by] is not None:
                # Thousandths, which floats do not add up exactly.
                amount = round(group["generated"] + group["derived"], 3)
                yield _property(f"{report['unit']}:{by}:{group[by]}", amount)


def _property(name: str, value: Any) -> dict[str, str]:
    if isinstance(value, bool):
        value = str(value).lower()
    return {"name": f"provenance:{name}", "value": str(value)}


def _make_set(name: str, ref: str) -> dict[str, Any]:
    plain, _, version = name.partition("@")
    made: dict[str, Any] = {"type": "data", "bom-ref": ref, "name": plain}
    if version:
        made["version"] = version
    return made | {"data": [{"type": "dataset", "name": name}]}


def _make_model(
    told: Told, name: str, ref: str, refs: dict[str, str]
) -> dict[str, Any]:
    model = told.find_model(name)
    made: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": ref,
        "name": name,
        "modelCard": {
            "modelParameters": {
                "datasets": [{"ref": refs[one]} for one in model.trained_on]
            }
        },
        "properties": _describe_model(model),
    }
    if model.provider:
        made["supplier"] = {"name": model.provider}
    if model.based_on:
        made["pedigree"] = {
            "ancestors": [
                {"type": "machine-learning-model", "name": base}
                for base in model.based_on
            ]
        }
    return made


def _describe_model(model: Model) -> list[dict[str, str]]:
    said = [
        _property("generative", model.generative),
        _property("training_complete", model.training_complete),
        _property("recorded", model.registered),
    ]
    if model.released:
        said.append(_property("released", model.released.isoformat()))
    return said + [_property("alias", alias) for alias in model.aliases]


def _list_dependencies(
    told: Told, models: dict[str, str], refs: dict[str, str]
) -> list[dict[str, Any]]:
    behind = sorted({models[name] for name, _ in told.generators})
    parents = [refs[parent] for parent in told.stated["derived_from"]]
    own = sorted({*behind, *parents} - {_DATASET})
    found = [{"ref": _DATASET, "dependsOn": own}]
    for name, ref in models.items():
        model = told.find_model(name)
        needed = {refs[one] for one in model.trained_on}
        needed |= {models[base] for base in model.based_on if base in models}
        found.append({"ref": ref, "dependsOn": sorted(needed - {ref})})
    return found


def _list_compositions(told: Told, models: dict[str, str]) -> list[dict[str, Any]]:
    """Say what is whole: of the dataset, when nothing of it is unknown or lacking."""
    records = told.report["units"]["records"]
    lacking = any(
        sum(figures["missing"].values()) for figures in told.report["units"].values()
    )
    aggregate = "complete"
    if not records["total"] or records["unknown"] == records["total"]:
        aggregate = "unknown"
    elif records["unknown"] or lacking:
        aggregate = "incomplete"
    found: list[dict[str, Any]] = [{"aggregate": aggregate, "assemblies": [_DATASET]}]
    for whole, word in ((True, "complete"), (False, "incomplete")):
        named = [
            ref
            for name, ref in models.items()
            if told.find_model(name).training_complete is whole
        ]
        if named:
            found.append({"aggregate": word, "dependencies": named})
    return found


def _list_citations(
    told: Told, properties: list[dict[str, str]], stamp: str
) -> list[dict[str, Any]]:
    """Cite, for each kind of evidence, the amount that is known by it."""
    start = f"provenance:{told.report['unit']}:evidence:"
    places = {
        one["name"].removeprefix(start): number
        for number, one in enumerate(properties)
        if one["name"].startswith(start)
    }
    return [
        {
            "pointers": [f"/metadata/component/properties/{number}"],
            "timestamp": stamp,
            "attributedTo": _TOOL,
            "note": f"known by evidence: {evidence}; log of "
            f"{told.report['log']['size']} entries, root {told.report['log']['root']}",
        }
        for evidence, number in places.items()
    ]
