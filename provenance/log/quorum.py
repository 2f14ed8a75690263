"""Which witnesses must have cosigned a checkpoint, and how recently."""

from __future__ import annotations

from dataclasses import dataclass

from provenance.errors import KeyRefusedError, VerificationError
from provenance.log.keys import parse_known_key
from provenance.merkle import SignatureType, VerifierKey, cosigned_at
from provenance.merkle.note import Note

__all__ = ["Quorum", "make_quorum"]

_AHEAD_SECONDS = 300
"""How far a witness's clock may run ahead of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """So many of these witnesses must vouch for a checkpoint (C2SP tlog-policy)."""

    keys: tuple[VerifierKey, ...]
    least: int
    now: int = 0
    """POSIX time to hold ``max_age`` against."""
    max_age: int | None = None
    """Seconds since a cosignature, at most; None: any age."""

    def verify(self, note: Note) -> tuple[tuple[str, int], ...]:
        """Return the witnesses that vouch for a checkpoint, and when.

        Raises:
            VerificationError: They are too few; says what each lacks.
        """
        found: list[tuple[str, int]] = []
        lacking: list[str] = []
        for key in self.keys:
            try:
                time = cosigned_at(note, key)
            except VerificationError as error:
                lacking.append(error.message)
                continue
            fault = self._untimely(time)
            if fault:
                lacking.append(f"the cosignature by {key.name} is {fault}")
            else:
                found.append((str(key.name), time))
        if len(found) < self.least:
            raise VerificationError(
                f"{len(found)} of {self.least} witnesses vouch for the checkpoint: "
                f"{'; '.join(lacking)}",
                hint="Ask the witnesses again: provenance log witness URL --vkey K",
            )
        return tuple(found)

    def _untimely(self, time: int) -> str:
        if self.max_age is None:
            return ""
        if time > self.now + _AHEAD_SECONDS:
            return f"{time - self.now} s in the future"
        age = self.now - time
        if age > self.max_age:
            return f"{age} s old, more than {self.max_age}"
        return ""


def make_quorum(
    keys: tuple[str, ...],
    least: int | None = None,
    *,
    now: int = 0,
    max_age: int | None = None,
) -> Quorum | None:
    """Make a quorum of verifier keys as text; None where none are given.

    Args:
        keys: vkeys of witnesses. One key given twice counts once, under
            whatever names.
        least: How many must vouch; all of them by default.
        now: POSIX time.
        max_age: Seconds.

    Raises:
        KeyRefusedError: A key is not a witness's, or they are fewer than
            the quorum asks for.
    """
    found: dict[bytes, VerifierKey] = {}
    for text in keys:
        key = parse_known_key(text)
        if key.signature_type is not SignatureType.COSIGNATURE:
            raise KeyRefusedError(
                f"{key.name} is not the key of a witness",
                hint="--witness-key takes keys of witnesses, --vkey that of the log.",
            )
        found.setdefault(key.public_key, key)
    if not found and least is None and max_age is None:
        return None
    wanted = len(found) if least is None else least
    if not 1 <= wanted <= len(found):
        raise KeyRefusedError(
            f"a quorum of {wanted} cannot be met by {len(found)} witness keys",
            hint="Name each witness with --witness-key.",
        )
    return Quorum(keys=tuple(found.values()), least=wanted, now=now, max_age=max_age)
