import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from manifest.rows import read_file, write

from provenance.domain import format_digest
from provenance.errors import ManifestError
from provenance.manifest import map_columns, open_manifest

SHA1 = "RY7PLBUFYOOGFGBOAFYCLAWVKZFOQKT4"
FIELDS = {
    "url": "https://an.wikipedia.org/wiki/Escopete",
    "mime": "unk",
    "mime-detected": "application/xhtml+xml",
    "status": "200",
    "digest": SHA1,
    "length": "17423",
    "offset": "80610731",
    "filename": "crawl-data/x.warc.gz",
    "languages": "arg,spa",
}
KEY = "org,wikipedia,an)/wiki/escopete 20240518015810 "


def make_line(**changes: str) -> str:
    return KEY + json.dumps(FIELDS | changes) + "\n"


def test_maps_the_usual_names_of_an_index(tmp_path: Path) -> None:
    reader = open_manifest(write(tmp_path / "i.cdxj", make_line()))
    assert map_columns(reader.columns, {}, {}).described() == {
        "digest": "digest",
        "url": "url",
        "fetched_at": "timestamp",
        "language": "languages",
        "media_type": "mime-detected",
    }


def test_reads_a_capture_and_never_its_storage_length(tmp_path: Path) -> None:
    record = read_file(write(tmp_path / "i.cdxj", make_line()))[0][0]
    assert record["row"] == 1
    assert record["fetched_at"] == datetime(2024, 5, 18, 1, 58, 10, tzinfo=UTC)
    assert format_digest(record["digest"]).startswith("sha1:8e3ef58685c39c62982e")
    assert (record["language"], record["medium"]) == ("arg", "text")
    assert (record["bytes"], record["name"]) == (None, None)


def test_a_named_algorithm_is_read_as_well(tmp_path: Path) -> None:
    plain = read_file(write(tmp_path / "a.cdxj", make_line()))[0][0]["digest"]
    named = write(tmp_path / "b.cdxj", make_line(digest=f"sha1:{SHA1}"))
    assert plain == read_file(named)[0][0]["digest"]


def test_meta_lines_are_skipped_and_other_forms_are_faults(tmp_path: Path) -> None:
    lines = [
        "!OpenWayback-CDXJ 1.0\n",
        '!meta {"created": "2024"}\n',
        make_line(),
        "alone\n",
        KEY + "[]\n",
        KEY + '{"url": \n',
        KEY.replace("20240518015810", "20241318015810") + "{}\n",
        make_line(),
    ]
    records, faults = read_file(write(tmp_path / "i.cdxj", "".join(lines)))
    assert [r["row"] for r in records] == [3, 8]
    assert [(f.row, f.field, f.reason[:40]) for f in faults] == [
        (4, "row", "expected a key, a 14-digit time and a JS"),
        (5, "row", "expected a JSON object"),
        (6, "row", "not valid JSON: Expecting value (charact"),
        (7, "fetched_at", "expected a time: ISO 8601, a 14-digit CD"),
    ]


def test_meta_lines_alone_hold_no_rows(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="holds no rows") as raised:
        open_manifest(write(tmp_path / "i.cdxj", "!OpenWayback-CDXJ 1.0\n"))
    assert raised.value.hint


def test_a_key_beyond_the_first_lines_is_reported_late(tmp_path: Path) -> None:
    lines = [KEY + '{"url": "u"}'] * 66_000 + [KEY + '{"charset": "UTF-8"}']
    reader = open_manifest(write(tmp_path / "i.cdxj", "\n".join(lines)))
    assert sum(len(raw.rows) for raw in reader.read(["timestamp"])) == 66_001
    assert reader.late == {"charset": 66_001}
    assert reader.file == str(tmp_path / "i.cdxj")
