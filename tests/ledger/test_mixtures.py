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


def test_a_total_that_is_the_sum_leaves_nothing_open_in_its_unit(
    lone: Ledger, tmp_path: Path
) -> None:
    card = tmp_path / "tb.md"
    card.write_text(
        "# M\n\n| Dataset | Tokens (B) | Generator | Samples (K) |\n|---|---|---|---|\n"
        "| web | 1.5 | | 10 |\n| cosmo | 0.3 | Mixtral | 2.5 |\n"
        "| **Total** | 2.0 | | 12.5 |\n"
    )
    with lone:
        lone.ingest(card)
        units = lone.report("tb").units
        assert units["items"].downstream_share == (0.2, 1.0)
        assert units["tokens"].total == 2_000_000_000
