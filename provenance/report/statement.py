r"""A report as a statement to sign: the numbers, the question, the log under them.

The payload of the envelope is one JSON object::

    {
     "asked": {"dataset": …, "by": […], "unit": …, "policy": …},
     "batches": [{"position": …, "entry": "provenance/batch/v1\n{…}",
                  "path": ["<base64 hash>", …]}, …],
     "checkpoint": "<signed note>",
     "report": {…},                     what report --json prints
     "type": "provenance/report/v1"
    }

``report.log`` names size and root of the log that the numbers are of; the checkpoint
is of that size and root, and each batch of the dataset is shown to stand under it. So
whoever has the envelope, the signer's key and the log's key can check without a ledger
what was said, by whom, and of which recorded manifests; the numbers themselves are
recomputed from a ledger.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from provenance.domain import Unit
from provenance.errors import VerificationError
from provenance.log.entries import parse_entry
from provenance.merkle import (
    Checkpoint,
    InclusionProof,
    VerifierKey,
    hash_leaf,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    verify_inclusion,
)
from provenance.merkle.encoding import format_hash, parse_hash
from provenance.merkle.tree import Hash
from provenance.report.envelope import read_object

__all__ = [
    "REPORT_TYPE",
    "CitedBatch",
    "Statement",
    "format_statement",
    "list_differences",
    "parse_statement",
    "verify_statement",
]

REPORT_TYPE: Final = "application/vnd.training-provenance.report.v1+json"
"""Payload type of the envelope."""

_TYPE = "provenance/report/v1"
_MEMBERS = {"asked", "batches", "checkpoint", "report", "type"}
_ASKED = {"dataset", "by", "unit", "policy"}
_CITED = {"position", "entry", "path"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedBatch:
    """A batch of the dataset, and its path to the root of the log."""

    position: int
    entry: bytes
    path: tuple[Hash, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a signed report says."""

    asked: Mapping[str, Any]
    report: Mapping[str, Any]
    checkpoint: bytes
    """The signed note over the log that the numbers are of."""
    batches: tuple[CitedBatch, ...]


def format_statement(statement: Statement) -> bytes:
    """Write the payload; the inverse of ``parse_statement``."""
    written = {
        "asked": dict(statement.asked),
        "batches": [
            {
                "position": batch.position,
                "entry": batch.entry.decode(),
                "path": [format_hash(node) for node in batch.path],
            }
            for batch in statement.batches
        ],
        "checkpoint": statement.checkpoint.decode(),
        "report": dict(statement.report),
        "type": _TYPE,
    }
    return json.dumps(written, sort_keys=True, ensure_ascii=False).encode()


def parse_statement(payload: bytes) -> Statement:
    """Read a payload whose signature was verified.

    Raises:
        VerificationError: It is not a report as it is written here: a section is
            missing, or is something else.
    """
    read = read_object(payload, "report")
    missing = sorted(_MEMBERS - set(read))
    if missing or read["type"] != _TYPE or set(read) != _MEMBERS:
        raise VerificationError(
            f"the payload is no {_TYPE}: {', '.join(missing) or 'other members'} "
            f"{'are missing' if missing else 'are there'}"
        )
    asked, report, batches = read["asked"], read["report"], read["batches"]
    if not _is_question(asked):
        raise VerificationError("the report does not say what was asked")
    if not _is_answer(report):
        raise VerificationError("the report does not say its dataset, log and numbers")
    if not isinstance(batches, list) or not isinstance(read["checkpoint"], str):
        raise VerificationError("the report has no batches or no checkpoint")
    return Statement(
        asked=asked,
        report=report,
        checkpoint=read["checkpoint"].encode(),
        batches=tuple(_parse_batch(batch) for batch in batches),
    )


def _is_question(asked: Any) -> bool:
    match asked:
        case {"dataset": str(), "by": list(by), "unit": str(unit), "policy": str()}:
            known = unit in set(Unit) and all(isinstance(name, str) for name in by)
            return known and set(asked) == _ASKED
    return False


def _is_answer(report: Any) -> bool:
    match report:
        case {
            "dataset": str(),
            "policy": str(),
            "as_of": int(),
            "log": {"size": int(), "root": str()},
            "units": dict(units),
        }:
            return all(map(_is_figures, units.values()))
    return False


def _is_figures(figures: Any) -> bool:
    match figures:
        case {"downstream_share": None}:
            return True
        case {"downstream_share": [int() | float() as low, int() | float() as high]}:
            return 0 <= low <= high <= 1
    return False


def _parse_batch(read: Any) -> CitedBatch:
    match read:
        case {"position": int(position), "entry": str(entry), "path": list(path)} if (
            set(read) == _CITED
            and type(position) is int
            and all(isinstance(node, str) for node in path)
        ):
            return CitedBatch(
                position=position,
                entry=entry.encode(),
                path=tuple(parse_hash(node, "a hash of a path") for node in path),
            )
    raise VerificationError("a batch is not cited as it must be")


def verify_statement(statement: Statement, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Check that a report hangs together: log, checkpoint, and each batch it cites.

    Args:
        statement: As parsed.
        keys: Keys of the log, known from elsewhere; without any the signature of the
            checkpoint is left alone, since the report's signer vouches for it.

    Returns:
        The checkpoint that the report is of.

    Raises:
        VerificationError: A part contradicts another, or the checkpoint is not the
            log's.
    """
    checkpoint = _open(statement.checkpoint, keys)
    head, log = checkpoint.head, statement.report["log"]
    expected = {"size": head.tree_size, "root": head.root.hex()}
    as_of = statement.report["as_of"]
    if list_differences([log, as_of], [expected, head.tree_size]):
        raise VerificationError(
            f"the report is of a log of {log.get('size')} entries, root "
            f"{log.get('root')}; its checkpoint is of {head.tree_size}, root "
            f"{head.root.hex()}"
        )
    before = -1
    for batch in statement.batches:
        if batch.position <= before:
            raise VerificationError("the batches are not in order, or one stands twice")
        before = batch.position
        proof = InclusionProof(leaf_index=batch.position, hashes=batch.path)
        verify_inclusion(hash_leaf(batch.entry), proof, head)
        kind, body = parse_entry(batch.entry)
        named = (body.get("dataset"), body.get("version"))
        name = "@".join(str(part) for part in named if part)
        if kind != "batch" or name != statement.report["dataset"]:
            raise VerificationError(
                f"the entry at position {batch.position} is cited as a batch of "
                f"{statement.report['dataset']}, and is a {kind} of {name or 'none'}"
            )
    return checkpoint


def _open(note: bytes, keys: Sequence[VerifierKey]) -> Checkpoint:
    if not keys:
        return parse_checkpoint(parse_note(note).text)
    faults = []
    for key in keys:
        try:
            return open_checkpoint(note, key)
        except VerificationError as error:
            faults.append(error.message)
    raise VerificationError(f"the report's checkpoint: {faults[0]}")


def list_differences(said: Any, found: Any, place: str = "") -> list[str]:
    """Compare two reports; return a sentence for each value that differs."""
    if isinstance(said, dict) and isinstance(found, dict):
        return [
            difference
            for name in sorted({*said, *found})
            for difference in list_differences(
                said.get(name), found.get(name), f"{place}.{name}".lstrip(".")
            )
        ]
    if isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        return [
            difference
            for number, (one, other) in enumerate(zip(said, found, strict=True))
            for difference in list_differences(one, other, f"{place}[{number}]")
        ]
    if (type(said), said) == (type(found), found):
        return []
    return [f"{place}: the report says {said!r}, the ledger {found!r}"]
