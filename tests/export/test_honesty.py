"""What exports say where little is known, and what they then lose."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from provenance import Ledger
from provenance.errors import LedgerStateError, NameRefusedError
from provenance.ledger.exporting import EXPORTS

Export = Callable[[list[dict[str, Any]], str], str]
Record = Callable[[list[dict[str, Any]]], str]

HUMAN = {"origin": "human", "tokens": 2, "bytes": 100, "name": "h"}
MODEL = {"generated_by": "M", "tokens": 2, "bytes": 100, "name": "m"}
UNSAID = {"tokens": 2, "bytes": 100, "name": "u"}


@pytest.fixture(scope="module")
def ledger_of_all() -> Iterator[Ledger]:
    """One ledger for all tests here; each has a dataset of its own."""
    with Ledger.open("sqlite://") as opened:
        yield opened


@pytest.fixture
def record(ledger_of_all: Ledger, tmp_path: Path) -> Record:
    """Record rows as a new dataset, and return its name."""

    def run(rows: list[dict[str, Any]]) -> str:
        manifest = tmp_path / "rows.jsonl"
        manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
        name = f"d{len(ledger_of_all.datasets())}"
        ledger_of_all.ingest(manifest, dataset=name)
        return name

    return run


@pytest.fixture
def export(ledger_of_all: Ledger, record: Record, tmp_path: Path) -> Export:
    """Record rows, export them, and return the text."""

    def run(rows: list[dict[str, Any]], name: str) -> str:
        done = ledger_of_all.export_dataset(name, record(rows), tmp_path / "out")
        return done.files[0].read_text("utf-8")

    return run


@pytest.mark.parametrize(
    ("rows", "used", "synthetic", "whole"),
    [
        ([HUMAN], "no", False, "complete"),
        ([UNSAID], "unknown", None, "unknown"),
        ([HUMAN, UNSAID], "unknown", None, "incomplete"),
        ([MODEL, UNSAID], "yes", True, "incomplete"),
        ([MODEL, {**HUMAN, "tokens": None}], "yes", True, "incomplete"),
    ],
    ids=["human", "unsaid", "human and unsaid", "model and unsaid", "no tokens"],
)
def test_no_is_said_only_where_nothing_is_unknown(
    ledger_of_all: Ledger,
    record: Record,
    tmp_path: Path,
    rows: list[dict[str, Any]],
    used: str,
    synthetic: bool | None,  # noqa: FBT001 - a parameter of the test
    whole: str,
) -> None:
    dataset = record(rows)

    def read(name: str) -> Any:
        done = ledger_of_all.export_dataset(name, dataset, tmp_path / name)
        return json.loads(done.files[0].read_text("utf-8"))

    assert read("eu-summary")["2.5"]["used"] == used
    assert read("ab-2013")["items"][11]["answer"]["used"] == used
    assert read("croissant").get("rai:hasSyntheticData") is synthetic
    assert read("cyclonedx")["compositions"][0]["aggregate"] == whole


def test_what_is_not_there_is_not_lost(
    ledger_of_all: Ledger, record: Record, tmp_path: Path
) -> None:
    dataset = record([HUMAN])
    lost = {
        name: {
            loss.what
            for loss in ledger_of_all.export_dataset(
                name, dataset, tmp_path / name
            ).lost
        }
        for name in EXPORTS
    }
    assert lost["parquet"] == {"log"}
    assert lost["card"] == {"rows", "edges", "evidence", "log"}


def test_the_largest_tenth_of_domains_is_listed_greatest_first(export: Export) -> None:
    rows = [
        {"url": f"https://www.site{n}.org/", "bytes": 100 + n, "date": "2020-01-01"}
        for n in range(21)
    ]
    found = json.loads(export(rows, "eu-summary"))["2.3"]
    assert found["domains"] == 21
    assert [one["domain"] for one in found["top_10_percent"]] == [
        "site20.org",
        "site19.org",
        "site18.org",
    ]
    assert found["top_5_percent_or_1000"] == 2
    assert found["period"] == ["2020-01", "2020-01"]


def test_bytes_of_domains_are_those_of_the_report(export: Export) -> None:
    page = {"url": "https://a.org/", "bytes": 101, "copies": "0.5"}
    rows = [page, {"bytes": 1, "copies": "0.7"}]
    found = json.loads(export(rows, "eu-summary"))["2.3"]
    assert found["top_10_percent"] == [{"domain": "a.org", "bytes": 50.5}]
    assert found["bytes_without_domain"] == 0.7


def test_a_ledger_does_not_answer_what_it_does_not_know(export: Export) -> None:
    items = json.loads(export([MODEL], "ab-2013"))["items"]
    assert [item["item"] for item in items] == list(range(1, 13))
    silent = [i["item"] for i in items if i["answer"] == "not recorded"]
    assert silent == [2, 5, 6, 7, 8, 9, 10, 11]


def test_a_card_says_no_size_where_records_do_not(export: Export) -> None:
    rows = [{**HUMAN, "items": 7}, {**MODEL, "items": None}]
    front = yaml.safe_load(export(rows, "card").split("---")[1])
    assert "size_categories" not in front
    assert front["tags"] == ["synthetic"]
    shares = front["provenance"]["downstream_of_generative_models"]
    assert shares["items"]["share"] is None
    assert shares["items"]["missing"] == 1


def test_a_dataset_without_records_is_exported_as_one(
    ledger_of_all: Ledger, tmp_path: Path
) -> None:
    ledger_of_all.add_dataset("empty@1", derived_from=["p"])
    for name in EXPORTS:
        done = ledger_of_all.export_dataset(name, "empty", tmp_path / name)
        assert all(path.stat().st_size for path in done.files)


def test_every_field_of_the_standards_has_a_value_or_null(export: Export) -> None:
    groups = json.loads(export([MODEL], "dps"))
    assert [len(fields) for fields in groups.values()] == [6, 8, 8]
    assert groups["Provenance"]["Method"]["generators"] == ["M"]
    assert groups["Use"]["License to use"] is None


def test_an_unknown_format_and_a_place_that_cannot_be_written_are_refused(
    ledger_of_all: Ledger, record: Record, tmp_path: Path
) -> None:
    dataset = record([HUMAN])
    with pytest.raises(NameRefusedError, match="is no format of exports"):
        ledger_of_all.export_dataset("xml", dataset, tmp_path / "out")
    (tmp_path / "file").write_text("")
    for name, place in (("card", "none/card"), ("parquet", "file/out")):
        with pytest.raises(LedgerStateError, match="cannot be written"):
            ledger_of_all.export_dataset(name, dataset, tmp_path / place)


@pytest.mark.parametrize("name", ["spdx", "parquet"])
def test_a_pipe_or_a_device_is_refused_and_not_written(
    ledger_of_all: Ledger, record: Record, tmp_path: Path, name: str
) -> None:
    dataset = record([HUMAN])
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", Path("/dev/null")):
        for overwrite in (False, True):
            with pytest.raises(LedgerStateError, match="neither a file nor a folder"):
                ledger_of_all.export_dataset(name, dataset, place, overwrite=overwrite)


def test_a_claimed_share_is_synthetic_data_of_which_items_are_not_said(
    ledger_of_all: Ledger, record: Record, tmp_path: Path
) -> None:
    dataset = record([UNSAID])
    ledger_of_all.claim(dataset=dataset, generated_by="M", share="50%", unit="tokens")
    done = ledger_of_all.export_dataset("eu-summary", dataset, tmp_path / "out")
    found = json.loads(done.files[0].read_text("utf-8"))["2.5"]
    assert found["used"] == "yes"
    assert [one["model"] for one in found["claimed_shares"]] == ["M"]
    assert found["amounts"]["tokens"]["of_these_by_a_claimed_share"] == 1
    assert found["amounts"]["tokens"]["measured_share"] == [0.5, 1.0]
    assert "claims" in {loss.what for loss in done.lost}


@pytest.mark.parametrize(
    "name", ["eu-summary", "card", "ab-2013", "dps", "openlineage", "croissant"]
)
def test_a_model_of_records_without_the_unit_is_named(
    export: Export, name: str
) -> None:
    translated = {"generated_by": "model-b", "mode": "translated", "name": "t"}
    assert "model-b" in export([MODEL, translated], name)


def test_what_is_generated_and_derived_is_added_as_decimals(export: Export) -> None:
    parent = {**MODEL, "copies": "0.1", "name": "p"}
    child = {"derived_from": "p", "tokens": 1, "copies": "0.7", "name": "c"}
    document = json.loads(export([parent, child], "cyclonedx"))
    told = document["metadata"]["component"]["properties"]
    assert {"name": "provenance:tokens:model:M", "value": "0.9"} in told
