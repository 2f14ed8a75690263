import base64
import bz2
import gzip
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from manifest.archives.written import (
    DATE,
    PAGE,
    URL,
    make_archive,
    make_http,
    make_record,
    make_response,
    pack,
    read_archive,
    sha1,
)
from manifest.rows import write

from provenance.domain import format_digest, parse_digest
from provenance.errors import ManifestError
from provenance.manifest import open_manifest
from provenance.manifest.archives.payload import read_payload


def read_one(path: Path, record: bytes) -> tuple[dict[str, Any], dict[str, int]]:
    (found,), faults, notes = read_archive(write(path / "a.warc", record))
    assert faults == []
    return found, dict(notes)


def test_a_response_is_a_capture(tmp_path: Path) -> None:
    found, notes = read_one(tmp_path, make_response(number=7))
    assert notes == {}
    assert found["row"] == 1
    assert found["url"] == URL
    assert found["name"] == f"<urn:uuid:{7:032d}>"
    assert found["fetched_at"] == datetime(2024, 5, 18, 1, 58, 10, tzinfo=UTC)
    assert found["bytes"] == len(PAGE)
    assert (found["media_type"], found["medium"]) == ("text/html", "text")
    assert found["digest"] == parse_digest(sha1(PAGE))
    assert (found["origins"], found["parents"]) == ([], [])


@pytest.mark.parametrize("packing", ["", "gz", "zstd", "lz4"])
def test_row_counts_every_record_and_captures_are_taken(
    tmp_path: Path, packing: str
) -> None:
    path = write(tmp_path / "a.warc", pack(make_archive(), packing))
    assert open_manifest(path).format == "warc"
    records, faults, notes = read_archive(path)
    assert faults == []
    assert [record["row"] for record in records] == [3, 5, 6]
    assert notes == {
        "warcinfo records are no captures": 1,
        "request records are no captures": 1,
        "metadata records are no captures": 1,
    }


def test_one_gzip_stream_over_all_records_is_read_too(tmp_path: Path) -> None:
    path = write(tmp_path / "a.warc.gz", gzip.compress(b"".join(make_archive())))
    records, faults, _ = read_archive(path)
    assert ([r["row"] for r in records], faults) == ([3, 5, 6], [])


@pytest.mark.parametrize("version", ["0.17", "0.18", "1.0", "1.1"])
def test_every_version_is_read(tmp_path: Path, version: str) -> None:
    record = make_record("resource", PAGE, version=version, WARC_Date=DATE)
    assert read_one(tmp_path, record)[0]["bytes"] == len(PAGE)


def test_a_revisit_has_the_digest_and_the_size_of_what_it_revisits(
    tmp_path: Path,
) -> None:
    records, _, _ = read_archive(write(tmp_path / "a.warc", b"".join(make_archive())))
    response, revisit, _ = records
    assert response["digest"] == revisit["digest"]
    assert response["bytes"] == revisit["bytes"]


def test_a_revisit_of_a_payload_elsewhere_has_no_size(tmp_path: Path) -> None:
    record = make_record("revisit", b"", WARC_Payload_Digest=sha1(b"elsewhere"))
    found, _ = read_one(tmp_path, record)
    assert found["digest"] == parse_digest(sha1(b"elsewhere"))
    assert found["bytes"] is None


def test_a_page_that_was_not_modified_is_a_copy_of_the_record_named(
    tmp_path: Path,
) -> None:
    record = make_record("revisit", make_http(b""), WARC_Refers_To="<urn:uuid:5>")
    found, _ = read_one(tmp_path, record)
    (parent,) = found["parents"]
    assert (parent["reference"], parent["mode"]) == ("<urn:uuid:5>", "copied")


@pytest.mark.parametrize(
    "said",
    [
        {"type_": "revisit", "WARC_Payload_Digest": sha1(PAGE)},
        {"type_": "revisit", "WARC_Refers_To": "<urn:uuid:5>"},
        {"type_": "response", "WARC_Segment_Number": "1"},
    ],
)
def test_a_capture_whose_payload_lies_elsewhere_is_reserved_by_its_own_headers(
    tmp_path: Path, said: dict[str, Any]
) -> None:
    block = make_http(b"<html>", X_Robots_Tag="noai")
    path = write(tmp_path / "a.warc", make_record(block=block, **said))
    (found,), _, notes = read_archive(path)
    assert found["reservation"] == "x-robots-tag: noai"
    assert found["media_type"] == "text/html"
    assert notes["it is reserved from AI or text mining"] == 1


def test_a_revisit_of_nothing_is_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path / "a.warc", make_record("revisit", b""))
    assert read_archive(path) == (
        [],
        [],
        {"a revisit names neither a payload nor a record": 1},
    )


def test_text_of_a_page_is_extracted_from_its_response(tmp_path: Path) -> None:
    text = b"Text of a page. " * 6
    record = make_record(
        "conversion",
        text,
        Content_Type="text/plain",
        WARC_Refers_To=f"<urn:uuid:{3:032d}>",
        WARC_Block_Digest=sha1(text),
        WARC_Identified_Content_Language="arg,spa",
    )
    found, notes = read_one(tmp_path, record)
    (parent,) = found["parents"]
    assert notes == {}
    assert parent["reference"] == f"<urn:uuid:{3:032d}>"
    assert parent["mode"] == "extracted"
    assert (found["language"], found["medium"]) == ("arg", "text")
    assert (found["digest"], found["bytes"]) == (parse_digest(sha1(text)), len(text))


def chunk(body: bytes) -> bytes:
    return (
        b"5;x=1\r\n"
        + body[:5]
        + b"\r\n%X\r\n" % len(body[5:])
        + body[5:]
        + (b"\r\n0\r\n\r\n")
    )


SENT = {
    "as sent": (PAGE, {}, [PAGE]),
    "in chunks": (
        chunk(PAGE),
        {"Transfer_Encoding": "chunked"},
        [chunk(PAGE), PAGE],
    ),
    "in gzip": (
        gzip.compress(PAGE, mtime=0),
        {"Content_Encoding": "gzip"},
        [gzip.compress(PAGE, mtime=0), PAGE],
    ),
    "in gzip in chunks": (
        chunk(gzip.compress(PAGE, mtime=0)),
        {"Transfer_Encoding": "chunked", "Content_Encoding": "gzip"},
        [chunk(gzip.compress(PAGE, mtime=0)), gzip.compress(PAGE, mtime=0), PAGE],
    ),
    "unpacked under its old headers": (
        PAGE,
        {"Transfer_Encoding": "chunked", "Content_Encoding": "gzip"},
        [PAGE],
    ),
    "in a coding that is not undone": (
        PAGE,
        {"Content_Encoding": "br"},
        [PAGE],
    ),
}


@pytest.mark.parametrize(
    ("how", "place"),
    [(how, n) for how, sent in SENT.items() for n in range(len(sent[2]))],
)
def test_a_declared_digest_is_true_of_any_form_of_the_body(
    tmp_path: Path, how: str, place: int
) -> None:
    body, headers, forms = SENT[how]
    record = make_record(
        "response",
        make_http(body, **headers),
        WARC_Payload_Digest=sha1(forms[place]),
    )
    found, notes = read_one(tmp_path, record)
    assert found["digest"] == parse_digest(sha1(forms[place]))
    assert found["bytes"] == len(PAGE)
    assert notes == {}


@pytest.mark.parametrize("how", SENT)
def test_without_a_declared_digest_it_is_that_of_the_body_without_chunks(
    tmp_path: Path, how: str
) -> None:
    body, headers, forms = SENT[how]
    found, _ = read_one(tmp_path, make_record("response", make_http(body, **headers)))
    entity = forms[1] if "chunked" in how or "in chunks" in how else forms[0]
    assert found["digest"] == parse_digest(sha1(entity))


def test_a_declared_digest_that_is_not_true_is_noted_and_replaced(
    tmp_path: Path,
) -> None:
    found, notes = read_one(tmp_path, make_response(WARC_Payload_Digest=sha1(b"no")))
    assert found["digest"] == parse_digest(sha1(PAGE))
    assert list(notes.values()) == [1]
    assert "is not the declared one" in next(iter(notes))


@pytest.mark.parametrize("declared", ["unreadable", "blake3:" + "ab" * 32])
def test_a_declared_digest_that_cannot_be_compared_is_noted(
    tmp_path: Path, declared: str
) -> None:
    found, notes = read_one(tmp_path, make_response(WARC_Payload_Digest=declared))
    assert found["digest"] == parse_digest(sha1(PAGE))
    assert "cannot be compared" in next(iter(notes))


@pytest.mark.parametrize("spelling", ["hex", "base32", "base32 without padding"])
@pytest.mark.parametrize("algorithm", ["sha256", "md5", "sha512"])
def test_other_algorithms_are_compared(
    tmp_path: Path, algorithm: str, spelling: str
) -> None:
    import hashlib  # noqa: PLC0415 - one test needs it

    raw = hashlib.new(algorithm, PAGE).digest()
    written = base64.b32encode(raw).decode()
    if spelling != "base32":
        written = raw.hex() if spelling == "hex" else written.rstrip("=")
    declared = f"{algorithm}:{written}"
    found, notes = read_one(tmp_path, make_response(WARC_Payload_Digest=declared))
    assert (format_digest(found["digest"]), notes) == (f"{algorithm}:{raw.hex()}", {})


@pytest.mark.parametrize(
    ("headers", "kept", "notes"),
    [
        ({"X_Robots_Tag": "noindex, noai"}, "x-robots-tag: noindex, noai", 1),
        ({"X_Robots_Tag": "noimageai"}, "x-robots-tag: noimageai", 1),
        ({"X_Robots_Tag": "noarchive"}, "x-robots-tag: noarchive", 0),
        (
            {"TDM_Policy": "https://x.org/p", "TDM_Reservation": "1"},
            "tdm-reservation: 1\ntdm-policy: https://x.org/p",
            1,
        ),
        ({"TDM_Reservation": "0"}, "tdm-reservation: 0", 0),
        ({"Content_Usage": "train-ai=n"}, "content-usage: train-ai=n", 1),
        ({"Server": "noai"}, None, 0),
    ],
)
def test_what_reserves_a_page_is_kept_as_its_headers_say_it(
    tmp_path: Path, headers: dict[str, str], kept: str | None, notes: int
) -> None:
    record = make_record("response", make_http(PAGE, **headers))
    found, told = read_one(tmp_path, record)
    assert found["reservation"] == kept
    assert list(told.values()) == [1] * notes


def test_a_header_that_is_said_twice_is_one_list(tmp_path: Path) -> None:
    block = make_http(X_Robots_Tag="noindex\r\nX-Robots-Tag: googlebot: noai")
    found, _ = read_one(tmp_path, make_record("response", block))
    assert found["reservation"] == "x-robots-tag: noindex, googlebot: noai"


def test_a_payload_cut_by_the_crawler_and_a_segment_are_told(tmp_path: Path) -> None:
    _, notes = read_one(tmp_path, make_response(WARC_Truncated="length"))
    assert notes == {"the crawler cut the payload short": 1}
    segment = make_response(WARC_Segment_Number="1", WARC_Payload_Digest=sha1(b"all"))
    found, notes = read_one(tmp_path, segment)
    assert (found["digest"], found["bytes"]) == (parse_digest(sha1(b"all")), None)
    assert "segments" in next(iter(notes))


def test_what_is_no_media_type_and_no_language_is_left_out(tmp_path: Path) -> None:
    record = make_record(
        "response",
        make_http(Content_Type="t" * 300),
        WARC_Identified_Payload_Type="text/html",
        WARC_Identified_Content_Language="x" * 500,
    )
    found, _ = read_one(tmp_path, record)
    assert (found["media_type"], found["language"]) == ("text/html", None)


def test_angle_brackets_around_a_url_are_not_part_of_it(tmp_path: Path) -> None:
    record = make_response(WARC_Target_URI=f"<{URL}>")
    assert read_one(tmp_path, record)[0]["url"] == URL


def test_a_bad_date_is_a_fault_of_its_row_alone(tmp_path: Path) -> None:
    data = make_response(WARC_Date="yesterday") + make_response(number=2)
    records, faults, _ = read_archive(write(tmp_path / "a.warc", data))
    assert [r["row"] for r in records] == [2]
    assert [(f.row, f.field) for f in faults] == [(1, "fetched_at")]


def test_a_head_without_an_end_leaves_no_body(tmp_path: Path) -> None:
    found, _ = read_one(tmp_path, make_record("response", b"HTTP/1.1 200 OK\r\nA: b"))
    assert (found["digest"], found["bytes"]) == (None, 0)


def test_a_head_of_nothing_but_line_ends_takes_no_time(tmp_path: Path) -> None:
    for filler in (b"\r", b"\r\r\r\n", b" \t"):
        block = b"HTTP/1.1 200 OK" + filler * (1 << 17)
        found, _ = read_one(tmp_path, make_record("response", block))
        assert found["bytes"] == 0


def test_a_body_larger_than_one_piece_is_read_to_its_end(tmp_path: Path) -> None:
    body = b"x" * (3 << 20)
    found, notes = read_one(tmp_path, make_response(body))
    assert (found["bytes"], notes) == (len(body), {})


@pytest.mark.parametrize("format_", ["warc", "arc", "offsets"])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, format_: str) -> None:
    with pytest.raises(ManifestError, match="does not exist"):
        open_manifest(tmp_path / "a", format=format_)


def test_bzip2_is_refused_in_words(tmp_path: Path) -> None:
    path = write(tmp_path / "a.warc.bz2", bz2.compress(make_response()))
    with pytest.raises(ManifestError, match="in bzip2") as raised:
        open_manifest(path)
    assert raised.value.hint


def test_the_head_of_a_response_may_come_in_pieces() -> None:
    stream = io.BytesIO(make_http())
    payload = read_payload(
        lambda _: stream.read(7), len(make_http()), None, is_http=True
    )
    assert payload.size == len(PAGE)
    assert payload.headers == {"content-type": "text/html; charset=utf-8"}


def test_every_archive_has_the_same_columns(tmp_path: Path) -> None:
    for name, data in (("a.warc", make_response()), ("a.arc", b"filedesc://a\n")):
        reader = open_manifest(write(tmp_path / name, data))
        assert (reader.columns[0], dict(reader.late)) == ("digest", {})
