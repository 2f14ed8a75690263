"""Lists of the records to keep and to leave out, chosen out of core and written whole.

The records of dataset versions lie in a scratch DuckDB with the tier and the weight of
each; what stays is decided by groups and weights, never row by row in Python. A list
is in the order of log, file and row, so the same ledger writes the same list.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from provenance.domain import Tier, Unit
from provenance.domain.digests import ALGORITHMS, multihash_prefix
from provenance.domain.mix import Mix, fill
from provenance.errors import LedgerStateError, NameRefusedError

__all__ = ["GROUPS", "Lists", "list_format"]

GROUPS: Final = ("source", "month", "language", "split")
"""What a mix can be reached by: values that every record has one of."""

_FORMATS = {
    ".parquet": "FORMAT parquet, COMPRESSION zstd",
    ".csv": "FORMAT csv, HEADER",
    ".jsonl": "FORMAT json",
}
_ROWS = 65_536
_TAKEN = pa.schema(
    [
        ("value", pa.string()),
        ("weight", pa.int64()),
        ("number", pa.int64()),
        ("taken", pa.int64()),
    ]
)
_MONTH = "strftime(make_timestamp(fetched_at), '%Y-%m')"


def list_format(path: Path) -> str:
    """Return how a list is written, by the suffix of its file.

    Raises:
        NameRefusedError: It has none of the known ones.
    """
    if path.suffix.lower() not in _FORMATS:
        raise NameRefusedError(
            f"{path}: no list is written to a file of that suffix",
            hint=f"Choose from: {', '.join(_FORMATS)}.",
        )
    return _FORMATS[path.suffix.lower()]


class Lists:
    """Records of dataset versions, and what is decided of each."""

    def __init__(
        self, duck: duckdb.DuckDBPyConnection, unit: Unit, by: str | None = None
    ) -> None:
        """Begin with none.

        Args:
            duck: An empty scratch database.
            unit: What the weights are of.
            by: One of ``GROUPS``.
        """
        self._duck, self._unit, self._by = duck, unit, by
        duck.execute(
            """
            CREATE TABLE listed (
                dataset VARCHAR, position BIGINT, row BIGINT, part BIGINT,
                digest BLOB, name VARCHAR, url VARCHAR, value VARCHAR,
                tier VARCHAR, excluded BOOLEAN, weight BIGINT
            );
            CREATE TABLE file (position BIGINT, manifest VARCHAR)
            """
        )

    def add(
        self,
        dataset: str,
        rows: Iterable[pa.RecordBatch],
        verdicts: pa.Table,
        files: Mapping[int, str],
    ) -> None:
        """Add the records of a dataset version.

        Args:
            dataset: Its full name.
            rows: Batches of ``query.listed.LISTED``.
            verdicts: Columns ``pedigree_id, month, medium, tier, excluded``; month and
                medium are those of a pedigree that is a plain capture.
            files: Log position of a batch → its manifest.

        Raises:
            LedgerStateError: A record has a pedigree that is not among the verdicts.
        """
        duck, value = self._duck, _MONTH if self._by == "month" else self._by or "NULL"
        duck.register("verdicts", verdicts)
        duck.execute("CREATE OR REPLACE TABLE verdict AS FROM verdicts")
        duck.unregister("verdicts")
        known = [{"position": at, "manifest": name} for at, name in files.items()]
        schema = pa.schema([("position", pa.int64()), ("manifest", pa.string())])
        duck.register("files", pa.Table.from_pylist(known, schema=schema))
        duck.execute("INSERT INTO file FROM files")
        duck.unregister("files")
        for batch in rows:
            duck.register("incoming", pa.Table.from_batches([batch]))
            duck.execute(
                f"""
                INSERT INTO listed
                SELECT $dataset, position, row, part, digest, name, url, {value},
                       coalesce(known.tier, plain.tier),
                       coalesce(known.excluded, plain.excluded), weight
                FROM (
                    SELECT * EXCLUDE (medium),
                           CASE WHEN pedigree_id IS NOT NULL THEN NULL
                                WHEN fetched_at IS NULL THEN ''
                                ELSE {_MONTH} END AS month,
                           CASE WHEN pedigree_id IS NOT NULL THEN NULL
                                WHEN fetched_at IS NULL THEN ''
                                ELSE coalesce(medium, '') END AS medium
                    FROM incoming
                ) AS captured
                LEFT JOIN verdict AS known USING (pedigree_id)
                LEFT JOIN verdict AS plain ON plain.month = captured.month
                    AND plain.medium = captured.medium
                """,  # noqa: S608 - columns of ours
                {"dataset": dataset},
            )
            duck.unregister("incoming")
        if self._one("SELECT count(*) FROM listed WHERE tier IS NULL"):
            raise LedgerStateError(
                "the ledger was written to while its records were read",
                hint="Run the command again.",
            )

    def choose(self, mix: Mix) -> None:
        """Decide what stays: what is not excluded and makes the mix, group by group.

        See ``domain.mix`` for what is optimised.
        """
        duck = self._duck
        bound = mix.max_downstream is not None
        lacks = f"WHEN weight IS NULL THEN 'lacks {self._unit}'" if bound else ""
        duck.execute(
            f"""
            CREATE TABLE decided AS
            SELECT rowid AS id, value, weight, position, row, part,
                   tier IN ({_quoted(mix.charged)}) AS charged,
                   CASE WHEN excluded THEN 'model'
                        WHEN tier NOT IN ({_quoted(mix.tiers)}) THEN 'tier'
                        {lacks} END AS reason
            FROM listed
            """  # noqa: S608 - names of tiers and units
        )
        duck.register("nothing", _TAKEN.empty_table())
        duck.execute("CREATE TABLE taken AS FROM nothing")
        for taken in self._plan(mix):
            duck.register("incoming", taken)
            duck.execute("INSERT INTO taken FROM incoming")
            duck.unregister("incoming")
        duck.execute(
            """
            CREATE TABLE dropped AS
            SELECT id, 'downstream' AS reason FROM (
                SELECT d.id, t.taken, row_number() OVER (
                           PARTITION BY d.value, d.weight
                           ORDER BY position, row, part) AS nth
                FROM decided AS d JOIN taken AS t
                    ON d.value IS NOT DISTINCT FROM t.value AND d.weight = t.weight
                WHERE d.charged AND d.reason IS NULL AND t.taken > 0
            ) WHERE nth > taken
            UNION ALL
            SELECT d.id, 'downstream' FROM decided AS d JOIN taken AS t
                ON d.value IS NOT DISTINCT FROM t.value AND d.weight = t.weight
            WHERE d.charged AND d.reason IS NULL AND t.taken = 0
            UNION ALL SELECT id, reason FROM decided WHERE reason IS NOT NULL;
            DROP TABLE decided
            """
        )

    def _plan(self, mix: Mix) -> Iterator[pa.RecordBatch]:
        """Say of each group and weight that not all stay of how many do."""
        stands = "charged AND reason IS NULL"
        free = dict(
            self._duck.execute(
                "SELECT value, sum(weight) FROM decided "
                "WHERE NOT charged AND reason IS NULL GROUP BY value"
            ).fetchall()
        )
        query = (
            f"SELECT value, weight, count(*) FROM decided WHERE {stands} "  # noqa: S608 - as above
            "GROUP BY value, weight ORDER BY value NULLS FIRST, weight DESC"
        )
        rows: list[tuple[Any, ...]] = []
        for value, weights in groupby(_fetch(self._duck, query), itemgetter(0)):
            room = mix.room(int(free.get(value, 0) or 0))
            seen: list[tuple[int, int]] = []

            def note(
                group: Iterable[tuple[Any, ...]],
                kept: list[tuple[int, int]] = seen,
            ) -> Iterator[tuple[int, int]]:
                for _, weight, number in group:
                    kept.append((weight, number))
                    yield weight, number

            for taken in fill(room, note(weights)):
                weight, number = seen.pop()
                if taken < number:
                    rows.append((value, weight, number, taken))
                if len(rows) == _ROWS:
                    yield _to_batch(rows)
                    rows = []
        if rows:
            yield _to_batch(rows)

    def count(self) -> list[tuple[str | None, str, int, int, int]]:
        """Count the records by what was decided.

        Returns:
            Reason (None: kept), tier, records, of them those that lack the unit, and
            weight in thousandths.
        """
        return self._duck.execute(
            """
            SELECT reason, tier, count(*), count(*) - count(weight),
                   coalesce(sum(weight), 0)::BIGINT
            FROM listed LEFT JOIN dropped ON dropped.id = listed.rowid
            GROUP BY reason, tier ORDER BY reason NULLS FIRST, tier
            """
        ).fetchall()

    def write(self, path: Path, *, kept: bool) -> None:
        """Write the list of what stays, or of what does not, in place of the file.

        Columns: dataset, digest, name, url, file, row, part, tier, weight, that of the
        grouping if there is one, and, of what does not stay, reason.

        Raises:
            NameRefusedError: The suffix of the file is none of ours.
            LedgerStateError: It cannot be written.
        """
        form = list_format(path)
        grouping = f", value AS {self._by}" if self._by else ""
        reason = "" if kept else ", reason"
        joined = "ANTI JOIN" if kept else "JOIN"
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        target = str(part).replace("'", "''")
        try:
            self._duck.execute(
                f"""
                COPY (
                    SELECT dataset, {_SPELLED} AS digest, name, url,
                           manifest AS file, row, part, tier,
                           weight / 1000 AS weight{grouping}{reason}
                    FROM listed
                    {joined} dropped ON dropped.id = listed.rowid
                    LEFT JOIN file USING (position)
                    ORDER BY position, row, part
                ) TO '{target}' ({form})
                """  # noqa: S608 - columns of ours, and a quoted path
            )
            part.replace(path)
        except (duckdb.Error, OSError) as error:
            words = str(error).strip().partition("\n")[0]
            raise LedgerStateError(
                f"{path} cannot be written: {words}",
                hint="Check that its folder exists, its rights, and the room on the "
                "disk; no half list is left behind.",
            ) from error
        finally:
            part.unlink(missing_ok=True)

    def _one(self, query: str) -> Any:
        return self._duck.execute(query).fetchall()[0][0]


def _fetch(duck: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[Any, ...]]:
    """Stream rows, while other statements run on the connection."""
    with duck.cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(_ROWS):
            yield from rows


def _to_batch(rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [
        pa.array(column, field.type)
        for column, field in zip(columns, _TAKEN, strict=True)
    ]
    return pa.record_batch(arrays, schema=_TAKEN)


def _quoted(tiers: Iterable[Tier]) -> str:
    """Tiers as a list of SQL, which must not be empty."""
    return ", ".join(f"'{tier}'" for tier in sorted(tiers)) or "NULL"


def _spell() -> str:
    cases = []
    for name in ALGORITHMS:
        prefix = multihash_prefix(name).hex()
        cases.append(
            f"WHEN starts_with(lower(hex(digest)), '{prefix}') "
            f"THEN '{name}:' || lower(hex(digest))[{len(prefix) + 1}:]"
        )
    return f"CASE {' '.join(cases)} END"


_SPELLED = _spell()
"""A multihash as ``algorithm:hex``, in DuckDB's words."""
