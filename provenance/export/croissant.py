"""Croissant 1.1: metadata of a dataset, with its records and the PROV of each.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html. A folder: the
metadata, and beside it the records as Parquet. What made a row, and of what, are
lists in a cell each: annotations of these fields say by ``equivalentProperty`` which
member is the agent, the activity and the entity that it was derived from. The RAI
vocabulary gets what it has places for; each share stands there as an interval.

``prov:wasGeneratedBy`` of the dataset itself is written for claims about all of it
only: whoever reads it must take it for every row.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from provenance.domain import Grade
from provenance.export.loss import Loss, list_losses
from provenance.export.parquet import make_facts, name_file, remove_stale, write_rows
from provenance.export.told import Told

__all__ = ["CONTEXT", "write"]

_CARRIED: Final = frozenset(
    {
        *("rows", "digests", "edges", "modes", "evidence", "units", "unknown"),
        *("missing", "sources", "unattributed", "claims", "models", "policy"),
    }
)
CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataBiases": "cr:dataBiases",
    "dataCollection": "cr:dataCollection",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "annotation": "cr:annotation",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TEXT, _NUMBER = "sc:Text", "sc:Integer"
_FIELDS: Final = (
    ("digest", _TEXT, "multihash of the content: algorithm:hex"),
    ("name", _TEXT, "the item's own identifier"),
    ("url", "sc:URL", "where it was fetched"),
    ("fetched_at", "sc:DateTime", "when it was fetched"),
    ("bytes", _NUMBER, "content bytes of one copy"),
    ("tokens", _NUMBER, "tokens of one copy"),
    ("items", _NUMBER, "items that the record stands for"),
    ("copies", "sc:Float", "repetitions"),
    ("language", _TEXT, "primary language"),
    ("media_type", _TEXT, "media type as stated"),
    ("split", _TEXT, "part of the dataset"),
    ("reservation", _TEXT, "what reserves it from mining or training"),
    ("origins", _TEXT, "who or what made the content, how, and how that is known"),
    ("parents", _TEXT, "what the content was derived from"),
    ("tier", _TEXT, "generated, derived, human, other or unknown, under the policy"),
    ("depth", _NUMBER, "generations of models behind the item; empty: not known"),
)
_PROPERTIES: Final = {"fetched_at": "prov:generatedAtTime", "url": "prov:atLocation"}
_ANNOTATIONS: Final = {
    "origins": (
        ("agent", "model", "prov:wasAttributedTo", "prov:SoftwareAgent"),
        ("activity", "mode", "prov:wasGeneratedBy", "prov:Activity"),
        ("evidence", "evidence", "prov:label", _TEXT),
    ),
    "parents": (
        ("entity", "digest", "prov:wasDerivedFrom", "prov:Entity"),
        ("derivation", "mode", "prov:type", _TEXT),
    ),
}
_RECORDS: Final = "urn:training-provenance:records:v1"


def write(told: Told, folder: Path) -> tuple[list[Path], list[Loss]]:
    """Write the folder; return the files, and what they do not carry."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "records" / f"{name_file(told.dataset)}.parquet"
    files = write_rows(path, map(_flatten, told.read_rows()), told.dataset)
    facts = folder / "facts.json"
    facts.write_text(json.dumps(make_facts(told), ensure_ascii=False) + "\n", "utf-8")
    document = make_metadata(told, folder, files)
    metadata = folder / "croissant.json"
    metadata.write_text(
        json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8"
    )
    remove_stale(folder, files)
    return [metadata, facts, *files], list_losses(told, _CARRIED)


def _flatten(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Write lists of structs as JSON: Croissant's fields have no such type."""
    for name in ("origins", "parents"):
        cells = [
            json.dumps(cell, ensure_ascii=False) if cell else None
            for cell in batch.column(name).to_pylist()
        ]
        place = batch.schema.get_field_index(name)
        batch = batch.set_column(place, name, pa.array(cells, pa.string()))
    return batch


def make_metadata(told: Told, folder: Path, files: list[Path]) -> dict[str, Any]:
    """Return the metadata.

    Args:
        told: What the ledger has.
        folder: Where the files lie; they are named by their path in it.
        files: The records, in one file or none.
    """
    said: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": told.name,
        "alternateName": told.dataset,
        "citeAs": f"{told.dataset}, as of {told.report['log']['size']} entries of the "
        f"log with root {told.report['log']['root']}",
        "description": ". ".join(told.sentences.values()) or "No records.",
        "url": f"urn:training-provenance:dataset:{told.dataset}",
        "version": told.version or "0",
        "datePublished": told.now.date().isoformat(),
        "distribution": [_describe_file(folder, path) for path in files],
        "recordSet": [_describe_rows(path) for path in files],
        **_make_rai(told),
    }
    if told.stated["license"]:
        said["license"] = told.stated["license"]
    if told.stated["derived_from"]:
        said["prov:wasDerivedFrom"] = [
            {"@type": "prov:Entity", "prov:label": parent}
            for parent in told.stated["derived_from"]
        ]
    activities = [
        {
            "@type": "prov:Activity",
            "prov:label": f"Generation ({claim.origin.mode})",
            "prov:wasAssociatedWith": {
                "@type": "prov:SoftwareAgent",
                "prov:label": claim.origin.model,
            },
        }
        for claim in told.claims
        if claim.subject == "dataset"
        and claim.name == told.name
        and claim.version in (None, told.version)
        and (claim.share, claim.first_at, claim.last_at) == (None, None, None)
        and claim.origin.model is not None
        and claim.origin.grade >= Grade.DECLARED
    ]
    return said | ({"prov:wasGeneratedBy": activities} if activities else {})


def _describe_file(folder: Path, path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "description": "The records of the dataset, one row each; no content.",
        "contentUrl": path.relative_to(folder).as_posix(),
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": digest,
        "conformsTo": _RECORDS,
    }


def _describe_rows(path: Path) -> dict[str, Any]:
    fields = []
    for name, kind, words in _FIELDS:
        field = _make_field(f"records/{name}", name, kind, words, path.name, name)
        if name in _PROPERTIES:
            field["equivalentProperty"] = _PROPERTIES[name]
        annotations = []
        for inner, member, meaning, of_kind in _ANNOTATIONS.get(name, ()):
            note = _make_field(
                f"records/{name}/{inner}",
                inner,
                _TEXT,
                f"{member} of each element",
                path.name,
                name,
            )
            note["source"]["transform"] = {"jsonPath": f"$[*].{member}"}
            note["equivalentProperty"] = meaning
            if of_kind != _TEXT:
                note["dataType"] = [_TEXT, of_kind]
            annotations.append(note)
        if annotations:
            field["annotation"] = annotations
        fields.append(field)
    return {
        "@type": "cr:RecordSet",
        "@id": "records",
        "name": "records",
        "description": "Occurrences of training items, with what is known of each.",
        "field": fields,
    }


def _make_field(
    name: str, label: str, kind: str, words: str, file: str, column: str
) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": name,
        "name": label,
        "description": words,
        "dataType": kind,
        "source": {"fileObject": {"@id": file}, "extract": {"column": column}},
    }


def _make_rai(told: Told) -> dict[str, Any]:
    """Return what the RAI vocabulary has places for; nothing is said of unknown."""
    report = told.report
    said: dict[str, Any] = {
        "rai:syntheticDataExplanation": [
            *told.sentences.values(),
            *(
                f"{model}: {group['generated']:,} {report['unit']} generated, "
                f"{group['derived']:,} derived"
                for model, group in told.generators
            ),
            f"Under the policy {report['policy']}: {'; '.join(told.policy_words)}.",
        ],
    }
    if told.is_downstream is not None:
        said["rai:hasSyntheticData"] = told.is_downstream
    months = sorted(g["month"] for g in report["by"]["month"] if g["month"])
    if months:
        said["rai:dataCollectionTimeframe"] = [months[0], months[-1]]
    limits = [
        f"{f['unknown']:,} {unit} are of unknown origin: they may be generated or not."
        for unit, f in report["units"].items()
        if f["unknown"]
    ]
    limits += [
        f"{sum(f['missing'].values()):,} records have no value in {unit}."
        for unit, f in report["units"].items()
        if sum(f["missing"].values())
    ]
    if limits:
        said["rai:dataLimitations"] = limits
    labelled = {"labelled", "judged", "selected"}
    modes = [g["mode"] for g in report["by"]["mode"] if g["mode"] in labelled]
    if modes:
        said["rai:machineAnnotationTools"] = [
            f"models {mode} the items" for mode in modes
        ]
    return said
