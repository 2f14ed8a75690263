"""Turn what the rows of a batch say of their origins and parents into edges."""

from __future__ import annotations

from math import floor
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from provenance.domain import Evidence, Kind, Mode, Origin
from provenance.domain.origins import SCORE_STEP
from provenance.ingest.identity import digest_keys
from provenance.store import schema
from provenance.store.arrow import insert_batch
from provenance.store.intern import intern_derivations, intern_origins

__all__ = ["write_derived_from", "write_generated_by"]

_ORIGIN_FIELDS = (
    "kind",
    "model",
    "mode",
    "evidence",
    "detector",
    "score",
    "threshold",
)


def _origin(
    kind: str,
    model: str | None,
    mode: str,
    evidence: str,
    detector: str | None,
    score: float | None,
    threshold: float | None,
) -> Origin:
    below = score is not None and threshold is not None and score < threshold
    rounded = None
    if score is not None:
        rounded = round(floor(score / SCORE_STEP + 0.5) * SCORE_STEP, 2)
    return Origin(
        kind=Kind(kind),
        model=model,
        mode=Mode(mode),
        evidence=Evidence(evidence),
        detector=detector,
        score=rounded,
        asserted=not below,
    )


def _flatten(column: pa.Array[Any], record_ids: pa.Array[Any]) -> pa.Table:
    """Unroll a list column into one row per element, beside its record id."""
    rows = pc.list_parent_indices(column)
    flat = pc.list_flatten(column)
    fields = {
        flat.type.field(place).name: pc.struct_field(flat, [place])
        for place in range(flat.type.num_fields)
    }
    return pa.table({"record_id": record_ids.take(rows), **fields})


def write_generated_by(
    connection: sa.Connection, origins: pa.Array[Any], record_ids: pa.Array[Any]
) -> int:
    """Write the ``generated_by`` edges of a batch and return their number.

    Args:
        connection: An open writing transaction.
        origins: The batch's column of that name.
        record_ids: Id of each row's record.
    """
    stated = _flatten(origins, record_ids)
    if not stated.num_rows:
        return 0
    with duckdb.connect() as duck:
        duck.register("stated", stated)
        names = ", ".join(_ORIGIN_FIELDS)
        distinct = duck.execute(f"SELECT DISTINCT {names} FROM stated").fetchall()  # noqa: S608 - our names
        known = {row: _origin(*row) for row in distinct}
        ids = intern_origins(connection, known.values())
        columns = dict(zip(_ORIGIN_FIELDS, zip(*distinct, strict=True), strict=True))
        numbered = pa.table(
            {
                **{
                    name: pa.array(columns[name], stated.schema.field(name).type)
                    for name in _ORIGIN_FIELDS
                },
                "origin_id": pa.array([ids[known[row]] for row in distinct]),
            }
        )
        duck.register("numbered", numbered)
        same = " AND ".join(
            f"s.{name} IS NOT DISTINCT FROM n.{name}" for name in _ORIGIN_FIELDS
        )
        edges: pa.Table = duck.sql(
            f"""
            SELECT s.record_id, n.origin_id, max(s.score) AS score,
                   min(s.threshold) AS threshold
            FROM stated AS s JOIN numbered AS n ON {same}
            GROUP BY ALL ORDER BY ALL
            """  # noqa: S608 - our names
        ).to_arrow_table()
    for batch in edges.to_batches():
        insert_batch(connection, schema.generated_by, batch)
    return len(edges)


def write_derived_from(
    connection: sa.Connection, parents: pa.Array[Any], record_ids: pa.Array[Any]
) -> int:
    """Write the ``derived_from`` edges of a batch and return their number."""
    stated = _flatten(parents, record_ids)
    if not stated.num_rows:
        return 0
    modes: list[Any] = stated.column("mode").to_pylist()
    evidence: list[Any] = stated.column("evidence").to_pylist()
    ways = list(zip(modes, evidence, strict=True))
    ids = intern_derivations(connection, set(ways))
    counts: dict[int, int] = {}
    ordinals = []
    recorded: list[Any] = stated.column("record_id").to_pylist()
    for record in recorded:
        counts[record] = ordinal = counts.get(record, -1) + 1
        ordinals.append(ordinal)
    digests = stated.column("digest").combine_chunks()
    edges = pa.record_batch(
        {
            "record_id": stated.column("record_id").combine_chunks(),
            "ordinal": pa.array(ordinals, pa.int32()),
            "parent_key": digest_keys(digests),
            "parent_digest": digests,
            "parent_reference": pc.if_else(
                pc.is_null(digests),
                stated.column("reference").combine_chunks(),
                pa.scalar(None, pa.string()),
            ),
            "derivation_id": pa.array([ids[way] for way in ways], pa.int64()),
        }
    )
    insert_batch(connection, schema.derived_from, edges)
    return len(edges)
