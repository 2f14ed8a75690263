import gzip
from pathlib import Path

import pytest
from manifest.rows import read_file, write

from provenance.manifest import map_columns, open_manifest

LINES = (
    "0,1123,http://a.org/1,/data/a-0001.json.gz,1\n"
    '1123,1130,"doc, with a comma",/data/a-0001.json.gz,2\n'
)


def test_documents_of_a_token_file_have_a_name_and_a_number_of_tokens(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "part-0-00000.csv.gz", gzip.compress(LINES.encode()))
    reader = open_manifest(path)
    assert reader.format == "offsets"
    chosen = map_columns(reader.columns, {}, {})
    assert chosen.described() == {"name": "name", "tokens": "tokens"}
    assert chosen.unused == ("source path", "source line")
    records, faults = read_file(path)
    assert faults == []
    assert [(r["row"], r["name"], r["tokens"]) for r in records] == [
        (1, "http://a.org/1", 1123),
        (2, "doc, with a comma", 7),
    ]


@pytest.mark.parametrize(
    "line", ["9,3,a,b,1\n", "a,b,c\n", '"', "x,1,a,b,1\n", "1,2,\udcff,b,1\n"]
)
def test_a_line_of_another_form_is_a_fault(tmp_path: Path, line: str) -> None:
    data = (LINES + line).encode(errors="surrogateescape")
    records, faults = read_file(write(tmp_path / "a.csv", data))
    assert len(records) == 2
    assert [(f.row, f.field) for f in faults] == [(3, "row")]


@pytest.mark.parametrize(
    "line", ["1,2,3,4\n", "start,end,id,src,loc\n0,1,a,b,1\n", "1,2,a,b,c\n"]
)
def test_other_tables_are_tables(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "a.csv", line + line)
    assert open_manifest(path).format == "csv"


def test_any_columns_may_be_asked_for(tmp_path: Path) -> None:
    reader = open_manifest(write(tmp_path / "b.csv", LINES))
    assert [len(raw.rows) for raw in reader.read([])] == [2]
    (raw,) = reader.read(["source line", "tokens"])
    assert raw.columns["source line"].to_pylist() == ["1", "2"]
    assert reader.late == {}
