"""Real manifests of others: counts equal those that independent tools found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provenance import Ledger, LedgerError
from provenance.domain import Tier


@pytest.fixture
def embedded(tmp_path: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path}/ledger.db")


def _expected(folder: Path) -> Any:
    return json.loads((folder / "expected.json").read_text("utf-8"))


def _by(ledger: Ledger, dataset: str, grouping: str) -> dict[Any, Any]:
    report = ledger.report(dataset, by=[grouping])
    return {value: amounts.total for value, amounts in report.by[grouping]}


def test_nemotron_shares_by_generator(embedded: Ledger, real_data: Path) -> None:
    folder = real_data / "V1-mixture-cards"
    expected = _expected(folder)["nemotron_v1"]
    embedded.ingest(folder / "nemotron-post-training-v1.csv", dataset="nemotron")
    models = _by(embedded, "nemotron", "model")
    names = ("DeepSeek-R1-0528", "Qwen3-235B-A22B")
    assert models == {name: expected[name] for name in names}
    total = sum(models.values())
    assert expected["total"] == total
    assert expected["share"] == [round(models[name] / total, 5) for name in names]


def test_compound_generators_count_for_each_model(
    embedded: Ledger, real_data: Path
) -> None:
    folder = real_data / "V1-mixture-cards"
    expected = _expected(folder)["llama_nemotron_compound"]
    embedded.ingest(
        folder / "llama-nemotron-generators.csv",
        dataset="llama-nemotron",
        columns={"items": "rows_thousands"},
    )
    models = _by(embedded, "llama-nemotron", "model")
    assert expected["split_compound_DeepSeek-R1_k"] == models["DeepSeek-R1"]


@pytest.mark.parametrize("version", ["v01", "v02"])
def test_file_manifests_add_up(embedded: Ledger, real_data: Path, version: str) -> None:
    folder = real_data / "V2-file-manifests"
    expected = _expected(folder)[f"dolma2-0625-{version}"]
    done = embedded.ingest(folder / f"dolma2-0625-{version}.csv", dataset="dolma2")
    units = embedded.report("dolma2").units
    assert expected["rows"] == done.recorded == units["records"].total
    assert expected["distinct_keys"] == units["contents"].total
    assert expected["total_bytes"] == units["bytes"].total


@pytest.mark.parametrize("name", ["OLMoE-mix-0824.txt", "dolma17.txt"])
def test_repeated_lines_are_up_sampling_and_are_counted(
    embedded: Ledger, real_data: Path, name: str
) -> None:
    folder = real_data / "V2-file-manifests"
    expected = _expected(folder)[f"multiplicity {name}"]
    done = embedded.ingest(folder / name, dataset="mix")
    assert expected["lines"] == done.recorded
    assert expected["distinct"] == embedded.report("mix").units["contents"].total
    assert done.already is False
    assert embedded.ingest(folder / name, dataset="mix").already is True


def test_captions_tables_keep_one_url_that_stands_twice(
    embedded: Ledger, real_data: Path
) -> None:
    folder = real_data / "V7-tabular"
    for name, expected in _expected(folder).items():
        if not name.endswith(".parquet"):
            continue
        dataset = name.removesuffix(".parquet")
        done = embedded.ingest(folder / name, dataset=dataset)
        assert expected["rows"] == done.recorded
        if dataset.startswith("test_"):
            contents = embedded.report(dataset).units["contents"].total
            assert expected["distinct_urls"] == contents


def test_dolma_documents_are_known_by_their_text(
    embedded: Ledger, real_data: Path
) -> None:
    folder = real_data / "V7-tabular"
    expected = _expected(folder)["dolma_jsonl"]
    for place, path in enumerate(sorted(folder.glob("cc_en_head*.jsonl.gz"))):
        done = embedded.ingest(path, dataset=f"dolma-{place}")
        units = embedded.report(f"dolma-{place}").units
        assert expected["rows_each"] == done.recorded
        assert expected["distinct_text_each"] == units["contents"].total
        assert units["records"].tiers[Tier.UNKNOWN] == done.recorded


def test_equal_files_of_three_projects_share_their_contents(
    embedded: Ledger, real_data: Path
) -> None:
    folder = real_data / "V4-dedupe"
    rows = _expected(folder)["seed_tasks"]["rows"]
    for project in ("self-instruct", "alpaca", "gpteacher"):
        done = embedded.ingest(
            folder / f"{project}.seed_tasks.jsonl",
            dataset=project,
            columns={"text": "instruction"},
        )
        assert rows["alpaca"] == done.recorded
        if project != "self-instruct":
            # Contents under 64 bytes are items of their own dataset version.
            assert done.new_contents < rows["alpaca"]


def test_every_crawl_index_ends_in_rows_or_a_clear_error(
    embedded: Ledger, real_data: Path
) -> None:
    paths = sorted((real_data / "V6-warc-cdx").glob("cdx*"))
    assert paths
    refused: list[str] = []
    for path in paths:
        dataset = path.name.replace(".", "-")
        try:
            done = embedded.ingest(path, dataset=dataset, kind="crawl")
        except LedgerError as error:
            refused.append(error.message)
        else:
            assert done.recorded > 0
            assert done.recorded == embedded.report(dataset).units["records"].total
    assert all("cdx" in message for message in refused)
