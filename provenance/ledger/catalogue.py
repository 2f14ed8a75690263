"""List the datasets: what is recorded of them, and what is stated."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from provenance.ledger.family import Family
from provenance.ledger.view import AsOf, find_size
from provenance.store import schema
from provenance.store.amounts import DIMENSIONS
from provenance.store.facts import load_datasets, load_parents
from provenance.store.standing import logged_by, standing_fact

__all__ = ["list_datasets"]

_MACHINE = "machine-generated"


def list_datasets(
    connection: sa.Connection, as_of: AsOf = None
) -> list[dict[str, Any]]:
    """Return every dataset version: its records, its parents, what is stated of it.

    ``machine_generated`` says which of it cards call so: *language* or *annotations*.
    That covers templates and OCR and is no generative model. ``machine_upstream``
    lists ancestors whose language is.
    """
    size = find_size(connection, as_of)
    said = _load_stated(connection, size)
    declared = load_parents(connection, size)
    counts = _count(connection, size)
    names = load_datasets(connection, size)
    family = Family(names, declared)
    flagged = {number: _machine_generated(said.get(number, {})) for number in names}
    upstream: dict[int, list[str]] = {}
    for number in names:
        if "language" in flagged[number]:
            for child in family.descendants_of(number):
                upstream.setdefault(child, []).append(str(names[number]))
    found = []
    for number, name in sorted(names.items(), key=lambda pair: pair[1]):
        known = said.get(number, {})
        records, contents = counts.get(number, (0, 0))
        found.append(
            {
                "dataset": name.name,
                "version": name.version,
                "records": records,
                "contents": contents,
                "derived_from": [str(parent) for parent in declared.get(number, ())],
                "license": known.get("license"),
                "note": known.get("note"),
                "stated": known.get("stated", {}),
                "machine_generated": flagged[number],
                "machine_upstream": sorted(upstream.get(number, ())),
            }
        )
    return found


def _load_stated(
    connection: sa.Connection, size: int | None
) -> dict[int, dict[str, Any]]:
    """Return what was said of each dataset version; the latest value stands."""
    facts = schema.dataset_facts
    query = sa.select(facts).where(standing_fact(facts.c.position, size))
    said: dict[int, dict[str, Any]] = {}
    for row in connection.execute(query.order_by(facts.c.position)):
        known = said.setdefault(row.dataset_id, {})
        for name in ("license", "note"):
            if getattr(row, name) is not None:
                known[name] = getattr(row, name)
        if row.stated is not None:
            known["stated"] = known.get("stated", {}) | json.loads(row.stated)
    return said


def _count(connection: sa.Connection, size: int | None) -> dict[int, tuple[int, int]]:
    """Return records and contents of each dataset version."""
    tallied = schema.tallies
    query = (
        sa.select(
            tallied.c.dataset_id,
            sa.func.sum(tallied.c.records),
            sa.func.sum(tallied.c.contents),
        )
        .where(tallied.c.dimension == DIMENSIONS[""])
        .where(logged_by(tallied.c.position, size))
        .group_by(tallied.c.dataset_id)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(query)}


def _machine_generated(known: dict[str, Any]) -> list[str]:
    stated = known.get("stated", {})
    return [
        what
        for what in ("language", "annotations")
        if _MACHINE in stated.get(f"{what}_creators", ())
    ]
