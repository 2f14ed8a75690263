"""`provenance.merkle.note`: signed notes, strictly read."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merkle import vectors
from merkle.strategies import note_signatures, notes, signer_keys, texts

from provenance import merkle
from provenance.errors import LedgerStateError, VerificationError
from provenance.merkle.note import (
    NOTE_LIMIT_BYTES,
    SIGNATURES_LIMIT,
    format_signature,
    parse_signature,
)

ED25519 = merkle.SignatureType.ED25519
FOO = merkle.parse_verifier_key(vectors.FOO_VKEY)
FOO_NOTE = merkle.parse_note(vectors.FOO_NOTE)
FOO_LINE = vectors.FOO_NOTE.partition(b"\n\n")[2]
LINE_BY_A = "— a AAAAAAA=\n".encode()


def make_key(name: str, number: int = 0) -> merkle.SignerKey:
    return merkle.SignerKey(
        name=merkle.to_key_name(name),
        signature_type=ED25519,
        seed=number.to_bytes(32, "big"),
    )


def test_the_note_of_the_specification_verifies() -> None:
    merkle.verify_note(FOO_NOTE, [FOO])
    assert merkle.format_note(FOO_NOTE) == vectors.FOO_NOTE
    assert FOO_NOTE.text.startswith("This is an example")


@given(notes)
def test_notes_survive(note: merkle.Note) -> None:
    assert note == merkle.parse_note(merkle.format_note(note))


@given(note_signatures)
def test_signature_lines_survive(signature: merkle.NoteSignature) -> None:
    assert signature == parse_signature(format_signature(signature))


PIECES = st.lists(
    st.sampled_from(
        ["a", " ", "\n", "\n\n", "—", "— ", "— a ", "AAAAAAA=", "AAAAAAE=", "\r", "é"]
    ),
    max_size=12,
)


@given(PIECES)
def test_a_note_that_is_read_is_written_the_same(pieces: list[str]) -> None:
    octets = "".join(pieces).encode()
    try:
        note = merkle.parse_note(octets)
    except VerificationError:
        return
    assert octets == merkle.format_note(note)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(octets: bytes) -> None:
    try:
        note = merkle.parse_note(octets)
    except VerificationError:
        return
    assert octets == merkle.format_note(note)


@given(texts, signer_keys)
def test_a_signed_text_verifies_and_another_does_not(
    text: str, key: merkle.SignerKey
) -> None:
    key = replace(key, signature_type=ED25519)
    note = merkle.sign_note(text, key)
    merkle.verify_note(note, [key.verifier()])
    with pytest.raises(VerificationError, match="does not verify"):
        merkle.verify_note(replace(note, text=text + "\n"), [key.verifier()])


def test_a_flipped_bit_anywhere_in_a_signed_note_is_refused() -> None:
    for bit in range(8 * len(vectors.FOO_NOTE)):
        flipped = bytearray(vectors.FOO_NOTE)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VerificationError):
            merkle.verify_note(merkle.parse_note(bytes(flipped)), [FOO])


@pytest.mark.parametrize(
    "text",
    ["\n", "\n\n", "a\n\nb\n", "— a AAAAAAA=\n", "a\u2028b\u0085c\x7f\n", "è sera\n"],
)
def test_unusual_texts_are_signed_and_read(text: str) -> None:
    key = make_key("log")
    note = merkle.parse_note(merkle.format_note(merkle.sign_note(text, key)))
    assert text == note.text
    merkle.verify_note(note, [key.verifier()])


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        pytest.param(b"", "does not end with a newline", id="empty"),
        pytest.param(b"a", "does not end with a newline", id="no-newline"),
        pytest.param(b"a\n", "no blank line", id="no-signatures"),
        pytest.param(b"a\n" + LINE_BY_A, "no blank line", id="no-blank-line"),
        pytest.param(b"a\n\n", "no signature line", id="blank-line-last"),
        pytest.param(b"\n\n", "no signature line", id="only-newlines"),
        pytest.param(b"\n" + LINE_BY_A, "no blank line", id="no-text"),
        pytest.param(
            b"a\n\n" + LINE_BY_A[:-1],
            "does not end with a newline",
            id="no-last-newline",
        ),
        pytest.param(
            b"a\n\n" + LINE_BY_A + b"\n", "no signature line", id="second-last-newline"
        ),
        pytest.param(
            b"a\n\n\xe2\x80\x94 a\xff AAAAAAA=\n", "not UTF-8 at byte 8", id="not-utf-8"
        ),
        pytest.param(
            b"a\xed\xa0\x80\n\n" + LINE_BY_A, "not UTF-8 at byte 1", id="surrogate"
        ),
        pytest.param(
            b"a\xc0\x8a\n\n" + LINE_BY_A, "not UTF-8 at byte 1", id="overlong-utf-8"
        ),
        pytest.param(b"a\r\n\r\n" + LINE_BY_A, r"U\+000D in line 1", id="crlf"),
        pytest.param(b"a\tb\n\n" + LINE_BY_A, r"U\+0009 in line 1", id="tab"),
        pytest.param(b"a\nb\0\n\n" + LINE_BY_A, r"U\+0000 in line 2", id="nul"),
        pytest.param(b"a\x0b\n\n" + LINE_BY_A, r"U\+000B in line 1", id="vertical-tab"),
        pytest.param(
            b"\xef\xbb\xbfa\n\n" + LINE_BY_A, "byte order mark", id="byte-order-mark"
        ),
        pytest.param(
            b"a\n\n- a AAAAAAA=\n",
            "note line 3 does not start with an em dash",
            id="hyphen",
        ),
        pytest.param(
            "a\n\n– a AAAAAAA=\n".encode(), "line 3 does not start", id="en-dash"
        ),
        pytest.param(
            "a\n\n—a AAAAAAA=\n".encode(), "line 3 does not start", id="no-space"
        ),
        pytest.param(
            "a\n\n— a\n".encode(),
            "line 3 is not — <key name> <signature>",
            id="no-base64",
        ),
        pytest.param(
            "a\n\n—  AAAAAAA=\n".encode(), r"line 3 \(key name\) is empty", id="no-name"
        ),
        pytest.param(
            "a\n\n— a+b AAAAAAA=\n".encode(),
            r"plus, U\+002B, at character 2",
            id="plus",
        ),
        pytest.param(
            "a\n\n— a\u00a0b AAAAAAA=\n".encode(), r"U\+00A0, at", id="space-in-name"
        ),
        pytest.param("a\n\n— a  AAAAAAA=\n".encode(), "not base64", id="two-spaces"),
        pytest.param(
            "a\n\n— a AAAAAAA= \n".encode(), "not base64", id="trailing-space"
        ),
        pytest.param("a\n\n— a AAAAAAA\n".encode(), "not base64", id="no-padding"),
        pytest.param(
            "a\n\n— a AAAAAAB=\n".encode(), "not canonical base64", id="unused-bits"
        ),
        pytest.param("a\n\n— a AAAAAA==\n".encode(), "too short", id="only-a-key-id"),
        pytest.param("a\n\n— a AAA=\n".encode(), "too short", id="half-a-key-id"),
        pytest.param("a\n\n— a \n".encode(), "too short", id="no-signature"),
        pytest.param(
            b"a\n\n" + LINE_BY_A + b"b\n" + LINE_BY_A,
            "note line 4 does not start",
            id="text-between-signatures",
        ),
        pytest.param(
            b"a\n\n" + LINE_BY_A * (SIGNATURES_LIMIT + 1),
            "65 signature lines",
            id="too-many-signatures",
        ),
        pytest.param(
            b"a" * NOTE_LIMIT_BYTES + b"\n\n" + LINE_BY_A, "bytes long", id="too-long"
        ),
    ],
)
def test_a_note_is_refused(octets: bytes, words: str) -> None:
    with pytest.raises(VerificationError, match=words):
        merkle.parse_note(octets)


@pytest.mark.parametrize("text", ["", "a", "a\tb\n"])
def test_a_text_that_no_note_may_hold_cannot_be_signed(text: str) -> None:
    with pytest.raises(VerificationError):
        merkle.sign_note(text, make_key("log"))


def test_sixteen_signatures_of_post_quantum_size_are_accepted() -> None:
    """ "Remember that post-quantum signatures can be up to nearly 5kB in size." """
    key = make_key("log")
    note = merkle.sign_note("a\n", key)
    others = tuple(
        merkle.NoteSignature(
            key_name=merkle.to_key_name(f"witness/{number}"),
            key_id=merkle.KeyId(bytes(4)),
            signature=bytes(5000),
        )
        for number in range(15)
    )
    octets = merkle.format_note(replace(note, signatures=(*others, *note.signatures)))
    merkle.verify_note(merkle.parse_note(octets), [key.verifier()])


def test_unknown_keys_are_ignored_even_with_a_known_name_or_id() -> None:
    key = make_key("log")
    note = merkle.sign_note("a\n", key)
    same_name = replace(note.signatures[0], key_id=merkle.KeyId(bytes(4)))
    same_id = replace(note.signatures[0], key_name=merkle.to_key_name("other"))
    for stray in (same_name, same_id):
        with_stray = replace(note, signatures=(stray, *note.signatures))
        merkle.verify_note(with_stray, [key.verifier()])
        with pytest.raises(VerificationError, match="not signed by any known key"):
            merkle.verify_note(replace(note, signatures=(stray,)), [key.verifier()])


def test_a_note_by_unknown_keys_only_is_refused_and_names_both_sides() -> None:
    keys = [make_key("b").verifier(), make_key("b", 1).verifier()]
    with pytest.raises(VerificationError) as caught:
        merkle.verify_note(FOO_NOTE, keys)
    known = sorted(f"b+{key.key_id.hex()}" for key in keys)
    by = f"example.com/foo+{FOO_NOTE.signatures[0].key_id.hex()}"
    assert caught.value.message == (
        f"note is not signed by any known key: signed by {by}, "
        f"known {known[0]}, {known[1]}"
    )


def test_a_note_is_refused_without_any_known_key() -> None:
    with pytest.raises(VerificationError, match="known none"):
        merkle.verify_note(FOO_NOTE, [])


def test_one_failing_known_key_spoils_the_note() -> None:
    """ "If a signature from a known key fails to verify, clients SHOULD reject." """
    good, bad = make_key("good", 1), make_key("bad", 2)
    note = merkle.sign_note("a\n", good)
    line = merkle.sign_note("b\n", bad).signatures[0]
    spoiled = note.with_signature(line, bad.verifier())
    merkle.verify_note(spoiled, [good.verifier()])
    for keys in ([good, bad], [bad, good], [bad]):
        with pytest.raises(VerificationError, match="signature by bad does not verify"):
            merkle.verify_note(spoiled, [key.verifier() for key in keys])


def test_two_lines_of_one_known_key_are_refused() -> None:
    twice = replace(FOO_NOTE, signatures=FOO_NOTE.signatures * 2)
    with pytest.raises(VerificationError, match=r"signed 2 times by example\.com/foo"):
        merkle.verify_note(twice, [FOO])


def test_a_short_signature_of_a_known_key_is_refused() -> None:
    cut = replace(FOO_NOTE.signatures[0], signature=b"short")
    with pytest.raises(VerificationError, match="does not verify"):
        merkle.verify_note(replace(FOO_NOTE, signatures=(cut,)), [FOO])


def test_a_new_line_of_a_key_replaces_its_old_one() -> None:
    line = replace(FOO_NOTE.signatures[0], signature=b"new")
    assert (line,) == FOO_NOTE.with_signature(line, FOO).signatures


def test_a_cosigner_key_neither_signs_nor_verifies_a_note() -> None:
    key = replace(make_key("w"), signature_type=merkle.SignatureType.COSIGNATURE)
    with pytest.raises(LedgerStateError, match="w is a cosigner's key"):
        merkle.sign_note("a\n", key)
    with pytest.raises(VerificationError, match="w is a cosigner's key"):
        merkle.verify_note(FOO_NOTE, [key.verifier()])


def test_a_note_without_signatures_cannot_be_made() -> None:
    with pytest.raises(VerificationError, match="0 signature lines, expected 1 to 64"):
        merkle.Note(text="a\n", signatures=())


def test_a_signature_line_cannot_be_made_with_a_bad_name() -> None:
    with pytest.raises(VerificationError, match="key name is empty"):
        replace(FOO_NOTE.signatures[0], key_name=merkle.KeyName(""))


def test_as_many_signatures_and_bytes_as_the_limits_say_are_read() -> None:
    block = LINE_BY_A * SIGNATURES_LIMIT
    room = NOTE_LIMIT_BYTES - len(block) - 2
    octets = b"a" * room + b"\n\n" + block
    assert len(merkle.parse_note(octets).signatures) == SIGNATURES_LIMIT
    with pytest.raises(VerificationError, match="262145 bytes long"):
        merkle.parse_note(b"a" + octets)


def test_errors_do_not_repeat_a_hostile_line() -> None:
    octets = b"a\n\n" + b"x" * 100_000 + b"\n"
    with pytest.raises(VerificationError, match=re.escape("note line 3")) as caught:
        merkle.parse_note(octets)
    assert len(caught.value.message) < 100
