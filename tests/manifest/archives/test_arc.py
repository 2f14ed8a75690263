import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from manifest.archives.test_damage import FUZZED, mutate
from manifest.archives.written import PAGE, URL, make_http, read_archive, sha1
from manifest.rows import write

from provenance.domain import parse_digest
from provenance.errors import ManifestError
from provenance.manifest import open_manifest

VERSION_1 = "URL IP-address Archive-date Content-type Archive-length"
VERSION_2 = (
    "URL IP-address Archive-date Content-type Result-code Checksum Location Offset "
    "Filename Archive-length"
)


def make_head(names: str = VERSION_1) -> bytes:
    lines = f"1 0 Test\n{names}\n"
    head = f"filedesc://a.arc 127.0.0.1 20140216050221 text/plain {len(lines)}\n"
    return f"{head}{lines}\n".encode()


def make_capture(
    block: bytes = make_http(), *, url: str = URL, length: object = None, more: str = ""
) -> bytes:
    size = len(block) if length is None else length
    head = f"{url} 93.184.216.119 20140216050221 text/html {more}{size}\n"
    return head.encode() + block + b"\n"


def test_a_capture_of_version_1(tmp_path: Path) -> None:
    path = write(tmp_path / "a.arc", make_head() + make_capture())
    assert open_manifest(path).format == "arc"
    (found,), faults, notes = read_archive(path)
    assert faults == []
    assert notes == {"the head of the archive is no capture": 1}
    assert (found["row"], found["url"], found["bytes"]) == (2, URL, len(PAGE))
    assert found["fetched_at"] == datetime(2014, 2, 16, 5, 2, 21, tzinfo=UTC)
    assert found["digest"] == parse_digest(sha1(PAGE))
    assert (found["name"], found["media_type"]) == (None, "text/html")


def test_a_capture_of_version_2_has_more_fields_in_its_head(tmp_path: Path) -> None:
    more = "200 0a1b - 1234 a.arc "
    path = write(tmp_path / "a", make_head(VERSION_2) + make_capture(more=more))
    (found,), faults, _ = read_archive(path)
    assert (found["url"], found["bytes"], faults) == (URL, len(PAGE), [])


@pytest.mark.parametrize("is_chunked", [True, False])
def test_packed_by_record_or_as_a_whole(tmp_path: Path, *, is_chunked: bool) -> None:
    parts = [make_head(), make_capture(), make_capture()]
    whole = [gzip.compress(part) for part in parts]
    data = b"".join(whole) if is_chunked else gzip.compress(b"".join(parts))
    records, faults, _ = read_archive(write(tmp_path / "a.arc.gz", data))
    assert ([r["row"] for r in records], faults) == ([2, 3], [])


def test_a_url_may_hold_spaces(tmp_path: Path) -> None:
    data = make_head() + make_capture(url="http://a.org/with some spaces")
    (found,), _, _ = read_archive(write(tmp_path / "a.arc", data))
    assert found["url"] == "http://a.org/with some spaces"


def test_content_that_is_no_http_is_the_block(tmp_path: Path) -> None:
    data = make_head() + make_capture(b"some text " * 8, url="dns:a.org")
    (found,), _, _ = read_archive(write(tmp_path / "a.arc", data))
    assert (found["bytes"], found["media_type"]) == (80, "text/html")


def test_a_length_that_is_none_costs_its_record(tmp_path: Path) -> None:
    bad = [make_capture(b"", length=length) for length in ("-1", "abc")]
    data = make_head() + bad[0] + make_capture() + bad[1]
    records, faults, _ = read_archive(write(tmp_path / "a.arc", data))
    assert [r["row"] for r in records] == [3]
    assert [(f.row, f.reason) for f in faults] == [
        (2, "expected the length of the record, found '-1'"),
        (4, "expected the length of the record, found 'abc'"),
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (make_capture()[:-40], "a record has"),
        (b"too few fields\n", "a head of 5 fields"),
        (make_capture(b"", length=10) + make_capture(), "a head of 5 fields"),
    ],
)
def test_damage_ends_the_reading_with_a_fault(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    path = write(tmp_path / "a.arc", make_head() + make_capture() + data)
    records, faults, _ = read_archive(path)
    assert records[0]["row"] == 2
    assert reason in faults[-1].reason


def test_a_cut_gzip_file_gives_what_was_whole(tmp_path: Path) -> None:
    packed = [gzip.compress(p) for p in (make_head(), make_capture(), make_capture())]
    data = b"".join(packed)[:-30]
    records, faults, _ = read_archive(write(tmp_path / "a.arc.gz", data))
    assert [r["row"] for r in records] == [2]
    assert "ends early" in faults[0].reason


@pytest.mark.slow
@FUZZED
@given(mutate([make_capture() * 2, gzip.compress(make_head() + make_capture())]))
def test_any_mutation_of_an_archive_ends_in_captures_and_faults(
    tmp_path: Path, data: bytes
) -> None:
    path = write(tmp_path / "a.arc", data or b"\n")
    try:
        records, faults, notes = read_archive(path, format="arc")
    except ManifestError as error:
        if str(error.hint).startswith("Unpack or convert"):
            return  # it begins as a file of another kind does
        raise
    rows = [r["row"] for r in records] + [f.row for f in faults]
    assert len(rows) == len(set(rows))
    assert rows or notes or not data.strip()
