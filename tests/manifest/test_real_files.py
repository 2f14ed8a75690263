"""Third-party manifests, read in place; what they hold was counted by other means."""

import json
from pathlib import Path
from typing import Any

import pytest
from manifest.rows import read_file

from provenance.domain import format_digest
from provenance.manifest import open_manifest


def expected(folder: Path) -> Any:
    return json.loads((folder / "expected.json").read_text())


def test_mixture_cards(real_data: Path) -> None:
    folder = real_data / "V1-mixture-cards"
    path = folder / "nemotron-post-training-v1.csv"
    records, faults = read_file(path)
    assert faults == []
    by_model: dict[str, int] = {}
    for record in records:
        (origin,) = record["origins"]
        by_model[origin["model"]] = by_model.get(origin["model"], 0) + record["items"]
    truth = expected(folder)["nemotron_v1"]
    assert by_model == {
        name: truth[name] for name in ("DeepSeek-R1-0528", "Qwen3-235B-A22B")
    }


def test_compound_cells_of_a_mixture_card_name_every_generator(real_data: Path) -> None:
    folder = real_data / "V1-mixture-cards"
    path = folder / "llama-nemotron-generators.csv"
    records, faults = read_file(path, {"items": "rows_thousands"})
    assert faults == []
    thousands = sum(
        record["items"]
        for record in records
        if "DeepSeek-R1" in [origin["model"] for origin in record["origins"]]
    )
    truth = expected(folder)["llama_nemotron_compound"]
    assert truth["split_compound_DeepSeek-R1_k"] == thousands


@pytest.mark.parametrize("version", ["v01", "v02"])
def test_file_manifests(real_data: Path, version: str) -> None:
    folder = real_data / "V2-file-manifests"
    records, faults = read_file(folder / f"dolma2-0625-{version}.csv")
    truth = expected(folder)[f"dolma2-0625-{version}"]
    assert faults == []
    assert truth["rows"] == len(records)
    assert truth["distinct_keys"] == len({record["name"] for record in records})
    assert truth["total_bytes"] == sum(record["bytes"] for record in records)


@pytest.mark.parametrize(
    ("name", "rows", "digests"),
    [
        ("cdx-bad.cdx", 4, 4),
        ("cdx-dupes.cdx", 12, 10),
        ("cdx-example-arc-test.cdx", 2, 2),
        ("cdx-example-extra.cdx", 2, 2),
        ("cdx-example.cdx", 3, 3),
        ("cdx-post-test.cdx", 3, 3),
        ("cdx-url-agnost-example.cdx", 2, 2),
        ("cdx-httpbin-resource.cdxj", 1, 1),
        ("cdx-missing-status-text.cdxj", 1, 0),
        ("cdxj-dupes.cdxj", 12, 10),
        ("cdxj-example-no-digest.cdxj", 3, 0),
        ("cdxj-example.cdx.gz", 1, 1),
        ("cdxj-example.cdxj", 3, 3),
        ("cdxj-example2.cdxj", 1, 1),
        ("cdxj-post-test.cdxj", 3, 3),
        ("cdxj-url-agnost-example.cdxj", 2, 2),
    ],
)
def test_crawl_indexes(real_data: Path, name: str, rows: int, digests: int) -> None:
    path = real_data / "V6-warc-cdx" / name
    assert open_manifest(path).format == "cdxj"
    records, faults = read_file(path)
    assert faults == []
    assert rows == len(records)
    found = [record["digest"] for record in records if record["digest"]]
    assert digests == len(found)
    assert all(format_digest(digest).startswith("sha1:") for digest in found)
    assert all(record["url"] and record["fetched_at"] for record in records)


@pytest.mark.parametrize(
    "name", ["test_1000.parquet", "test_10000.parquet", "sample_image.parquet"]
)
def test_image_tables(real_data: Path, name: str) -> None:
    folder = real_data / "V7-tabular"
    records, faults = read_file(folder / name)
    truth = expected(folder)[name]
    assert faults == []
    assert truth["rows"] == len(records)
    assert truth["distinct_urls"] == len({record["url"] for record in records})


@pytest.mark.parametrize(
    "name", ["000.json.gz", "cc_en_head-0091.jsonl.gz", "cc_en_head-0174.jsonl.gz"]
)
def test_documents(real_data: Path, name: str) -> None:
    folder = real_data / "V7-tabular"
    records, faults = read_file(folder / name)
    truth = expected(folder)["dolma_jsonl"]
    assert faults == []
    assert truth["rows_each"] == len(records)
    assert truth["distinct_text_each"] == len({record["digest"] for record in records})
    assert {record["language"] for record in records} == {"en"}
    assert {record["medium"] for record in records} == {"text"}
