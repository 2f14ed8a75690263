"""What the entries of the log say the tables of facts must hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from provenance.errors import VerificationError
from provenance.store import schema

__all__ = ["expected_rows", "parse_entry", "verify_facts"]

_Row = tuple[Any, ...]


def parse_entry(entry: bytes) -> tuple[str, dict[str, Any]]:
    """Read an entry into its kind and body.

    Raises:
        VerificationError: The bytes are not an entry as this ledger writes it.
    """
    line, newline, text = entry.partition(b"\n")
    match line.split(b"/"):
        case [b"provenance", kind, b"v1"] if newline:
            try:
                body = json.loads(text)
            except ValueError as error:
                raise VerificationError(f"an entry is not JSON: {error}") from error
            written = json.dumps(
                body, sort_keys=True, separators=(",", ":"), ensure_ascii=False
            )
            if isinstance(body, dict) and written.encode() == text:
                return kind.decode(), body
    raise VerificationError(f"an entry begins {line[:60]!r}, and is not canonical")


def expected_rows(position: int, kind: str, body: dict[str, Any]) -> Iterator[_Row]:
    """Yield the rows an entry stands for: table, then its values, without ids.

    Where later entries may say the same again (``_SAID_AGAIN``), the position comes
    last: the row is of the first of them.
    """
    match kind:
        case "dataset":
            name = (body["dataset"], body["version"])
            yield ("datasets", *name, position)
            if body["license"] is not None or body["note"] is not None:
                yield ("dataset_facts", *name, position, body["license"], body["note"])
            for parent in body["derived_from"]:
                yield ("dataset_parents", *name, *_split(parent), position)
        case "model":
            name = body["model"]
            yield ("models", name, position)
            facts = ("provider", "released", "generative", "training_complete")
            yield ("model_facts", name, position, *(body[fact] for fact in facts))
            for alias in body["aliases"]:
                if alias != name:
                    yield ("model_aliases", name, alias, position)
            for base in body["based_on"]:
                yield ("model_bases", name, base, position)
            for dataset in body["trained_on"]:
                yield ("training_sets", name, *_split(dataset), position)
        case "policy":
            policy = body["policy"]
            named = (policy["name"], policy["version"])
            yield ("policies", *named, _canonical(policy), position)
        case "withdrawal":
            for withdrawn in body["withdrawn"]:
                yield ("withdrawals", position, withdrawn, body["why"])
        case "batch":
            yield ("batches", position, *(_batch_value(body, n) for n in _BATCH))


_BATCH = (
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
)


def _batch_value(body: dict[str, Any], name: str) -> Any:
    if name == "mapping":
        return _canonical(body[name])
    return (
        bytes.fromhex(body[name]) if name in ("root", "manifest_sha256") else body[name]
    )


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _split(dataset: str) -> tuple[str, str]:
    name, _, version = dataset.partition("@")
    return name, version


def _stored_rows(connection: sa.Connection) -> Iterator[_Row]:
    """Yield what the tables hold, in the form of ``expected_rows``."""
    data, models = schema.datasets, schema.models
    named = (data.c.name, data.c.version)

    def of_dataset(table: sa.Table, *columns: str) -> sa.Select[Any]:
        joined = table.join(data, data.c.id == table.c.dataset_id)
        wanted = (table.c[name] for name in columns)
        return sa.select(*named, *wanted).select_from(joined)

    def of_model(table: sa.Table, *columns: str) -> sa.Select[Any]:
        joined = table.join(models, models.c.id == table.c.model_id)
        wanted = (table.c[name] for name in columns)
        return sa.select(models.c.name, *wanted).select_from(joined)

    facts = ("position", "provider", "released", "generative", "training_complete")
    policies, withdrawals, batches = (
        schema.policies,
        schema.withdrawals,
        schema.batches,
    )
    batch = [
        data.c.name
        if name == "dataset"
        else data.c.version
        if name == "version"
        else batches.c[name]
        for name in _BATCH
    ]
    queries = {
        "datasets": sa.select(*named),
        "dataset_facts": of_dataset(
            schema.dataset_facts, "position", "license", "note"
        ),
        "dataset_parents": of_dataset(
            schema.dataset_parents, "parent_name", "parent_version"
        ),
        "models": sa.select(models.c.name),
        "model_facts": of_model(schema.model_facts, *facts),
        "model_aliases": of_model(schema.model_aliases, "alias"),
        "model_bases": of_model(schema.model_bases, "base"),
        "training_sets": of_model(
            schema.training_sets, "dataset_name", "dataset_version"
        ),
        "policies": sa.select(policies.c.name, policies.c.version, policies.c.body),
        "withdrawals": sa.select(
            withdrawals.c.position, withdrawals.c.withdrawn, withdrawals.c.why
        ),
        "batches": sa.select(batches.c.position, *batch).select_from(
            batches.join(data, data.c.id == batches.c.dataset_id)
        ),
    }
    for table, query in queries.items():
        for row in connection.execute(query):
            yield (table, *row)


def verify_facts(connection: sa.Connection) -> int:
    """Check that the tables of facts hold what the log says, and nothing else.

    Records and edges are checked against the roots in the batches instead.

    Returns:
        How many rows were compared.

    Raises:
        VerificationError: A row is missing, added or changed; names table and row.
    """
    entries = schema.log_entries
    expected: set[_Row] = set()
    for row in connection.execute(sa.select(entries).order_by(entries.c.position)):
        kind, body = parse_entry(row.entry)
        if (kind, body["recorded_at"]) != (row.kind, row.recorded_at):
            raise VerificationError(
                f"log_entries, position {row.position}: kind or recorded_at are not "
                "what the entry itself says"
            )
        expected.update(expected_rows(row.position, kind, body))
    stored = list(_stored_rows(connection))
    for found in stored:
        if found not in expected:
            raise VerificationError(
                f"{found[0]}: the row {_show(found)} is not what any log entry says",
                hint=_HINT,
            )
    missing = expected.difference(stored)
    if missing:
        lost = min(missing, key=str)
        raise VerificationError(
            f"{lost[0]}: the row {_show(lost)} is in the log and not in the table",
            hint=_HINT,
        )
    if len(stored) != len(expected):
        raise VerificationError("a row of the facts stands twice", hint=_HINT)
    return len(stored)


_HINT = "The table was changed without the log. Restore the ledger from a backup."


def _show(row: _Row) -> str:
    said = ", ".join(
        value.hex() if isinstance(value, bytes) else repr(value) for value in row[1:]
    )
    return f"({said})"
