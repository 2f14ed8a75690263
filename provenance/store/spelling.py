"""Spell bytes, digests and times as text, the same on every database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from provenance.domain.digests import ALGORITHMS, multihash_prefix

__all__ = ["MONTH", "SECOND", "HexText", "TimeText", "spell_digest"]

MONTH, SECOND = 7, 20
"""Characters of a time: to its month, or all of it."""


class HexText(FunctionElement[str]):
    """Bytes as lower-case hex."""

    type = sa.Text()
    inherit_cache = True
    name = "hex_text"


@compiles(HexText, "sqlite")
def _hex_sqlite(element: HexText, compiler: SQLCompiler, **kw: Any) -> str:
    return f"lower(hex({compiler.process(element.clauses, **kw)}))"


@compiles(HexText, "postgresql")
def _hex_postgresql(element: HexText, compiler: SQLCompiler, **kw: Any) -> str:
    return f"encode({compiler.process(element.clauses, **kw)}, 'hex')"


class TimeText(FunctionElement[str]):
    """Microseconds since 1970 as text: month, or ISO 8601 to the second."""

    type = sa.Text()
    inherit_cache = True
    name = "time_text"


@compiles(TimeText, "sqlite")
def _time_sqlite(element: TimeText, compiler: SQLCompiler, **kw: Any) -> str:
    moment, length = element.clauses
    micro = compiler.process(moment, **kw)
    # Whole seconds, or it would round up into the next one; its / and % know no floor.
    seconds = f"({micro} - ({micro} % 1000000 + 1000000) % 1000000) / 1000000"
    whole = f"strftime('%Y-%m-%dT%H:%M:%SZ', {seconds}, 'unixepoch')"
    return f"substr({whole}, 1, {compiler.process(length, **kw)})"


@compiles(TimeText, "postgresql")
def _time_postgresql(element: TimeText, compiler: SQLCompiler, **kw: Any) -> str:
    moment, length = element.clauses
    seconds = f"to_timestamp(floor({compiler.process(moment, **kw)} / 1000000.0))"
    whole = f"""to_char({seconds} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
    return f"substr({whole}, 1, {compiler.process(length, **kw)})"


def spell_digest(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Write a multihash as ``algorithm:hex``; null for null."""
    hexed = HexText(column)
    choices = []
    for name in ALGORITHMS:
        prefix = multihash_prefix(name).hex()
        text = sa.literal(f"{name}:").concat(sa.func.substr(hexed, len(prefix) + 1))
        choices.append((sa.func.substr(hexed, 1, len(prefix)) == prefix, text))
    return sa.case(*choices)
