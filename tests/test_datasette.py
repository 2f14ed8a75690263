"""The metadata for Datasette names what a ledger has, and its queries run."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import yaml

from provenance import Ledger
from provenance.store.views import VIEWS

METADATA = Path(__file__).parent.parent / "docs/datasette.yaml"
ROWS = (
    {"name": "a", "generated_by": "M", "fetched_at": "2023-01-01"},
    {"name": "b", "fetched_at": "2020-01-01"},
)


@pytest.fixture(scope="module")
def metadata() -> Any:
    return yaml.safe_load(METADATA.read_text("utf-8"))["databases"]["provenance"]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("datasette")
    (folder / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    with Ledger.open(f"sqlite:///{folder}/provenance.db") as ledger:
        ledger.ingest(folder / "d.jsonl")
    return folder / "provenance.db"


def test_every_view_is_described_and_its_facets_are_columns(metadata: Any) -> None:
    assert set(metadata["tables"]) == set(VIEWS)
    for name, told in metadata["tables"].items():
        assert told["description"]
        assert set(told.get("facets", ())) <= set(VIEWS[name][1])


def test_every_query_answers(metadata: Any, database: Path) -> None:
    asked = {"dataset": "d", "model": "M"}
    connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
    answers = {}
    for name, query in metadata["queries"].items():
        values = {one: asked[one] for one in query.get("params", ())}
        answers[name] = connection.execute(query["sql"], values).fetchall()
    connection.close()
    assert ("d", "", "items", 50.0, 100.0, 2.0, 1.0, 0) in answers["answer"]
    assert [row[0] for row in answers["months"]] == ["2020-01", "2023-01"]
    assert ("M", 1.0, 0.0) in answers["models"]
    assert [row[2] for row in answers["items_of"]] == ["a"]
