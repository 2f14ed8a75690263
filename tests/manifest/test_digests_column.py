import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest.rows import make_raw, map_fields, normalise, reasons, values

from provenance.domain import Spelling, format_digest, parse_digest
from provenance.manifest import Normaliser


def sha(name: str, content: bytes) -> bytes:
    return hashlib.new(name, content).digest()


SHA256 = [sha("sha256", b"%d" % n) for n in range(4)]
SHA1 = [sha("sha1", b"%d" % n) for n in range(4)]
MD5 = [sha("md5", b"%d" % n) for n in range(4)]


def b32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=")


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("spelled", "algorithm", "raws"),
    [
        ([raw.hex() for raw in SHA256], "sha256", SHA256),
        ([raw.hex().upper() for raw in SHA256], "sha256", SHA256),
        ([f"sha256:{raw.hex()}" for raw in SHA256], "sha256", SHA256),
        ([f"SHA-256:{raw.hex()}" for raw in SHA256], "sha256", SHA256),
        ([f"sha256-{b64(raw)}" for raw in SHA256], "sha256", SHA256),
        ([f"1220{raw.hex()}" for raw in SHA256], "sha256", SHA256),
        ([b64(raw) for raw in SHA256], "sha256", SHA256),
        ([b32(raw) for raw in SHA256], "sha256", SHA256),
        ([f"sha256:\u00a0{raw.hex()}" for raw in SHA256], "sha256", SHA256),
        ([raw.hex() for raw in SHA1], "sha1", SHA1),
        ([b32(raw) for raw in SHA1], "sha1", SHA1),
        ([b32(raw).lower() for raw in SHA1], "sha1", SHA1),
        ([f"sha1:{b32(raw)}" for raw in SHA1], "sha1", SHA1),
        ([raw.hex() for raw in MD5], "md5", MD5),
        ([f"md5:{raw.hex()}" for raw in MD5], "md5", MD5),
        ([f"blake3:{raw.hex()}" for raw in SHA256], "blake3", SHA256),
        (pa.array(SHA256, pa.binary()), "sha256", SHA256),
        (pa.array(SHA256, pa.binary(32)), "sha256", SHA256),
        (pa.array(SHA1, pa.large_binary()), "sha1", SHA1),
        (pa.array(MD5, pa.binary()), "md5", MD5),
        (pa.array([b"\x12\x20" + raw for raw in SHA256]), "sha256", SHA256),
        (pa.array([raw.hex().encode() for raw in SHA256]), "sha256", SHA256),
    ],
)
def test_every_spelling_of_a_column_is_one_multihash(
    spelled: Any, algorithm: str, raws: list[bytes]
) -> None:
    expected = [f"{algorithm}:{raw.hex()}" for raw in raws]
    assert expected == [format_digest(d) for d in values("digest", spelled)]


def test_placeholders_and_empty_payloads_are_no_digest() -> None:
    spelled = [SHA1[0].hex(), "-", "", None, sha("sha1", b"").hex(), SHA1[1].hex()]
    found = values("digest", spelled)
    assert [d is None for d in found] == [False, True, True, True, True, False]


def test_the_spelling_is_the_columns_and_others_are_faults() -> None:
    spelled = [raw.hex() for raw in SHA256] + ["sha256:" + SHA256[0].hex(), "x" * 64]
    reason = "expected a digest, spelled hex as in the whole column"
    assert [(row, why) for row, _, _, why in reasons("digest", spelled)] == [
        (5, reason),
        (6, reason),
    ]


def test_junk_cannot_turn_a_column() -> None:
    # Each of these SHA-256 in hexadecimal is 48 bytes of base64, as is the junk.
    spelled = [raw.hex() for raw in SHA256] + ["x" * 64]
    assert len(reasons("digest", spelled)) == 1


@pytest.mark.parametrize("spell", [bytes.hex, b32])
def test_one_bad_character_is_found_among_good_values(
    spell: Callable[[bytes], str],
) -> None:
    good = [spell(raw) for raw in SHA1]
    bad = "!" + good[0][1:]
    assert [flaw[:3] for flaw in reasons("digest", [*good, bad])] == [
        (5, "digest", bad)
    ]
    normaliser = Normaliser(map_fields(["digest"]), file="m")
    normaliser.normalise(make_raw({"digest": good}))
    assert len(normaliser.normalise(make_raw({"digest": [bad]}))[1]) == 1


def test_several_algorithms_may_share_a_spelling() -> None:
    spelled = [SHA256[0].hex(), SHA1[0].hex(), MD5[0].hex(), None, SHA256[1].hex()]
    found = values("digest", spelled)
    assert [d and format_digest(d).partition(":")[0] for d in found] == [
        *("sha256", "sha1", "md5", None, "sha256")
    ]


def test_binary_digests_of_several_lengths_are_told_apart() -> None:
    found = values("digest", pa.array([SHA256[0], MD5[0], None], pa.binary()))
    assert [d and format_digest(d).partition(":")[0] for d in found] == [
        *("sha256", "md5", None)
    ]


def test_binary_digests_in_a_dictionary_are_binary_digests() -> None:
    column = pa.array([SHA256[0], None, SHA256[0]], pa.binary())
    assert values("digest", column.dictionary_encode()) == values("digest", column)


def test_binary_of_no_digests_length_is_a_fault() -> None:
    column = pa.array([SHA256[0], b"\x00\xff\x00"], pa.binary())
    assert reasons("digest", column)[0][:3] == (2, "digest", "00ff00")


def test_the_spelling_of_the_first_batch_holds_for_the_next() -> None:
    normaliser = Normaliser(map_fields(["digest"]), file="m")
    assert normaliser.spellings == {}
    nothing = pa.nulls(1, pa.string())
    assert len(normaliser.normalise(make_raw({"digest": nothing}))[1]) == 0
    assert normaliser.spellings == {}
    first = make_raw({"digest": [b32(raw) for raw in SHA1]})
    assert len(normaliser.normalise(first)[1]) == 0
    assert normaliser.spellings == {"digest": "base32"}
    later = make_raw({"digest": [raw.hex() for raw in SHA256]})
    batch, faults = normaliser.normalise(later)
    assert (len(batch), len(faults)) == (0, 4)


def test_hex_md5s_that_are_valid_base32_stay_md5s() -> None:
    spelled = ["22222222222222222222222222222222", "0189" * 8, "abcdef01" * 4]
    found = [format_digest(d) for d in values("digest", spelled)]
    assert found == [f"md5:{text}" for text in spelled]


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.binary(min_size=32, max_size=32).map(bytes.hex),
            st.binary(min_size=20, max_size=20).map(bytes.hex),
            st.text("0123456789abcdefg", min_size=64, max_size=64),
            st.text(max_size=70),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_the_bulk_path_agrees_with_parse_digest(column: list[str | None]) -> None:
    sample = ["00" * 32] * 20
    normaliser = Normaliser(map_fields(["digest"]), file="m")
    normaliser.normalise(make_raw({"digest": sample}))
    raw = make_raw({"digest": pa.array(column, pa.string())})
    batch, faults = normaliser.normalise(raw)
    bad = {fault.row for fault in faults}
    found = dict(
        zip(batch["row"].to_pylist(), batch["digest"].to_pylist(), strict=True)
    )
    for row, text in enumerate(column, 1):
        try:
            expected = text and parse_digest(text, Spelling.HEX)
        except ValueError:
            assert row in bad or found[row] is None
        else:
            assert found[row] == (expected or None)


def test_a_digest_column_of_numbers_is_refused_value_by_value() -> None:
    records, faults = normalise({"digest": [123456789, 987654321]})
    assert (records, len(faults)) == ([], 2)
