"""`provenance.merkle.encoding`: one spelling for each number, hash and text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merkle.strategies import hashes, sizes

from provenance.errors import VerificationError
from provenance.merkle.encoding import (
    format_base64,
    format_decimal,
    format_hash,
    parse_base64,
    parse_decimal,
    parse_hash,
    verify_clean,
)
from provenance.merkle.tree import Hash


@given(sizes)
def test_numbers_survive(number: int) -> None:
    assert number == parse_decimal(format_decimal(number), "size")


@given(st.text(max_size=20))
def test_a_number_that_is_read_is_written_the_same(text: str) -> None:
    try:
        number = parse_decimal(text, "size")
    except VerificationError:
        return
    assert text == format_decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-5",
        "+5",
        "05",
        "00",
        " 5",
        "5 ",
        "5\n",
        "5_0",
        "5.0",
        "0x5",
        "٥",
        "５",
        "²",
    ],
)
def test_other_spellings_of_a_number_are_refused(text: str) -> None:
    with pytest.raises(VerificationError, match="size is not a plain decimal number"):
        parse_decimal(text, "size")


@pytest.mark.parametrize("number", [2**63, 2**63 + 1, 10**19 - 1])
def test_a_number_of_more_than_63_bits_is_refused(number: int) -> None:
    with pytest.raises(VerificationError, match=f"size is {number}, expected less"):
        parse_decimal(str(number), "size")


def test_a_number_of_twenty_digits_is_not_even_computed() -> None:
    with pytest.raises(VerificationError, match="size is not a plain decimal number"):
        parse_decimal("9" * 100_000, "size")


@given(st.binary(max_size=100))
def test_bytes_survive(octets: bytes) -> None:
    assert octets == parse_base64(format_base64(octets), "key")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("AAA", "key is not base64", id="unpadded"),
        pytest.param("AA=A", "key is not base64", id="padding-inside"),
        pytest.param("AA==AA==", "key is not base64", id="padding-between"),
        pytest.param("AAAA====", "key is not", id="padding-too-long"),
        pytest.param("AB==", "key is not canonical base64", id="unused-bits"),
        pytest.param("AA-_", "key is not base64", id="url-alphabet"),
        pytest.param("AA AA", "key is not base64", id="space"),
        pytest.param("AAAA\n", "key is not base64", id="newline"),
        pytest.param("ÄAAA", "key is not base64", id="not-ascii"),
    ],
)
def test_other_spellings_of_bytes_are_refused(text: str, words: str) -> None:
    with pytest.raises(VerificationError, match=words) as caught:
        parse_base64(text, "key")
    assert text not in caught.value.message


@given(hashes)
def test_hashes_survive(node: Hash) -> None:
    assert node == parse_hash(format_hash(node), "root")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_hash_of_another_length_is_refused(length: int) -> None:
    words = f"root holds {length} bytes, expected 32"
    with pytest.raises(VerificationError, match=words):
        parse_hash(format_base64(bytes(length)), "root")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\nb\tc\n", r"note holds the control character U\+0009 in line 2"),
        ("a\r\nb\n", r"note holds the control character U\+000D in line 1"),
        ("\0", r"note holds the control character U\+0000 in line 1"),
        ("\n\0", r"note holds the control character U\+0000 in line 2"),
        ("\x1f", r"note holds the control character U\+001F in line 1"),
        ("\ufeffa\n", "note starts with a byte order mark"),
        ("\ud800\n", "note cannot be written as UTF-8"),
    ],
)
def test_unclean_text_is_refused(text: str, words: str) -> None:
    with pytest.raises(VerificationError, match=words):
        verify_clean(text, "note")
