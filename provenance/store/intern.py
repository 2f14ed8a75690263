"""Give distinct values their ids: origins, derivations, media types, sources.

Ids are private to one database; they never appear in reports or logged bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from provenance.domain import Derivation, Evidence, Origin
from provenance.domain.origins import grade_derivation
from provenance.domain.sources import Source
from provenance.store import schema
from provenance.store.arrow import insert_rows
from provenance.store.keys import split_asked

__all__ = [
    "ORIGIN_COLUMNS",
    "intern_derivations",
    "intern_media_types",
    "intern_origins",
    "intern_sources",
    "intern_tally_values",
    "last_id",
    "origin_row",
]


def last_id(connection: sa.Connection, table: sa.Table) -> int:
    """Return the greatest id of a table, 0 when empty; call under the write lock."""
    return (
        connection.execute(sa.select(sa.func.max(table.c.id))).scalar_one_or_none() or 0
    )


def origin_row(origin: Origin) -> tuple[object, ...]:
    """Return the values of an origin in the order of ``ORIGIN_COLUMNS``."""
    return (
        str(origin.kind),
        origin.model,
        str(origin.mode),
        str(origin.evidence),
        int(origin.grade),
        origin.detector,
        origin.score,
        origin.asserted,
        origin.month,
        origin.medium,
    )


ORIGIN_COLUMNS = (
    "kind",
    "model",
    "mode",
    "evidence",
    "grade",
    "detector",
    "score",
    "asserted",
    "month",
    "medium",
)


def _intern(
    connection: sa.Connection,
    table: sa.Table,
    columns: tuple[str, ...],
    wanted: Iterable[tuple[object, ...]],
) -> dict[tuple[object, ...], int]:
    query = sa.select(table.c.id, *(table.c[name] for name in columns))
    known = {tuple(row[1:]): int(row[0]) for row in connection.execute(query)}
    last = max(known.values(), default=0)
    new = [row for row in dict.fromkeys(wanted) if row not in known]
    numbered = [(last + place, *row) for place, row in enumerate(new, start=1)]
    insert_rows(connection, table, ("id", *columns), numbered)
    return known | {row: last + place for place, row in enumerate(new, start=1)}


def intern_origins(
    connection: sa.Connection, origins: Iterable[Origin]
) -> Mapping[Origin, int]:
    """Return the id of each origin; new ones are recorded."""
    wanted = {origin: origin_row(origin) for origin in origins}
    ids = _intern(connection, schema.origins, ORIGIN_COLUMNS, wanted.values())
    return {origin: ids[row] for origin, row in wanted.items()}


def intern_derivations(
    connection: sa.Connection, ways: Iterable[tuple[str, str]]
) -> Mapping[tuple[str, str], int]:
    """Return the id of each (mode, evidence) of deriving; new ones are recorded."""
    wanted = {
        (mode, evidence): (
            mode,
            evidence,
            int(grade_derivation(Derivation(mode), Evidence(evidence))),
        )
        for mode, evidence in ways
    }
    columns = ("mode", "evidence", "grade")
    ids = _intern(connection, schema.derivations, columns, wanted.values())
    return {way: ids[row] for way, row in wanted.items()}


def intern_media_types(
    connection: sa.Connection, media: Iterable[tuple[str, str | None]]
) -> Mapping[str, int]:
    """Return the id of each media type, given with its medium."""
    columns = ("media_type", "medium")
    ids = _intern(connection, schema.media_types, columns, media)
    return {str(media_type): number for (media_type, _), number in ids.items()}


def intern_sources(
    connection: sa.Connection, sources: Sequence[tuple[int, Source]]
) -> dict[str, int]:
    """Return the id of each source by its prefix; new ones are recorded.

    Only the asked prefixes are looked up, by their 64-bit finding key.

    Args:
        connection: An open writing transaction.
        sources: Finding key and source, each once.
    """
    table = schema.sources
    known: dict[str, int] = {}
    for part in split_asked(key for key, _ in sources):
        query = sa.select(table.c.prefix, table.c.id).where(
            table.c.finding_key.in_(part)
        )
        known |= {row.prefix: row.id for row in connection.execute(query)}
    last = last_id(connection, table)
    new = [(key, source) for key, source in sources if source.prefix not in known]
    rows = [
        (last + place, key, source.prefix, source.host, source.domain)
        for place, (key, source) in enumerate(new, start=1)
    ]
    columns = ("id", "finding_key", "prefix", "host", "domain")
    insert_rows(connection, table, columns, rows)
    return known | {row[2]: row[0] for row in rows}


def intern_tally_values(
    connection: sa.Connection, values: Iterable[str | None]
) -> dict[str | None, int]:
    """Return the id of each value of a dimension; None, not stated, has the id 0."""
    table = schema.tally_values
    wanted = [value for value in dict.fromkeys(values) if value is not None]
    known: dict[str | None, int] = {}
    for part in split_asked(wanted):
        query = sa.select(table.c.value, table.c.id).where(table.c.value.in_(part))
        known |= {row.value: row.id for row in connection.execute(query)}
    first = connection.execute(sa.select(sa.func.max(table.c.id))).scalar()
    if first is None:
        insert_rows(connection, table, ("id", "value"), [(0, None)])
        first = 0
    new = [value for value in wanted if value not in known]
    rows = [(first + place, value) for place, value in enumerate(new, start=1)]
    insert_rows(connection, table, ("id", "value"), rows)
    return {None: 0} | known | {value: number for number, value in rows}
