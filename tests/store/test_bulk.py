"""Bulk reads: the declared types, whatever stands in the first rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from provenance.errors import LedgerStateError, VerificationError
from provenance.store.bulk import ROWS_READ, BulkReader, render_query
from provenance.store.engine import connect_engine

SCHEMA = pa.schema(
    [
        pa.field("number", pa.int64(), nullable=False),
        ("small", pa.int16()),
        ("score", pa.float64()),
        ("octets", pa.binary()),
        ("text", pa.string()),
        ("truth", pa.bool_()),
    ]
)
THINGS = sa.Table(
    "things",
    sa.MetaData(),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("small", sa.SmallInteger),
    sa.Column("score", sa.Float),
    sa.Column("octets", sa.LargeBinary),
    sa.Column("text", sa.Text),
    sa.Column("truth", sa.Boolean),
)
EVERY = sa.select(THINGS).order_by(THINGS.c.number)
Row = dict[str, Any]


@pytest.fixture
def record(url: str) -> Callable[[list[Row]], str]:
    """Write things into a fresh database and say where it is; nobody has it open."""

    def write(rows: list[Row]) -> str:
        engine = connect_engine(url)
        with engine.connect() as opened:
            connection = opened.execution_options(write=True)
            with connection.begin():
                THINGS.create(connection)
                if rows:
                    empty = dict.fromkeys(SCHEMA.names)
                    connection.execute(
                        THINGS.insert(), [{**empty, **row} for row in rows]
                    )
        engine.dispose()
        return url

    return write


def read(url: str, query: Any = EVERY, schema: pa.Schema = SCHEMA) -> list[Row]:
    with BulkReader(url) as reader:
        batches = list(reader.read(query, schema))
    assert all(batch.schema == schema and len(batch) for batch in batches)
    return [row for batch in batches for row in batch.to_pylist()]


ROWS: list[Row] = [
    {"number": -(2**63), "text": "", "octets": b""},
    {"number": -1, "small": -(2**15), "truth": False, "score": -0.0},
    {"number": 2**31, "small": 2**15 - 1, "truth": True, "score": 1e300},
    {
        "number": 2**63 - 1,
        "text": "ü, '\"\n💡",
        "octets": b"\0\xff\xfe",
        "score": 0.1,
    },
]


def test_every_value_comes_back_in_order(record: Callable[[list[Row]], str]) -> None:
    empty = dict.fromkeys(SCHEMA.names)
    assert read(record(ROWS[::-1])) == [{**empty, **row} for row in ROWS]


def test_columns_may_begin_with_a_batch_of_nulls(
    record: Callable[[list[Row]], str],
) -> None:
    rows: list[Row] = [{"number": number} for number in range(ROWS_READ + 10)]
    rows[-1] |= {"small": 1, "score": 0.5, "octets": b"o", "text": "t", "truth": True}
    found = read(record(rows))
    assert len(found) == len(rows)
    assert found[-1] == rows[-1]
    assert set(found[0].values()) == {0, None}


def test_a_query_without_rows_yields_no_batch(
    record: Callable[[list[Row]], str],
) -> None:
    assert read(record([])) == []


def test_literals_are_written_into_the_statement(
    record: Callable[[list[Row]], str],
) -> None:
    url = record(ROWS)
    query = EVERY.where(THINGS.c.text == "ü, '\"\n💡", THINGS.c.number > 5)
    assert [row["number"] for row in read(url, query)] == [2**63 - 1]


def test_percent_signs_and_colons_stay_as_they_are(
    record: Callable[[list[Row]], str],
) -> None:
    url = record([{"number": 1, "text": "5% :x"}])
    query = EVERY.where(THINGS.c.text == "5% :x")
    assert [row["text"] for row in read(url, query)] == ["5% :x"]
    assert "%%" not in render_query(query, sqlite=True)


def test_a_value_too_large_for_the_declared_type_is_named(
    record: Callable[[list[Row]], str],
) -> None:
    narrow = SCHEMA.set(0, pa.field("number", pa.int32()))
    with pytest.raises(VerificationError, match="number is no int32"):
        read(record(ROWS), schema=narrow)


def test_a_null_where_none_may_be_is_named(record: Callable[[list[Row]], str]) -> None:
    strict = SCHEMA.set(4, pa.field("text", pa.string(), nullable=False))
    with pytest.raises(VerificationError, match="text is no string: a value is null"):
        read(record(ROWS), schema=strict)


def test_a_failing_statement_is_no_traceback(
    record: Callable[[list[Row]], str],
) -> None:
    with pytest.raises(LedgerStateError, match="bulk read"):
        read(record([]), "SELECT * FROM absent_table")


ODD = {
    "number as text": ("number", "CAST('x' AS TEXT)"),
    "number as real": ("small", "0.5"),
    "number too large": ("small", "1e300"),
    "number as blob": ("small", "x'3132'"),
    "real as text": ("score", "CAST('x' AS TEXT)"),
    "real as blob": ("score", "x'00'"),
    "blob as text": ("octets", "CAST('text' AS TEXT)"),
    "text as blob": ("text", "CAST('blob' AS BLOB)"),
    "no UTF-8": ("text", "CAST(x'ff' AS TEXT)"),
    "truth as 2": ("truth", "2"),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("place", [3, ROWS_READ + 5])
def test_a_value_of_another_kind_is_named_wherever_it_stands(
    tmp_path: Path, odd: str, place: int
) -> None:
    column, value = ODD[odd]
    path = tmp_path / "odd.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE things (number, small BIGINT, score FLOAT, octets BLOB, "
            "text TEXT, truth BOOLEAN)"
        )
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT ?) "
            "INSERT INTO things SELECT i, i, 0.5, x'00', 'a', 1 FROM n",
            (ROWS_READ + 9,),
        )
        connection.execute("UPDATE things SET small = 1")
        connection.execute(
            f"UPDATE things SET {column} = {value} WHERE rowid = {place}"
        )
    connection.close()
    with pytest.raises(VerificationError, match=f"stored value of {column} is no"):
        read(f"sqlite:///{path}", "SELECT * FROM things")


def test_text_may_hold_a_nul(tmp_path: Path) -> None:
    path = tmp_path / "nul.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (text TEXT)")
        connection.execute("INSERT INTO t VALUES (?)", ("a\0b",))
    connection.close()
    schema = pa.schema({"text": pa.string()})
    assert read(f"sqlite:///{path}", "SELECT text FROM t", schema) == [{"text": "a\0b"}]


def test_odd_file_names_are_opened_and_missing_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "50% off #1 ü.db"
    sqlite3.connect(path).execute("CREATE TABLE t (n)").connection.close()
    schema = pa.schema({"n": pa.int64()})
    assert read(f"sqlite:///{path}", "SELECT n FROM t", schema) == []
    with pytest.raises(LedgerStateError, match="cannot be opened"):
        BulkReader(f"sqlite:///{tmp_path}/none.db")
    assert not (tmp_path / "none.db").exists()
