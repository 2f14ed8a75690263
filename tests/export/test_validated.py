"""Each format as its own validator, or its own library, reads it."""

from __future__ import annotations

import io
import json
import warnings
from typing import Any

import jsonschema
import pytest
import spdx_python_model
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from exported import Everything
from huggingface_hub import DatasetCard
from openlineage.client.event_v2 import (
    InputDataset,
    Job,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
)
from prov.model import ProvDerivation, ProvDocument, ProvEntity

from provenance.export.openlineage import FACET, SHARE_SCHEMA


def test_prov_reads_every_record_and_derivation(everything: Everything) -> None:
    document = ProvDocument.deserialize(everything.folder / "prov-json", format="json")
    entities = list(document.get_records(ProvEntity))
    assert len(entities) == 1 + 6
    derived = list(document.get_records(ProvDerivation))
    assert len(derived) == 2
    again = ProvDocument.deserialize(
        content=document.serialize(format="json"), format="json"
    )
    assert document == again


def test_mlcroissant_finds_no_fault_and_reads_the_rows(everything: Everything) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own imports
        import mlcroissant  # noqa: PLC0415 - takes seconds, and warns

        found = mlcroissant.Dataset(str(everything.folder / "croissant/croissant.json"))
        issues = found.metadata.ctx.issues
        assert (issues.errors, issues.warnings) == (set(), set())
        rows = list(found.records("records"))
    assert len(rows) == 6
    named = {row["records/name"]: row for row in rows}
    origins = json.loads(named[b"a1"]["records/origins"])
    assert (origins[0]["model"], origins[0]["mode"]) == ("gpt-4", "answered")
    annotated = [
        annotation
        for field in found.metadata.record_sets[0].fields
        for annotation in field.annotations
    ]
    assert "prov:wasAttributedTo" in [
        str(equal) for a in annotated for equal in a.equivalentProperty
    ]


def test_cyclonedx_is_valid_by_its_own_schema(everything: Everything) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_7)
    assert validator.validate_str(everything.read("cyclonedx")) is None


def test_cyclonedx_citations_point_at_what_they_cite(everything: Everything) -> None:
    bom = json.loads(everything.read("cyclonedx"))
    properties = bom["metadata"]["component"]["properties"]
    cited = [
        properties[int(pointer.rpartition("/")[2])]["name"]
        for citation in bom["citations"]
        for pointer in citation["pointers"]
    ]
    assert "provenance:tokens:evidence:declared" in cited
    assert bom["compositions"][0]["aggregate"] == "incomplete"


def test_spdx_is_valid_by_the_bindings_of_its_model(everything: Everything) -> None:
    model = spdx_python_model.v3_0_1
    found = model.SHACLObjectSet()
    text = io.BytesIO(everything.read("spdx").encode())
    model.JSONLDDeserializer().read(text, found)
    model.JSONLDSerializer().write(found, io.BytesIO())  # counts what is required
    assert not list(found.missing_ids)
    kinds = sorted(type(one).__name__ for one in found.objects)
    assert kinds.count("ai_AIPackage") == 3
    assert kinds.count("dataset_DatasetPackage") == 3


def test_openlineage_builds_the_same_event_with_its_own_classes(
    everything: Everything,
) -> None:
    lines = everything.read("openlineage").splitlines()
    for event in map(json.loads, lines):
        built = RunEvent(
            eventTime=event["eventTime"],
            producer=event["producer"],
            run=Run(**event["run"]),
            job=Job(**event["job"]),
            eventType=RunState(event["eventType"]),
            inputs=[InputDataset(**one) for one in event["inputs"]],
            outputs=[OutputDataset(**one) for one in event["outputs"]],
        )
        assert built.schemaURL.partition("#")[2] == event["schemaURL"].partition("#")[2]
    facet: Any = json.loads(lines[-1])["outputs"][0]["facets"][FACET]
    validator = jsonschema.Draft202012Validator(SHARE_SCHEMA)
    validator.check_schema(SHARE_SCHEMA)
    validator.validate(facet)
    del facet["units"]["tokens"]["unknown"]
    assert not validator.is_valid(facet)


def test_hugging_face_reads_the_block(everything: Everything) -> None:
    block: Any = DatasetCard(everything.read("card")).data
    assert block.tags == ["synthetic"]
    assert block.source_datasets == ["parent"]
    said = block.to_dict()["provenance"]["downstream_of_generative_models"]
    report = everything.ledger.report("org/set@1.5").to_dict()["units"]
    assert said["tokens"]["share"] == report["tokens"]["downstream_share"]
    assert said["tokens"]["measured_share"] == report["tokens"]["measured_share"]


@pytest.mark.parametrize(
    "name", ["cyclonedx", "spdx", "openlineage", "card", "eu-summary", "ab-2013", "dps"]
)
def test_no_number_stands_without_its_interval(
    everything: Everything, name: str
) -> None:
    figures = everything.ledger.report("org/set@1.5").to_dict()["units"]
    text = everything.read(name)
    for unit in ("tokens", "records"):
        low, high = figures[unit]["measured_share"]
        assert low < high
        assert repr(low) in text
        assert repr(high) in text
    assert "unknown" in text
