"""By how much a change moves the sums of each dataset version, by pedigree.

And once more by one dimension at a time. Amounts are summed as ``value × copies`` in
thousandths, exactly. Contents are the distinct items of a dataset version, each
counted once, under the least month, domain, language, split and medium of its
records. A change is what stands after it minus what stood before.
"""

from __future__ import annotations

import duckdb

from provenance.store.amounts import DIMENSIONS

__all__ = ["count_tallies"]

_COLUMNS = {
    "month": "month",
    "source": "domain",
    "language": "language",
    "split": "split",
    "medium": "medium",
}
"""Dimension → column of the workspace."""

_SUMS = (
    "records",
    "contents",
    "items",
    "bytes",
    "tokens",
    "without_items",
    "without_bytes",
    "without_tokens",
)


def _weighed(sign: int, pedigrees: str, occurrences: str, absent: str) -> str:
    return f"""
        SELECT {sign} AS sign, r.dataset_id, r.item_no,
               coalesce(s.pedigree, p.pedigree) AS pedigree,
               r.month, r.domain, r.language, r.split, r.medium,
               i.{occurrences} > 1 AS repeated,
               {sign} * coalesce(r.items, 0)::HUGEINT * r.copies AS items,
               {sign} * coalesce(r.bytes, 0)::HUGEINT * r.copies AS bytes,
               {sign} * coalesce(r.tokens, 0)::HUGEINT * r.copies AS tokens,
               CASE WHEN r.items IS NULL THEN {sign} ELSE 0 END AS without_items,
               CASE WHEN r.bytes IS NULL THEN {sign} ELSE 0 END AS without_bytes,
               CASE WHEN r.tokens IS NULL THEN {sign} ELSE 0 END AS without_tokens
        FROM record AS r JOIN item AS i USING (item_no)
        LEFT JOIN {pedigrees} AS s USING (item_no)
        LEFT JOIN plain AS p ON p.month = coalesce(r.month, '')
            AND p.medium = CASE WHEN r.month IS NULL THEN ''
                                ELSE coalesce(r.medium, '') END
        WHERE NOT r.{absent}
        """  # noqa: S608 - names of ours


def count_tallies(duck: duckdb.DuckDBPyConnection) -> None:
    """Make the table ``tally`` from the solved items of a workspace.

    Args:
        duck: A workspace with ``record``, ``item``, ``solved``, ``before`` (the
            pedigrees that items had before) and ``plain``.
    """
    duck.execute(
        f"""
        CREATE TABLE weighed AS
        {_weighed(1, "solved", "occurrences", "leaving")}
        UNION ALL
        {_weighed(-1, "before", "earlier", "entering")};

        CREATE TABLE content AS
        SELECT sign, dataset_id, item_no, min(pedigree) AS pedigree,
               min(month) AS month, min(domain) AS domain, min(language) AS language,
               min(split) AS split, min(medium) AS medium
        FROM weighed WHERE repeated GROUP BY sign, dataset_id, item_no;

        CREATE TABLE tally (
            dataset_id BIGINT, dimension SMALLINT, value VARCHAR, pedigree BIGINT,
            {", ".join(f"{name} BIGINT" for name in _SUMS)}
        )
        """  # noqa: S608 - names of ours
    )
    measured = ", ".join(f"sum({name}) AS {name}" for name in _SUMS[2:])
    changed = " OR ".join(f"sum({name}) <> 0" for name in _SUMS)
    for dimension, number in DIMENSIONS.items():
        column = _COLUMNS.get(dimension, "NULL")
        duck.execute(
            f"""
            INSERT INTO tally
            SELECT dataset_id, {number}, value, pedigree, sum(records), sum(contents),
                   {measured}
            FROM (
                SELECT dataset_id, {column} AS value, pedigree, sum(sign) AS records,
                       sum(CASE WHEN repeated THEN 0 ELSE sign END) AS contents,
                       {measured}
                FROM weighed GROUP BY ALL
                UNION ALL
                SELECT dataset_id, {column}, pedigree, 0, sum(sign), 0, 0, 0, 0, 0, 0
                FROM content GROUP BY ALL
            )
            GROUP BY ALL HAVING {changed}
            """  # noqa: S608 - names of ours
        )
