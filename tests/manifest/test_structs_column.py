from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from provenance.domain import Field, format_digest
from provenance.manifest import Normaliser, RawBatch
from provenance.manifest.mapping import ColumnMap

DIGEST = "sha256:" + "ab" * 32
ORIGINS = [
    {"kind": "model", "model": "GPT-4", "mode": "answered", "evidence": "captured"},
    {"kind": "human", "mode": "unspecified", "evidence": "reviewed", "score": 0.25},
]
PARENTS = [
    {"digest": DIGEST, "mode": "copied", "evidence": "matched"},
    {"reference": "a1", "mode": "seeded", "evidence": "declared"},
]


def _normalise(**columns: Any) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    height = len(next(iter(columns.values())))
    arrays = {
        name: column if isinstance(column, pa.Array) else pa.array(column)
        for name, column in columns.items()
    }
    fields = {Field(name): name for name in columns}
    chosen = ColumnMap(columns=fields, constants={}, unused=())
    raw = RawBatch(rows=pa.arange(1, height + 1), columns=arrays, faults=[])
    batch, faults = Normaliser(chosen, file="f").normalise(raw)
    return batch.to_pylist(), [(fault.field, fault.reason) for fault in faults]


@pytest.mark.parametrize("as_text", [True, False], ids=["json", "structs"])
def test_each_edge_keeps_mode_and_evidence_of_its_own(as_text: bool) -> None:  # noqa: FBT001 - a parameter of the test
    columns: dict[str, Any] = {"origins": [ORIGINS, []], "parents": [PARENTS, None]}
    if as_text:
        columns = {
            name: [json.dumps(cell) if cell else None for cell in cells]
            for name, cells in columns.items()
        }
    (first, second), faults = _normalise(**columns)
    assert faults == []
    said = [
        {name: value for name, value in one.items() if value is not None}
        for one in first["origins"]
    ]
    assert said == ORIGINS
    digest, reference = first["parents"]
    assert format_digest(digest["digest"]) == DIGEST
    assert (digest["mode"], digest["evidence"]) == ("copied", "matched")
    assert (reference["reference"], reference["digest"]) == ("a1", None)
    assert (second["origins"], second["parents"]) == ([], [])


@pytest.mark.parametrize("as_text", [True, False], ids=["json", "structs"])
def test_a_score_is_what_it_is_in_columns_of_its_own(as_text: bool) -> None:  # noqa: FBT001 - a parameter of the test
    told = [
        {"kind": "model", "score": 0.2},
        {"kind": "model", "evidence": "detector", "score": 0.2},
        {"kind": "model", "evidence": "watermark", "score": 0.7, "threshold": 0.8},
        {"kind": "human", "evidence": "reviewed", "score": 0.2},
    ]
    cells = [json.dumps([one]) if as_text else [one] for one in told]
    rows, faults = _normalise(origins=cells)
    assert faults == []
    found = [
        (one["evidence"], one["threshold"]) for row in rows for one in row["origins"]
    ]
    assert found == [
        ("detector", 0.5),
        ("detector", 0.5),
        ("watermark", 0.8),
        ("reviewed", None),
    ]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ([{"kind": "robot"}], "expected kinds human, model or other"),
        ([{"kind": "model", "mode": "sung"}], "expected one of written, answered"),
        ([{"kind": "model", "evidence": "rumour"}], "expected one of captured"),
        ([{"kind": "human", "model": "GPT-4"}], "expected no model and no mode"),
        ([{"kind": "model", "score": 1.5}], "expected a score from 0 to 1"),
        ([{"kind": "model", "threshold": -1.0}], "expected a threshold from 0 to 1"),
        ([{"kind": "model", "model": "m" * 301}], "expected names of at most 300"),
    ],
    ids=lambda value: value if isinstance(value, str) else "cell",
)
def test_a_bad_origin_costs_its_row_alone(cell: Any, reason: str) -> None:
    for column in (pa.array([cell, ORIGINS[:1]]), [json.dumps(cell), "[]"]):
        rows, ((field, told),) = _normalise(origins=column)
        assert [row["row"] for row in rows] == [2]
        assert field == "origins"
        assert told.startswith(reason)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("GPT-4", "expected a JSON array of objects"),
        ('{"kind": "model"}', "expected a JSON array of objects"),
        ('[{"kind": 7}]', "expected another kind of value for kind"),
        ('[{"maker": "x"}]', "expected only the names"),
        ('[{"kind": "model", "score": "high"}]', "expected another kind of value"),
        ('[{"kind": "model", "score": true}]', "expected another kind of value"),
        ('[{"kind": "model", "model": "a\\u0000"}]', "expected text without NUL"),
    ],
)
def test_text_that_is_no_list_of_origins_is_a_flaw(cell: str, reason: str) -> None:
    rows, ((_, told),) = _normalise(origins=[cell, None])
    assert len(rows) == 1
    assert told.startswith(reason)


def test_a_parent_needs_a_digest_or_a_reference() -> None:
    empty = [{"digest": None, "reference": None, "mode": "copied"}]
    wrong = [{"digest": None, "reference": "a", "mode": "stolen"}]
    rows, faults = _normalise(parents=[empty, wrong, PARENTS])
    assert [row["row"] for row in rows] == [3]
    assert [reason[:30] for _, reason in faults] == [
        "expected a digest or a referen",
        "expected one of copied, extrac",
    ]


def test_two_columns_that_speak_of_one_row_are_a_flaw() -> None:
    rows, faults = _normalise(
        origins=[ORIGINS, [], ORIGINS], generated_by=["M", "M", None]
    )
    assert [len(row["origins"]) for row in rows] == [1, 2]
    assert [field for field, _ in faults] == ["origins"]
