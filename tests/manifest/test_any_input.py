"""Whatever a file holds, it ends in records, faults or a ManifestError."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifest.rows import read_file, write

from provenance.domain import FIELDS
from provenance.errors import ManifestError

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec="utf-8"), max_size=20)
    | st.sampled_from(["-", "human", "sha256:" + "ab" * 32, "ab" * 32, "2023-05-06"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
FIELD_NAMES = st.sampled_from([str(field) for field in FIELDS])
OBJECTS = st.lists(st.dictionaries(FIELD_NAMES | st.text(max_size=5), JSON), min_size=1)
ANY_FOLDER = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=60,
)


def count(path: Path, format_: str) -> int | None:
    """Return how many rows are records or faults; None when the file is refused."""
    try:
        records, faults = read_file(path, format=format_)
    except ManifestError:
        return None
    rows = [r["row"] for r in records] + [f.row for f in faults]
    assert len(rows) == len(set(rows))
    return len(rows)


@ANY_FOLDER
@given(OBJECTS)
def test_any_json_objects_are_records_or_faults(
    tmp_path: Path, objects: list[dict[str, Any]]
) -> None:
    path = write(tmp_path / "m.jsonl", "\n".join(map(json.dumps, objects)))
    assert count(path, "jsonl") in (None, len(objects))


@ANY_FOLDER
@given(
    st.binary(min_size=1)
    | st.lists(st.binary(max_size=20)).map(
        lambda lines: b"\n".join([b"id,url", *lines])
    ),
    st.sampled_from(["auto", "jsonl", "csv", "cdxj", "parquet"]),
)
def test_any_bytes_are_no_crash_in_any_format(
    tmp_path: Path, data: bytes, format_: str
) -> None:
    count(write(tmp_path / "m", data), format_)


CELLS = st.sampled_from(
    [
        *("20240518015810", "2024", "org,x)/a", "http://x.org/a", "-", "200", '"'),
        *('{"url": "u", "digest": "sha1:', "RY7PLBUF", '"}', "}", "0", "120", ","),
        *("s3://b/a.jsonl.gz", "99999999999999999999", '"a,b"', "\t", " ", "\r"),
    ]
)
LINES = st.lists(
    st.lists(CELLS | st.text(max_size=3), max_size=8), min_size=1, max_size=5
)


@ANY_FOLDER
@given(
    st.sampled_from(
        [
            (" CDX N b a m s k r M S V g", " ", "cdxj"),
            ("!meta", " ", "cdxj"),
            ("org,x)/a 20240518015810 {}", " ", "cdxj"),
            ("0,120,d1,s3://b/a.jsonl.gz,1", ",", "offsets"),
        ]
    ),
    LINES,
)
def test_any_lines_of_an_index_are_records_or_faults(
    tmp_path: Path, form: tuple[str, str, str], cells: list[list[str]]
) -> None:
    first, delimiter, format_ = form
    text = "\n".join([first, *(delimiter.join(line) for line in cells)])
    count(write(tmp_path / "m", text.encode(errors="replace")), format_)


@ANY_FOLDER
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=1))
def test_any_text_in_any_column_is_a_record_or_a_fault(
    tmp_path: Path, texts: list[str]
) -> None:
    table = pa.table({str(field): pa.array(texts, pa.string()) for field in FIELDS})
    pq.write_table(table, tmp_path / "m.parquet")
    assert count(tmp_path / "m.parquet", "parquet") == len(texts)


@pytest.mark.slow
@ANY_FOLDER
@given(st.data())
def test_a_parquet_file_with_any_damage_is_no_crash(
    tmp_path: Path, data: st.DataObject
) -> None:
    table = pa.table({"id": [f"doc{n}" for n in range(50)], "bytes": list(range(50))})
    pq.write_table(table, tmp_path / "m.parquet", write_page_checksum=True)
    content = bytearray((tmp_path / "m.parquet").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(4, len(content) - 5))
        content[place] = data.draw(st.integers(0, 255))
    count(write(tmp_path / "damaged.parquet", bytes(content)), "parquet")
