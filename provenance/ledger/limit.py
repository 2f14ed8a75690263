"""How many bad rows a manifest may have before it is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from provenance.errors import ManifestError

__all__ = ["BadRowLimit"]

_WRITTEN = re.compile(r"(\d{1,15})|(\d{1,3}(?:\.\d{1,6})?)\s*%", re.ASCII)
_WHOLE = 100
_SAMPLE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRowLimit:
    """The most bad rows of a file: a number of them, or a share."""

    written: str
    rows: int | None = None
    share: Fraction | None = None
    """From 0 to 1; exact, for 29% of 100 rows are 29."""

    @classmethod
    def parse(cls, text: str | int) -> BadRowLimit:
        """Read ``N`` or ``N%``.

        Raises:
            ManifestError: It is neither.

        Example:
            >>> BadRowLimit.parse("2.5%").share
            Fraction(1, 40)
        """
        written = str(text).strip()
        match = _WRITTEN.fullmatch(written)
        share = Fraction(match[2]) / _WHOLE if match and match[2] else None
        if match is None or (share or 0) > 1:
            raise ManifestError(
                f"{text!r} is no limit for bad rows",
                hint="Write a number of rows, as 100, or a share of them, as 5%.",
            )
        rows = int(match[1]) if match[1] else None
        return cls(written=written, rows=rows, share=share)

    def is_passed(self, bad: int, rows: int, *, at_end: bool) -> bool:
        """Whether there are too many bad rows among those read so far.

        A share of fewer than 1,000 rows says little, so it waits for more of them,
        or for the end.
        """
        if self.rows is not None:
            return bad > self.rows
        if self.share is None or (rows < _SAMPLE and not at_end):
            return False
        return bad > self.share * rows
