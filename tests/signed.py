"""Signed ledgers for the tests of what outsiders can check."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from provenance import Ledger

__all__ = ["SignedLedger", "make_signed", "write_rows"]

CLOCK = 1_700_000_000_000_000


@dataclass(frozen=True, slots=True)
class SignedLedger:
    """Where a signed ledger is, and the key it is known by."""

    url: str
    folder: Path
    vkey: str

    @property
    def key(self) -> Path:
        return self.folder / "key"

    def open(self) -> Ledger:
        return Ledger.open(self.url, key=self.key, clock=lambda: CLOCK)


def write_rows(path: Path, first: int, count: int) -> Path:
    """Rows with every kind of field; every third is generated from the one before."""
    rows = [
        {"digest": f"sha256:{number:064x}", "name": f"n-{number}", "tokens": number}
        | {"url": f"https://x.org/{number}?ü", "fetched_at": "2020-01-01"}
        | (
            {"generated_by": "M", "derived_from": f"sha256:{number - 1:064x}"}
            if number % 3 == 0
            else {}
        )
        for number in range(first, first + count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def make_signed(url: str, folder: Path, *, rows: int = 300) -> SignedLedger:
    """A signed ledger with two batches, a model and a dataset."""
    with Ledger.open(url, clock=lambda: CLOCK) as ledger:
        vkey = ledger.make_key(folder / "key", "example.org/ledger")
        ledger.ingest(write_rows(folder / "a.jsonl", 1, rows), dataset="a@1")
        ledger.add_model("M", aliases=["m"], trained_on=["a@1"])
        ledger.ingest(write_rows(folder / "b.jsonl", rows + 1, rows), dataset="b")
        ledger.add_dataset("b", note="second")
    return SignedLedger(url, folder, vkey)
