"""The file of rows that were not recorded, written while a manifest is read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO

from provenance.batch import Fault
from provenance.errors import LedgerStateError

__all__ = ["Quarantine"]


class Quarantine:
    """Collects faults into a JSONL file: file, row, field, value, reason.

    The file appears with the first fault, under a name of its own until ``keep``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._reasons = Counter[tuple[str, str]]()
        self._part = path.with_name(path.name + ".part")
        self._file: IO[str] | None = None

    def add(self, faults: Iterable[Fault]) -> None:
        """Write faults down."""
        for fault in faults:
            with self._said():
                if self._file is None:
                    self._file = self._part.open("w", encoding="utf-8")
                self._file.write(json.dumps(asdict(fault), ensure_ascii=False) + "\n")
            self._reasons[fault.field, fault.reason] += 1
            self.count += 1

    def most_frequent(self) -> str:
        """Say which reasons were met most, as one line."""
        return "; ".join(
            f"{field}: {reason} ({count} rows)"
            for (field, reason), count in self._reasons.most_common(3)
        )

    def keep(self) -> Path | None:
        """Put the file in its place; return where, or None without faults."""
        if self._file is None:
            return None
        with self._said():
            self._file.close()
            self._part.replace(self.path)
        self._file = None
        return self.path

    def drop(self) -> None:
        """Remove what was written and not kept."""
        if self._file is not None:
            with suppress(OSError):  # where it could not be written in the first place
                self._file.close()
                self._part.unlink(missing_ok=True)
            self._file = None

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LedgerStateError(
                f"rows set aside cannot be written to {self.path}: {error.strerror}",
                hint="Check the rights of its folder and the room on its disk; nothing "
                "half-recorded was kept. Then run the command again.",
            ) from error
