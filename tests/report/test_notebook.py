"""A report in a notebook, and as data frames."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from provenance import Ledger
from provenance.report import Report

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    folder = tmp_path_factory.mktemp("notebook")
    rows = [
        {"name": "a", "generated_by": HOSTILE, "tokens": 10},
        {"name": "b", "origin": "human", "tokens": 20},
        {"name": "c"},
        {"name": "u", "tokens": 50},
        *({"name": f"m{n}", "generated_by": f"M{n}", "tokens": 1} for n in range(20)),
    ]
    (folder / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Ledger.open(f"sqlite:///{folder}/ledger.db", clock=lambda: 0) as ledger:
        ledger.ingest(folder / "d.jsonl")
        yield ledger.report("d", by=["model", "split"], unit="tokens")


class _Balanced(HTMLParser):
    """Fails where an element is not closed in order; collects the words."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, _: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(" ".join(data.split()))


def test_notebook_shows_the_answer_in_words_and_names_as_text(report: Report) -> None:
    drawn = report._repr_html_()
    read = _Balanced()
    read.feed(drawn)
    words = " ".join(filter(None, read.words))
    assert read.open == []
    assert "50.0 % unknown → between 30.0 % and 80.0 % ." in words
    assert "30.0 % of the tokens that are known are downstream" in words
    assert "<script" not in drawn
    assert HOSTILE in words
    assert "tokens by model" in words
    assert "… and 10 more" in words
    assert "not stated" in words


def test_notebook_shows_a_dataset_without_records(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.add_dataset("empty")
        assert "No share can be told of items" in ledger.report("empty")._repr_html_()


def test_data_frames_are_the_arrow_table(report: Report) -> None:
    table = report.to_arrow()
    assert report.to_polars().to_arrow().to_pylist() == table.to_pylist()
    frame = report.to_pandas()
    assert list(frame.columns) == table.column_names
    assert frame["total"].tolist() == table["total"].to_pylist()
    whole = frame[frame["by"].isna() & (frame["unit"] == "tokens")]
    assert whole[["generated", "human"]].to_numpy().tolist() == [[30.0, 20.0]]
