"""Leaves and tiles hashed many at a time, against the plain functions."""

from __future__ import annotations

import pyarrow as pa
import pytest

from provenance.log.leaves import LEAF_SCHEMA, encode_leaves
from provenance.log.many import hash_fields, hash_tops
from provenance.merkle import hash_leaves, hash_tiles


def make_fields(rows: int) -> pa.Table:
    numbers = pa.array(range(rows), pa.int64())
    columns = {
        "row": numbers,
        "part": pa.repeat(0, rows),
        "digest": pa.array([b"\x12\x20" + b"%032d" % n for n in range(rows)]),
        "url": pa.array(
            [None if n % 7 == 0 else f"https://ü.example/{n}" for n in range(rows)]
        ),
        "copies": pa.repeat(1000, rows),
        "origins": pa.repeat("", rows),
        "parents": pa.array(["x" * (n % 300) for n in range(rows)]),
    }
    return pa.table(
        [
            columns.get(field.name, pa.nulls(rows, field.type)).cast(field.type)
            for field in LEAF_SCHEMA
        ],
        schema=LEAF_SCHEMA,
    )


@pytest.mark.parametrize("rows", [0, 1, 255, 256, 19_999, 20_000, 20_224, 70_001])
def test_many_leaves_and_tiles_hash_as_one_by_one(rows: int) -> None:
    fields = make_fields(rows)
    expected = hash_leaves(encode_leaves(fields))
    assert hash_fields(fields) == expected
    assert hash_tops(fields) == (
        hash_tiles(expected),
        expected[rows // 256 * 256 :],
    )


def test_a_slice_hashes_as_its_rows_do() -> None:
    fields = make_fields(41_000)
    assert hash_tops(fields.slice(777, 40_001)) == hash_tops(
        pa.Table.from_pylist(fields.slice(777, 40_001).to_pylist(), schema=LEAF_SCHEMA)
    )
