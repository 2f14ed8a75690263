"""What the entries of the log say the tables of facts must hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from provenance.errors import VerificationError

__all__ = ["BATCH_FIELDS", "FactRow", "expected_rows", "parse_entry"]

FactRow = tuple[Any, ...]
"""A table's name, then values in the order of ``facts.COLUMNS``."""


def parse_entry(entry: bytes) -> tuple[str, dict[str, Any]]:
    """Read an entry into its kind and body.

    Raises:
        VerificationError: The bytes are not an entry as this ledger writes it.
    """
    line, newline, text = entry.partition(b"\n")
    match line.split(b"/"):
        case [b"provenance", kind, b"v1"] if newline and kind.isalpha():
            try:
                body = json.loads(text)
                same = isinstance(body, dict) and _canonical(body).encode() == text
            except (ValueError, RecursionError) as error:
                raise VerificationError(f"an entry is not JSON: {error}") from error
            if same:
                return kind.decode("ascii"), body
    raise VerificationError(f"an entry begins {line[:60]!r}, and is not canonical")


def expected_rows(position: int, kind: str, body: dict[str, Any]) -> Iterator[FactRow]:
    """Yield the rows an entry stands for: table, then its values, without ids.

    The position of the entry comes last. Where a later entry says the same again,
    the row is that of the first.
    """
    match kind:
        case "dataset":
            name = (body["dataset"], body["version"])
            yield ("datasets", *name, position)
            said = (body["license"], body["note"], _stated(body))
            if said != (None, None, None):
                yield ("dataset_facts", *name, *said, position)
            for parent in body["derived_from"]:
                yield ("dataset_parents", *name, *_split(parent), position)
        case "model":
            yield from _models(position, body)
        case "policy":
            policy = body["policy"]
            named = (policy["name"], policy["version"])
            yield ("policies", *named, _canonical(policy), position)
        case "claim":
            yield ("claims", *_claim_values(body), position)
        case "reservation":
            for said, leaves in body["reserved"].items():
                for index in leaves:
                    yield ("reservations", body["batch"], index, said, position)
        case "redaction":
            yield from _redactions(position, body)
        case "withdrawal":
            rows = ((earlier, body["why"], position) for earlier in body["withdrawn"])
            yield from (("withdrawals", *row) for row in rows)
        case "batch":
            values = (_batch_value(body, name) for name in BATCH_FIELDS)
            yield ("batches", *values, position)


BATCH_FIELDS = (
    "dataset",
    "version",
    "kind",
    "manifest",
    "manifest_sha256",
    "manifest_bytes",
    "reader",
    "mapping",
    "first_row",
    "last_row",
    "complete",
    "records",
    "root",
    "quarantined",
    "generated_by",
    "derived_from",
    "salted",
    "facts",
)

"""What an entry says of a batch, and its row in the table as well."""


def _batch_value(body: dict[str, Any], name: str) -> Any:
    if name == "facts":
        return body.get(name, 0)  # entries of older versions have none
    if name == "mapping":
        return _canonical(body[name])
    if name in ("dataset", "version") and body["kind"] == "evidence":
        return body[name] or None  # it belongs to none
    if name == "salted":
        return body.get(name, False)  # only salted batches say so
    return (
        bytes.fromhex(body[name]) if name in ("root", "manifest_sha256") else body[name]
    )


def _claim_values(body: dict[str, Any]) -> Iterator[Any]:
    """What a claim says; no detector ever speaks of a whole dataset."""
    for name in ("subject", "name", "version", "first_at", "last_at"):
        yield body[name]
    for name in ("kind", "model", "mode", "evidence"):
        yield body[name]
    no_detector, no_score, is_asserted = None, None, True
    yield from (no_detector, no_score, is_asserted)
    yield body["unit"]
    yield None if body["share"] is None else float(body["share"])
    yield from (body["note"], body["who"])


def _stated(body: dict[str, Any]) -> str | None:
    return _canonical(body["stated"]) if "stated" in body else None


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _split(dataset: str) -> tuple[str, str]:
    name, _, version = dataset.partition("@")
    return name, version


def _models(position: int, body: dict[str, Any]) -> Iterator[FactRow]:
    name = body["model"]
    yield ("models", name, position)
    facts = ("provider", "released", "generative", "training_complete")
    yield ("model_facts", name, *(body[fact] for fact in facts), position)
    for alias in body["aliases"]:
        if alias != name:
            yield ("model_aliases", name, alias, position)
    for base in body["based_on"]:
        yield ("model_bases", name, base, position)
    for dataset in body["trained_on"]:
        yield ("training_sets", name, *_split(dataset), position)


def _redactions(position: int, body: dict[str, Any]) -> Iterator[FactRow]:
    for one in body["redacted"]:
        item = None if one["item"] is None else bytes.fromhex(one["item"])
        hashes = (bytes.fromhex(one[name]) for name in ("leaf", "remains"))
        yield ("redactions", one["batch"], one["index"], item, *hashes, position)
