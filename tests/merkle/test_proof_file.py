"""`provenance.merkle.proof_file`: an offline proof that a log holds an entry."""

from dataclasses import replace

import pytest
from hypothesis import given
from merkle import vectors
from merkle.strategies import entry_proofs

from provenance import merkle
from provenance.errors import VerificationError
from provenance.merkle.encoding import format_base64
from provenance.merkle.note import NOTE_LIMIT_BYTES
from provenance.merkle.proof_file import EXTRA_LIMIT_BYTES

KEY = merkle.parse_verifier_key(vectors.TESSERA_VKEY)
LEAVES = merkle.hash_leaves(vectors.TESSERA_ENTRIES)
LOOKUP = merkle.lookup_leaves(LEAVES)
NOTE = vectors.TESSERA_CHECKPOINT_15
HASH = format_base64(bytes(32))


def make_entry_proof(leaf_index: int) -> merkle.EntryProof:
    return merkle.EntryProof(
        proof=merkle.prove_inclusion(LOOKUP, leaf_index=leaf_index, tree_size=15),
        checkpoint=merkle.parse_note(NOTE),
    )


def make_file(head: str) -> bytes:
    return head.encode() + b"\n" + NOTE


def test_a_proof_file_reads_as_the_specification_shows() -> None:
    entry_proof = replace(make_entry_proof(14), extra=b"salt")
    lines = merkle.format_entry_proof(entry_proof).decode().split("\n")
    hashes = [format_base64(node) for node in entry_proof.proof.hashes]
    head = ["c2sp.org/tlog-proof@v1", "extra c2FsdA==", "index 14", *hashes, ""]
    assert [*head, *NOTE.decode().split("\n")] == lines


@pytest.mark.parametrize("leaf_index", range(15))
def test_every_entry_is_proved_and_no_other(leaf_index: int) -> None:
    octets = merkle.format_entry_proof(make_entry_proof(leaf_index))
    entry_proof = merkle.parse_entry_proof(octets)
    merkle.verify_entry_proof(LEAVES[leaf_index], entry_proof, KEY)
    for other in LEAVES[:leaf_index] + LEAVES[leaf_index + 1 :]:
        with pytest.raises(VerificationError, match="root mismatch at 15 leaves"):
            merkle.verify_entry_proof(other, entry_proof, KEY)


@given(entry_proofs)
def test_proof_files_survive(entry_proof: merkle.EntryProof) -> None:
    octets = merkle.format_entry_proof(entry_proof)
    assert entry_proof == merkle.parse_entry_proof(octets)


def test_a_flipped_bit_anywhere_is_refused() -> None:
    """Index, hashes, size, root, origin, signature: all but the extra data."""
    octets = merkle.format_entry_proof(make_entry_proof(5))
    for bit in range(8 * len(octets)):
        flipped = bytearray(octets)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VerificationError):
            merkle.verify_entry_proof(
                LEAVES[5], merkle.parse_entry_proof(bytes(flipped)), KEY
            )


def test_any_beginning_is_refused() -> None:
    octets = merkle.format_entry_proof(make_entry_proof(5))
    for length in range(len(octets)):
        with pytest.raises(VerificationError):
            merkle.parse_entry_proof(octets[:length])


def test_a_proof_from_another_log_is_refused() -> None:
    key = merkle.parse_verifier_key(vectors.OWN_VKEY)
    with pytest.raises(VerificationError, match="not signed by any known key"):
        merkle.verify_entry_proof(LEAVES[5], make_entry_proof(5), key)


START = "c2sp.org/tlog-proof@v1\n"


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        pytest.param(b"", "no blank line", id="empty"),
        pytest.param(make_file("")[1:], "line 1 is not c2sp", id="only-a-checkpoint"),
        pytest.param(
            make_file(START + "index 0\n").replace(b"\n\n", b"\n", 1),
            r"line 3 \(hash\) is not base64",
            id="no-blank-line",
        ),
        pytest.param(
            make_file("c2sp.org/tlog-proof@v2\nindex 0\n"),
            "line 1 is not",
            id="version",
        ),
        pytest.param(make_file("\n" + START), "line 1 is not", id="newline-first"),
        pytest.param(make_file(START), "line 2 is not index", id="no-index"),
        pytest.param(
            make_file(START + "index\n"), "line 2 is not index", id="no-number"
        ),
        pytest.param(
            make_file(START + "index 05\n"),
            r"line 2 \(index\) is not a plain",
            id="zero",
        ),
        pytest.param(
            make_file(START + "index -1\n"), r"line 2 \(index\) is not a", id="negative"
        ),
        pytest.param(
            make_file(START + "index  5\n"),
            r"line 2 \(index\) is not a",
            id="two-spaces",
        ),
        pytest.param(
            make_file(START + f"index {2**63}\n"),
            "expected less than",
            id="large-index",
        ),
        pytest.param(
            make_file(START + "extra \nindex 0\n"),
            "line 2 .* is empty",
            id="empty-extra",
        ),
        pytest.param(
            make_file(START + "extra !\nindex 0\n"), "line 2 .* not base64", id="extra"
        ),
        pytest.param(
            make_file(START + "extra AA==\nextra AA==\nindex 0\n"),
            "line 3 is not index",
            id="extra-twice",
        ),
        pytest.param(
            make_file(START + "index 0\nextra AA==\n"), r"line 3 \(hash\)", id="order"
        ),
        pytest.param(
            make_file(START + f"extra AA==\nindex 0\n{HASH}\n{HASH}x\n"),
            r"line 5 \(hash\) is not base64",
            id="hash",
        ),
        pytest.param(
            make_file(START + f"index 0\n{format_base64(bytes(31))}\n"),
            r"line 3 \(hash\) holds 31 bytes",
            id="short-hash",
        ),
        pytest.param(
            make_file(START + f"index 0\n{HASH} \n"), "is not base64", id="space-after"
        ),
        pytest.param(
            make_file(START + "index 0\n" + f"{HASH}\n" * 64),
            "64 hashes, expected at most 63",
            id="too-many-hashes",
        ),
        pytest.param(
            make_file((START + "index 0\n").replace("\n", "\r\n")),
            "line 1 is not",
            id="carriage-returns",
        ),
        pytest.param(
            make_file(START + "index ５\n"), "not ASCII at byte 29", id="wide-digit"
        ),
        pytest.param(
            (START + "index 0\n\n").encode(), "note does not end", id="no-checkpoint"
        ),
        pytest.param(
            make_file(START + "index 0\n\n"), "does not verify", id="two-blank-lines"
        ),
        pytest.param(
            make_file(
                START + f"extra {'A' * 4 * (EXTRA_LIMIT_BYTES // 3 + 1)}\nindex 0\n"
            ),
            "extra data of the proof file is 65538 bytes long",
            id="long-extra",
        ),
        pytest.param(make_file(START) + bytes(500_000), "too long", id="too-long"),
    ],
)
def test_a_proof_file_is_refused(octets: bytes, words: str) -> None:
    with pytest.raises(VerificationError, match=words):
        merkle.verify_entry_proof(LEAVES[0], merkle.parse_entry_proof(octets), KEY)


def test_more_hashes_than_any_tree_is_high_cannot_be_written() -> None:
    proof = merkle.InclusionProof(leaf_index=0, hashes=(LEAVES[0],) * 64)
    with pytest.raises(VerificationError, match="64 hashes, expected at most 63"):
        merkle.EntryProof(proof=proof, checkpoint=merkle.parse_note(NOTE))


def test_the_largest_proof_file_is_read() -> None:
    key = merkle.SignerKey(
        name=KEY.name, signature_type=merkle.SignatureType.ED25519, seed=bytes(32)
    )
    room = NOTE_LIMIT_BYTES - len(merkle.format_note(merkle.sign_note("\n", key)))
    entry_proof = merkle.EntryProof(
        proof=merkle.InclusionProof(leaf_index=2**63 - 1, hashes=(LEAVES[0],) * 63),
        checkpoint=merkle.sign_note("x" * room + "\n", key),
        extra=bytes(EXTRA_LIMIT_BYTES),
    )
    octets = merkle.format_entry_proof(entry_proof)
    assert entry_proof == merkle.parse_entry_proof(octets)
