"""Croissant 1.0 and 1.1: metadata of a dataset as JSON-LD.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html, with the RAI
vocabulary and PROV-O. Files of the distribution become records by their digests; rows
that record sets describe lie in those files: see ``croissant_reader``.
"""

from __future__ import annotations

import json
import re
from typing import Any

from provenance.domain import ClaimFact, DatasetFact
from provenance.manifest.documents.activities import (
    Activity,
    find_activities,
    find_sources,
)
from provenance.manifest.documents.addresses import find_dataset_names, hub_name
from provenance.manifest.documents.document import Document, Notes, Row, to_words
from provenance.manifest.documents.json_ld import Graph
from provenance.manifest.documents.json_object import as_list, read_object

__all__ = ["RECORDS_TYPE", "read_croissant"]

RECORDS_TYPE = "urn:training-provenance:records:v1"
"""What a ``FileObject`` conforms to that is Parquet which a ledger exported."""

_DIGESTS = {"sha256": 64, "md5": 32}
_HEX = re.compile("[0-9a-fA-F]+")
_SIZE = re.compile(r"(\d{1,18})\s*(?:B|bytes?)?", re.IGNORECASE)
_STATED = {
    "inLanguage": "languages",
    "rai:hasSyntheticData": "synthetic",
    "rai:syntheticDataExplanation": "synthetic_explanation",
    "rai:dataCollectionType": "collection_type",
    "rai:machineAnnotationTools": "annotation_tools",
}
_PLAIN = {"hasSyntheticData", "syntheticDataExplanation", "dataCollectionType"}
_READ = frozenset(
    {
        *("@id", "@type", "name", "url", "version", "license", "distribution"),
        *("recordSet", "dct:conformsTo", "conformsTo", "alternateName", "@graph"),
        *("prov:wasDerivedFrom", "isBasedOn", "isBasedOnUrl", "prov:wasGeneratedBy"),
        *("prov:hadPrimarySource", "prov:wasAttributedTo", *_STATED),
    }
)
_LONGEST = 1_000
_MOST = 1 << 24


def read_croissant(text: str) -> Document:
    """Take the metadata of a dataset apart.

    Raises:
        ValueError: It is no JSON, or describes no dataset.
    """
    if len(text) > _MOST:
        raise ValueError(f"has over {_MOST >> 20} Mi characters of JSON-LD")
    graph = Graph(read_object(text))
    dataset = next(graph.of_type("Dataset"), None)
    if dataset is None:
        raise ValueError("describes no dataset")
    notes = Notes()
    rows: list[Row] = []
    lines: list[int] = []
    is_of_ledger = False
    for number, value in enumerate(as_list(dataset.get("distribution")), start=1):
        node = graph.follow(value)
        if _is_of_ledger(node):
            notes.add("records and claims of a ledger lie beside it", number)
            is_of_ledger = True
            continue
        row = _read_file(node, graph, notes, number)
        if row:
            rows.append(row)
            lines.append(number)
    sources = find_sources(dataset, graph, notes)
    activities = list(find_activities(dataset, graph, notes))
    fact = DatasetFact(
        parents=find_dataset_names(sources, "wasDerivedFrom", notes),
        license=", ".join(_licenses(dataset, notes)) or None,
        stated=_read_stated(dataset, activities, graph, notes),
    )
    claims = [
        ClaimFact(generated_by=name, mode=activity.mode, note=str(activity)[:_LONGEST])
        for activity in activities
        for name in activity.generators
    ]
    return Document(
        facts=[fact] if is_of_ledger else [fact, *claims],
        rows=rows,
        lines=lines,
        lost=[key for key in dataset if key not in _READ],
        notes=notes.found,
        called=_call(dataset, notes),
    )


def _call(dataset: dict[str, Any], notes: Notes) -> str:
    """Return ``NAME@VERSION``: the Hub's name where it lies there, else its own."""
    url = next(iter(to_words(dataset.get("url"), "url", notes)), "")
    name = next(iter(to_words(dataset.get("name"), "name", notes)), "")
    if "huggingface.co/datasets/" in url:
        name = hub_name(url)
    version = next(iter(to_words(dataset.get("version"), "version", notes)), "")
    return f"{name}@{version}" if name and version else name


def _licenses(dataset: dict[str, Any], notes: Notes) -> list[str]:
    found = []
    for one in as_list(dataset.get("license")):
        said = one.get("name") or one.get("url") if isinstance(one, dict) else one
        found += to_words(said, "license", notes)
    return found


def _read_file(
    node: Any, graph: Graph, notes: Notes, number: int
) -> dict[str, Any] | None:
    """Return the record of a file with a digest."""
    if "FileObject" not in graph.types_of(node):
        return None
    digests = [
        f"{name}:{word.lower()}"
        for name, length in _DIGESTS.items()
        for word in to_words(node.get(name), name, notes)
        if len(word) == length and _HEX.fullmatch(word)
    ]
    if not digests:
        notes.add("files without a digest were passed over", number)
        return None
    row: dict[str, Any] = {"digest": digests[0], "name": node.get("@id")}
    row["name"] = row["name"] or node.get("name")
    row["url"] = node.get("contentUrl")
    row["media_type"] = next(
        (one for one in as_list(node.get("encodingFormat")) if "/" in str(one)), None
    )
    size = _SIZE.fullmatch(str(node.get("contentSize", "")).strip())
    row["bytes"] = int(size[1]) if size else None
    inside = [graph.follow(one) for one in as_list(node.get("containedIn"))]
    parents = [one.get("@id") for one in inside if isinstance(one, dict)]
    made = find_activities(node, graph, notes)
    generators = [name for activity in made for name in activity.generators]
    sources = find_sources(node, graph, notes)
    named = to_words([*parents, *sources], "containedIn", notes)
    row["derived_from"] = json.dumps(named) if named else None
    row["derivation"] = "extracted" if parents and not sources else None
    row["generated_by"] = ", ".join(generators) or None
    return {
        name: words[0] if isinstance(value, str) else value
        for name, value in row.items()
        if not isinstance(value, str) or (words := to_words(value, name, notes))
    }


def _is_of_ledger(node: Any) -> bool:
    """Whether a file holds records of a ledger: it is a manifest, and no item."""
    if not isinstance(node, dict):
        return False
    return RECORDS_TYPE in as_list(node.get("dct:conformsTo"))


def _read_stated(
    dataset: dict[str, Any], activities: list[Activity], graph: Graph, notes: Notes
) -> dict[str, list[str]]:
    stated: dict[str, list[str]] = {}
    for key, name in _STATED.items():
        bare = key.removeprefix("rai:")
        value = dataset.get(key, dataset.get(bare) if bare in _PLAIN else None)
        words = [word[:_LONGEST] for word in to_words(value, key, notes)]
        stated[name] = [w.lower() if name == "synthetic" else w for w in words]
    stated["activities"] = list(dict.fromkeys(map(str, activities)))
    stated["in_rows"] = _find_annotations(graph, notes)
    return {name: words for name, words in stated.items() if words}


def _find_annotations(graph: Graph, notes: Notes) -> list[str]:
    """Return which columns hold PROV of each row: ``property type ← column``."""
    found: dict[str, None] = {}
    for node in graph.nodes:
        for said in as_list(node.get("equivalentProperty")):
            name = graph.short(said) if isinstance(said, str) else ""
            if not name.startswith("prov:"):
                continue
            source = node.get("source")
            extract = source.get("extract") if isinstance(source, dict) else None
            column = extract.get("column") if isinstance(extract, dict) else None
            where = column or node.get("@id") or node.get("name")
            types = [
                graph.short(one)
                for one in as_list(node.get("dataType"))
                if isinstance(one, str)
            ]
            words = to_words([" ".join([name, *types]), where], "annotation", notes)
            found[" ← ".join(words)] = None
    return list(found)
