"""Pure RFC 6962 tree maths and C2SP signed notes: bytes in, bytes out.

A log hashes its entries into a tree, signs the root, and proves to anyone who
holds its public key that an entry is in it:

    >>> from provenance import merkle
    >>> name = merkle.to_key_name("ledger.example/rows")
    >>> signer = merkle.SignerKey(
    ...     name=name, signature_type=merkle.SignatureType.ED25519, seed=bytes(32)
    ... )
    >>> leaves = merkle.hash_leaves([b"row one", b"row two", b"row three"])
    >>> head = merkle.Frontier().extend(leaves).head()
    >>> checkpoint = merkle.Checkpoint(origin=name, head=head)
    >>> note = merkle.format_note(merkle.sign_checkpoint(checkpoint, signer))

    >>> lookup = merkle.lookup_leaves(leaves)
    >>> proof = merkle.prove_inclusion(lookup, leaf_index=2, tree_size=3)
    >>> trusted = merkle.open_checkpoint(note, signer.verifier())
    >>> merkle.verify_inclusion(merkle.hash_leaf(b"row three"), proof, trusted.head)
    >>> other = merkle.hash_leaf(b"row four")
    >>> merkle.verify_inclusion(other, proof, trusted.head)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    provenance.errors.VerificationError: root mismatch at 3 leaves: ...

Nothing here reads a clock, a file, a database or randomness: times and seeds are
arguments. Every `verify_` function returns None or raises `VerificationError`,
and so does every parser, which accepts only what its formatter writes.
"""

from __future__ import annotations

from provenance.merkle.bundle import ENTRY_LIMIT_BYTES, format_bundle, parse_bundle
from provenance.merkle.checkpoint import (
    Checkpoint,
    format_checkpoint,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from provenance.merkle.cosignature import cosign, cosigned_at, verify_cosignature
from provenance.merkle.frontier import Frontier, hash_tree
from provenance.merkle.keys import (
    KeyId,
    KeyName,
    SignatureType,
    SignerKey,
    VerifierKey,
    format_signer_key,
    format_verifier_key,
    parse_signer_key,
    parse_verifier_key,
    to_key_name,
)
from provenance.merkle.note import (
    Note,
    NoteSignature,
    format_note,
    parse_note,
    sign_note,
    verify_note,
)
from provenance.merkle.proof import (
    InclusionProof,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)
from provenance.merkle.proof_file import (
    EntryProof,
    format_entry_proof,
    parse_entry_proof,
    verify_entry_proof,
)
from provenance.merkle.tile import (
    TILE_WIDTH,
    BundlePath,
    TilePath,
    format_bundle_path,
    format_tile,
    format_tile_path,
    iter_bundle_paths,
    iter_tile_paths,
    parse_bundle_path,
    parse_tile,
    parse_tile_path,
)
from provenance.merkle.tile_tree import ReadTile, grow_tiles, hash_tiles, lookup_tiles
from provenance.merkle.tree import (
    EMPTY_ROOT,
    Hash,
    LeafHash,
    RootHash,
    SubtreeHash,
    TreeHead,
    hash_leaf,
    hash_leaves,
    hash_node,
    hash_range,
    lookup_leaves,
)
from provenance.merkle.witness import (
    ANSWER_LIMIT_BYTES,
    format_add_checkpoint,
    open_cosignatures,
)

__all__ = [
    "ANSWER_LIMIT_BYTES",
    "EMPTY_ROOT",
    "ENTRY_LIMIT_BYTES",
    "TILE_WIDTH",
    "BundlePath",
    "Checkpoint",
    "EntryProof",
    "Frontier",
    "Hash",
    "InclusionProof",
    "KeyId",
    "KeyName",
    "LeafHash",
    "Note",
    "NoteSignature",
    "ReadTile",
    "RootHash",
    "SignatureType",
    "SignerKey",
    "SubtreeHash",
    "TilePath",
    "TreeHead",
    "VerifierKey",
    "cosign",
    "cosigned_at",
    "format_add_checkpoint",
    "format_bundle",
    "format_bundle_path",
    "format_checkpoint",
    "format_entry_proof",
    "format_note",
    "format_signer_key",
    "format_tile",
    "format_tile_path",
    "format_verifier_key",
    "grow_tiles",
    "hash_leaf",
    "hash_leaves",
    "hash_node",
    "hash_range",
    "hash_tiles",
    "hash_tree",
    "iter_bundle_paths",
    "iter_tile_paths",
    "lookup_leaves",
    "lookup_tiles",
    "open_checkpoint",
    "open_cosignatures",
    "parse_bundle",
    "parse_bundle_path",
    "parse_checkpoint",
    "parse_entry_proof",
    "parse_note",
    "parse_signer_key",
    "parse_tile",
    "parse_tile_path",
    "parse_verifier_key",
    "prove_consistency",
    "prove_inclusion",
    "sign_checkpoint",
    "sign_note",
    "to_key_name",
    "verify_checkpoint",
    "verify_consistency",
    "verify_cosignature",
    "verify_entry_proof",
    "verify_inclusion",
    "verify_note",
]
