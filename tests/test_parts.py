"""Rows of several parts in the ledger: each part counts by its own bytes."""

from __future__ import annotations

import json
from pathlib import Path

from provenance import Ledger
from provenance.domain import Tier

QUESTION = "Explain in a few words why the sky is blue, please, to a curious child. "
ANSWERS = {
    "alpaca-7b": "Because air scatters the short waves of light more than long ones.",
    "gpt-4": "Sunlight bounces off the air, and the blue of it bounces most of all.",
}


def _write(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


def _row() -> dict[str, object]:
    completions = [{"model": m, "response": text} for m, text in ANSWERS.items()]
    return {"instruction": QUESTION, "completions": completions}


def test_a_prompt_is_not_generated_because_its_answers_are(
    ledger: Ledger, tmp_path: Path
) -> None:
    path = _write(tmp_path / "a.jsonl", _row())
    done = ledger.ingest(path, dataset="feedback")
    assert (done.format, done.rows_read, done.recorded) == ("completions", 1, 3)
    assert (done.generated_by, done.derived_from) == (2, 2)
    units = ledger.report("feedback", by=["model"])
    assert units.units["bytes"].tiers[Tier.UNKNOWN] == len(QUESTION)
    assert units.units["bytes"].tiers[Tier.GENERATED] == sum(map(len, ANSWERS.values()))
    shares = {name: amounts.total for name, amounts in units.by["model"]}
    assert {name for name in shares if name in ANSWERS} == set(ANSWERS)


def test_parts_are_the_same_contents_in_another_dataset(
    ledger: Ledger, tmp_path: Path
) -> None:
    ledger.ingest(_write(tmp_path / "a.jsonl", _row()), dataset="feedback")
    turns = [
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": ANSWERS["gpt-4"]},
    ]
    done = ledger.ingest(
        _write(tmp_path / "b.jsonl", {"messages": turns}), dataset="chats"
    )
    assert (done.format, done.recorded, done.new_contents) == ("chat", 2, 0)
    # Nobody said so in the chat, but the same words are GPT-4's elsewhere.
    assert ledger.report("chats").units["records"].tiers[Tier.GENERATED] == 1


def test_rows_that_are_asked_for_whole_stay_whole(
    ledger: Ledger, tmp_path: Path
) -> None:
    path = _write(tmp_path / "a.jsonl", {"instruction": QUESTION, "output": "x"})
    done = ledger.ingest(path, dataset="a", columns={"text": "instruction"})
    assert (done.format, done.recorded) == ("jsonl", 1)
