"""Dolma attributes: which are evidence, and what their spans come to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifest.rows import read_file

from provenance.domain import Field
from provenance.errors import ManifestError
from provenance.manifest import open_manifest

GENERATED = "mix__looks_generated_v2__ai"
TOXIC = "mix__jigsaw__toxic"


def write(path: Path, *attributes: Any) -> Path:
    rows = [
        {"source": "s", "id": f"d{number}", "attributes": said}
        for number, said in enumerate(attributes)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def scores(records: list[dict[str, Any]]) -> dict[tuple[str, int], float]:
    return {(r["name"], r["part"]): r["origins"][0]["score"] for r in records}


def test_score_is_the_mean_of_the_spans_by_their_length(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        {GENERATED: [[0, 300, 0.9], [300, 400, 0.1]], TOXIC: [[0, 400, 0.2]]},
        {GENERATED: 0.25},
        {GENERATED: [[0, 0, 0.5], [0, 0, 1.0]]},
    )
    records, faults = read_file(path)
    assert scores(records) == {
        ("d0", 0): pytest.approx(0.7),
        ("d1", 0): 0.25,
        ("d2", 0): 0.75,
    }
    assert faults == []
    (origin,) = records[0]["origins"]
    assert (origin["kind"], origin["model"]) == ("model", "unnamed")
    assert (origin["evidence"], origin["detector"]) == (
        "detector",
        "looks_generated@v2",
    )


def test_a_document_with_nothing_tagged_is_noted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", {GENERATED: [[0, 9, 1]]}, {GENERATED: []}, {})
    (raw,) = open_manifest(path).read(["id", "score"])
    assert raw.columns["id"].to_pylist() == ["d0"]
    assert raw.notes == {
        "no attribute that is read has a score of the document": [2, 3]
    }


def test_one_bad_span_is_a_bad_row(tmp_path: Path) -> None:
    odd: list[Any] = [[[0, 9]], [[9, 0, 0.5]], [[0, 9, 1.5]], [[0, 9, None]], "x", {}]
    both = {GENERATED: [[0, 9, 2]], "mix__gpt_v1__gpt": [[0, 9, 0.5]]}
    path = write(tmp_path / "a.jsonl", *({GENERATED: said} for said in odd), both)
    records, faults = read_file(path)
    assert records == []
    assert [f.row for f in faults] == [1, 2, 3, 4, 5, 6, 7]
    assert {(f.field, f.reason[:32]) for f in faults} == {
        ("score", "expected a number, or a list of ")
    }
    assert faults[0].value == "[[0,9]]"


def test_several_detectors_are_several_scores_of_a_document(tmp_path: Path) -> None:
    other = "mix__binoculars__score"
    path = write(tmp_path / "a.jsonl", {other: [[0, 9, 0.5]], GENERATED: [[0, 9, 1]]})
    records, _ = read_file(path)
    assert scores(records) == {("d0", 0): 0.5, ("d0", 1): 1.0}
    assert [r["origins"][0]["detector"] for r in records] == [
        "binoculars",
        "looks_generated@v2",
    ]


@pytest.mark.parametrize("name", [TOXIC, "mix__ai_or_not_v1__human", "length"])
def test_what_does_not_detect_models_is_evidence_only_if_it_is_named(
    tmp_path: Path, name: str
) -> None:
    path = write(tmp_path / "a.jsonl", {name: [[0, 9, 0.5]]})
    with pytest.raises(ManifestError, match=name) as raised:
        open_manifest(path)
    assert "--map score=attributes." in raised.value.hint
    named = {Field.SCORE: f"attributes.{name}"}
    (raw,) = open_manifest(path, named=named).read([f"attributes.{name}"])
    assert raw.columns[f"attributes.{name}"].to_pylist() == [0.5]


def test_parquet_is_read_as_json_lines_are(tmp_path: Path) -> None:
    said = [{"id": "d0", "attributes": {GENERATED: [[0.0, 300.0, 0.9]]}}]
    pq.write_table(pa.Table.from_pylist(said), tmp_path / "a.parquet")
    records, faults = read_file(tmp_path / "a.parquet")
    assert (scores(records), faults) == ({("d0", 0): 0.9}, [])


SPAN = st.lists(st.none() | st.floats(-1, 9) | st.text(max_size=2), max_size=4)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=40,
)
@given(st.lists(st.none() | st.floats() | st.lists(SPAN, max_size=3), max_size=4))
def test_any_value_is_a_score_a_fault_or_a_note(
    tmp_path: Path, values: list[Any]
) -> None:
    rows: list[Any] = [{GENERATED: 0.5}, *({GENERATED: value} for value in values)]
    path = write(tmp_path / "a.jsonl", *rows)
    reader = open_manifest(path)
    for raw in reader.read(["id", "score"]):
        told = [*raw.rows.to_pylist(), *(f.row for f in raw.faults)]
        told += [row for noted in raw.notes.values() for row in noted]
        assert sorted(told) == list(range(1, len(rows) + 1))
