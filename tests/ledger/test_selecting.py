"""Lists of what to keep and what to leave out reach the mix that was asked for."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from provenance import Ledger
from provenance.domain import Grade, Mode, Tier, WhatIf
from provenance.errors import (
    BoundRefusedError,
    LedgerStateError,
    NameRefusedError,
    NotRecordedError,
)

Row = dict[str, Any]

TEXT = "long enough to be the same content wherever it stands, whoever wrote it: "
ROWS: tuple[Row, ...] = (
    {"name": "h1", "origin": "human", "tokens": 60, "url": "https://a.org/1"},
    {"name": "h2", "origin": "human", "tokens": 35, "copies": "2"},
    {"name": "g1", "generated_by": "M", "tokens": 9, "url": "https://a.org/2"},
    {"name": "g2", "generated_by": "M", "tokens": 5, "url": "https://b.org/1"},
    {"name": "g3", "generated_by": "N", "tokens": 4},
    {"name": "d1", "derived_from": "g3", "derivation": "cleaned", "tokens": 3},
    {"name": "u1", "tokens": 8},
    {"name": "g4", "generated_by": "N"},
)


def _record(
    ledger: Ledger, folder: Path, rows: Sequence[Row], dataset: str = "d"
) -> None:
    path = folder / f"{dataset}.jsonl"
    texts = [{"text": TEXT + row["name"]} | row for row in rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in texts))
    ledger.ingest(path, dataset=dataset)


def _read(path: Path) -> list[Row]:
    if path.suffix == ".parquet":
        rows: list[Row] = pq.read_table(path).to_pylist()
        return rows
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            return [dict(row) for row in csv.DictReader(file)]
        return [json.loads(line) for line in file]


def _names(path: Path) -> list[str]:
    return [row["name"] for row in _read(path)]


@pytest.fixture
def told(ledger: Ledger, tmp_path: Path) -> Ledger:
    _record(ledger, tmp_path, ROWS)
    return ledger


def test_the_most_that_the_mix_allows_is_kept(told: Ledger, tmp_path: Path) -> None:
    expected: tuple[tuple[dict[str, Any], list[str], dict[str, int]], ...] = (
        # Free are 130 of people; 10 % of what is kept leaves 14 for all others.
        (
            {"max_downstream": "10%"},
            ["h1", "h2", "g1", "g2"],
            {"downstream": 3, "lacks tokens": 1},
        ),
        # Unknown is free, too: 138 leave 15, of which 9, 5 fit, 4 and 3 do not.
        (
            {"max_downstream": "10%", "end": "low"},
            ["h1", "h2", "g1", "g2", "u1"],
            {"downstream": 2, "lacks tokens": 1},
        ),
        ({"tiers": ["human", "unknown"]}, ["h1", "h2", "u1"], {"tier": 5}),
        (
            {"tiers": ["human", "unknown"], "max_downstream": 0.05},
            ["h1", "h2"],
            {"downstream": 1, "tier": 5},
        ),
        # a.org: 60 leave 6; of no source: 70 leave 7; b.org has nothing free.
        (
            {"max_downstream": "10%", "by": "source"},
            ["h1", "h2", "g3", "d1"],
            {"downstream": 3, "lacks tokens": 1},
        ),
    )
    keep, drop = tmp_path / "keep.parquet", tmp_path / "drop.jsonl"
    for asked, kept, reasons in expected:
        done = told.select("d", keep, drop=drop, unit="tokens", **asked)
        assert _names(keep) == kept, asked
        assert {name: of.records for name, of in done.reasons.items()} == reasons
        left = [row["name"] for row in ROWS if row["name"] not in kept]
        assert _names(drop) == left, asked
        assert done.before.records == len(ROWS)


def test_a_list_says_where_each_record_stands(told: Ledger, tmp_path: Path) -> None:
    paths = [tmp_path / f"keep.{suffix}" for suffix in ("parquet", "csv", "jsonl")]
    for path in paths:
        told.select("d", path, max_downstream="10%", by="source", unit="tokens")
    plain, text, lines = map(_read, paths)
    assert plain == lines
    assert [row | {"weight": str(row["weight"])} for row in plain] == [
        {
            name: None if not value else int(value) if name in _WHOLE else value
            for name, value in row.items()
        }
        | {"part": int(row["part"])}
        for row in text
    ]
    first, second = plain[:2]
    assert first["digest"].startswith("sha256:")
    assert {name: first[name] for name in first if name != "digest"} == {
        "dataset": "d",
        "name": "h1",
        "url": "https://a.org/1",
        "file": str(tmp_path / "d.jsonl"),
        "row": 1,
        "part": 0,
        "tier": "human",
        "weight": 60.0,
        "source": "a.org",
    }
    assert (second["weight"], second["source"]) == (70.0, None)


_WHOLE = ("row", "part")


def test_what_is_kept_keeps_the_bound_when_it_is_recorded(
    told: Ledger, tmp_path: Path
) -> None:
    keep = tmp_path / "keep.jsonl"
    done = told.select("d", keep, max_downstream="10%", unit="tokens")
    kept = set(_names(keep))
    rows = [row for row in ROWS if row["name"] in kept]
    _record(told, tmp_path, rows, "kept")
    checked = told.check("kept", max_downstream="10%", unit="tokens")
    assert checked.passed
    assert checked.figures.downstream_share == done.kept.downstream_share
    assert checked.figures.tiers == done.kept.tiers


def test_what_is_downstream_of_a_model_is_listed(told: Ledger, tmp_path: Path) -> None:
    told.add_model("N", aliases=["enn"])
    _record(told, tmp_path, ({"name": "c", "derived_from": "d#g4"},), "later")
    _record(told, tmp_path, ({"name": "h", "origin": "human"},), "apart")
    drop, keep = tmp_path / "drop.csv", tmp_path / "keep.csv"
    done = told.exclude("enn", drop, keep=keep)
    assert done.datasets == ("d", "later")
    assert _names(drop) == ["g3", "d1", "g4", "c"]
    assert {row["reason"] for row in _read(drop)} == {"model"}
    assert _names(keep) == ["h1", "h2", "g1", "g2", "u1"]
    assert told.exclude("M", drop, dataset="later").dropped.records == 0
    assert _names(drop) == []
    assert told.exclude("M", dataset="d", unit="tokens").dropped.total == 14
    edited = WhatIf(generating=frozenset({Mode.EDITED}))
    assert told.exclude("M", dataset="d", what_if=edited).dropped.records == 0
    assert told.exclude("M", what_if=edited).datasets == ()
    believed = WhatIf(least_grade=Grade.INFERRED)
    assert told.exclude("enn", what_if=believed).dropped.records == 4
    with pytest.raises(NotRecordedError, match="no model 'O'"):
        told.exclude("O", drop)


def test_a_selection_asks_as_a_report_does(told: Ledger, tmp_path: Path) -> None:
    scored = {"evidence": "detector", "generated_by": "S", "tokens": 2}
    _record(told, tmp_path, ({"name": "s", **scored},), "scored")
    told.claim(dataset="scored", generated_by="X", share="50%", unit="tokens")
    assert told.select("scored").kept.tiers[Tier.UNKNOWN] == 1
    believed = WhatIf(least_grade=Grade.DETECTED)
    done = told.select("scored", what_if=believed)
    assert done.kept.tiers[Tier.GENERATED] == 1
    assert done.what_if == tuple(believed.words())
    assert done.notes == (
        (
            "a share is claimed of scored, not said of which records: the lists do not "
            "have it"
        ),
    )


def test_what_cannot_be_selected_is_refused_and_nothing_written(
    told: Ledger, tmp_path: Path
) -> None:
    refused: tuple[tuple[type[Exception], dict[str, Any]], ...] = (
        (NameRefusedError, {"keep": tmp_path / "keep.txt"}),
        (LedgerStateError, {"keep": tmp_path / "no folder/keep.csv"}),
        (BoundRefusedError, {"tiers": ["humane"]}),
        (BoundRefusedError, {"max_downstream": 2}),
        (BoundRefusedError, {"unit": "contents"}),
        (BoundRefusedError, {"by": "model"}),
    )
    for error, asked in refused:
        with pytest.raises(error):
            told.select("d", **asked)
    with pytest.raises(NotRecordedError):
        told.select("e", tmp_path / "keep.csv")
    assert [path.name for path in tmp_path.glob("*keep*")] == []
