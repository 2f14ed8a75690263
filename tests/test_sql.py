"""The questions of docs/sql.md are answered, and alike on both databases."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from databases import new_database

from provenance import Ledger

TEXT = (Path(__file__).parent.parent / "docs/sql.md").read_text("utf-8")
_QUESTION = re.compile(
    r"^## (\d+\..+?)\n\n```sql\n(.+?)\n```", re.MULTILINE | re.DOTALL
)
QUESTIONS = _QUESTION.findall(TEXT)


def digest(letter: str) -> str:
    return f"sha256:{letter * 64}"


def tell(ledger: Ledger, folder: Path) -> None:
    """Something for every question."""
    usual = {"fetched_at": "2022-05-01", "tokens": 10, "language": "en"}
    answer = {"generated_by": "M", "mode": "answered", "split": "train"}
    cleaned = {"derivation": "cleaned", "split": "test", "tokens": 5}
    scored = {"detector": "looker@2", "threshold": 0.5}
    files: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
        "crawl": (
            [
                {"digest": digest("a"), "url": "https://a.example.org/1"}
                | usual
                | {"reservation": "x-robots-tag: noai"},
                {"digest": digest("b"), "origin": "human", "name": "essay"},
                {"digest": "no digest"},
            ],
            {"dataset": "crawl@1"},
        ),
        "mix": (
            [
                usual | answer | {"digest": digest("c"), "url": "https://x.org/1"},
                {"digest": digest("b"), "generated_by": "M", "split": "test"},
                cleaned | {"digest": digest("d"), "derived_from": digest("c")},
                {"name": "only a name", "derived_from": "essay", "language": "de"},
                {"digest": digest("a"), "name": "again", "tokens": 7},
            ],
            {"dataset": "mix"},
        ),
        "seen": (
            [
                {"digest": digest("a"), "score": 0.13} | scored,
                {"digest": digest("d"), "score": 0.91} | scored,
            ],
            {"kind": "evidence"},
        ),
        "wrong": ([{"digest": digest("e"), "generated_by": "N"}], {"dataset": "w"}),
    }
    for name, (rows, options) in files.items():
        path = folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        ledger.ingest(path, **options)
    path = folder / "wrong.jsonl"
    path.write_text(json.dumps({"digest": digest("e")}) + "\n")
    ledger.ingest(path, dataset="w", replace=True)
    ledger.add_model("M", released=date(2022, 11, 30))


@pytest.fixture(scope="module")
def ledgers(
    postgresql: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Ledger]]:
    """The same facts on both databases."""
    folder = tmp_path_factory.mktemp("sql")
    with new_database(postgresql) as url, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # bad rows are set aside in the working folder
        opened = [
            Ledger.open(one, clock=lambda: 1_700_000_000_000_000)
            for one in (f"sqlite:///{folder}/ledger.db", url)
        ]
        for ledger in opened:
            tell(ledger, folder)
        yield opened
        for ledger in opened:
            ledger.close()


def plain(value: Any) -> Any:
    return pytest.approx(value) if isinstance(value, float) else value


@pytest.mark.parametrize(
    "sql", [sql for _, sql in QUESTIONS], ids=[name for name, _ in QUESTIONS]
)
def test_question_is_answered_alike_on_both_databases(
    ledgers: list[Ledger], sql: str
) -> None:
    answers = []
    for ledger in ledgers:
        with ledger._reading() as connection:
            found = connection.exec_driver_sql(sql)
            answers.append((list(found.keys()), [tuple(row) for row in found]))
    (names, rows), (others, same) = answers
    assert names == others
    assert rows
    assert [tuple(map(plain, row)) for row in rows] == same


def test_there_are_twenty_questions() -> None:
    assert len(QUESTIONS) >= 20
    assert len(QUESTIONS) == TEXT.count("```sql")
