"""Leaves: the same bytes by both encoders, and in every version."""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import Ledger
from provenance.domain.leaf import (
    LEAF_FIELDS,
    SALTED_FIELDS,
    format_field,
    format_leaf,
    name_fields,
    parse_leaf,
)
from provenance.log.edges import (
    ORIGIN_FIELDS,
    PARENT_FIELDS,
    write_origins,
    write_parents,
)
from provenance.log.leaves import LEAF_SCHEMA, SALTED_SCHEMA, encode_leaves

GOLDEN = Path(__file__).parent / "golden"
LEAVES = list(
    map(json.loads, (GOLDEN / "leaves.jsonl").read_text("utf-8").splitlines())
)
Record = dict[str, Any]

TEXTS = st.none() | st.text(st.characters(codec="utf-8"), max_size=9)
FEW_TEXTS = st.none() | st.sampled_from(["", "-", "en", "0:,", "ü"])
NUMBERS = st.integers(-(2**63), 2**63 - 1)
ORIGINS = st.lists(
    st.tuples(
        st.sampled_from(["human", "model"]),
        TEXTS,
        st.sampled_from(["answered", "written"]),
        st.just("declared"),
        TEXTS,
        st.none() | st.floats(allow_nan=False),
        st.none() | st.sampled_from([0.5, 1e-07, 1e16, -0.0]),
    ),
    max_size=3,
)
PARENTS = st.lists(
    st.tuples(
        st.none() | st.binary(max_size=40).map(bytes.hex),
        TEXTS,
        st.sampled_from(["cleaned", "seeded"]),
        st.just("declared"),
    ),
    max_size=3,
)
RECORDS = st.fixed_dictionaries(
    {
        "row": NUMBERS,
        "part": st.integers(0, 3),
        "digest": st.none() | st.binary(max_size=70).map(bytes.hex),
        "name": TEXTS,
        "url": TEXTS,
        "fetched_at": st.none() | NUMBERS,
        "bytes": st.none() | NUMBERS,
        "tokens": st.none() | st.integers(0, 9),
        "items": st.none() | st.just(1),
        "copies": NUMBERS,
        "language": FEW_TEXTS,
        "media_type": FEW_TEXTS,
        "medium": FEW_TEXTS,
        "split": TEXTS,
        "origins": ORIGINS,
        "parents": PARENTS,
    }
)
SALTS = st.none() | st.binary(max_size=20).map(bytes.hex)


def plainly(record: Record) -> bytes:
    """The leaf of a record by the obvious encoder."""
    origins = {"".join(map(format_field, origin)) for origin in record["origins"]}
    parents = [
        (digest, None if digest is not None else reference, *way)
        for digest, reference, *way in record["parents"]
    ]
    written = {
        "origins": "".join(sorted(origins, key=str.encode)),
        "parents": "".join("".join(map(format_field, one)) for one in parents),
    }
    names = SALTED_FIELDS if "salt" in record else LEAF_FIELDS
    return format_leaf([(record | written)[name] for name in names])


def by_column(records: list[Record]) -> list[bytes]:
    """The leaves of records by the encoder that is used."""

    def edges(name: str, fields: tuple[str, ...], write: Any) -> pa.Array[Any]:
        rows = [
            (place, dict(zip(fields, edge, strict=True)))
            for place, record in enumerate(records)
            for edge in record[name]
        ]
        columns = [
            pa.array([octets(field, edge[field]) for _, edge in rows], kind(field))
            for field in fields
        ]
        return write(len(records), pa.array([p for p, _ in rows], pa.int64()), columns)

    def kind(field: str) -> pa.DataType:
        if field in ("score", "threshold"):
            return pa.float64()
        return pa.binary() if field == "digest" else pa.string()

    def octets(field: str, value: Any) -> Any:
        is_hex = field in ("digest", "salt") and value is not None
        return bytes.fromhex(value) if is_hex else value

    schema = SALTED_SCHEMA if "salt" in records[0] else LEAF_SCHEMA

    columns = {
        name: pa.array(
            [octets(name, record[name]) for record in records],
            schema.field(name).type,
        )
        for name in schema.names
        if name not in ("origins", "parents")
    }
    columns["origins"] = edges("origins", ORIGIN_FIELDS, write_origins)
    columns["parents"] = edges("parents", PARENT_FIELDS, write_parents)
    return encode_leaves(pa.table(columns, schema=schema))


@pytest.mark.parametrize("golden", LEAVES, ids=lambda golden: golden["what"])
def test_a_leaf_keeps_its_bytes_in_every_version(golden: Record) -> None:
    absent: Record = dict.fromkeys(LEAF_FIELDS) | {"origins": [], "parents": []}
    record = absent | golden["record"]
    assert plainly(record).decode() == golden["leaf"]
    assert by_column([record]) == [golden["leaf"].encode()]
    assert format_leaf(parse_leaf(golden["leaf"].encode())).decode() == golden["leaf"]


@given(st.lists(RECORDS, min_size=1, max_size=40))
def test_both_encoders_write_the_same_bytes(records: list[Record]) -> None:
    leaves = by_column(records)
    assert leaves == [plainly(record) for record in records]


@given(st.lists(st.tuples(RECORDS, SALTS), min_size=1, max_size=9))
def test_a_salt_is_the_last_field_of_a_leaf_of_another_type(
    salted: list[tuple[Record, str | None]],
) -> None:
    records = [record | {"salt": salt} for record, salt in salted]
    leaves = by_column(records)
    assert leaves == [plainly(record) for record in records]
    for leaf, (record, salt) in zip(leaves, salted, strict=True):
        plain = plainly(record)
        assert (
            leaf == plain.replace(b"/v1\n", b"/v2\n", 1) + format_field(salt).encode()
        )
        assert name_fields(leaf) == name_fields(plain) | {"salt": salt}
        assert format_leaf(parse_leaf(leaf)) == leaf


@given(st.lists(RECORDS, min_size=2, max_size=6), st.integers(1, 5))
def test_a_slice_of_a_table_has_the_leaves_of_its_rows(
    records: list[Record], start: int
) -> None:
    columns = {
        name: pa.array(
            [
                record[name] if record[name] is None else bytes.fromhex(record[name])
                for record in records
            ],
            pa.binary(),
        )
        if name == "digest"
        else pa.array(
            [record[name] for record in records], LEAF_SCHEMA.field(name).type
        )
        for name in LEAF_FIELDS
        if name not in ("origins", "parents")
    }
    nothing = pa.array([""] * len(records))
    table = pa.table(columns | {"origins": nothing, "parents": nothing})
    whole = encode_leaves(table.select(LEAF_FIELDS))
    assert encode_leaves(table.select(LEAF_FIELDS).slice(start)) == whole[start:]


@given(RECORDS, RECORDS)
def test_different_records_have_different_leaves(one: Record, other: Record) -> None:
    def meant(record: Record) -> Any:
        fields = [record[name] for name in LEAF_FIELDS[:-2]]
        origins = sorted({tuple(map(repr, origin)) for origin in record["origins"]})
        parents = [
            (digest, None if digest is not None else reference, way)
            for digest, reference, *way in record["parents"]
        ]
        return fields, origins, parents

    assert (meant(one) == meant(other)) == (by_column([one]) == by_column([other]))


@given(RECORDS)
def test_a_leaf_is_read_back(record: Record) -> None:
    leaf = plainly(record)
    read = parse_leaf(leaf)
    assert format_leaf(read) == leaf
    for name, value in zip(LEAF_FIELDS[:-2], read, strict=False):
        assert value == (None if record[name] is None else str(record[name]))


@given(st.binary(max_size=60))
def test_what_is_read_as_a_leaf_is_written_the_same(octets: bytes) -> None:
    for version in (b"v1", b"v2"):
        leaf = b"provenance/record/" + version + b"\n" + octets
        try:
            read = parse_leaf(leaf)
        except ValueError:
            continue
        assert format_leaf(read) == leaf


def test_many_rows_are_encoded_as_each_alone() -> None:
    absent: Record = dict.fromkeys(LEAF_FIELDS) | {"origins": [], "parents": []}
    records = [
        absent
        | {"row": row, "part": 0, "copies": 1000, "name": "n" * (row % 5000)}
        | {"language": ["en", "de", None][row % 3]}
        for row in range(40_000)
    ]
    leaves = by_column(records)
    for place in (0, 1, 32_767, 32_768, 39_999):
        assert leaves[place] == plainly(records[place])
    assert len(leaves) == 40_000


def test_an_entry_keeps_its_bytes_in_every_version(tmp_path: Path) -> None:
    manifest = tmp_path / "golden.jsonl"
    leaf = b"provenance/record/v1\n1:1,1:0,68:1220" + b"ab" * 32
    leaf += b",-----1:1,4:1000,----0:,0:,"
    text = (GOLDEN / "entries.txt").read_text("utf-8").removesuffix("\n")
    text = text.replace("<manifest>", str(manifest))
    text = text.replace("<root>", sha256(b"\0" + leaf).hexdigest())
    url = f"sqlite:///{tmp_path}/ledger.db"
    with Ledger.open(url, clock=lambda: 1_700_000_000_000_000) as ledger:
        note = 'a "note"\n☃'
        parents = ["crawl", "web@1"]
        ledger.add_dataset("books@2", derived_from=parents, license="CC0", note=note)
        ledger.add_model(
            "GPT-4",
            aliases=["gpt4"],
            provider="OpenAI",
            released=date(2023, 3, 14),
            based_on=["GPT-3"],
            trained_on=["books@2"],
            training_complete=False,
            generative=True,
        )
        for digit in "bc":
            line = {"digest": f"sha256:{('a' + digit) * 32}"}
            manifest.write_text(json.dumps(line, separators=(",", ":")) + "\n")
            ledger.ingest(manifest, replace=digit == "c")
        with ledger._reading() as connection:
            query = (
                "SELECT entry FROM log_entries WHERE position >= 2 ORDER BY position"
            )
            entries = [bytes(row[0]) for row in connection.exec_driver_sql(query)]
    assert entries[:5] == text.encode().split(b"\n\n")
