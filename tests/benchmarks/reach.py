"""What is downstream of generative models, by plain SQL over integers in DuckDB."""

from __future__ import annotations

import duckdb

__all__ = ["count_downstream", "load_edges"]


def load_edges(manifest: str, database: str) -> int:
    """Keep edges and generated items of a graph manifest as row numbers."""
    with duckdb.connect(database, config={"threads": "2"}) as duck:
        duck.execute(
            f"""
            CREATE TABLE edge AS
                SELECT number AS child, unnest(parents) AS parent FROM '{manifest}';
            CREATE TABLE generated AS
                SELECT number FROM '{manifest}' WHERE generated_by IS NOT NULL;
            CHECKPOINT
            """
        )
        return int(duck.execute("SELECT count(*) FROM edge").fetchall()[0][0])


def count_downstream(database: str) -> int:
    """Walk down from the generated items; yes or no for each, nothing more."""
    with duckdb.connect(database, config={"threads": "2"}) as duck:
        found = duck.execute(
            """
            WITH RECURSIVE downstream (number) AS (
                SELECT number FROM generated
                UNION
                SELECT edge.child FROM edge
                JOIN downstream ON downstream.number = edge.parent
            )
            SELECT count(*) FROM downstream
            """
        ).fetchall()
        return int(found[0][0])
