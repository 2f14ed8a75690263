r"""The proof file: that a record, or an entry, stands in a log. Checked offline.

One JSON object, written with sorted keys, an indent of one and a last newline; every
other spelling is refused, and with it duplicate keys and trailing data::

    {
     "claim": {"dataset": …, "digest": …, "index": …, "kind": …, "name": …,
               "position": …},
     "entry": "provenance/batch/v1\n{…}",
     "leaf": "provenance/record/v1\n…",
     "path": ["<base64 hash>", …],
     "tlog_proof": "c2sp.org/tlog-proof@v1\n…",
     "type": "provenance/proof/v1"
    }

``tlog_proof`` is a C2SP proof file verbatim (https://c2sp.org/tlog-proof): the path
from the entry to the checkpoint, and the checkpoint. ``path`` leads from the leaf to
the root that the entry states. The size of the log comes from the signed checkpoint
and the size of the batch from the entry that the checkpoint proves, never from the
file. A proof of an entry alone has neither ``leaf`` nor ``path``, and its claim only
``kind`` and ``position``. ``check_proof.py`` is a second verifier of this format
that needs nothing of this package.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from provenance.domain import parse_dataset, parse_digest
from provenance.domain.leaf import LEAF_FIELDS, parse_leaf
from provenance.errors import NameRefusedError, VerificationError
from provenance.log.entries import parse_entry
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
    parse_verifier_key,
    verify_entry_proof,
    verify_inclusion,
)
from provenance.merkle.encoding import format_hash, parse_hash
from provenance.merkle.tree import Hash

__all__ = [
    "PROOF_LIMIT_BYTES",
    "Proof",
    "Proved",
    "check_proof",
    "format_proof",
    "make_claim",
    "parse_proof",
    "verify_proof",
]

PROOF_LIMIT_BYTES: Final = 16 * 1024 * 1024

_TYPE = "provenance/proof/v1"
_OF_RECORD = {"claim", "entry", "leaf", "path", "tlog_proof", "type"}
_OF_ENTRY = _OF_RECORD - {"leaf", "path"}
_PATH_LIMIT = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a proof file holds, believed or not."""

    claim: Mapping[str, str | int | None]
    """What the file says it proves; compared with what the bytes say."""
    entry: bytes
    tlog_proof: bytes
    leaf: bytes | None = None
    """The record's leaf; None in the proof of an entry alone."""
    path: tuple[Hash, ...] = ()


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


def make_claim(
    position: int,
    kind: str,
    body: Mapping[str, Any],
    record: Mapping[str, str | None] | None = None,
    index: int = 0,
) -> dict[str, str | int | None]:
    """Say in a few words what an entry, or a record of a batch, is."""
    if record is None:
        return {"kind": kind, "position": position}
    return {
        "kind": "record",
        "position": position,
        "index": index,
        "dataset": "@".join(filter(None, (body["dataset"], body["version"]))),
        "digest": record["digest"],
        "name": record["name"],
    }


def format_proof(proof: Proof) -> bytes:
    """Write a proof file; the inverse of ``parse_proof``."""
    written: dict[str, Any] = {
        "claim": dict(proof.claim),
        "entry": proof.entry.decode(),
        "tlog_proof": proof.tlog_proof.decode(),
        "type": _TYPE,
    }
    if proof.leaf is not None:
        written["leaf"] = proof.leaf.decode()
        written["path"] = [format_hash(node) for node in proof.path]
    return _write(written)


def parse_proof(octets: bytes) -> Proof:
    """Read a proof file, without believing it.

    Raises:
        VerificationError: The bytes are not a proof file as it is written.
    """
    read = _read(octets)
    if set(read) not in (_OF_RECORD, _OF_ENTRY) or read["type"] != _TYPE:
        raise VerificationError(f"not a proof file: its type is not {_TYPE}")
    claim, path = read["claim"], read.get("path", [])
    if not isinstance(claim, dict) or not isinstance(path, list):
        raise VerificationError("proof file: claim or path are not what they must be")
    if len(path) > _PATH_LIMIT:
        raise VerificationError(f"proof file: path has more than {_PATH_LIMIT} hashes")
    leaf = _bytes(read, "leaf") if "leaf" in read else None
    return Proof(
        claim=claim,
        entry=_bytes(read, "entry"),
        tlog_proof=_bytes(read, "tlog_proof"),
        leaf=leaf,
        path=tuple(_hashes(path)),
    )


def _read(octets: bytes) -> dict[str, Any]:
    if len(octets) > PROOF_LIMIT_BYTES:
        raise VerificationError(
            f"proof file is {len(octets)} bytes long, at most {PROOF_LIMIT_BYTES} "
            "are read"
        )
    try:
        read = json.loads(octets)
        same = isinstance(read, dict) and _write(read) == octets
    except (ValueError, RecursionError) as error:
        raise VerificationError(f"proof file is not JSON: {error}") from error
    if not same:
        raise VerificationError(
            "proof file is not written as it must be: one JSON object, keys sorted, "
            "none twice, an indent of one, nothing after it"
        )
    return dict(read)


def _write(value: Mapping[str, Any]) -> bytes:
    text = json.dumps(
        value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False
    )
    return f"{text}\n".encode()


def _bytes(read: Mapping[str, Any], name: str) -> bytes:
    if not isinstance(read[name], str):
        raise VerificationError(f"proof file: {name} is no text")
    return str(read[name]).encode()


def _hashes(path: Sequence[Any]) -> list[Hash]:
    if not all(isinstance(node, str) for node in path):
        raise VerificationError("proof file: a hash of the path is no text")
    return [
        parse_hash(node, f"proof file: hash {number} of the path")
        for number, node in enumerate(path)
    ]


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
    for name in sorted({*proof.claim, *expected}):
        said, found = proof.claim.get(name), expected.get(name)
        if (type(said), said) != (type(found), found) or name not in proof.claim:
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
        VerificationError: The file does not prove that.
    """
    proved = verify_proof(parse_proof(octets), parse_verifier_key(vkey), quorum)
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
        fields = parse_leaf(leaf)
    except ValueError as error:
        raise VerificationError(f"the leaf is not a record's: {error}") from error
    verify_inclusion(
        hash_leaf(leaf), InclusionProof(leaf_index=index, hashes=path), head
    )
    return dict(zip(LEAF_FIELDS, fields, strict=True))
