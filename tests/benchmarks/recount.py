"""What a report on a crawl must say, counted from its manifest by plain SQL."""

from __future__ import annotations

import tempfile
from typing import Any

import duckdb

__all__ = ["recount"]

_ASSESSED = """
    CREATE TEMP TABLE assessed AS
    WITH RECURSIVE downstream (digest, model) AS (
        SELECT digest, generated_by FROM crawl WHERE generated_by IS NOT NULL
        UNION ALL
        SELECT crawl.digest, downstream.model FROM crawl
        JOIN downstream ON crawl.derived_from = downstream.digest
    )
    SELECT digest, url, fetched_at, bytes, tokens, language, downstream.model,
        CASE WHEN generated_by IS NOT NULL THEN 'generated'
            WHEN downstream.model IS NOT NULL THEN 'derived' ELSE 'unknown' END AS tier
    FROM crawl LEFT JOIN downstream USING (digest)
"""

_VALUES = {
    "model": "coalesce(model, '(none)')",
    "mode": "CASE WHEN model IS NULL THEN '(none)' ELSE 'unspecified' END",
    "evidence": "CASE WHEN model IS NULL THEN '(none)' ELSE 'declared' END",
    "depth": "CASE WHEN model IS NULL THEN NULL ELSE '1' END",
    "source": r"regexp_extract(url, '^https://([^/]+)/', 1)",
    "month": "strftime(fetched_at, '%Y-%m')",
    "language": "language",
    "split": "NULL",
}
"""Grouping → its value, which is the same for every reader of the manifest."""


def recount(manifest: str) -> dict[str, Any]:
    """Return tiers by unit, and by group in tokens: value → tier → tokens."""
    with tempfile.TemporaryDirectory() as spilled, duckdb.connect() as duck:
        for setting in ("threads = 2", "memory_limit = '2GB'"):
            duck.execute(f"SET {setting}")
        duck.execute(f"SET temp_directory = '{spilled}'")
        duck.execute(f"CREATE TEMP VIEW crawl AS FROM '{manifest}'")
        duck.execute(_ASSESSED)
        units: dict[str, dict[str, int]] = {}
        for unit, amount in {
            "items": "count(*)",
            "records": "count(*)",
            "contents": "count(DISTINCT digest)",
            "bytes": "sum(bytes)",
            "tokens": "sum(tokens)",
        }.items():
            query = f"SELECT tier, {amount}::BIGINT FROM assessed GROUP BY tier"
            units[unit] = dict(duck.execute(query).fetchall())
        groups: dict[str, list[tuple[str | None, dict[str, int]]]] = {}
        for name, value in _VALUES.items():
            query = (
                f"SELECT {value} AS value, tier, sum(tokens)::BIGINT FROM assessed "
                "GROUP BY ALL ORDER BY ALL"
            )
            found: dict[str | None, dict[str, int]] = {}
            for group, tier, tokens in duck.execute(query).fetchall():
                found.setdefault(group, {})[tier] = tokens
            groups[name] = list(found.items())
    return {"units": units, "by": groups}
