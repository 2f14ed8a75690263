"""What a report says of mixtures that others published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenance import Ledger


@pytest.fixture
def lone(tmp_path: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path}/ledger.db")


def test_what_tulu_3_does_not_account_for_is_unknown(
    lone: Ledger, real_data: Path
) -> None:
    folder = real_data / "V1-mixture-cards"
    truth = json.loads((folder / "expected.json").read_text())["tulu3"]
    with lone:
        done = lone.ingest(folder / "tulu-3-sft-mixture.README.md")
        assert (done.dataset, done.facts) == ("tulu-3-sft-mixture", 1)
        report = lone.report("tulu-3-sft-mixture")
        items = report.units["items"]
        assert truth["stated_total"] == items.total
        assert items.downstream_share == (0.0, 1.0)
        assert len(report.parents) == truth["yaml_source_datasets"]
        assert truth["components"] + 1 == report.units["records"].total
        (told,) = lone.explain("tulu-3-sft-mixture#(unaccounted)")
        assert told.tier == "unknown"
        lone.verify(deep=True)


def test_shares_of_generators_are_those_of_the_card(
    lone: Ledger, real_data: Path
) -> None:
    folder = real_data / "V1-mixture-cards"
    truth = json.loads((folder / "expected.json").read_text())
    with lone:
        lone.ingest(folder / "nemotron-post-training-v1.csv", dataset="nemotron")
        lone.ingest(folder / "llama-nemotron-generators.csv", dataset="llama")
        groups = dict(lone.report("nemotron", by=["model"]).by["model"])
        shares = [
            round(int(groups[name].total) / truth["nemotron_v1"]["total"], 5)
            for name in ("DeepSeek-R1-0528", "Qwen3-235B-A22B")
        ]
        assert truth["nemotron_v1"]["share"] == shares
        groups = dict(lone.report("llama", by=["model"]).by["model"])
        thousands = groups["DeepSeek-R1"].total // 1000
        compound = truth["llama_nemotron_compound"]
        assert compound["split_compound_DeepSeek-R1_k"] == thousands
