"""A dataset of which every kind of thing is known, and all exports of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from provenance import Ledger
from provenance.ledger.exporting import EXPORTS, Exported

__all__ = ["PARENT", "SET", "Everything", "export_everything"]

NOW = 1_700_000_000_000_000

SET, PARENT = "org/set@1.5", "parent"

_ROWS = [
    {
        "name": "a1",
        "sha256": "aa" * 32,
        "generated_by": "gpt-4",
        "mode": "answered",
        "tokens": 10,
        "bytes": 1000,
        "url": "https://www.example.org/x",
        "date": "2023-01-02T03:04:05.678901Z",
        "copies": 2.5,
        "media_type": "text/html",
        "language": "en",
    },
    {"name": "a2", "sha256": "bb" * 32, "tokens": 20, "bytes": 100, "parent": "a1"},
    {
        "name": "a3",
        "tokens": 20,
        "parent": "nowhere",
        "split": "test",
        "reservation": "X-Robots-Tag: noai",
    },
    {"url": "https://example.com/only", "bytes": 300, "language": "de"},
    {"tokens": 5, "origin": "human", "media_type": "image/png", "name": "ünïcode"},
    {"name": "a6", "tokens": 50, "generated_by": "GPT-4", "mode": "labelled"},
]


@dataclass(frozen=True, slots=True)
class Everything:
    """The ledger, and what each export came to."""

    ledger: Ledger
    folder: Path
    done: dict[str, Exported]

    def read(self, name: str) -> str:
        """Return the text of an export of one file."""
        return (self.folder / name).read_text("utf-8")


@contextmanager
def export_everything(folder: Path) -> Iterator[Everything]:
    """Record a dataset with all there is, and export it in every format."""
    rows = folder / "rows.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in _ROWS))
    other = folder / "other.jsonl"
    made = {"sha256": "bb" * 32, "generated_by": "Llama", "mode": "edited"}
    other.write_text(json.dumps(made))
    with Ledger.open(f"sqlite:///{folder}/ledger.db", clock=lambda: NOW) as ledger:
        ledger.ingest(rows, dataset=SET)
        ledger.ingest(other, dataset=PARENT)
        ledger.add_model(
            "GPT-4",
            aliases=["gpt-4"],
            provider="OpenAI",
            based_on=["GPT-3"],
            trained_on=[PARENT, SET],
        )
        ledger.add_model("Llama", trained_on=["books@2"], training_complete=True)
        ledger.add_dataset(SET, derived_from=[PARENT], license="MIT", note="A set.")
        ledger.claim(
            dataset=SET, generated_by="Llama", share="60%", unit="tokens", who="us"
        )
        done = {
            name: ledger.export_dataset(name, SET, folder / name) for name in EXPORTS
        }
        yield Everything(ledger, folder, done)
