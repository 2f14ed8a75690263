import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from manifest.rows import read_file, write

from provenance.errors import ManifestError
from provenance.manifest import lines, open_manifest


def write_parquet(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    pq.write_table(pa.table(columns), path, **options)
    return path


def test_rows_count_from_one_over_groups_and_batches(tmp_path: Path) -> None:
    names = [f"doc{n}" for n in range(150_000)]
    path = write_parquet(tmp_path / "m.parquet", {"id": names}, row_group_size=100_000)
    reader = open_manifest(path)
    batches = list(reader.read(["id"]))
    assert max(len(b.rows) for b in batches) <= 65_536
    rows = [row for b in batches for row in b.rows.to_pylist()]
    assert rows == list(range(1, 150_001))
    assert names == [name for b in batches for name in b.columns["id"].to_pylist()]


def test_only_the_columns_asked_for_are_read(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "m.parquet", {"id": ["a"], "big": ["x" * 9999]})
    (batch,) = open_manifest(path).read(["id"])
    assert list(batch.columns) == ["id"]


def test_long_texts_make_short_batches(tmp_path: Path) -> None:
    texts = [f"{n}" + "x" * 99_999 for n in range(400)]
    path = write_parquet(
        tmp_path / "m.parquet", {"id": list(range(400)), "text": texts}
    )
    reader = open_manifest(path)
    assert max(len(b.rows) for b in reader.read(["text"])) < 250
    assert [len(b.rows) for b in reader.read(["id"])] == [400]


def test_inner_columns_have_dotted_paths(tmp_path: Path) -> None:
    metadata = [{"url": "http://a", "more": {"date": "2023-05-06"}}, None]
    path = write_parquet(
        tmp_path / "m.parquet", {"id": ["a", "b"], "metadata": metadata, "x.y": [1, 2]}
    )
    reader = open_manifest(path)
    assert set(reader.columns) == {
        *("id", "metadata", "metadata.url", "metadata.more", "metadata.more.date"),
        "x.y",
    }
    records, _ = read_file(path, {"name": "x.y", "fetched_at": "metadata.more.date"})
    assert [r["url"] for r in records] == ["http://a", None]
    assert [r["name"] for r in records] == ["1", "2"]
    assert [r["fetched_at"] is None for r in records] == [False, True]


def test_the_classes_of_hugging_face_have_their_names(tmp_path: Path) -> None:
    """``datasets`` writes numbers into the cells, and what they mean beside them."""
    by = {"names": ["human", "gpt-4", *map(str, range(200))], "_type": "ClassLabel"}
    features = {
        "id": {"dtype": "string", "_type": "Value"},
        "model": by,
        "metadata": {"language": {"names": ["de", "en"], "_type": "ClassLabel"}},
        "split": {"names": [0], "_type": "ClassLabel"},
        "url": {"names": ["x"], "_type": "ClassLabel"},
    }
    table = pa.table(
        {
            "id": ["a", "b", "c", "d"],
            "model": pa.array([1, 0, -1, None], pa.int8()),
            "metadata": [{"language": n} for n in (1, 0, None, 1)],
            "split": [0, 0, 0, 0],
            "url": ["http://a", None, None, None],
        }
    )
    told = json.dumps({"info": {"features": features}})
    path = tmp_path / "m.parquet"
    pq.write_table(table.replace_schema_metadata({"huggingface": told}), path)
    records, faults = read_file(path)
    assert faults == []
    assert [[(o["kind"], o["model"]) for o in r["origins"]] for r in records] == [
        *([("model", "gpt-4")], [("human", None)], [], [])
    ]
    assert [r["language"] for r in records] == ["en", "de", None, "en"]
    assert [r["split"] for r in records] == ["0"] * 4
    assert records[0]["url"] == "http://a"


@pytest.mark.parametrize("told", ["not json", "[]", '{"info": null}', "[" * 100_000])
def test_odd_metadata_of_hugging_face_do_no_harm(tmp_path: Path, told: str) -> None:
    table = pa.table({"id": [7]}).replace_schema_metadata({"huggingface": told})
    path = tmp_path / "m.parquet"
    pq.write_table(table, path)
    assert [record["name"] for record in read_file(path)[0]] == ["7"]


def test_no_columns_at_all_still_count_rows(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "m.parquet", {"x": [1, 2, 3]})
    records, _ = read_file(path, constants={"generated_by": "M"})
    assert [r["row"] for r in records] == [1, 2, 3]


def test_a_packed_file_is_unpacked_first(tmp_path: Path) -> None:
    plain = write_parquet(tmp_path / "m.parquet", {"id": ["a", "b"]})
    packed = write(tmp_path / "m.parquet.gz", gzip.compress(plain.read_bytes()))
    assert [r["name"] for r in read_file(packed)[0]] == ["a", "b"]


def test_a_packed_file_cut_short_says_so(tmp_path: Path) -> None:
    plain = write_parquet(tmp_path / "m.parquet", {"id": list(range(10_000))})
    packed = gzip.compress(plain.read_bytes())
    path = write(tmp_path / "m.parquet.gz", packed[: len(packed) // 2])
    with pytest.raises(ManifestError, match="ends early"):
        open_manifest(path)


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1garbagePAR1", b"id\n1\n"])
def test_what_is_no_parquet_is_refused_with_arrows_words(
    tmp_path: Path, content: bytes
) -> None:
    path = write(tmp_path / "m.parquet", content)
    with pytest.raises(ManifestError, match="is not a Parquet file") as raised:
        open_manifest(path, format="parquet")
    assert raised.value.hint.startswith("Arrow says: ")


def test_damage_inside_names_the_last_good_row(tmp_path: Path) -> None:
    path = write_parquet(
        tmp_path / "m.parquet",
        {"id": [f"doc{n:06}" for n in range(200_000)]},
        row_group_size=65_536,
        write_page_checksum=True,
        use_dictionary=False,
        compression="none",
    )
    data = bytearray(path.read_bytes())
    data[data.index(b"doc150000")] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(ManifestError, match="is damaged after row 131072"):
        read_file(path)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "m.parquet", {"id": pa.array([], pa.string())})
    with pytest.raises(ManifestError, match="holds no rows") as raised:
        open_manifest(path)
    assert raised.value.hint


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    table = pa.table([pa.array([1]), pa.array([2])], names=["id", "id"])
    pq.write_table(table, tmp_path / "m.parquet")
    with pytest.raises(ManifestError, match="several columns named 'id'"):
        open_manifest(tmp_path / "m.parquet")


def test_text_that_is_no_utf8_is_a_fault_of_its_row(tmp_path: Path) -> None:
    raw = pa.array([b"good", b"\xff\xfe", b"fine"], pa.binary())
    names = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    path = write_parquet(tmp_path / "m.parquet", {"id": names})
    records, faults = read_file(path)
    assert [r["name"] for r in records] == ["good", "fine"]
    assert [(f.row, f.field, f.reason) for f in faults] == [
        (2, "name", "expected text in valid UTF-8")
    ]


def list_of(column: Any) -> Any:
    return pa.ListArray.from_arrays(pa.array(range(len(column) + 1), "int32"), column)


IMPROPER = pa.array([b"fine", b"\xff\xfe", b"also fine"]).view(pa.string())
WORDS = ["a", "b", "c"]
TURNS = pa.StructArray.from_arrays(
    [pa.array(["user"] * 3), IMPROPER], ["from", "value"]
)


@pytest.mark.parametrize(
    "columns",
    [
        {"id": WORDS, "parents": list_of(IMPROPER)},
        {"id": WORDS, "conversations": list_of(TURNS)},
        {"id": WORDS, "instruction": IMPROPER, "output": WORDS},
        {"instruction": IMPROPER, "response": IMPROPER},
        {"id": IMPROPER, "prompt": WORDS, "completions": list_of(pa.array(WORDS))},
        {"id": WORDS, "text": IMPROPER.cast(pa.large_binary()).view("large_string")},
    ],
    ids="-".join,
)
def test_text_that_is_no_utf8_inside_a_row_loses_no_other(
    tmp_path: Path, columns: dict[str, Any]
) -> None:
    records, faults = read_file(write_parquet(tmp_path / "m.parquet", columns))
    assert {record["row"] for record in records} == {1, 3}
    assert [(f.row, "valid UTF-8" in f.reason) for f in faults] == [(2, True)]


@pytest.mark.parametrize(
    "kind",
    [
        pa.large_string(),
        pa.string_view(),
        pa.dictionary(pa.int32(), pa.string()),
        pa.binary(),
        pa.large_binary(),
    ],
)
def test_text_of_any_arrow_type_is_text(tmp_path: Path, kind: pa.DataType) -> None:
    column = pa.array(["a", None, " b "]).cast(kind)
    path = write_parquet(tmp_path / "m.parquet", {"id": column, "n": [1, 2, 3]})
    assert [r["name"] for r in read_file(path)[0]] == ["a", None, "b"]


def test_a_dictionary_that_differs_by_row_group_is_text(tmp_path: Path) -> None:
    names = [f"doc{n % 5000}" for n in range(40_000)]
    column = pa.array(names).dictionary_encode()
    path = write_parquet(tmp_path / "m.parquet", {"id": column}, row_group_size=7_000)
    assert names == [r["name"] for r in read_file(path)[0]]


def test_a_column_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "m.parquet", {"column_one": [1]})
    content = path.read_bytes().replace(b"column_one", b"column_\xff\xff\xff")
    with pytest.raises(ManifestError, match="is not a Parquet file"):
        open_manifest(write(path, content))


def test_there_are_no_late_columns(tmp_path: Path) -> None:
    reader = open_manifest(write_parquet(tmp_path / "m.parquet", {"id": [1]}))
    assert (reader.late, reader.file) == ({}, str(tmp_path / "m.parquet"))


@pytest.mark.parametrize("declared", [True, False])
def test_a_text_that_a_dictionary_repeats_is_no_flood(
    tmp_path: Path, *, declared: bool
) -> None:
    texts: Any = pa.DictionaryArray.from_arrays(
        pa.array([0] * 4_000, pa.int32()), ["x" * 200_000]
    )
    schema = pa.schema([("text", texts.type if declared else pa.string())])
    path = tmp_path / "m.parquet"
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, 4_000, 500):
            part = texts.slice(start, 500)
            part = part if declared else part.dictionary_decode()
            writer.write_table(pa.table([part], schema=schema))
    assert path.stat().st_size < 1_000_000
    heights = [len(batch.rows) for batch in open_manifest(path).read(["text"])]
    assert sum(heights) == 4_000
    assert max(heights) * 200_000 <= 2 * lines.MOST_BYTES
