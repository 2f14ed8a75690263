"""Count the records of each dataset version by pedigree, and by one dimension more.

Amounts are summed as ``value × copies`` in thousandths, exactly. Contents are the
distinct items of a dataset version, each counted once, under the least month, domain,
language, split and medium of its records.
"""

from __future__ import annotations

import duckdb

__all__ = ["DIMENSIONS", "count_tallies"]

DIMENSIONS = {
    "month": "month",
    "source": "domain",
    "language": "language",
    "split": "split",
    "medium": "medium",
}
"""Dimension → column of the workspace; never their cross product."""


def count_tallies(duck: duckdb.DuckDBPyConnection, unknown: int) -> None:
    """Make the table ``tally`` from the solved items of a workspace.

    Args:
        duck: A workspace with ``record``, ``item``, ``solved`` and
            ``plain (month, medium, pedigree)``.
        unknown: Number of the plain pedigree of items without a date.
    """
    duck.execute(
        f"""
        CREATE TABLE weighed AS
        SELECT r.dataset_id, r.item_no,
               coalesce(s.pedigree, p.pedigree, {unknown}) AS pedigree,
               r.month, r.domain, r.language, r.split, r.medium,
               coalesce(r.items, 0)::HUGEINT * r.copies AS items,
               coalesce(r.bytes, 0)::HUGEINT * r.copies AS bytes,
               coalesce(r.tokens, 0)::HUGEINT * r.copies AS tokens,
               (r.items IS NULL)::BIGINT AS without_items,
               (r.bytes IS NULL)::BIGINT AS without_bytes,
               (r.tokens IS NULL)::BIGINT AS without_tokens
        FROM record AS r
        LEFT JOIN solved AS s USING (item_no)
        LEFT JOIN plain AS p
            ON p.month = r.month AND p.medium = coalesce(r.medium, '');

        CREATE TABLE content AS
        SELECT dataset_id, item_no, min(pedigree) AS pedigree, min(month) AS month,
               min(domain) AS domain, min(language) AS language,
               min(split) AS split, min(medium) AS medium
        FROM weighed GROUP BY dataset_id, item_no;

        CREATE TABLE tally (
            dataset_id BIGINT, dimension VARCHAR, value VARCHAR, pedigree BIGINT,
            records BIGINT, contents BIGINT, items BIGINT, bytes BIGINT,
            tokens BIGINT, without_items BIGINT, without_bytes BIGINT,
            without_tokens BIGINT
        );
        """  # noqa: S608 - a number of ours
    )
    for dimension, column in {"": "NULL", **DIMENSIONS}.items():
        duck.execute(
            f"""
            INSERT INTO tally
            SELECT dataset_id, '{dimension}', value, pedigree, sum(records),
                   sum(contents), sum(items), sum(bytes), sum(tokens),
                   sum(without_items), sum(without_bytes), sum(without_tokens)
            FROM (
                SELECT dataset_id, {column} AS value, pedigree, count(*) AS records,
                       0 AS contents, sum(items) AS items, sum(bytes) AS bytes,
                       sum(tokens) AS tokens, sum(without_items) AS without_items,
                       sum(without_bytes) AS without_bytes,
                       sum(without_tokens) AS without_tokens
                FROM weighed GROUP BY ALL
                UNION ALL
                SELECT dataset_id, {column}, pedigree, 0, count(*), 0, 0, 0, 0, 0, 0
                FROM content GROUP BY ALL
            )
            GROUP BY ALL
            """  # noqa: S608 - the names are the constants above
        )
