import json
from pathlib import Path

import pytest
from manifest.rows import read_file, write

from provenance.errors import ManifestError
from provenance.manifest import open_manifest
from provenance.manifest.jsonl import explain_line


def test_rows_are_physical_lines_and_blank_ones_are_skipped(tmp_path: Path) -> None:
    path = write(tmp_path / "m", '\n{"id": "a"}\n  \n\r\n{"id": "b"}\r\n{"id": "c"}')
    records, faults = read_file(path)
    assert [(r["row"], r["name"]) for r in records] == [(2, "a"), (5, "b"), (6, "c")]
    assert faults == []


def test_a_bad_line_is_a_fault_and_its_neighbours_go_on(tmp_path: Path) -> None:
    lines = [
        b'{"id": "a"}',
        b'{"id": ',
        b"[1, 2]",
        b'"text"',
        b'{"id": "x"} {"id": "y"}',
        b'{"id": "\xff"}',
        b'{"id": "n\x00l"}',
        b'{"id": "\\ud800"}',
        b'{"id": "z"}',
    ]
    path = write(tmp_path / "m.jsonl", b"\n".join(lines))
    records, faults = read_file(path)
    assert [(r["row"], r["name"]) for r in records] == [(1, "a"), (9, "z")]
    assert [(f.row, f.field, f.reason) for f in faults] == [
        (2, "row", "not valid JSON: Expecting value (character 8)"),
        (3, "row", "expected a JSON object"),
        (4, "row", "expected a JSON object"),
        (5, "row", "not valid JSON: Extra data (character 13)"),
        (6, "row", "not valid UTF-8"),
        (7, "row", "not valid JSON: Invalid control character at (character 10)"),
        (8, "row", "not valid JSON: half a surrogate pair, or a number too large"),
    ]
    assert faults[0].value == '{"id": '
    assert {f.file for f in faults} == {str(path)}


def test_an_escaped_nul_is_a_fault_of_the_field_that_has_it(tmp_path: Path) -> None:
    path = write(tmp_path / "m", '{"id": "a\\u0000b"}\n{"id": "c", "x": "\\u0000"}\n')
    records, faults = read_file(path)
    assert [r["name"] for r in records] == ["c"]
    assert [(f.row, f.field, f.reason) for f in faults] == [
        (1, "name", "expected text without NUL characters")
    ]


def test_what_a_fault_shows_is_cut(tmp_path: Path) -> None:
    path = write(tmp_path / "m.jsonl", '{"id": 1}\n' + "x" * 1000)
    assert read_file(path)[1][0].value == "x" * 200


def test_a_line_over_64_mib_is_quarantined_unread(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    with path.open("wb") as file:
        file.write(b'{"id": "a"}\n{"id": "')
        for _ in range(65):
            file.write(b"x" * (1 << 20))
        file.write(b'"}\n{"id": "b"}\n')
    records, faults = read_file(path)
    assert [(r["row"], r["name"]) for r in records] == [(1, "a"), (3, "b")]
    assert [(f.row, f.value, f.reason) for f in faults] == [
        (2, "", "a line has at most 64 MiB")
    ]


def test_values_of_any_type_come_as_their_text(tmp_path: Path) -> None:
    rows = [{"id": 7, "url": True, "split": None}, {"id": 1.5, "url": "u"}]
    path = write(tmp_path / "m", "\n".join(map(json.dumps, rows)))
    records, _ = read_file(path)
    assert [(r["name"], r["url"]) for r in records] == [("7", "true"), ("1.5", "u")]


def test_nan_is_a_value_that_is_missing(tmp_path: Path) -> None:
    """As Python's json writes rows of pandas; inside a text it is a word."""
    lines = [
        '{"id": "a", "text": NaN, "tokens":NaN, "parents": [NaN]}',
        '{"id": "b", "text": "so: NaN, and {\\"a\\":NaN}", "tokens": 7}',
        '{"id": "c", "id": "d", "text": "x", "language": NaN}',
        '{"id": "e", "text": NaN',
        '{"id": "f", "tokens": -Infinity, "language": NaN}',
        '{"id": "g", "text": NaN, x}',
    ]
    records, faults = read_file(write(tmp_path / "m", "\n".join(lines)))
    assert [(r["name"], r["bytes"], r["tokens"]) for r in records] == [
        *(("a", None, None), ("b", 22, 7), ("c", 1, None))
    ]
    assert [r["language"] for r in records] == [None] * 3
    assert [r["parents"] for r in records] == [[], [], []]
    assert sorted((fault.row, fault.field) for fault in faults) == [
        *((4, "row"), (5, "tokens"), (6, "row"))
    ]


def test_columns_are_the_keys_of_the_first_lines_with_inner_ones(
    tmp_path: Path,
) -> None:
    path = write(
        tmp_path / "m",
        '{"id": 1, "metadata": {"url": "u", "a": {"b": 1}}}\n'
        '{"lang": "en", "x.y": 1}\n',
    )
    assert open_manifest(path).columns == (
        *("id", "metadata", "lang", "x.y"),
        *("metadata.url", "metadata.a", "metadata.a.b"),
    )


def test_inner_keys_and_keys_with_any_character_can_be_mapped(tmp_path: Path) -> None:
    row = {"a": {"b/~": {"c": "deep"}}, "d'.\"e": "odd", "": "empty"}
    path = write(tmp_path / "m", json.dumps(row) + "\n")
    explicit = {"name": "a.b/~.c", "url": "d'.\"e"}
    record = read_file(path, explicit)[0][0]
    assert (record["name"], record["url"]) == ("deep", "odd")


def test_keys_that_are_data_are_not_columns(tmp_path: Path) -> None:
    counts = {f"word{n}": n for n in range(500)}
    path = write(tmp_path / "m", json.dumps({"id": 1, "counts": counts}))
    assert open_manifest(path).columns == ("id", "counts")


def test_a_key_beyond_the_first_lines_is_reported_late(tmp_path: Path) -> None:
    lines = ['{"id": "a"}'] * 70_000 + ['{"id": "b", "generated_by": "M"}']
    path = write(tmp_path / "m.jsonl", "\n".join(lines))
    reader = open_manifest(path)
    assert reader.columns == ("id",)
    assert sum(len(raw.rows) for raw in reader.read(["id"])) == 70_001
    assert reader.late == {"generated_by": 70_001}


def test_batches_are_bounded_and_count_on(tmp_path: Path) -> None:
    lines = [f'{{"id": "doc{n}"}}' for n in range(140_000)]
    lines[100_000] = "bad"
    reader = open_manifest(write(tmp_path / "m.jsonl", "\n".join(lines)))
    batches = list(reader.read(["id"]))
    assert [len(b.rows) for b in batches] == [65_536, 65_535, 8_928]
    assert [f.row for b in batches for f in b.faults] == [100_001]
    rows = [row for b in batches for row in b.rows.to_pylist()]
    assert rows == [n for n in range(1, 140_001) if n != 100_001]
    names = [name for b in batches for name in b.columns["id"].to_pylist()]
    assert names == [f"doc{row - 1}" for row in rows]


def test_a_reader_reads_as_often_as_wanted(tmp_path: Path) -> None:
    reader = open_manifest(write(tmp_path / "m", '{"id": "a"}\n'))
    for _ in range(2):
        assert [b.columns["id"].to_pylist() for b in reader.read(["id"])] == [["a"]]


def test_a_file_of_bad_lines_alone_has_faults_and_no_columns(tmp_path: Path) -> None:
    reader = open_manifest(write(tmp_path / "m.jsonl", "bad\nworse\n"))
    assert reader.columns == ()
    assert [f.row for b in reader.read([]) for f in b.faults] == [1, 2]


def test_a_blank_file_holds_no_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "m.jsonl", "\n\n \n")
    with pytest.raises(ManifestError, match="holds no rows") as raised:
        open_manifest(path, format="jsonl")
    assert raised.value.hint


def test_deep_nesting_is_no_crash(tmp_path: Path) -> None:
    deep = '{"a":' * 50_000 + "1" + "}" * 50_000
    path = write(tmp_path / "m.jsonl", f'{{"id": "x"}}\n{deep}\n{deep[:-1]}\n')
    records, faults = read_file(path)
    assert len(records) == 2
    assert [f.row for f in faults] == [3]


def test_every_refusal_of_a_line_has_words() -> None:
    assert explain_line("[" * 100_000) == "not valid JSON: nested too deeply"
    digits = "not valid JSON: a number with thousands of digits"
    assert digits == explain_line("9" * 5000)


def test_of_many_bad_lines_the_first_ones_are_explained(tmp_path: Path) -> None:
    path = write(tmp_path / "m.jsonl", '{"id": "a"}\n' + '{"id": \n' * 1_500)
    faults = read_file(path)[1]
    assert [f.row for f in faults] == list(range(2, 1_502))
    assert {f.reason for f in faults[:1_000]} == {
        "not valid JSON: Expecting value (character 8)"
    }
    assert {f.reason for f in faults[1_000:]} == {"expected a JSON object"}


def test_keys_that_are_all_different_are_no_burden(tmp_path: Path) -> None:
    rows = "".join(f'{{"id": "{n}", "key{n}": {n}}}\n' for n in range(100_000))
    path = write(tmp_path / "m.jsonl", rows)
    reader = open_manifest(path)
    assert len(reader.columns) == 65_537
    assert sum(len(raw.rows) for raw in reader.read(["id"])) == 100_000
    assert len(reader.late) == 1_000
    assert reader.late["key65536"] == 65_537
