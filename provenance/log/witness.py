"""Ask a witness to vouch for a checkpoint, over HTTP (C2SP tlog-witness)."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence

from provenance.errors import LedgerStateError, VerificationError
from provenance.merkle import (
    ANSWER_LIMIT_BYTES,
    NoteSignature,
    VerifierKey,
    format_add_checkpoint,
    open_cosignatures,
    parse_checkpoint,
)
from provenance.merkle.encoding import parse_decimal
from provenance.merkle.note import Note
from provenance.merkle.tree import Hash

__all__ = ["ask_witness"]

_TIMEOUT_SECONDS = 30
_OK, _BAD, _FORBIDDEN, _UNKNOWN, _CONFLICT, _UNPROVED = 200, 400, 403, 404, 409, 422


def ask_witness(
    url: str,
    key: VerifierKey,
    note: Note,
    old_size: int,
    prove: Callable[[int], Sequence[Hash]],
) -> tuple[NoteSignature, int]:
    """Submit a checkpoint and return the witness's cosignature and its time.

    Args:
        url: The witness's submission prefix.
        key: The witness's key, known from elsewhere.
        note: The checkpoint.
        old_size: What the witness vouched for last, as far as we know. If it knows
            better, it says so, and is asked once more.
        prove: From an older size to the consistency proof to the checkpoint.

    Raises:
        LedgerStateError: The witness cannot be reached, or does not know the log.
        VerificationError: It has seen another history of this log, or a longer one;
            or its answer is no cosignature.
    """
    head = parse_checkpoint(note.text)
    size = head.head.tree_size

    def ask(old: int, *, again: bool) -> tuple[NoteSignature, int]:
        body = format_add_checkpoint(old, prove(old), note)
        status, answer = _post(f"{url.rstrip('/')}/add-checkpoint", body)
        if status == _OK:
            return open_cosignatures(answer, note, key)
        if status != _CONFLICT:
            raise _say_refusal(status, answer, key, head.origin)
        known = _parse_size(answer, url)
        if known > size:
            raise VerificationError(
                f"the witness {key.name} has vouched for {known} entries of "
                f"{head.origin}; this ledger has signed {size}: it was rolled back",
                hint="Restore the ledger from a newer backup.",
            )
        if known == old == size:
            raise VerificationError(
                f"the witness {key.name} has vouched for another root of "
                f"{known} entries of {head.origin}: the log was forked",
                hint="Its operator may hold the other checkpoint: with yours it is "
                "evidence.",
            )
        if not again:
            raise _say_refusal(status, answer, key, head.origin)
        return ask(known, again=False)

    return ask(old_size, again=True)


def _parse_size(answer: bytes, url: str) -> int:
    text = answer.decode("latin-1")
    try:
        return parse_decimal(text.removesuffix("\n"), "size")
    except VerificationError as error:
        raise LedgerStateError(
            f"{url} speaks no tlog-witness: its conflict names no size"
        ) from error


def _say_refusal(
    status: int, answer: bytes, key: VerifierKey, origin: str
) -> LedgerStateError | VerificationError:
    said = answer[:200].decode("utf-8", "replace").strip()
    words = f" ({said})" if said else ""
    if status == _UNPROVED:
        return VerificationError(
            f"the witness {key.name} has seen another history of {origin}: what it "
            f"vouched for is no beginning of this log{words}",
            hint="The log was forked or rewritten. Its operator may hold the other "
            "checkpoint: with yours it is evidence.",
        )
    reasons = {
        _BAD: "does not understand the request",
        _FORBIDDEN: f"does not know the key that signs {origin}",
        _UNKNOWN: f"does not know the log {origin}",
        _CONFLICT: "is being asked by somebody else, too",
    }
    reason = reasons.get(status, "fails")
    return LedgerStateError(
        f"the witness {key.name} {reason}: status {status}{words}",
        hint="Give its operator the origin and the verifier key of the log."
        if status in (_FORBIDDEN, _UNKNOWN)
        else "Try again later.",
    )


def _post(url: str, body: bytes) -> tuple[int, bytes]:
    if not url.startswith(("https://", "http://")):
        raise LedgerStateError(
            f"{url!r} is not the URL of a witness",
            hint="Write https://… or http://….",
        )
    headers = {"Content-Type": "text/plain"}
    try:
        request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - the scheme is checked above
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - as above
            return answer.status, answer.read(ANSWER_LIMIT_BYTES + 1)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(ANSWER_LIMIT_BYTES)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise LedgerStateError(
            f"the witness at {url} cannot be reached: {error}",
            hint="Check the URL. Nothing was changed.",
        ) from error
