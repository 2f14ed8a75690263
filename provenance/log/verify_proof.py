"""Check a proof with the log's key alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provenance.domain import parse_dataset, parse_digest
from provenance.domain.leaf import name_fields
from provenance.errors import NameRefusedError, VerificationError
from provenance.log.entries import parse_entry
from provenance.log.keys import parse_known_key
from provenance.log.proof import Proof, make_claim, parse_proof
from provenance.log.quorum import Quorum
from provenance.merkle import (
    Checkpoint,
    InclusionProof,
    RootHash,
    TreeHead,
    VerifierKey,
    hash_leaf,
    parse_checkpoint,
    parse_entry_proof,
    verify_entry_proof,
    verify_inclusion,
)
from provenance.merkle.tree import Hash

__all__ = ["Proved", "check_proof", "verify_proof"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """What a verified proof shows."""

    claim: Mapping[str, str | int | None]
    entry: Mapping[str, Any]
    """The body of the log entry."""
    record: Mapping[str, str | None] | None
    """The fields of the record's leaf, as text; None for an entry alone."""
    checkpoint: Checkpoint
    cosigned: tuple[tuple[str, int], ...]
    """Witnesses that vouch for the checkpoint, and when they saw it (POSIX)."""

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values; the format of ``verify-proof --json``."""
        return {
            "claim": dict(self.claim),
            "record": dict(self.record) if self.record is not None else None,
            "entry": dict(self.entry),
            "origin": self.checkpoint.origin,
            "size": self.checkpoint.head.tree_size,
            "root": self.checkpoint.head.root.hex(),
            "cosigned": [
                {"witness": name, "cosigned_at": time} for name, time in self.cosigned
            ],
        }


def verify_proof(
    proof: Proof, key: VerifierKey, quorum: Quorum | None = None
) -> Proved:
    """Check a proof with the log's key alone, and return what it shows.

    Args:
        proof: As read, believed in nothing.
        key: The log's key, known from elsewhere; its name is the log's origin.
        quorum: Witnesses that must have cosigned the checkpoint, if any.

    Raises:
        VerificationError: It does not prove what it claims; says where it breaks.
    """
    entry_proof = parse_entry_proof(proof.tlog_proof)
    verify_entry_proof(hash_leaf(proof.entry), entry_proof, key)
    cosigned = quorum.verify(entry_proof.checkpoint) if quorum else ()
    try:
        kind, body = parse_entry(proof.entry)
    except (RecursionError, UnicodeDecodeError) as error:
        raise VerificationError(f"the entry cannot be read: {error}") from error
    position, index = entry_proof.proof.leaf_index, 0
    record: dict[str, str | None] | None = None
    if proof.leaf is not None:
        index = _index(proof.claim)
        record = _verify_leaf(proof.leaf, proof.path, index, kind, body)
    expected = make_claim(position, kind, body, record, index)
    if set(proof.claim) != set(expected):
        raise VerificationError(
            f"the proof claims {', '.join(sorted(proof.claim)) or 'nothing'}; expected "
            f"{', '.join(sorted(expected))}"
        )
    for name, found in sorted(expected.items()):
        said = proof.claim[name]
        if (type(said), said) != (type(found), found):
            raise VerificationError(
                f"the proof is about another {name}: it claims {said!r}, "
                f"its bytes say {found!r}"
            )
    return Proved(
        claim=expected,
        entry=body,
        record=record,
        checkpoint=parse_checkpoint(entry_proof.checkpoint.text),
        cosigned=tuple(cosigned),
    )


def check_proof(
    octets: bytes,
    vkey: str,
    *,
    digest: str | None = None,
    dataset: str | None = None,
    quorum: Quorum | None = None,
) -> Proved:
    """Check a proof file, and that it is about what the caller has at hand.

    Args:
        octets: The file.
        vkey: The log's key, known from elsewhere.
        digest: Digest of the content at hand, in any spelling.
        dataset: ``NAME`` or ``NAME@VERSION``.
        quorum: Witnesses that must have cosigned the checkpoint, if any.

    Raises:
        NameRefusedError: The digest or dataset asked about is none.
        KeyRefusedError: The key is none.
        VerificationError: The file does not prove that.
    """
    proved = verify_proof(parse_proof(octets), parse_known_key(vkey), quorum)
    asked: dict[str, str] = {}
    if digest is not None:
        try:
            asked["digest"] = parse_digest(digest).hex()
        except ValueError as error:
            raise NameRefusedError(f"{digest!r} is no digest: {error}") from error
    if dataset is not None:
        asked["dataset"] = str(parse_dataset(dataset))
    for name, wanted in asked.items():
        found = proved.claim.get(name)
        if found != wanted:
            raise VerificationError(
                f"the proof is about the {name} {found}, not {wanted}",
                hint="It may be genuine, but it proves nothing about this.",
            )
    return proved


def _index(claim: Mapping[str, Any]) -> int:
    index = claim.get("index")
    if type(index) is not int:
        raise VerificationError(f"the index claimed is {index!r}, expected a number")
    return index


def _verify_leaf(
    leaf: bytes, path: tuple[Hash, ...], index: int, kind: str, body: Mapping[str, Any]
) -> dict[str, str | None]:
    """Check a record against the size and root that the batch's entry states."""
    if kind != "batch":
        raise VerificationError(f"a record cannot stand in an entry of kind {kind}")
    size, root = body.get("records"), body.get("root")
    texts = (root, body.get("dataset"), body.get("version"))
    if type(size) is not int or not all(isinstance(text, str) for text in texts):
        raise VerificationError("the batch entry states no dataset, size and root")
    try:
        octets = bytes.fromhex(str(root))
        head = TreeHead(tree_size=size, root=RootHash(Hash(octets)))
        fields = name_fields(leaf)
    except ValueError as error:
        raise VerificationError(f"the leaf is not a record's: {error}") from error
    verify_inclusion(
        hash_leaf(leaf), InclusionProof(leaf_index=index, hashes=path), head
    )
    return fields
