"""Encode the records of a batch as leaves, a column at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from provenance.domain.leaf import LEAF_FIELDS, LEAF_TAG, format_field

__all__ = ["LEAF_SCHEMA", "encode_leaves", "list_origins", "list_parents"]

_TYPES: dict[str, pa.DataType] = {
    "row": pa.int64(),
    "part": pa.int64(),
    "digest": pa.binary(),
    "name": pa.string(),
    "url": pa.string(),
    "fetched_at": pa.int64(),
    "bytes": pa.int64(),
    "tokens": pa.int64(),
    "items": pa.int64(),
    "copies": pa.int64(),
    "language": pa.string(),
    "media_type": pa.string(),
    "medium": pa.string(),
    "split": pa.string(),
    "origins": pa.string(),
    "parents": pa.string(),
}

LEAF_SCHEMA = pa.schema(_TYPES)
"""The columns of a leaf; edges are written out already, empty where none."""

_ORIGIN_FIELDS = (
    "kind",
    "model",
    "mode",
    "evidence",
    "detector",
    "score",
    "threshold",
)


def _netstring(column: str) -> str:
    text = f"lower(hex({column}))" if column == "digest" else f"{column}::VARCHAR"
    written = f"strlen({text}) || ':' || {text} || ','"
    if column in ("origins", "parents"):
        return written
    return f"CASE WHEN {column} IS NULL THEN '-' ELSE {written} END"


_ENCODE = (
    f"SELECT encode('{LEAF_TAG.decode()}' || "  # noqa: S608 - constants of the format
    + " || ".join(f"({_netstring(name)})" for name in LEAF_FIELDS)
    + ") AS leaf FROM records"
)


def encode_leaves(records: pa.Table) -> list[bytes]:
    """Return the leaf of each row of a table of ``LEAF_SCHEMA``, in its order."""
    with duckdb.connect(config={"threads": "1"}) as duck:
        duck.register("records", records)
        leaves: list[bytes] = duck.sql(_ENCODE).to_arrow_table()["leaf"].to_pylist()
    return leaves


def list_origins(rows: int, places: Sequence[int], origins: Sequence[Any]) -> list[str]:
    """Write out the origins of each row.

    Args:
        rows: How many rows there are.
        places: The row of each origin, from 0.
        origins: Mappings with kind, model, mode, evidence, detector, score,
            threshold.
    """
    found: dict[int, set[str]] = {}
    known: dict[tuple[object, ...], str] = {}
    for place, origin in zip(places, origins, strict=True):
        key = tuple(origin[name] for name in _ORIGIN_FIELDS)
        text = known.get(key)
        if text is None:
            text = known[key] = "".join(map(format_field, key))
        found.setdefault(place, set()).add(text)
    return _spread(
        rows,
        {place: "".join(sorted(said, key=str.encode)) for place, said in found.items()},
    )


def list_parents(rows: int, places: Sequence[int], parents: Sequence[Any]) -> list[str]:
    """Write out the parents of each row, in the order of the row.

    Args:
        rows: How many rows there are.
        places: The row of each parent, from 0.
        parents: Mappings with digest, reference (None beside a digest), mode and
            evidence.
    """
    found: dict[int, list[str]] = {}
    for place, parent in zip(places, parents, strict=True):
        digest = parent["digest"]
        text = "".join(
            map(
                format_field,
                (
                    digest.hex() if digest is not None else None,
                    parent["reference"] if digest is None else None,
                    parent["mode"],
                    parent["evidence"],
                ),
            )
        )
        found.setdefault(place, []).append(text)
    return _spread(rows, {place: "".join(said) for place, said in found.items()})


def _spread(rows: int, said: dict[int, str]) -> list[str]:
    texts = [""] * rows
    for place, text in said.items():
        texts[place] = text
    return texts
