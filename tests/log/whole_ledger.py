"""A small signed ledger with something in every table that can hold anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import shake_128
from pathlib import Path
from typing import Any

from provenance import Ledger
from provenance.log.cosignatures import store_cosignature
from provenance.merkle import (
    SignatureType,
    SignerKey,
    cosign,
    parse_checkpoint,
    parse_note,
    to_key_name,
)

__all__ = ["record_whole"]


def _plain_rows() -> Iterator[dict[str, Any]]:
    """More than one tile of records, from two hosts."""
    for number in range(300):
        yield {
            "digest": f"sha256:{number:064x}",
            "url": f"https://{'ab'[number % 2]}.example.org/{number}",
            "fetched_at": "2020-01-01",
            "bytes": 100 + number,
            "tokens": 10,
            "language": "en",
            "media_type": "text/html",
            "split": "train",
            "reservation": None if number % 50 else f"noai: {number}",
        }


def _odd_rows() -> Iterator[dict[str, Any]]:
    """Rows without a digest, short ones, generated and derived ones, a loop."""
    yield {"name": "n", "generated_by": "M", "mode": "answered", "tokens": 7}
    yield {"name": "short", "digest": "sha256:" + "ab" * 32, "bytes": 3}
    yield {"name": "md5", "digest": "md5:" + "cd" * 16, "media_type": "image/png"}
    yield {
        "name": "seen",
        "digest": "sha256:" + "ac" * 32,
        "origin": "model",
        "detector": "looker@2",
        "score": 0.91,
        "threshold": 0.5,
    }
    yield {
        "name": "not seen",
        "digest": "sha256:" + "ad" * 32,
        "detector": "looker@2",
        "score": 0.13,
        "threshold": 0.5,
    }
    yield {
        "name": "child",
        "digest": "sha256:" + "ae" * 32,
        "derived_from": ["sha256:" + f"{5:064x}", "n"],
        "derivation": "cleaned",
    }
    yield {
        "name": "self",
        "digest": "sha256:" + "af" * 32,
        "derived_from": ["sha256:" + "af" * 32],
        "derivation": "near_duplicate",
    }
    yield {"name": "by a person", "origin": "human", "copies": 2.5, "items": 4}


def _observed() -> Iterator[dict[str, Any]]:
    """Evidence of a content on record, and of one that nobody has recorded."""
    scored = {"detector": "looker@2", "score": 0.91, "threshold": 0.5}
    yield {"digest": "sha256:" + "ad" * 32, "fetched_at": "2019-01-01"} | scored
    yield {"digest": "sha256:" + "ba" * 32, "generated_by": "M"}


def record_whole(url: str, folder: Path) -> None:
    """Record it: batches that stand, some that were replaced, models, datasets."""
    rows, grown = [*_plain_rows()], [*_odd_rows()]
    plain, odd = folder / "plain.jsonl", folder / "odd.jsonl"
    salted = folder / "salted.jsonl"
    with Ledger.open(
        url, clock=lambda: 1_700_000_000_000_000, random=shake_128(b"salt").digest
    ) as ledger:
        ledger.make_key(folder / "whole.key", "example.org/whole")
        plain.write_text("".join(json.dumps(row) + "\n" for row in rows))
        ledger.ingest(plain, dataset="plain@1")
        odd.write_text("".join(json.dumps(row) + "\n" for row in grown[:3]))
        ledger.ingest(odd, dataset="odd")
        odd.write_text("".join(json.dumps(row) + "\n" for row in grown))
        ledger.ingest(odd, dataset="odd", replace=True)
        ledger.add_dataset("odd", derived_from=["plain@1"], license="CC0", note="n")
        ledger.add_model("M", provider="P", aliases=["m"], trained_on=["odd"])
        ledger.add_model("B", based_on=["M"], generative=True, training_complete=True)
        ledger.add_dataset("plain@1", derived_from=["web"], license="MIT")
        ledger.add_model("C", aliases=["c"], based_on=["B"], trained_on=["plain@1"])
        ledger.claim(dataset="plain@1", generated_by="W", mode="edited", who="w")
        wrong = ledger.claim(source="b.example.org", origin="human", note="n")
        ledger.withdraw_claim(wrong.position, why="not so")
        salted.write_text('{"name": "s1"}\n{"name": "s2"}\n{"name": "s3"}\n')
        ledger.ingest(salted, dataset="salted", salt=True)
        observed = folder / "observed.jsonl"
        observed.write_text("".join(json.dumps(row) + "\n" for row in _observed()))
        ledger.ingest(observed, kind="evidence")
        gone = ["https://a.example.org/6", "by a person", "s3"]
        ledger.redact(gone, "request 1")
        _vouch(ledger)
        ledger.add_model("looker@2", generative=False)
        card = folder / "carded.md"
        card.write_text("---\nsource_datasets: [plain, odd]\n---\n")
        ledger.ingest(card)
        card.write_text("---\nsource_datasets: [odd, web]\nlanguage: en\n---\n")
        ledger.ingest(card, replace=True)
        assets = folder / "assets.yaml"
        assets.write_text("- type: model\n  name: D\n  organization: O\n")
        ledger.ingest(assets)


def _vouch(ledger: Ledger) -> None:
    """Keep the cosignature of a witness over the log as it stands."""
    witness = SignerKey(
        name=to_key_name("witness.example.org/1"),
        signature_type=SignatureType.COSIGNATURE,
        seed=bytes(32),
    )
    key = witness.verifier()
    note = cosign(parse_note(ledger.checkpoint().encode()), witness, timestamp=1)
    line = note.signature_by(key)
    assert line is not None
    size = parse_checkpoint(note.text).head.tree_size
    with ledger._writing() as connection:
        store_cosignature(connection, size, key, line, 1)
