import csv
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifest.rows import read_file, write

from provenance.errors import ManifestError
from provenance.manifest import lines, open_manifest, records


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_seen_in_the_header(tmp_path: Path, delimiter: str) -> None:
    text = "id,url\na,http://a/?x;y|z\n".replace(",", delimiter, 2)
    path = write(tmp_path / "m.csv", text.replace("x;y|z", "x"))
    record = read_file(path)[0][0]
    assert (record["name"], record["url"]) == ("a", "http://a/?x")


def test_reads_a_byte_order_mark_quotes_and_newlines_in_cells(tmp_path: Path) -> None:
    text = '\ufeffid,url,split\r\n"a ""b""","u,v","two\r\nlines"\r\n\r\nc,d,e\r\n'
    found, faults = read_file(write(tmp_path / "m.csv", text))
    assert [(r["row"], r["name"], r["url"], r["split"]) for r in found] == [
        (1, 'a "b"', "u,v", "two\r\nlines"),
        (2, "c", "d", "e"),
    ]
    assert faults == []


def test_a_bad_record_is_a_fault_and_its_neighbours_go_on(tmp_path: Path) -> None:
    text = b'id,url\na,b\nc\nd,e,f\n"x"y,z\n\xff,g\nh,"n\x00l"\ni,j\n'
    found, faults = read_file(write(tmp_path / "m.csv", text))
    assert [(r["row"], r["name"]) for r in found] == [(1, "a"), (7, "i")]
    assert [(f.row, f.field, f.value, f.reason) for f in faults] == [
        (2, "row", "c", "expected 2 cells, found 1"),
        (3, "row", "d,e,f", "expected 2 cells, found 3"),
        (4, "row", "", "not valid CSV: ',' expected after '\"'"),
        (5, "row", "?,g", "not valid UTF-8"),
        (6, "url", "n\u2400l", "expected text without NUL characters"),
    ]


def test_a_quote_that_is_never_closed_is_one_fault(tmp_path: Path) -> None:
    found, faults = read_file(write(tmp_path / "m.csv", 'id,url\na,b\nc,"d\ne,f\n'))
    assert [r["row"] for r in found] == [1]
    assert [(f.row, f.reason) for f in faults] == [
        (2, "not valid CSV: a quote that is never closed took in 2 lines")
    ]


def test_a_cell_beyond_all_sense_stops_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "LONGEST_LINE", 1000)
    path = write(tmp_path / "m.csv", 'id,url\na,b\nc,"' + "d,\n" * 1000)
    with pytest.raises(ManifestError, match="a cell over 64 MiB after row 1"):
        read_file(path)


def write_long_line(path: Path, start: bytes, end: bytes) -> Path:
    with path.open("wb") as file:
        file.write(b"id,url\na,b\n" + start)
        for _ in range(66):
            file.write(b"x" * (1 << 20))
        file.write(end)
    return path


def test_a_line_beyond_all_sense_is_one_bad_row(tmp_path: Path) -> None:
    path = write_long_line(tmp_path / "m.csv", b'c,"', b'"\nd,e\n')
    found, faults = read_file(path)
    assert [(r["row"], r["name"]) for r in found] == [(1, "a"), (3, "d")]
    assert [(f.row, f.field, f.reason) for f in faults] == [
        (2, "row", "not valid CSV: has a line over 64 MiB")
    ]


def test_a_quote_left_open_in_such_a_line_stops_the_reading(tmp_path: Path) -> None:
    path = write_long_line(tmp_path / "m.csv", b'c,"', b"\nd,e\n")
    with pytest.raises(ManifestError, match="has a line over 64 MiB after row 1"):
        read_file(path)


def test_a_long_cell_is_no_fault(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", "id,text\na," + "x" * 500_000 + "\n")
    assert read_file(path)[0][0]["bytes"] == 500_000


@pytest.mark.parametrize("text", ["id,url\n", "\n\n", "id,url\n\n\n"])
def test_a_header_alone_holds_no_rows(tmp_path: Path, text: str) -> None:
    with pytest.raises(ManifestError, match="holds no rows"):
        open_manifest(write(tmp_path / "m.csv", text), format="csv")


def test_a_header_that_is_no_csv_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="has no CSV header"):
        open_manifest(write(tmp_path / "m.csv", '"id"x,url\na,b\n'))


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="several columns named 'id'"):
        open_manifest(write(tmp_path / "m.csv", "id,url,id\n1,2,3\n"))


def test_a_header_of_very_many_columns_takes_no_time(tmp_path: Path) -> None:
    names = ",".join(f"c{number}" for number in range(30_000))
    path = write(tmp_path / "m.csv", f"{names}\n{names}\n")
    begun = time.monotonic()
    assert len(open_manifest(path, format="csv").columns) == 30_000
    assert time.monotonic() - begun < 3


def test_columns_without_a_name_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", ",id,,url \n0,a,x,b\n")
    assert open_manifest(path).columns == ("id", "url")
    assert read_file(path)[0][0]["url"] == "b"


def test_batches_are_bounded_and_count_on(tmp_path: Path) -> None:
    rows = [f"doc{n},{n}" for n in range(70_000)]
    rows[65_600] = "bad"
    reader = open_manifest(write(tmp_path / "m.csv", "id,n\n" + "\n".join(rows)))
    batches = list(reader.read(["id"]))
    assert [len(b.rows) for b in batches] == [65_535, 4_464]
    assert [f.row for b in batches for f in b.faults] == [65_601]
    assert batches[1].rows[-1].as_py() == 70_000
    assert batches[1].columns["id"][-1].as_py() == "doc69999"


def test_a_last_batch_that_is_full_is_the_last(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", "id\n" + "a\n" * 65_535)
    assert [len(b.rows) for b in open_manifest(path).read(["id"])] == [65_535]


def test_batches_are_bounded_in_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MOST_BYTES", 1 << 20)
    rows = "".join(f"doc{n},{'x' * 2000}\n" for n in range(20_000))
    reader = open_manifest(write(tmp_path / "m.csv", "id,text\n" + rows))
    assert len(next(reader.read(["id"])).rows) < 20_000


def test_there_are_no_late_columns(tmp_path: Path) -> None:
    reader = open_manifest(write(tmp_path / "m.csv", "id\n1\n"))
    assert (reader.late, reader.file) == ({}, str(tmp_path / "m.csv"))


def test_list_of_paths_needs_no_header_and_has_comments(tmp_path: Path) -> None:
    path = tmp_path / "mix.txt"
    path.write_text("# books\nbooks,a/1.npy\n\n# web\nweb,b/2.npy\nweb,b/2.npy\n")
    reader = open_manifest(path)
    assert reader.columns == ("group", "path")
    (raw,) = reader.read(["path"])
    assert raw.columns["path"].to_pylist() == ["a/1.npy", "b/2.npy", "b/2.npy"]


def test_stray_carriage_return_in_the_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes(b"\r\x00")
    with pytest.raises(ManifestError):
        open_manifest(tmp_path / "m.csv", format="csv")


def list_records(text: str) -> list[tuple[int, list[str] | None]]:
    """Read as ``csv`` alone does, line by line; None for what is no record."""
    lines = (line + "\n" for line in text.removesuffix("\n").split("\n"))
    reader = csv.reader(lines, strict=True)
    found: list[list[str] | None] = []
    while True:
        try:
            record = next(reader, None)
        except csv.Error:
            found.append(None)
            continue
        if record is None:
            return list(enumerate(found))
        if record:
            found.append(record)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=400,
)
@given(
    st.lists(
        st.lists(
            st.sampled_from(["", "a", " b", '"c"', '"d,e"', '"f\ng"', '"h""i"', "é"])
            | st.text('ab", \r\n\ufeff', max_size=6),
            min_size=1,
            max_size=3,
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 40),
)
def test_any_text_is_read_as_csv_reads_it(
    tmp_path: Path, cells: list[list[str]], end: str, most: int
) -> None:
    text = "x,y\n" + end.join(map(",".join, cells)) + end
    path = write(tmp_path / "m.csv", text)
    expected = list_records(text)[1:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "MOST_BYTES", most)
        try:
            batches = list(open_manifest(path, format="csv").read(["x", "y"]))
        except ManifestError:
            assert expected == []
            return
    good = {
        row: [x, y]
        for b in batches
        for row, x, y in zip(
            b.rows.to_pylist(),
            b.columns["x"].to_pylist(),
            b.columns["y"].to_pylist(),
            strict=True,
        )
    }
    assert {row: r for row, r in expected if r is not None and len(r) == 2} == good
    bad = {f.row: f.value for b in batches for f in b.faults}
    shown = {row: ",".join(r or []) for row, r in expected if row not in good}
    assert shown == bad
