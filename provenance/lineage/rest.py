"""The many items of which nothing is said but one capture: counted, never solved.

Most rows of a crawl are alone with their content and name neither an author nor a
parent. What they come to is decided by the month and the medium of their capture, so
they are summed up at once, without a number, an edge or a pedigree of their own.
"""

from __future__ import annotations

import duckdb

from provenance.lineage.claims import claimed

__all__ = ["SUMMED", "leave_no_rest", "set_rest_aside", "sum_rest"]

SUMMED = ("items", "bytes", "tokens")
"""What a record may lack."""

_RESTS = {
    "rest_narrow": ("medium", "language", "split"),
    "rest_wide": ("medium", "domain"),
}
"""Table → what it tells apart, besides dataset version and month."""

_MEASURES = ", ".join(
    (
        "count(*) AS records",
        *(f"sum(coalesce({n}, 0)::HUGEINT * copies) AS {n}" for n in SUMMED),
        *(f"count(*) FILTER ({n} IS NULL) AS without_{n}" for n in SUMMED),
    )
)


def sum_rest(duck: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Make ``rest_narrow`` and ``rest_wide`` from rows that enter and are plain.

    The first has a row for each month, medium, language and split, the second for
    each month, medium and domain, both by dataset version.

    Args:
        duck: A workspace with ``said (record_id)``: the rows to leave out.
        rows: Name of a relation with the columns of ``RECORD_ROWS``.
    """
    leave_no_rest(duck)
    for name, columns in _RESTS.items():
        listed = ", ".join(columns)
        duck.execute(
            f"""
            INSERT INTO {name} BY NAME
            SELECT * REPLACE (strftime(month, '%Y-%m') AS month) FROM (
                SELECT b.dataset_id, {listed},
                       date_trunc('month', make_timestamp(fetched_at)) AS month,
                       {_MEASURES}
                FROM {rows} AS r ANTI JOIN said USING (record_id)
                JOIN batch AS b USING (batch_id)
                WHERE b.dataset_id IS NOT NULL
                GROUP BY ALL
            )
            """  # noqa: S608 - names of ours
        )


def leave_no_rest(duck: duckdb.DuckDBPyConnection) -> None:
    """Solve every loaded row: none is left to be summed up."""
    sums = ", ".join(
        (
            "records BIGINT",
            *(f"{name} HUGEINT" for name in SUMMED),
            *(f"without_{name} BIGINT" for name in SUMMED),
        )
    )
    for name, columns in _RESTS.items():
        keys = ", ".join(f"{column} VARCHAR" for column in (*columns, "month"))
        duck.execute(f"CREATE TABLE {name} (dataset_id BIGINT, {keys}, {sums})")


def set_rest_aside(duck: duckdb.DuckDBPyConnection) -> None:
    """Sum up the loaded rows that are plain, and leave the others loaded.

    Rows that another may be derived from stay as well, and those that a claim
    reaches. For a ledger in which no
    parent is called by a name, and no content is short.
    """
    duck.execute(
        f"""
        CREATE TABLE again AS
        SELECT content_key FROM loaded GROUP BY content_key HAVING count(*) > 1
        UNION SELECT parent_key FROM stated_parent WHERE parent_key IS NOT NULL;
        CREATE TABLE said AS
        SELECT record_id FROM stated_origin UNION SELECT record_id FROM stated_parent
        UNION SELECT record_id FROM loaded SEMI JOIN again USING (content_key)
        UNION SELECT record_id FROM ({claimed(duck, "loaded")})
        """  # noqa: S608 - names of ours
    )
    sum_rest(duck, "loaded")
    duck.execute(
        """
        CREATE TABLE left_over AS FROM loaded SEMI JOIN said USING (record_id);
        DROP TABLE loaded;
        ALTER TABLE left_over RENAME TO loaded
        """
    )
