"""Facts and records out of what other ledgers write."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifest.rows import read_file, write

from provenance import Ledger
from provenance.domain.tiers import Tier
from provenance.errors import ManifestError
from provenance.manifest import inspect_manifest, open_manifest, recognise
from provenance.manifest.documents.cyclonedx import read_cyclonedx
from provenance.manifest.documents.document import Document
from provenance.manifest.documents.json_object import read_object, top_keys
from provenance.manifest.documents.openlineage import read_openlineage
from provenance.manifest.documents.prov_json import read_prov_json
from provenance.manifest.documents.spdx import read_spdx

SHA = "ab" * 32
V8 = "V8-other-formats"


def facts_of(document: Document) -> list[dict[str, Any]]:
    return [fact.to_dict() for fact in document.facts]


def say_short(value: Any) -> str:
    """Name a test by what fits into its name."""
    return str(getattr(value, "__name__", value))[:30]


def make_spdx(*elements: dict[str, Any], **arcs: list[tuple[str, str]]) -> str:
    """Write a document; relationships by their type as (from, to)."""
    graph = list(elements)
    for kind, pairs in arcs.items():
        graph += [
            {
                "type": "Relationship",
                "spdxId": f"{kind}-{place}",
                "relationshipType": kind,
                "from": start,
                "to": [end],
            }
            for place, (start, end) in enumerate(pairs)
        ]
    context = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
    return json.dumps({"@context": context, "@graph": graph})


def element(type_: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": type_, "spdxId": f"urn:{name}", "name": name, **more}


SPDX = make_spdx(
    element(
        "dataset_DatasetPackage",
        "Old Data",
        software_packageVersion="2",
        dataset_datasetType=["text"],
        verifiedUsing=[{"algorithm": "sha256", "hashValue": SHA}],
    ),
    element("software_File", "folder", software_fileKind="directory"),
    element(
        "software_File",
        "a.txt",
        contentType="text/plain",
        verifiedUsing=[
            {"algorithm": "sha1", "hashValue": "cd" * 20},
            {"algorithm": "sha256", "hashValue": SHA},
        ],
    ),
    element("software_File", "b.txt"),
    element("software_File", "other.txt"),
    element(
        "ai_AIPackage", "M", releaseTime="2024-05-06T00:00:00Z", suppliedBy="urn:P"
    ),
    element("ai_AIPackage", "Base"),
    element("Organization", "P"),
    element("software_File", "weights"),
    contains=[
        ("urn:Old Data", "urn:folder"),
        ("urn:folder", "urn:a.txt"),
        ("urn:folder", "urn:b.txt"),
        ("urn:M", "urn:weights"),
    ],
    trainedOn=[("urn:weights", "urn:a.txt")],
    descendantOf=[("urn:M", "urn:Base"), ("urn:b.txt", "urn:a.txt")],
    generates=[("urn:M", "urn:b.txt")],
    hasDeclaredLicense=[("urn:Old Data", "https://spdx.org/licenses/MIT")],
    hasEvidence=[("urn:M", "urn:P")],
)


def test_spdx_gives_datasets_models_and_files() -> None:
    document = read_spdx(SPDX)
    assert facts_of(document) == [
        {
            "license": "MIT",
            "stated": {"types": ["text"], "digests": [f"sha256:{SHA}"]},
        },
        {
            "model": "M",
            "provider": "P",
            "released": "2024-05-06",
            "based_on": ["Base"],
            "trained_on": ["Old-Data@2"],
        },
        {"model": "Base"},
    ]
    assert document.called == "Old-Data@2"
    rows = [{k: v for k, v in row.items() if v} for row in document.rows]
    assert rows == [
        {"name": "a.txt", "digest": f"sha256:{SHA}", "media_type": "text/plain"},
        {
            "name": "b.txt",
            "generated_by": ["M"],
            "derived_from": ["a.txt"],
            "derivation": "unspecified",
        },
    ]
    assert list(document.notes) == ["relationships hasEvidence were not read"]


def test_spdx_of_several_datasets_tells_of_their_parents() -> None:
    text = make_spdx(
        element("dataset_DatasetPackage", "a"),
        element("dataset_DatasetPackage", "b"),
        ancestorOf=[("urn:a", "urn:b")],
        copiedTo=[("urn:elsewhere", "urn:a")],
    )
    document = read_spdx(text)
    assert facts_of(document) == [
        {"dataset": "a", "derived_from": ["urn:elsewhere"]},
        {"dataset": "b", "derived_from": ["a"]},
    ]
    assert not document.is_of_dataset


def test_spdx_that_names_nobody_names_no_dataset_and_no_model() -> None:
    core = "https://spdx.org/rdf/3.0.1/terms/Core/"
    text = make_spdx(
        element("dataset_DatasetPackage", "a"),
        element("dataset_DatasetPackage", "b"),
        element("ai_AIPackage", "M"),
        trainedOn=[("urn:M", core + "NoAssertionElement"), ("urn:M", "NoneElement")],
        descendantOf=[("urn:a", core + "NoneElement"), ("urn:M", core + "NoneElement")],
        hasDeclaredLicense=[
            ("urn:a", "https://spdx.org/rdf/3.0.1/terms/Licensing/NoAssertion"),
            ("urn:b", "expandedlicensing_NoneLicense"),
        ],
    )
    assert facts_of(read_spdx(text)) == [
        {"dataset": "a"},
        {"dataset": "b", "license": "NONE"},
        {"model": "M"},
    ]


def test_the_declared_licence_comes_before_the_concluded_one() -> None:
    text = make_spdx(
        element("dataset_DatasetPackage", "a"),
        hasConcludedLicense=[("urn:a", "https://spdx.org/licenses/MIT")],
        hasDeclaredLicense=[("urn:a", "https://spdx.org/licenses/0BSD")],
    )
    assert facts_of(read_spdx(text)) == [{"license": "0BSD"}]


BILL = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "components": [
        {
            "type": "machine-learning-model",
            "group": "org",
            "name": "m",
            "supplier": {"name": "Org"},
            "pedigree": {
                "ancestors": [{"type": "machine-learning-model", "name": "b"}]
            },
            "modelCard": {
                "modelParameters": {
                    "datasets": [
                        {"ref": "d"},
                        {"ref": "missing"},
                        {"type": "dataset", "name": "in line"},
                        {"type": "configuration", "name": "settings"},
                    ]
                }
            },
            "components": [
                {
                    "type": "data",
                    "bom-ref": "d",
                    "name": "set",
                    "version": "3",
                    "licenses": [{"license": {"id": "MIT"}}],
                    "data": [{"type": "dataset", "classification": "public"}],
                    "pedigree": {"ancestors": [{"type": "data", "name": "older"}]},
                }
            ],
        },
        {"type": "library", "name": "numpy"},
    ],
}


def test_cyclonedx_gives_models_and_their_training_sets() -> None:
    document = read_cyclonedx(json.dumps(BILL))
    assert facts_of(document) == [
        {
            "dataset": "set@3",
            "derived_from": ["older"],
            "license": "MIT",
            "stated": {"classification": ["public"]},
        },
        {"dataset": "in-line"},
        {
            "model": "org/m",
            "provider": "Org",
            "based_on": ["b"],
            "trained_on": ["set@3", "in-line"],
        },
    ]
    assert list(document.notes) == ["no dataset has the bom-ref 'missing'"]


def test_a_dataset_in_line_can_be_referred_to_by_other_models() -> None:
    stated = ({"ref": "d"}, {"type": "dataset", "bom-ref": "d", "name": "set"})
    models = [
        {"type": "machine-learning-model", "name": name}
        | {"modelCard": {"modelParameters": {"datasets": [dataset]}}}
        for name, dataset in zip("ab", stated, strict=True)
    ]
    document = read_cyclonedx(
        json.dumps({"bomFormat": "CycloneDX", "components": models})
    )
    assert facts_of(document) == [
        {"dataset": "set"},
        {"model": "a", "trained_on": ["set"]},
        {"model": "b", "trained_on": ["set"]},
    ]
    assert not document.notes


@pytest.mark.parametrize("inside", [True, False])
def test_files_of_the_only_dataset_of_a_bill_are_records(*, inside: bool) -> None:
    """They lie in it, or beside it where it is what the bill is about."""
    hashes = [{"alg": "SHA-256", "content": SHA}]
    file = {"type": "file", "name": "a.csv", "mime-type": "text/csv", "hashes": hashes}
    data = {"type": "data", "name": "set", "components": [file] if inside else []}
    bill = {"bomFormat": "CycloneDX", "metadata": {"component": data}}
    beside = {} if inside else {"components": [file, {"type": "library", "name": "x"}]}
    document = read_cyclonedx(json.dumps(bill | beside))
    assert (document.called, document.is_of_dataset) == ("set", True)
    assert document.rows == [
        {"name": "a.csv", "digest": f"sha256:{SHA}", "media_type": "text/csv"}
    ]


def make_event(
    inputs: list[str], outputs: list[str], *, run: str = "r", **more: Any
) -> dict[str, Any]:
    return {
        "eventType": "COMPLETE",
        "eventTime": "2024-01-01T00:00:00Z",
        "producer": "https://example.org",
        "run": {"runId": run},
        "job": {"namespace": "n", "name": "j"},
        "inputs": [{"namespace": "s3://b", "name": name} for name in inputs],
        "outputs": [{"namespace": "s3://b", "name": name} for name in outputs],
    } | more


def make_lines(*events: dict[str, Any] | str) -> str:
    lines = (event if isinstance(event, str) else json.dumps(event) for event in events)
    return "\n".join(lines) + "\n"


def test_outputs_of_a_run_come_from_its_inputs() -> None:
    text = make_lines(
        make_event(["a"], [], eventType="START"),
        make_event([], ["c"]),
        "",
        make_event(["x"], ["y"], run="bad", eventType="FAIL"),
        "no event",
    )
    document = read_openlineage(text)
    derived = {f["dataset"]: f.get("derived_from") for f in facts_of(document)}
    assert derived == {
        "s3:/b/a": None,
        "s3:/b/c": ["s3:/b/a"],
        "s3:/b/x": None,
        "s3:/b/y": None,
    }
    assert list(document.notes) == ["runs that failed or were aborted derive nothing"]
    assert [(line, value) for line, value, _ in document.bad] == [(5, "no event")]


def test_facets_of_a_run_that_fails_later_derive_nothing() -> None:
    lineage = {"inputs": [{"namespace": "s3://b", "name": "a", "type": "DATASET"}]}
    entry = {"namespace": "s3://b", "name": "d", "type": "DATASET"} | lineage
    start = make_event([], ["c"], eventType="START")
    start["outputs"][0]["facets"] = {"lineage": lineage}
    start["job"]["facets"] = {"lineage": {"entries": [entry]}}
    fail = make_event([], [], eventType="FAIL")
    document = read_openlineage(make_lines(start, fail))
    assert facts_of(document) == [{"dataset": "s3:/b/c"}]


def test_a_line_of_events_ends_where_the_line_ends() -> None:
    event = make_event(["a"], ["c"], note="\u2028 and \x85")
    text = json.dumps(event, ensure_ascii=False) + "\r\n"
    assert not read_openlineage(text * 2).bad


def test_facets_say_versions_columns_and_sizes() -> None:
    event = make_event([], ["c"])
    column = {"inputFields": [{"namespace": "s3://b", "name": "d", "field": "x"}]}
    event["outputs"][0] |= {
        "facets": {
            "version": {"datasetVersion": "7"},
            "columnLineage": {"fields": {"x": column}},
        },
        "outputFacets": {"outputStatistics": {"rowCount": 12, "size": 30}},
    }
    assert facts_of(read_openlineage(make_lines(event))) == [
        {
            "dataset": "s3:/b/c@7",
            "derived_from": ["s3:/b/d"],
            "stated": {"rows": ["12"], "bytes": ["30"]},
        }
    ]


PROV: dict[str, Any] = {
    "prefix": {"ex": "http://example.org/"},
    "entity": {
        "ex:article": {
            "ex:sha256": SHA,
            "ex:size": 120,
            "dct:format": {"$": "text/plain", "type": "xsd:string"},
        },
        "ex:summary": [{"ex:sha256": "cd" * 32}, {"prov:label": "short"}],
        "ex:index": {},
        "ex:corpus": {"prov:type": {"$": "ex:Dataset", "type": "prov:QUALIFIED_NAME"}},
    },
    "agent": {
        "ex:gpt": {"prov:type": ["prov:SoftwareAgent", "ex:LanguageModel"]},
        "ex:script": {"prov:type": "prov:SoftwareAgent"},
        "ex:ann": {"prov:type": "prov:Person"},
    },
    "wasDerivedFrom": {
        "_:1": {
            "prov:generatedEntity": "ex:summary",
            "prov:usedEntity": "ex:article",
            "prov:type": "prov:Quotation",
        },
        "_:2": {"prov:generatedEntity": "ex:corpus", "prov:usedEntity": "ex:older"},
    },
    "wasGeneratedBy": {"_:3": {"prov:entity": "ex:summary", "prov:activity": "ex:run"}},
    "wasAssociatedWith": {
        "_:4": {"prov:activity": "ex:run", "prov:agent": "ex:gpt"},
        "_:5": {"prov:activity": "ex:run", "prov:agent": "ex:ann"},
    },
    "wasAttributedTo": {
        "_:6": {"prov:entity": "ex:article", "prov:agent": "ex:ann"},
        "_:7": {"prov:entity": "ex:index", "prov:agent": "ex:script"},
    },
    "used": {},
}


def test_prov_gives_entities_their_makers_and_parents() -> None:
    document = read_prov_json(json.dumps(PROV))
    rows = [{k: v for k, v in row.items() if v} for row in document.rows]
    article, summary, index = (
        {"name": f"http://example.org/{n}", "url": f"http://example.org/{n}"}
        for n in ("article", "summary", "index")
    )
    assert rows == [
        article
        | {"digest": f"sha256:{SHA}", "bytes": "120", "media_type": "text/plain"}
        | {"origin": "human"},
        summary
        | {"digest": "sha256:" + "cd" * 32, "derivation": "quoted"}
        | {"generated_by": ["http://example.org/gpt"]}
        | {"derived_from": ["http://example.org/article"]},
        index,
    ]
    assert facts_of(document) == [
        {
            "dataset": "http:/example.org/corpus",
            "derived_from": ["http:/example.org/older"],
        }
    ]
    assert sorted(document.notes) == [
        "software agents not said to be models make no origin",
        "statements used were not read",
    ]


def test_entities_of_which_only_statements_tell_are_records_in_their_order() -> None:
    """Any other order would make another log of the same file."""
    names = [f"ex:{place}" for place in range(9)]
    derived = {
        f"_:{name}": {"prov:generatedEntity": name, "prov:usedEntity": "ex:old"}
        for name in names
    }
    made = {"_:m": {"prov:entity": "ex:made", "prov:agent": "ex:gpt"}}
    agents = {"ex:gpt": {"prov:type": "ex:Model"}}
    document = read_prov_json(
        json.dumps(
            {"wasDerivedFrom": derived, "wasAttributedTo": made, "agent": agents}
        )
    )
    assert [row["name"] for row in document.rows] == [*names, "ex:made"]
    assert document.rows[-1]["generated_by"] == ["ex:gpt"]


def test_names_without_a_prefix_are_in_the_default_namespace() -> None:
    """Two bundles may call different entities alike."""
    bundles = {
        name: {"entity": {"page": {}}, "prefix": {"default": f"urn:{name}:"}}
        for name in "ab"
    }
    document = read_prov_json(json.dumps({"bundle": bundles, "entity": {"page": {}}}))
    names = [row["name"] for row in document.rows]
    assert names == ["page", "urn:a:page", "urn:b:page"]


def test_bundles_are_read_as_if_they_stood_outside() -> None:
    inner = {"entity": {"a:b": {"a:md5": "ab" * 16}}, "prefix": {"a": "urn:"}}
    document = read_prov_json(json.dumps({"bundle": {"x": inner}}))
    assert [(row["name"], row["digest"]) for row in document.rows] == [
        ("urn:b", "md5:" + "ab" * 16)
    ]


@pytest.mark.parametrize(
    ("read", "text", "reason"),
    [
        (read_spdx, "{", r"is no JSON: .*\(line 1, column 2\)"),
        (read_spdx, '{"a": 1, "a": 2}', "has the key 'a' twice"),
        (read_spdx, "[" * 100_000, "nested too deeply"),
        (read_spdx, '{"spdxVersion": "SPDX-2.3"}', "is SPDX 2"),
        (read_spdx, make_spdx(element("software_File", "x")), "tells of no dataset"),
        (read_cyclonedx, "{}", "is no CycloneDX"),
        (read_cyclonedx, '{"bomFormat": "CycloneDX"}', "no dataset and no model"),
        (read_openlineage, "", "holds no events"),
        (read_openlineage, '{"x": 1}', "is no event of OpenLineage"),
        (read_openlineage, make_lines(make_event([], [])), "tells of no dataset"),
        (read_prov_json, "[]", "is no JSON object"),
        (read_prov_json, '{"entity": {}}', "has no entities"),
    ],
    ids=say_short,
)
def test_a_document_of_another_kind_is_refused(
    read: Callable[[str], Document], text: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        read(text)


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        (SPDX, "spdx"),
        (json.dumps(BILL), "cyclonedx"),
        (json.dumps(BILL, indent=1), "cyclonedx"),
        (make_lines(make_event(["a"], ["b"])), "openlineage"),
        (json.dumps(PROV), "prov-json"),
        ('{"entity": "ORG", "text": "x"}', "jsonl"),
        ('{"text": "bomFormat CycloneDX https://spdx.org/rdf/3.0.1/"}', "jsonl"),
        ('{"run": 1, "job": 2}', "jsonl"),
        ('{"url": "http://a/", "licenseInfo": {"spdxId": "MIT"}}', "jsonl"),
        ('{"@graph": [{"type": "Agent", "spdxId": "urn:a"}]}', "spdx"),
    ],
    ids=say_short,
)
def test_documents_are_told_by_their_outermost_keys(
    tmp_path: Path, text: str, format_: str
) -> None:
    assert recognise(write(tmp_path / "x.json", text)) == format_


def test_only_outermost_keys_are_seen() -> None:
    text = '{"a": [{"b": "c"}], "d": "}\\"", "e": {"f": 1}, "g": 1.5}, {"h": 1}'
    assert top_keys(text) == {"a": "[", "d": '}\\"', "e": "{", "g": "1.5"}


def test_a_text_that_is_not_closed_is_read_once() -> None:
    quotes = '\\"' * 30_000
    assert top_keys(f'{{"a": "{quotes}') == {"a": quotes}
    assert top_keys('{"a": "b\\') == {"a": "b"}


def test_facts_and_records_stand_in_the_ledger(ledger: Ledger, tmp_path: Path) -> None:
    done = ledger.ingest(write(tmp_path / "x.spdx.json", SPDX))
    assert (done.dataset, done.format, done.recorded) == ("Old-Data@2", "spdx", 2)
    assert done.generated_by == 1
    models = {model.name: model for model in ledger.models()}
    assert models["M"].trained_on == ("Old-Data@2",)
    assert models["M"].based_on == ("Base",)
    assert ledger.report("Old-Data@2").units["items"].tiers[Tier.GENERATED] == 1
    ledger.ingest(write(tmp_path / "e.json", make_lines(make_event(["a"], ["b"]))))
    again = ledger.ingest(tmp_path / "e.json")
    assert again.already
    parents = {str(d["dataset"]): d["derived_from"] for d in ledger.datasets()}
    assert parents["s3:/b/b"] == ["s3:/b/a"]


def test_real_documents_give_what_others_count(real_data: Path) -> None:
    folder = real_data / V8
    expected = json.loads((folder / "expected.json").read_text())
    graphs = {
        "example01.spdx3.json": "spdx dataset/example01",
        "sbom.spdx3.json": "spdx ai/example02",
        "simplehtr-example.json": "spdx ai/example01",
    }
    for name, key in graphs.items():
        counts = expected[key]
        text = (folder / name).read_text()
        assert len(read_object(text)["@graph"]) == counts["graph"]
        facts = facts_of(read_spdx(text))
        trained = sum(len(f.get("trained_on", ())) for f in facts)
        assert trained == counts.get("trainedOn", 0), name
    (fact,) = facts_of(read_spdx((folder / "example01.spdx3.json").read_text()))
    digest = expected["spdx dataset/example01"]["sha256"]
    assert fact["stated"]["digests"][0] == f"sha256:{digest}"
    bill = inspect_manifest(
        folder / "valid-machine-learning-1.7.json", columns={}, constants={}
    )
    assert bill.format == "cyclonedx"
    assert [next(iter(fact)) for fact in bill.facts] == ["dataset", "model"]
    assert bill.facts[1]["trained_on"] == ["Training-Data"]


@pytest.mark.parametrize(
    ("name", "derived"),
    [
        ("dataset-to-dataset", {"": ["postgresql:/warehouse:5432/public.customers"]}),
        (
            "mixed-sources",
            {
                "postgresql:/warehouse:5432/public.enriched_orders": [
                    "postgresql:/warehouse:5432/public.orders"
                ]
            },
        ),
        ("generator", {"postgresql:/warehouse:5432/public.extracted_data": []}),
        ("job-to-dataset", {"postgresql:/warehouse:5432/public.daily_summary": []}),
        ("job-to-job", None),
        ("dataset-to-job", None),
        ("implicit-job", None),
        ("example_full_event", None),
    ],
)
def test_real_facets_and_events_tell_of_their_datasets(
    real_data: Path, name: str, derived: dict[str, list[str]] | None
) -> None:
    path = real_data / V8 / f"{name}.json"
    assert recognise(path) == "openlineage"
    if derived is None:
        with pytest.raises(ManifestError, match="tells of no dataset"):
            open_manifest(path)
        return
    facts = inspect_manifest(path, columns={}, constants={}).facts
    assert {f.get("dataset", ""): f.get("derived_from", []) for f in facts} == derived


KEYS = st.sampled_from(
    [
        *("@graph", "type", "spdxId", "name", "relationshipType", "from", "to"),
        *("bomFormat", "components", "data", "modelCard", "modelParameters", "hashes"),
        *("datasets", "ref", "pedigree", "ancestors", "inputs", "outputs", "run"),
        *("job", "facets", "lineage", "fields", "entity", "wasDerivedFrom", "prefix"),
        *("prov:generatedEntity", "prov:usedEntity", "prov:type", "$", "bundle"),
    ]
)
WORDS = st.sampled_from(
    [
        *("dataset_DatasetPackage", "ai_AIPackage", "software_File", "Relationship"),
        *("trainedOn", "contains", "descendantOf", "CycloneDX", "data", "dataset"),
        *("machine-learning-model", "DATASET", "a", "b", "", "\ud800", "x" * 400),
    ]
)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5)
    ),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, TREES, max_size=6), st.booleans())
def test_any_object_is_a_document_or_a_fault(
    tree: dict[str, Any],
    is_bill: bool,  # noqa: FBT001  Hypothesis gives it by place
) -> None:
    text = json.dumps(tree | ({"bomFormat": "CycloneDX"} if is_bill else {}))
    for read in (read_spdx, read_cyclonedx, read_openlineage, read_prov_json):
        try:
            document = read(text)
        except ValueError:
            continue
        assert document.facts or document.rows
        assert len(document.rows) == len(document.lines)


def test_a_bad_event_is_a_bad_row(tmp_path: Path) -> None:
    text = make_lines(make_event(["a"], ["b"]), '{"run": ')
    reader = open_manifest(write(tmp_path / "e.jsonl", text))
    (raw,) = reader.read([])
    assert [(f.row, f.field, f.value) for f in raw.faults] == [(2, "row", '{"run": ')]
    records, faults = read_file(write(tmp_path / "p.json", json.dumps(PROV)))
    assert (len(records), faults) == (3, [])
