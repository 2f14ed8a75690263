"""The file of rows that were not recorded, written while a manifest is read."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute

from provenance.batch import Fault, Faults
from provenance.domain import say_count
from provenance.errors import LedgerStateError, QuarantineError
from provenance.ledger.limit import BadRowLimit
from provenance.ledger.order import Ingest
from provenance.temporary import remove_orphans

__all__ = ["Quarantine"]

_MOST_REASONS = 1_000
_SHOWN_REASONS = 3
_SHOWN_VALUE = 60
_LONGEST_NAME = 150
"""Bytes; file systems allow 255, and there is more to come after it."""

_PLACE_IN_LINE = re.compile(r" \(character \d+\)$")
_BETWEEN = pa.scalar("\0", pa.string())
_NOTHING = pa.scalar("", pa.string())
"""Of a Python text Arrow would look for the type, which takes longer than a batch."""

_CONTROL = r"[\x00-\x1f]"

pc: Any = pyarrow.compute


class Quarantine:
    """Collects faults into a JSONL file: file, row, field, value, reason.

    The file appears with the first fault, under a name of its own until ``keep``.
    """

    def __init__(
        self, path: Path, limit: BadRowLimit | None = None, *, file: str | None = None
    ) -> None:
        """Nothing is written yet.

        Args:
            path: Where the file goes; one that is there already keeps its name.
            limit: How many faults are too many.
            file: How its lines name the manifest, if not as the faults do.
        """
        self.path = path
        self._of = file
        self.count = 0
        self._limit = limit
        self._reasons: dict[tuple[str, str], int] = {}
        self._examples: dict[tuple[str, str], Fault] = {}
        self._part = path.with_name(f".quarantine-{secrets.token_hex(8)}.part")
        self._file: IO[bytes] | None = None

    @classmethod
    def of(cls, order: Ingest, sha256: bytes) -> Quarantine:
        """Return the quarantine of a manifest, its file named after that."""
        name = order.shown.rpartition("/")[2].replace(" ", "-")
        start = name.encode()[:_LONGEST_NAME].decode(errors="ignore")
        file = f"{start}-{sha256.hex()[:8]}.quarantine.jsonl"
        return cls(order.quarantine / file, order.max_bad, file=order.shown)

    def add(self, faults: Faults) -> None:
        """Write faults down.

        Raises:
            LedgerStateError: The folder cannot be written, or is full.
        """
        if not len(faults):
            return
        self._count(faults)
        self.count += len(faults)
        with self._explain():
            if self._file is None:
                _tidy(self.path.parent)
                self._file = self._begin()
            self._file.write(_to_lines(faults, self._of or faults.file))

    def _begin(self) -> IO[bytes]:
        """Make the file, locked for as long as it is written."""
        while True:
            file = self._part.open("xb")
            with suppress(OSError):  # not every file system has locks
                fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_nlink:
                return file
            file.close()  # another process took it for an orphan, before the lock

    @contextmanager
    def _explain(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LedgerStateError(
                f"bad rows cannot be set aside in {self.path.parent.absolute()}: "
                f"{error.strerror}",
                hint="Make room there, or let it be written; with PostgreSQL it is the "
                "folder the command runs in.",
            ) from error

    def check(self, rows: int, *, at_end: bool = False) -> None:
        """Refuse the file when too many of its rows are bad.

        Args:
            rows: How many were read so far, the bad ones included.
            at_end: Whether that is all of them.

        Raises:
            QuarantineError: There are more than the limit allows.
        """
        if self._limit and self._limit.is_passed(self.count, rows, at_end=at_end):
            raise QuarantineError(
                f"{self.count:,} of the first {rows:,} rows are bad, more than "
                f"--max-bad {self._limit.written} allows: {self.most_frequent()}",
                hint="Check --map and --format, or allow more.",
            )

    def _count(self, faults: Faults) -> None:
        fields, reasons = faults.batch["field"], faults.batch["reason"]
        keys = pc.binary_join_element_wise(fields, reasons, _BETWEEN)
        for found in keys.value_counts():
            field, _, reason = str(found["values"]).partition(_BETWEEN.as_py())
            key = (field, _PLACE_IN_LINE.sub("", reason))
            if key not in self._reasons:
                if len(self._reasons) >= _MOST_REASONS:
                    continue
                self._examples[key] = faults[pc.index(keys, found["values"]).as_py()]
            number = self._reasons.get(key, 0) + found["counts"].as_py()
            self._reasons[key] = number

    def most_frequent(self) -> str:
        """Say which reasons were met most, each with a row that has it, as one line."""
        ordered = sorted(self._reasons, key=lambda key: -self._reasons[key])
        return "; ".join(map(self._describe, ordered[:_SHOWN_REASONS]))

    def _describe(self, key: tuple[str, str]) -> str:
        field, reason = key
        fault, number = self._examples[key], self._reasons[key]
        times = say_count(number, "row")
        value = repr(fault.value[:_SHOWN_VALUE])
        return f"{field}: {reason} ({times}, as row {fault.row:,}: {value})"

    def keep(self) -> Path | None:
        """Put the file in its place; return where, or None without faults.

        What an earlier run left there stays: this one takes the next free name.
        """
        if self._file is None:
            return None
        with self._explain():
            self._file.flush()
            path = _claim(self.path)
            self._part.replace(path)  # still locked, or it would seem an orphan
            self._file.close()
        self._file = None
        return path

    def drop(self) -> None:
        """Remove what was written and not kept."""
        if self._file is not None:
            with suppress(OSError):  # A full disk is told of already.
                self._file.close()
            self._file = None
            self._part.unlink(missing_ok=True)


@cache
def _tidy(folder: Path) -> None:
    """Remove what killed processes left in a folder, once."""
    remove_orphans(folder.glob(".quarantine-*.part"))


def _claim(path: Path) -> Path:
    """Make an empty file under the first name that is free, and return that."""
    stem, number, free = path.name.removesuffix(".jsonl"), 1, path
    while True:
        try:
            free.open("xb").close()
        except FileExistsError:
            number += 1
            free = path.with_name(f"{stem}-{number}.jsonl")
        else:
            return free


def _to_lines(faults: Faults, file: str) -> memoryview:
    """Write faults as JSON, one per line, without a Python object for each."""
    columns: Any = faults.batch
    start = f'{{"file": {json.dumps(file, ensure_ascii=False)}, "row": '
    lines = pc.binary_join_element_wise(
        pa.scalar(start, pa.string()),
        columns["row"].cast(pa.string()),
        _write_few(columns["field"], ', "field": {}, "value": "'),
        _escape(columns["value"]),
        _write_few(columns["reason"], '", "reason": {}}}\n'),
        _NOTHING,
    )
    _, offsets, data = lines.buffers()
    ends = memoryview(offsets).cast("i")
    return memoryview(data)[ends[lines.offset] : ends[lines.offset + len(lines)]]


def _write_few(texts: Any, pattern: str) -> Any:
    """Write texts as JSON strings into a pattern; few of them are distinct."""
    coded = texts.dictionary_encode()
    written = [
        pattern.format(json.dumps(text, ensure_ascii=False))
        for text in coded.dictionary.to_pylist()
    ]
    return pa.array(written, pa.string()).take(coded.indices)


def _escape(texts: Any) -> Any:
    """Write texts as JSON strings without their quotes, RFC 8259, section 7."""
    escaped = pc.replace_substring(texts, "\\", "\\\\")
    escaped = pc.replace_substring(escaped, '"', '\\"')
    odd = pc.match_substring_regex(texts, _CONTROL)
    if not pc.any(odd).as_py():
        return escaped
    found = texts.filter(odd).to_pylist()
    written = [json.dumps(text, ensure_ascii=False)[1:-1] for text in found]
    return pc.replace_with_mask(escaped, odd, pa.array(written, pa.string()))
