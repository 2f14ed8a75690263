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

from provenance.errors import VerificationError
from provenance.merkle.encoding import format_hash, parse_hash
from provenance.merkle.tree import Hash

__all__ = [
    "PROOF_LIMIT_BYTES",
    "Proof",
    "format_proof",
    "make_claim",
    "parse_proof",
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
