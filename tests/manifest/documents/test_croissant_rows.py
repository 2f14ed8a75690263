"""Croissant: the PROV of each row, beside the metadata and in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifest.documents.test_croissant import JSON, make
from manifest.rows import read_file, write

from provenance import Ledger
from provenance.errors import ManifestError
from provenance.ledger import Ingested, PassedOver
from provenance.manifest import open_manifest

ROWS: list[dict[str, Any]] = [
    {"rid": "a", "words": "one " * 30, "who": "GPT-4", "did": "Answer generation"},
    {"rid": "b", "words": "two " * 30, "who": "CLIP", "did": "Filtering"},
    {"rid": "c", "words": "three " * 30, "who": None, "did": None, "up": "a"},
]
PROV: dict[str, dict[str, Any]] = {
    "who": {
        "equivalentProperty": "prov:wasAttributedTo",
        "dataType": "prov:SoftwareAgent",
    },
    "did": {"equivalentProperty": "prov:wasGeneratedBy", "dataType": "sc:Text"},
    "up": {"equivalentProperty": "prov:wasDerivedFrom", "dataType": "sc:Text"},
}


def make_field(name: str, file: str | None, **said: Any) -> dict[str, Any]:
    plain = {"@type": "cr:Field", "@id": f"default/{name}", "name": name} | said
    if file:
        source = {"fileObject": {"@id": file}, "extract": {"column": name}}
        plain["source"] = source
    return plain


def make_set(
    file: str | None, names: Sequence[str] = ("rid", "who", "did", "up")
) -> dict[str, Any]:
    """A record set whose last fields are annotations of its first."""
    first, *others = [make_field(n, file, **PROV.get(n, {})) for n in names]
    return {
        "@type": "cr:RecordSet",
        "@id": "default",
        "field": [first | {"annotation": others}],
    }


def describe(path: Path, **members: Any) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": "rows",
        "contentUrl": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    } | members


def write_rows(path: Path) -> Path:
    names = ["rid", "words", "who", "did", "up"]
    if path.suffix == ".parquet":
        columns = {n: [row.get(n) for row in ROWS] for n in names}
        pq.write_table(pa.table(columns), path)
    elif path.suffix == ".csv":
        lines = [",".join(str(row.get(n) or "") for n in names) for row in ROWS]
        path.write_text("\n".join([",".join(names), *lines]) + "\n")
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def put(folder: Path, **members: Any) -> Path:
    return write(folder / "croissant.json", json.dumps(make(**members), indent=1))


def told(records: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (
            record["row"],
            record["name"],
            [(o["model"], o["mode"]) for o in record["origins"]],
            [p["reference"] for p in record["parents"]],
        )
        for record in records
    ]


SAID = [
    (1, "a", [("GPT-4", "answered")], []),
    (2, "b", [], []),
    (3, "c", [], ["a"]),
]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_rows_beside_the_metadata_are_read_as_prov_means_them(
    tmp_path: Path, suffix: str
) -> None:
    rows = write_rows(tmp_path / f"rows.{suffix}")
    path = put(tmp_path, distribution=[describe(rows)], recordSet=make_set("rows"))
    records, faults = read_file(path, {"name": "rid"})
    assert (told(records), faults) == (SAID, [])
    document = open_manifest(path).document
    assert document
    assert (document.rows, document.has_more_rows) == ([], True)


def test_rows_in_the_metadata_are_read_the_same(tmp_path: Path) -> None:
    data = [{f"default/{name}": said for name, said in row.items()} for row in ROWS]
    inline = make_set(None) | {"data": [*data, "odd"]}
    records, faults = read_file(put(tmp_path, recordSet=inline), {"name": "rid"})
    assert told(records) == SAID
    assert [(f.row, f.reason) for f in faults] == [
        (4, "expected an object with the fields of the record set")
    ]


def test_files_and_rows_are_numbered_one_after_the_other(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl")
    other = {"@type": "cr:FileObject", "@id": "x.zip", "sha256": "ab" * 32}
    inline = make_set(None) | {"@id": "more", "data": [{"rid": "z", "who": "M"}]}
    path = put(
        tmp_path,
        distribution=[describe(rows), other],
        recordSet=[make_set("rows"), inline],
    )
    records, faults = read_file(path, {"name": "rid"})
    assert faults == []
    assert [r["row"] for r in records] == [2, 3, 4, 5, 6]
    assert [o["model"] for o in records[-1]["origins"]] == ["M"]


def test_people_are_human_and_nobody_is_named(tmp_path: Path) -> None:
    person = make_field("author", None, **PROV["who"]) | {"dataType": "prov:Person"}
    data = [{"rid": "a", "author": "Ann"}, {"rid": "b", "author": None}]
    fields = [make_field("rid", None), person]
    inline = {"@type": "cr:RecordSet", "field": fields, "data": data}
    records, _ = read_file(put(tmp_path, recordSet=inline), {"name": "rid"})
    assert [[o["kind"] for o in r["origins"]] for r in records] == [["human"], []]


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"sha256": "ab" * 32}, "in another file than it describes"),
        ({"sha256": None}, "in a file without a sha256"),
        ({"contentUrl": "../rows.jsonl"}, "do not lie beside it"),
        ({"contentUrl": "https://x.org/rows.jsonl"}, "do not lie beside it"),
        ({"contentUrl": "gone.jsonl"}, "do not lie beside it"),
    ],
    ids=range(5),
)
def test_only_the_file_that_is_described_is_read(
    tmp_path: Path, change: dict[str, Any], note: str
) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    write_rows(tmp_path / "rows.jsonl")
    rows = write_rows(folder / "rows.jsonl")
    said = describe(rows, **change)
    path = put(folder, distribution=[said], recordSet=make_set("rows"))
    document = open_manifest(path).document
    assert document
    assert not document.has_more_rows
    assert any(note in told for told in document.notes)


def test_a_row_without_prov_is_not_read(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl")
    plain = make_set("rows", ["rid"])
    path = put(tmp_path, distribution=[describe(rows)], recordSet=plain)
    assert [r["name"] for r in read_file(path)[0]] == ["rows"]


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    rows = write(tmp_path / "rows.parquet", b"PAR1 is all there is")
    path = put(tmp_path, distribution=[describe(rows)], recordSet=make_set("rows"))
    with pytest.raises(ManifestError, match=r"croissant\.json: .*rows\.parquet"):
        open_manifest(path)


def test_they_are_recorded_with_origins_and_parents(
    ledger: Ledger, tmp_path: Path
) -> None:
    rows = write_rows(tmp_path / "rows.jsonl")
    path = put(tmp_path, distribution=[describe(rows)], recordSet=make_set("rows"))
    columns = {"name": "rid", "text": "words"}
    done = ledger.ingest(path, columns=columns, batch_rows=2)
    assert (done.dataset, done.recorded, done.quarantined) == ("set", 3, 0)
    tiers = [ledger.explain(f"set#{name}")[0].tier for name in "abc"]
    assert tiers == ["generated", "unknown", "derived"]
    assert ledger.ingest(path, columns=columns).already
    assert ledger.check_derived() == []


def test_rows_in_a_folder_are_recorded_once(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    rows = write_rows(folder / "a.jsonl")
    put(folder, distribution=[describe(rows)], recordSet=make_set("rows"))
    passed_over, done = ledger.ingest_all([folder], columns={"text": "words"})
    assert isinstance(passed_over, PassedOver)
    assert passed_over.passed_over.startswith("holds rows that ")
    assert isinstance(done, Ingested)
    assert (done.dataset, done.recorded) == ("set", 3)


def test_what_was_exported_comes_back_with_every_edge(
    ledger: Ledger, tmp_path: Path
) -> None:
    lines = [
        {"name": "a", "digest": f"sha256:{'a' * 64}", "generated_by": "M"}
        | {"mode": "answered", "bytes": 100, "tokens": 30},
        {"name": "b", "digest": f"sha256:{'b' * 64}", "derived_from": "a"}
        | {"derivation": "translated", "origin": "human", "bytes": 100, "tokens": 30},
        {"name": "c", "digest": f"sha256:{'c' * 64}", "detector": "looker@2"}
        | {"score": 0.9, "bytes": 300, "tokens": 30},
    ]
    path = tmp_path / "d.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in lines))
    ledger.ingest(path, dataset="first")
    ledger.export_dataset("croissant", "first", tmp_path / "out")
    with Ledger.open(f"sqlite:///{tmp_path}/other.db") as other:
        told = list(other.ingest_all([tmp_path / "out"]))
        recorded = [done.recorded for done in told if isinstance(done, Ingested)]
        assert sum(recorded) == 3
        units = [
            {unit: of.to_dict() for unit, of in one.report("first").units.items()}
            for one in (ledger, other)
        ]
    assert units[0] == units[1]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(JSON, JSON, st.lists(JSON, max_size=3))
def test_any_record_set_is_read_or_refused(
    tmp_path: Path, fields: Any, said: Any, data: list[Any]
) -> None:
    inline = make_set(None) | {"data": data}
    other = {"@type": "cr:RecordSet", "field": fields, "annotation": said}
    with suppress(ManifestError):
        read_file(put(tmp_path, recordSet=[inline, other], distribution=said))


def test_rows_in_a_folder_are_read_with_their_metadata_and_once(
    ledger: Ledger, tmp_path: Path
) -> None:
    (tmp_path / "set" / "parts").mkdir(parents=True)
    rows = write_rows(tmp_path / "set" / "parts" / "rows.jsonl")
    other = write_rows(tmp_path / "set" / "other.jsonl")
    place = describe(rows, contentUrl="parts/rows.jsonl")
    put(tmp_path / "set", distribution=[place], recordSet=make_set("rows"))
    named = {"name": "rid"}
    found = ledger.ingest_all([tmp_path / "set"], columns=named)
    done = [one.to_dict() for one in found]
    assert [one.get("passed_over") for one in done] == [
        None,
        None,
        "holds rows that croissant.json describes, and is read with it",
    ]
    assert [one.get("recorded") for one in done[:2]] == [3, 3]
    assert other.exists()
    [alone] = ledger.ingest_all([rows], dataset="again", columns=named)
    assert alone.to_dict()["recorded"] == 3
