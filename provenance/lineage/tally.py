"""By how much a change moves the sums of each dataset version, by pedigree.

And once more by one dimension at a time. Amounts are summed as ``value × copies`` in
thousandths, exactly. Contents are the distinct items of a dataset version, each
counted once, under the least month, domain, language, split and medium of its
records. A change is what stands after it minus what stood before.
"""

from __future__ import annotations

from typing import NoReturn

import duckdb

from provenance.errors import ManifestError
from provenance.lineage.rest import SUMMED
from provenance.store.amounts import DIMENSIONS

__all__ = ["count_tallies", "refuse_amounts"]

_NARROW = ("month", "language", "split", "medium")
"""Dimensions of few values: all of them are grouped in one pass."""

_SUMS = ("records", "contents", *SUMMED, *(f"without_{name}" for name in SUMMED))

_PLAIN = """
    plain AS p ON p.month = coalesce(r.month, '')
        AND p.medium = CASE WHEN r.month IS NULL THEN ''
                            ELSE coalesce(r.medium, '') END
"""
"""The plain pedigree of a capture, or of no capture at all."""


def _weighed(sign: int, pedigrees: str, occurrences: str, absent: str) -> str:
    amounts = ", ".join(
        f"{sign} * coalesce(r.{name}, 0)::HUGEINT * r.copies AS {name}, "
        f"CASE WHEN r.{name} IS NULL THEN {sign} ELSE 0 END AS without_{name}"
        for name in SUMMED
    )
    return f"""
        SELECT {sign} AS records, r.dataset_id, r.item_no,
               coalesce(s.pedigree, p.pedigree) AS pedigree,
               r.month, r.domain, r.language, r.split, r.medium,
               i.{occurrences} > 1 AS repeated,
               CASE WHEN i.{occurrences} > 1 THEN 0 ELSE {sign} END AS contents,
               {amounts}
        FROM record AS r JOIN item AS i USING (item_no)
        LEFT JOIN {pedigrees} AS s USING (item_no) LEFT JOIN {_PLAIN}
        WHERE NOT r.{absent} AND r.dataset_id IS NOT NULL
        """  # noqa: S608 - names of ours


def count_tallies(duck: duckdb.DuckDBPyConnection) -> None:
    """Make the table ``tally`` from the solved items of a workspace.

    Args:
        duck: A workspace with ``record``, ``item``, ``solved``, ``before`` (the
            pedigrees that items had before), ``plain`` and the sums of the rest.

    Raises:
        ManifestError: A sum is too great to be kept.
    """
    try:
        _count(duck)
    except duckdb.ConversionException:
        refuse_amounts()


def refuse_amounts() -> NoReturn:
    """Raise ManifestError: 64 bits hold no greater sum of thousandths."""
    raise ManifestError(
        "its items, bytes or tokens come to more than 9.2 · 10^15 for a dataset",
        hint="A number in it must stand for something else, for *unknown* perhaps: "
        "correct it, and record the manifest again.",
    )


def _count(duck: duckdb.DuckDBPyConnection) -> None:
    rest_sums = ", ".join(("records", "records AS contents", *_SUMS[2:]))
    sums = ", ".join(f"sum({name}) AS {name}" for name in _SUMS)
    nothing = ", ".join(f"0 AS {name}" for name in _SUMS[2:])
    narrow = ", ".join(_NARROW)
    duck.execute(
        f"""
        CREATE TABLE weighed AS
        {_weighed(1, "solved", "occurrences", "leaving")}
        UNION ALL
        {_weighed(-1, "before", "earlier", "entering")};

        CREATE TABLE content AS
        SELECT sign, dataset_id, item_no, min(pedigree) AS pedigree,
               min(domain) AS domain,
               {", ".join(f"min({name}) AS {name}" for name in _NARROW)}
        FROM (SELECT *, sign(records) AS sign FROM weighed WHERE repeated)
        GROUP BY sign, dataset_id, item_no;

        CREATE TABLE narrow AS
        SELECT dataset_id, pedigree, {narrow}, {sums} FROM (
            SELECT dataset_id, pedigree, {narrow}, {", ".join(_SUMS)} FROM weighed
            UNION ALL BY NAME
            SELECT dataset_id, pedigree, {narrow}, 0 AS records, sign AS contents,
                   {nothing} FROM content
            UNION ALL BY NAME
            SELECT r.dataset_id, p.pedigree,
                   {", ".join(f"r.{name}" for name in _NARROW)}, {rest_sums}
            FROM rest_narrow AS r JOIN {_PLAIN}
        ) GROUP BY ALL;

        CREATE TABLE tally (
            dataset_id BIGINT, dimension SMALLINT, value VARCHAR, pedigree BIGINT,
            {", ".join(f"{name} BIGINT" for name in _SUMS)}
        );

        INSERT INTO tally
        SELECT dataset_id, {DIMENSIONS["source"]}, domain, pedigree, {sums} FROM (
            SELECT dataset_id, pedigree, domain, {", ".join(_SUMS)} FROM weighed
            UNION ALL BY NAME
            SELECT dataset_id, pedigree, domain, 0 AS records, sign AS contents,
                   {nothing} FROM content
            UNION ALL BY NAME
            SELECT r.dataset_id, p.pedigree, r.domain, {rest_sums}
            FROM rest_wide AS r JOIN {_PLAIN}
        ) GROUP BY ALL HAVING {_any_of("sum({})")};
        DROP TABLE weighed; DROP TABLE content;
        """  # noqa: S608 - names of ours
    )
    numbers = {name: DIMENSIONS[name] for name in ("", *_NARROW)}
    values = " ".join(f"WHEN {numbers[name]} THEN {name}" for name in _NARROW)
    duck.execute(
        f"""
        INSERT INTO tally
        SELECT dataset_id, d.dimension, CASE d.dimension {values} END AS value,
               pedigree, {sums}
        FROM narrow, (SELECT unnest({list(numbers.values())}) AS dimension) AS d
        GROUP BY ALL HAVING {_any_of("sum({})")}
        """  # noqa: S608 - names of ours
    )


def _any_of(form: str) -> str:
    return " OR ".join(f"{form.format(name)} <> 0" for name in _SUMS)
