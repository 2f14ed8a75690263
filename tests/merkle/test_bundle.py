"""`provenance.merkle.bundle`: entries, 256 to a file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merkle import vectors

from provenance import merkle
from provenance.errors import VerificationError

TWO = merkle.BundlePath(index=0, width=2)


def test_the_published_bundle_is_read_and_written() -> None:
    entries = vectors.TESSERA_ENTRIES[:5]
    path = merkle.BundlePath(index=0, width=5)
    assert merkle.format_bundle(entries) == vectors.TESSERA_BUNDLE_5
    assert entries == merkle.parse_bundle(vectors.TESSERA_BUNDLE_5, path)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundles_survive(entries: list[bytes]) -> None:
    path = merkle.BundlePath(index=0, width=len(entries))
    assert entries == merkle.parse_bundle(merkle.format_bundle(entries), path)


@given(st.binary(max_size=20), st.integers(1, 4))
def test_a_bundle_that_is_read_is_written_the_same(octets: bytes, width: int) -> None:
    path = merkle.BundlePath(index=0, width=width)
    try:
        entries = merkle.parse_bundle(octets, path)
    except VerificationError:
        return
    assert octets == merkle.format_bundle(entries)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        pytest.param(b"", "ends within entry 0, expected 2 entries", id="empty"),
        pytest.param(b"\0", "ends within entry 0", id="half-a-length"),
        pytest.param(b"\0\1", "ends within entry 0", id="only-a-length"),
        pytest.param(b"\0\1a", "ends within entry 1", id="one-entry"),
        pytest.param(b"\0\1a\0", "ends within entry 1", id="half-a-second-length"),
        pytest.param(b"\0\1a\0\2b", "ends within entry 1", id="cut-off"),
        pytest.param(b"\0\1a\0\1b\0", "goes on for 1 bytes after", id="one-byte-more"),
        pytest.param(b"\0\1a\0\1b\0\0", "goes on for 2 bytes", id="one-entry-more"),
        pytest.param(b"\1\0a\0\1b", "ends within entry 0", id="little-endian"),
    ],
)
def test_a_bundle_is_refused(octets: bytes, words: str) -> None:
    with pytest.raises(VerificationError, match=rf"tile/entries/000\.p/2 {words}"):
        merkle.parse_bundle(octets, TWO)


def test_the_longest_entry_fits_and_a_longer_one_does_not() -> None:
    longest = bytes(merkle.ENTRY_LIMIT_BYTES)
    octets = merkle.format_bundle([longest, b""])
    assert [longest, b""] == merkle.parse_bundle(octets, TWO)
    with pytest.raises(ValueError, match="entry 1 is 65536 bytes long"):
        merkle.format_bundle([b"", longest + b"\0"])
