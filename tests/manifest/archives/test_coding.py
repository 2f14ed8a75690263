import gzip
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest.archives.test_warc import chunk
from manifest.archives.written import PAGE

from provenance.manifest.archives.coding import dechunk, decode

BARE = zlib.compress(PAGE)[2:-4]


@given(st.lists(st.binary(min_size=1, max_size=300)), st.sampled_from([b"", b";a=b"]))
def test_chunks_are_put_together_again(chunks: list[bytes], extension: bytes) -> None:
    sent = b"".join(b"%x%s\r\n%s\r\n" % (len(data), extension, data) for data in chunks)
    stream = io.BytesIO(sent + b"0\r\nTrailer: x\r\n\r\n")
    assert b"".join(dechunk(stream)) == b"".join(chunks)


@pytest.mark.parametrize(
    "sent",
    [b"", b"xyz\r\n", chunk(PAGE)[:-50], b"5\r\nabcdefg\r\n", b"5\r\nabc", b"-5\r\nx"],
)
def test_what_is_not_chunked_to_its_end_is_refused(sent: bytes) -> None:
    with pytest.raises(ValueError, match="chunk"):
        list(dechunk(io.BytesIO(sent)))


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("gzip", gzip.compress(PAGE, mtime=0)),
        ("X-GZIP", gzip.compress(PAGE, mtime=0)),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", BARE),
        ("identity", PAGE),
        ("", PAGE),
        ("deflate, gzip", gzip.compress(zlib.compress(PAGE), mtime=0)),
    ],
)
def test_codings_are_undone_the_last_one_first(coding: str, sent: bytes) -> None:
    pieces = [sent[n : n + 7] for n in range(0, len(sent), 7)]
    assert b"".join(decode([sent], coding)) == PAGE
    if sent != BARE:  # Whether a stream is bare is told by its first piece.
        assert b"".join(decode(pieces, coding)) == PAGE


@pytest.mark.parametrize("behind", [b"", b"\x1f", b"\0\0", b"junk"])
def test_members_of_gzip_are_one_content(behind: bytes) -> None:
    halves = (PAGE[:100], PAGE[100:])
    sent = b"".join(gzip.compress(half, mtime=0) for half in halves) + behind
    for size in (1 << 20, 40, 7):
        pieces = [sent[n : n + size] for n in range(0, len(sent), size)]
        assert b"".join(decode(pieces, "gzip")) == PAGE


def test_no_bytes_are_no_content_in_any_coding() -> None:
    assert list(decode([], "gzip")) == []


@pytest.mark.parametrize(
    ("coding", "sent", "what"),
    [
        ("br", PAGE, "br is not undone"),
        ("gzip", PAGE, "while decompressing"),
        ("gzip", gzip.compress(PAGE, mtime=0)[:-20], "cut short"),
    ],
)
def test_what_is_in_another_coding_or_cut_short_is_refused(
    coding: str, sent: bytes, what: str
) -> None:
    with pytest.raises(ValueError, match=what):
        list(decode([sent], coding))
