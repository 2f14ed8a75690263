"""Check the small tables that records share: what they say beside the leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from provenance.domain import Derivation, Evidence, Kind, Mode, Origin
from provenance.domain.digests import finding_key
from provenance.domain.origins import grade_derivation
from provenance.errors import VerificationError
from provenance.ingest.places import read_source, split_urls
from provenance.store import schema

__all__ = ["verify_shared", "verify_used"]

_ROWS = 10_000
_DERIVED_KINDS = (Kind.CAPTURE, Kind.UNKNOWN)
"""Kinds that no row states: the rebuild makes them, and leaves ones out of use."""

_OF_RECORDED = ("model", "mode", "evidence", "detector", "score", "asserted")


def verify_shared(connection: sa.Connection) -> None:
    """Check that sources, origins and ways of deriving are sound in themselves.

    Raises:
        VerificationError: A column is not what the others make it, or two rows say
            the same; names table, row and column.
    """
    _verify_sources(connection)
    _verify_origins(connection)
    for row in connection.execute(sa.select(schema.derivations)):
        mode = _word(schema.derivations, row, "mode", Derivation)
        evidence = _word(schema.derivations, row, "evidence", Evidence)
        expected = {"grade": int(grade_derivation(mode, evidence))}
        _compare(schema.derivations, row, expected)


def verify_used(connection: sa.Connection, used: Mapping[str, set[int]]) -> None:
    """Check that every shared row is one that something points to.

    Args:
        connection: An open transaction.
        used: Ids that records and edges point to, by table; what leaves hold of these
            rows is verified already.

    Raises:
        VerificationError: Nothing points to a row; names it.
    """
    origins = schema.origins
    derived = origins.c.kind.in_([str(kind) for kind in _DERIVED_KINDS])
    claimed = origins.c.id.in_(sa.select(schema.claims.c.origin_id))
    for table, apart in (
        (schema.sources, sa.false()),
        (schema.media_types, sa.false()),
        (schema.derivations, sa.false()),
        (origins, sa.or_(derived, claimed)),
    ):
        known = used.get(table.name, set())
        query = sa.select(table.c.id).where(sa.not_(apart))
        for number in connection.execute(query).scalars():
            if number not in known:
                raise _error(table, number, "id", "no record or edge points to it")


def _verify_sources(connection: sa.Connection) -> None:
    table = schema.sources
    query = sa.select(table).order_by(table.c.finding_key)
    streamed = connection.execute(query, execution_options={"stream_results": True})
    key, prefixes = 0, set[str]()
    with streamed as result:
        for rows in result.partitions(_ROWS):
            _verify_prefixes(rows)
            for row in rows:
                if row.finding_key != key:
                    key, prefixes = row.finding_key, set()
                if row.prefix in prefixes:
                    raise _error(table, row.id, "prefix", "another row has it too")
                prefixes.add(row.prefix)


def _verify_prefixes(rows: Sequence[Any]) -> None:
    _, rests = split_urls(pa.array([row.prefix for row in rows], pa.string()))
    for row, rest in zip(rows, rests.to_pylist(), strict=True):
        if rest:
            raise _error(schema.sources, row.id, "prefix", "more than an authority")
        source = read_source(row.prefix)
        expected = {
            "finding_key": finding_key(row.prefix),
            "host": source.host,
            "domain": source.domain,
        }
        _compare(schema.sources, row, expected)


def _verify_origins(connection: sa.Connection) -> None:
    table = schema.origins
    known: dict[tuple[Any, ...], int] = {}
    for row in connection.execute(sa.select(table).order_by(table.c.id)):
        origin = Origin(
            kind=_word(table, row, "kind", Kind),
            model=row.model,
            mode=_word(table, row, "mode", Mode),
            evidence=_word(table, row, "evidence", Evidence),
            detector=row.detector,
            score=row.score,
            asserted=row.asserted,
            month=row.month,
            medium=row.medium,
        )
        expected: dict[str, object] = {"grade": int(origin.grade)}
        if origin.kind in _DERIVED_KINDS:
            plain = Origin(kind=origin.kind, evidence=Evidence.CAPTURED)
            expected |= {name: getattr(plain, name) for name in _OF_RECORDED}
        if origin.kind is not Kind.CAPTURE:
            expected |= {"month": None, "medium": None}
        _compare(table, row, expected)
        other = known.setdefault(tuple(row[1:]), row.id)
        if other != row.id:
            raise _error(table, row.id, "kind", f"it says the same as {other}")


def _word(table: sa.Table, row: Any, column: str, words: type[Any]) -> Any:
    value = getattr(row, column)
    try:
        return words(value)
    except ValueError as error:
        raise _error(table, row.id, column, f"{value!r} is no word of ours") from error


def _compare(table: sa.Table, row: Any, expected: Mapping[str, object]) -> None:
    for column, value in expected.items():
        found = getattr(row, column)
        if found != value:
            raise _error(table, row.id, column, f"{found!r}, expected {value!r}")


def _error(table: sa.Table, number: int, column: str, what: str) -> VerificationError:
    return VerificationError(
        f"{table.name}, id {number}, column {column}: {what}",
        hint="The row was changed or added without the log. Restore the ledger from a "
        "backup.",
    )
