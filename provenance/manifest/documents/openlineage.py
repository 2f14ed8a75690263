"""OpenLineage: events of runs, jobs and datasets, one JSON object per line.

https://openlineage.io/spec/2-0-2/OpenLineage.json. The outputs of a run are derived
from its inputs; the facets ``columnLineage`` and ``lineage`` say it more closely. Of
a run that failed or was aborted nothing is derived.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provenance.domain import DatasetFact, DatasetName
from provenance.manifest.documents.document import BadRow, Document, Notes
from provenance.manifest.documents.json_object import (
    as_mapping,
    as_text,
    iter_mappings,
    read_object,
)
from provenance.manifest.documents.stated_names import DatasetDraft, name_dataset

__all__ = ["read_openlineage"]

_FAILED = frozenset({"FAIL", "ABORT"})
_LEDGER = "training-provenance"
"""Namespace of the datasets of a ledger, which have names of their own."""

_DATASET = "DATASET"


def read_openlineage(text: str) -> Document:
    """Take events apart, one per line; or a single one, or a facet, over several.

    Raises:
        ValueError: No line is an event, or none tells of a dataset.
    """
    events = _Events()
    bad: list[BadRow] = []
    lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) > 1 and _is_object(text):
        lines = [(1, text)]
    for number, line in lines:
        try:
            events.take(read_object(line), number)
        except ValueError as error:
            bad.append((number, line, str(error)))
    if len(bad) == len(lines):
        raise ValueError(bad[0][2] if bad else "holds no events")
    return events.finish(bad)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


@dataclass(slots=True)
class _Run:
    """What the events of one run say together."""

    inputs: dict[DatasetName, None] = field(default_factory=dict)
    outputs: dict[DatasetName, None] = field(default_factory=dict)
    facets: list[tuple[DatasetName, Mapping[str, Any]]] = field(default_factory=list)
    """Of outputs, as each event has them."""
    of_job: list[Mapping[str, Any]] = field(default_factory=list)
    """Facets of lineage that its job has."""
    has_failed: bool = False


class _Events:
    """Gathers events until all of them were seen."""

    def __init__(self) -> None:
        self.notes = Notes()
        self.datasets: dict[DatasetName, DatasetDraft] = {}
        self.runs: dict[str, _Run] = {}
        self.of_subject: dict[DatasetName, None] = {}
        """Parents that a facet by itself has for the dataset it is a facet of."""

    def take(self, event: Mapping[str, Any], number: int) -> None:
        """Take one event, or one document of facets.

        Raises:
            ValueError: It is no event.
        """
        if "lineage" in event and "job" not in event and "dataset" not in event:
            self._take_facet(as_mapping(event["lineage"]))
            return
        if not {"run", "job", "dataset"} & event.keys():
            raise ValueError(
                "is no event of OpenLineage: it has no run, job or dataset"
            )
        run_id = as_text(as_mapping(event.get("run")).get("runId"))
        run = self.runs.setdefault(run_id or f"line {number}", _Run())
        run.has_failed |= as_text(event.get("eventType")) in _FAILED
        for stated in iter_mappings(event.get("inputs")):
            named = self._take_dataset(stated)
            if named:
                run.inputs[named] = None
        for stated in iter_mappings(event.get("outputs")):
            named = self._take_dataset(stated)
            if named:
                run.outputs[named] = None
                run.facets.append((named, as_mapping(stated.get("facets"))))
        job = as_mapping(as_mapping(event.get("job")).get("facets"))
        run.of_job.append(as_mapping(job.get("lineage")))
        if not run_id and "dataset" in event and "job" not in event:
            stated = as_mapping(event["dataset"])
            named = self._take_dataset(stated)
            if named:
                self._take_lineage(named, as_mapping(stated.get("facets")))

    def _take_dataset(self, stated: Mapping[str, Any]) -> DatasetName | None:
        facets = as_mapping(stated.get("facets"))
        version = as_text(as_mapping(facets.get("version")).get("datasetVersion"))
        named = self._name(stated, version)
        if named is None:
            return None
        draft = self.datasets.setdefault(named, DatasetDraft(name=named))
        draft.state("url", [as_text(as_mapping(facets.get("dataSource")).get("uri"))])
        for place in ("outputFacets", "inputFacets"):
            for facet in ("outputStatistics", "inputStatistics"):
                counts = as_mapping(as_mapping(stated.get(place)).get(facet))
                for key, what in (("rowCount", "rows"), ("size", "bytes")):
                    draft.state(what, [as_text(counts.get(key))])
        return named

    def _name(self, stated: Mapping[str, Any], version: str = "") -> DatasetName | None:
        namespace, name = (as_text(stated.get(key)) for key in ("namespace", "name"))
        if not name:
            self.notes.add("a dataset without a name was not recorded")
            return None
        is_plain = namespace in ("", _LEDGER)
        full = name if is_plain else f"{namespace}/{name}"
        return name_dataset(full, version, self.notes)

    def _take_lineage(self, child: DatasetName, facets: Mapping[str, Any]) -> None:
        draft = self.datasets[child]
        for facet in ("columnLineage", "lineage"):
            for parent in self._iter_inputs(as_mapping(facets.get(facet))):
                if parent != child:
                    draft.parents[parent] = None

    def _iter_inputs(self, facet: Mapping[str, Any]) -> Iterator[DatasetName]:
        """Yield the datasets that a lineage facet names, of columns too."""
        columns = as_mapping(facet.get("fields")).values()
        for place in [facet, *map(as_mapping, columns)]:
            for key in ("inputs", "inputFields", "dataset"):
                for stated in iter_mappings(place.get(key)):
                    is_dataset = as_text(stated.get("type", _DATASET)) == _DATASET
                    if not is_dataset and as_text(stated.get("type")) == "JOB":
                        self.notes.add("jobs among the inputs are no datasets")
                        continue
                    named = self._name(stated)
                    if named:
                        yield named

    def _take_facet(self, facet: Mapping[str, Any]) -> None:
        """Take a lineage facet that stands by itself, of a job or of a dataset."""
        if "entries" in facet:
            self._take_entries(facet)
        else:
            self.of_subject |= dict.fromkeys(self._iter_inputs(facet))

    def _take_entries(self, facet: Mapping[str, Any]) -> None:
        for entry in iter_mappings(facet.get("entries")):
            if as_text(entry.get("type")) != _DATASET:
                self.notes.add("entries of jobs make no dataset")
                continue
            named = self._name(entry)
            if named:
                self.datasets.setdefault(named, DatasetDraft(name=named))
                self._take_lineage(named, {"lineage": entry})

    def finish(self, bad: list[BadRow]) -> Document:
        """Return what is told."""
        for run in self.runs.values():
            if run.has_failed:
                self.notes.add("runs that failed or were aborted derive nothing")
                continue
            for child, facets in run.facets:
                self._take_lineage(child, facets)
            for facet in run.of_job:
                self._take_entries(facet)
            for child in run.outputs:
                parents = dict.fromkeys(p for p in run.inputs if p != child)
                self.datasets[child].parents |= parents
        facts = [draft.finish() for draft in self.datasets.values()]
        if self.of_subject:
            facts.append(DatasetFact(parents=tuple(self.of_subject)))
        if not facts:
            told = "; ".join(self.notes.found)
            raise ValueError("tells of no dataset" + (f": {told}" if told else ""))
        return Document(
            facts=facts,
            notes=self.notes.found,
            bad=bad,
            is_of_dataset=bool(self.of_subject),
        )
