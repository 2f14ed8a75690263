"""`provenance.merkle.checkpoint`: canonical, signed, and the expected log's own."""

from base64 import b64decode
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from merkle import vectors
from merkle.strategies import checkpoints, seeds

from provenance import merkle
from provenance.errors import LedgerStateError, VerificationError
from provenance.merkle.encoding import format_base64

ED25519 = merkle.SignatureType.ED25519
TESSERA = merkle.parse_signer_key(vectors.TESSERA_SIGNER)
OWN = merkle.SignerKey(
    name=merkle.to_key_name(vectors.OWN_NAME),
    signature_type=ED25519,
    seed=vectors.OWN_SEED,
)
LOG = "log.example"
SIGNER = merkle.SignerKey(
    name=merkle.to_key_name(LOG), signature_type=ED25519, seed=bytes(32)
)
ROOT = "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs="
GOOD = f"{LOG}\n5\n{ROOT}\n"


def sign(text: bytes | str, name: str = LOG, separator: bytes = b"\n") -> bytes:
    """Sign any bytes as a note, without the package's own checks."""
    octets = text.encode() if isinstance(text, str) else text
    signature = Ed25519PrivateKey.from_private_bytes(bytes(32)).sign(octets)
    line = SIGNER.verifier().key_id + signature
    return octets + separator + f"— {name} {format_base64(line)}\n".encode()


def line_of(octets: bytes) -> bytes:
    return octets[octets.rindex(b"\n\n") + 2 :]


GOOD_NOTE = sign(GOOD)
GOOD_LINE = line_of(GOOD_NOTE)


# Known answers


def test_published_checkpoint_is_read_and_signed_byte_for_byte() -> None:
    checkpoint = merkle.open_checkpoint(
        vectors.TESSERA_CHECKPOINT_15, TESSERA.verifier()
    )
    expected = merkle.Checkpoint(
        origin=TESSERA.name,
        head=merkle.Frontier()
        .extend(merkle.hash_leaves(vectors.TESSERA_ENTRIES))
        .head(),
    )
    assert expected == checkpoint
    note = merkle.sign_checkpoint(checkpoint, TESSERA)
    assert merkle.format_note(note) == vectors.TESSERA_CHECKPOINT_15


@pytest.mark.parametrize(("size", "root"), sorted(vectors.TESSERA_ROOTS.items()))
def test_published_roots(size: int, root: str) -> None:
    leaves = merkle.hash_leaves(vectors.TESSERA_ENTRIES[:size])
    assert b64decode(root) == merkle.hash_tree(leaves)


@vectors.needs_vectors
@pytest.mark.parametrize("size", range(16))
def test_golden_checkpoint_of_every_size_is_signed_byte_for_byte(size: int) -> None:
    golden = (vectors.TESSERA_LOG / f"checkpoint.{size}").read_bytes()
    leaves = merkle.hash_leaves(vectors.TESSERA_ENTRIES[:size])
    checkpoint = merkle.Checkpoint(
        origin=TESSERA.name, head=merkle.Frontier().extend(leaves).head()
    )
    assert golden == merkle.format_note(merkle.sign_checkpoint(checkpoint, TESSERA))
    assert checkpoint == merkle.open_checkpoint(golden, TESSERA.verifier())


def test_own_fixture_is_signed_byte_for_byte() -> None:
    leaves = merkle.hash_leaves(vectors.OWN_ENTRIES)
    assert b64decode(vectors.OWN_ROOT_3) == merkle.hash_tree(leaves[:3])
    head = merkle.Frontier().extend(leaves).head()
    assert b64decode(vectors.OWN_ROOT_5) == head.root
    checkpoint = merkle.Checkpoint(origin=OWN.name, head=head)
    octets = merkle.format_note(merkle.sign_checkpoint(checkpoint, OWN))
    assert vectors.OWN_SIGNATURE_5.encode() + b"\n" == line_of(octets)


# Round trips


@given(checkpoints)
def test_checkpoints_survive(checkpoint: merkle.Checkpoint) -> None:
    text = merkle.format_checkpoint(checkpoint)
    assert checkpoint == merkle.parse_checkpoint(text)


@given(checkpoints, seeds)
def test_signed_checkpoints_survive(checkpoint: merkle.Checkpoint, seed: bytes) -> None:
    key = merkle.SignerKey(name=checkpoint.origin, signature_type=ED25519, seed=seed)
    octets = merkle.format_note(merkle.sign_checkpoint(checkpoint, key))
    assert checkpoint == merkle.open_checkpoint(octets, key.verifier())


PIECES = st.lists(
    st.sampled_from(
        [
            "log",
            "\n",
            "0",
            "5",
            "05",
            "+",
            " ",
            ROOT,
            ROOT[:-1],
            "extra",
            "\u2028",
            "\t",
        ]
    ),
    max_size=9,
)


@given(PIECES)
def test_a_checkpoint_that_is_read_is_written_the_same(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        checkpoint = merkle.parse_checkpoint(text)
    except VerificationError:
        return
    assert text == merkle.format_checkpoint(checkpoint)


# What is accepted


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(GOOD_NOTE, id="plain"),
        pytest.param(sign(GOOD + "an extension line\n"), id="extension-line"),
        pytest.param(sign(GOOD + "one\ntwo\n\u2028\n"), id="extension-lines"),
        pytest.param(
            sign(GOOD.replace("\n5\n", f"\n{2**63 - 1}\n")), id="largest-size"
        ),
        pytest.param(
            GOOD_NOTE + "— witness AAAAAAA=\n".encode(), id="unknown-key-after"
        ),
        pytest.param(
            f"{GOOD}\n— witness AAAAAAA=\n".encode() + GOOD_LINE,
            id="unknown-key-before",
        ),
        pytest.param(
            f"{GOOD}\n— {LOG} AAAAAAA=\n".encode() + GOOD_LINE, id="unknown-id-of-name"
        ),
        pytest.param(
            f"{GOOD}\n".encode() + "— witness AAAAAAA=\n".encode() * 15 + GOOD_LINE,
            id="sixteen-signatures",
        ),
    ],
)
def test_a_checkpoint_is_accepted(octets: bytes) -> None:
    checkpoint = merkle.open_checkpoint(octets, SIGNER.verifier())
    assert checkpoint.origin == LOG


# What is refused: validly signed, unless the case is about the signature


def with_size(size: str) -> bytes:
    return sign(f"{LOG}\n{size}\n{ROOT}\n")


def with_root(root: str) -> bytes:
    return sign(f"{LOG}\n5\n{root}\n")


SIZE = r"line 2 \(tree size\) is not a plain decimal number"
HASH = r"line 3 \(root hash\)"

REFUSED = {
    # the tree size
    "size-negative": (with_size("-5"), SIZE),
    "size-negative-zero": (with_size("-0"), SIZE),
    "size-with-leading-zero": (with_size("05"), SIZE),
    "size-zero-twice": (with_size("00"), SIZE),
    "size-with-plus-sign": (with_size("+5"), SIZE),
    "size-after-a-space": (with_size(" 5"), SIZE),
    "size-before-a-space": (with_size("5 "), SIZE),
    "size-with-underscore": (with_size("5_0"), SIZE),
    "size-in-full-width-digits": (with_size("５"), SIZE),
    "size-in-arabic-digits": (with_size("٥"), SIZE),
    "size-in-hexadecimal": (with_size("0x5"), SIZE),
    "size-in-exponent-form": (with_size("5e0"), SIZE),
    "size-with-fraction": (with_size("5.0"), SIZE),
    "size-empty": (with_size(""), SIZE),
    "size-2-to-the-63": (with_size(str(2**63)), "expected less than 2"),
    "size-2-to-the-64": (with_size(str(2**64)), SIZE),
    "size-of-very-many-digits": (with_size("9" * 5000), SIZE),
    "size-zero-with-another-root": (with_size("0"), "root of an empty tree"),
    # the root hash
    "root-of-31-bytes": (with_root(format_base64(bytes(31))), f"{HASH} holds 31"),
    "root-of-33-bytes": (with_root(format_base64(bytes(33))), f"{HASH} holds 33"),
    "root-empty": (with_root(""), f"{HASH} holds 0 bytes"),
    "root-in-hexadecimal": (with_root("ab" * 32), f"{HASH} holds 48 bytes"),
    "root-with-unused-bits": (with_root(f"{ROOT[:-2]}t="), f"{HASH} is not canonical"),
    "root-without-padding": (with_root(ROOT[:-1]), f"{HASH} is not base64"),
    "root-in-url-alphabet": (with_root(ROOT.replace("/", "_")), "is not base64"),
    "root-after-a-space": (with_root(f" {ROOT}"), f"{HASH} is not base64"),
    "root-before-a-space": (with_root(f"{ROOT} "), f"{HASH} is not base64"),
    # the origin
    "origin-empty": (sign(f"\n5\n{ROOT}\n"), r"line 1 \(origin\) is empty"),
    "origin-with-space": (sign(f"a log\n5\n{ROOT}\n"), r"\(origin\) .* U\+0020"),
    "origin-with-plus": (sign(f"a+log\n5\n{ROOT}\n"), r"\(origin\) .* U\+002B"),
    "origin-with-unicode-space": (sign(f"a\u3000b\n5\n{ROOT}\n"), r"U\+3000"),
    "origin-with-next-line": (sign(f"a\x85b\n5\n{ROOT}\n"), r"U\+0085"),
    "origin-of-256-bytes": (sign(f"{'a' * 256}\n5\n{ROOT}\n"), "256 bytes long"),
    "origin-of-another-log": (
        sign(f"other.example\n5\n{ROOT}\n"),
        f"checkpoint of log other.example is signed by the key of {LOG}",
    ),
    "origin-in-upper-case": (sign(GOOD.replace(LOG, LOG.upper())), "LOG.EXAMPLE"),
    # the lines
    "lines-one": (sign(f"{LOG}\n"), "has 1 lines, expected at least 3"),
    "lines-two": (sign(f"{LOG}\n5\n"), "has 2 lines, expected at least 3"),
    "lines-swapped": (sign(f"{LOG}\n{ROOT}\n5\n"), SIZE),
    "line-empty-before-root": (sign(f"{LOG}\n5\n\n{ROOT}\n"), f"{HASH} holds 0"),
    "extension-line-empty": (
        sign(f"{GOOD}\nmore\n"),
        r"line 4 \(extension\) is empty",
    ),
    "extension-line-empty-at-the-end": (
        sign(f"{GOOD}more\n\n"),
        r"line 5 \(extension\) is empty",
    ),
    # the text
    "carriage-returns": (sign(GOOD.replace("\n", "\r\n")), r"U\+000D in line 1"),
    "carriage-return-in-size": (with_size("5\r"), r"U\+000D in line 2"),
    "tab": (sign(GOOD.replace("5", "5\t")), r"U\+0009 in line 2"),
    "nul": (sign(GOOD.replace("5", "5\0")), r"U\+0000 in line 2"),
    "vertical-tab": (sign(GOOD + "a\x0b\n"), r"U\+000B in line 4"),
    "byte-order-mark": (sign(f"\ufeff{GOOD}"), "starts with a byte order mark"),
    "not-utf-8": (sign(GOOD.encode() + b"\xff\n"), "not UTF-8 at byte"),
    "utf-16": (GOOD_NOTE.decode().encode("utf-16"), "not UTF-8 at byte 0"),
    # the note
    "empty-file": (b"", "does not end with a newline"),
    "no-final-newline": (GOOD_NOTE[:-1], "does not end with a newline"),
    "one-more-final-newline": (GOOD_NOTE + b"\n", "no signature line after"),
    "no-blank-line": (sign(GOOD, separator=b""), "no blank line between"),
    "two-blank-lines": (sign(GOOD, separator=b"\n\n"), "does not verify"),
    "no-signature": (GOOD.encode() + b"\n", "no signature line after"),
    "text-after-the-signature": (GOOD_NOTE + b"more\n", "line 6 does not start"),
    # the signature
    "signature-with-unused-bits": (
        GOOD_NOTE.replace(GOOD_LINE, b"") + GOOD_LINE[:-3] + b"R=\n",
        "note line 5 .* is not",
    ),
    "signature-without-padding": (
        GOOD_NOTE.rstrip(b"=\n") + b"\n",
        "note line 5 .* is not base64",
    ),
    "signature-of-one-byte-less": (
        f"{GOOD}\n— {LOG} ".encode()
        + format_base64(b64decode(GOOD_LINE.split()[2])[:-1]).encode()
        + b"\n",
        "does not verify",
    ),
    "signature-of-one-byte-more": (
        f"{GOOD}\n— {LOG} ".encode()
        + format_base64(b64decode(GOOD_LINE.split()[2]) + b"\0").encode()
        + b"\n",
        "does not verify",
    ),
    "signature-of-another-text": (
        GOOD_NOTE.replace(b"\n5\n", b"\n6\n"),
        f"signature by {LOG} does not verify",
    ),
    "signature-by-another-name": (
        sign(GOOD, name="other.example"),
        "not signed by any known key: signed by other.example+",
    ),
    "signature-twice": (GOOD_NOTE + GOOD_LINE, "signed 2 times"),
    "signature-good-and-bad": (
        GOOD_NOTE + line_of(sign("other\n")),
        "signed 2 times",
    ),
    "signature-by-nobody-known": (
        f"{GOOD}\n— witness AAAAAAA=\n".encode(),
        "not signed by any known key",
    ),
    "signature-with-hyphen": (
        GOOD_NOTE.replace("—".encode(), b"-"),
        "does not start with an em dash",
    ),
    "signatures-too-many": (
        GOOD_NOTE + "— witness AAAAAAA=\n".encode() * 64,
        "65 signature lines",
    ),
    "file-too-long": (sign(GOOD + "x" * 300_000 + "\n"), "expected at most 262144"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_checkpoint_is_refused(case: str) -> None:
    octets, words = REFUSED[case]
    with pytest.raises(VerificationError, match=words):
        merkle.open_checkpoint(octets, SIGNER.verifier())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(GOOD[:-1], "does not end with a newline", id="no-newline"),
        pytest.param("", "does not end with a newline", id="empty"),
        pytest.param("\n", "1 lines, expected at least 3", id="newline"),
        pytest.param(GOOD + "\n", r"line 4 \(extension\) is empty", id="empty-line"),
        pytest.param(GOOD + "a\tb\n", r"checkpoint .* U\+0009 in line 4", id="tab"),
    ],
)
def test_a_text_alone_is_refused(text: str, words: str) -> None:
    with pytest.raises(VerificationError, match=words):
        merkle.parse_checkpoint(text)


def test_a_flipped_bit_anywhere_in_a_signed_checkpoint_is_refused() -> None:
    for bit in range(8 * len(GOOD_NOTE)):
        flipped = bytearray(GOOD_NOTE)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VerificationError):
            merkle.open_checkpoint(bytes(flipped), SIGNER.verifier())


def test_a_note_that_is_no_checkpoint_is_refused() -> None:
    note = merkle.sign_note("hello\n", SIGNER)
    with pytest.raises(VerificationError, match="checkpoint has 1 lines"):
        merkle.verify_checkpoint(note, SIGNER.verifier())


def test_a_key_signs_for_the_log_of_its_name_only() -> None:
    checkpoint = merkle.parse_checkpoint(GOOD)
    with pytest.raises(LedgerStateError, match=f"cannot sign for the log {LOG}"):
        merkle.sign_checkpoint(checkpoint, OWN)


def test_a_cosigner_key_cannot_sign_as_the_log() -> None:
    checkpoint = merkle.parse_checkpoint(GOOD)
    witness = replace(SIGNER, signature_type=merkle.SignatureType.COSIGNATURE)
    with pytest.raises(LedgerStateError, match="is a cosigner's key"):
        merkle.sign_checkpoint(checkpoint, witness)


def test_an_origin_that_is_no_name_cannot_be_made() -> None:
    with pytest.raises(VerificationError, match=r"origin holds .* U\+0020"):
        replace(merkle.parse_checkpoint(GOOD), origin=merkle.KeyName("a b"))


@pytest.mark.parametrize("line", ["", "two\nlines", "a\tb"])
def test_an_extension_that_is_not_one_line_cannot_be_made(line: str) -> None:
    checkpoint = merkle.parse_checkpoint(GOOD)
    with pytest.raises(VerificationError, match=r"line 4 \(extension\)"):
        replace(checkpoint, extensions=(line,))
