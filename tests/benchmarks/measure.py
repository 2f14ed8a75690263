"""Measure one call in a fresh process of its own: time, CPU, memory, bytes written.

* *seconds*: wall time of the call.
* *CPU*: user and system time of the process, of the children it waited for, and of
  the database server where there is one.
* *peak RSS*: the greatest sum of the resident sets of the process and all its
  descendants, sampled ten times a second (pages that several processes share count
  once for each), and never less than the high-water mark of the process itself.
  The database server is counted apart, its shared buffers once.
* *written*: bytes handed to the disk, as the kernel counts them for process and
  server.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

__all__ = ["MeasureError", "Run", "measure"]

_SAMPLE_SECONDS = 0.1
_TESTS = Path(__file__).parent.parent


class MeasureError(Exception):
    """The measured process failed; carries the end of what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one call took."""

    returned: Any
    seconds: float
    cpu_seconds: float
    peak_rss: int
    server_rss: int
    written: int

    def to_dict(self) -> dict[str, Any]:
        """The run as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Usage:
    """What a tree of processes used so far."""

    cpu_seconds: float = 0.0
    written: int = 0


def measure(
    target: str,
    arguments: Mapping[str, Any],
    *,
    python: str = sys.executable,
    server: int | None = None,
) -> Run:
    """Call ``MODULE:FUNCTION`` in a new process and return what it took.

    Args:
        python: Interpreter that runs it.
        server: Process id of a database server that works for it.

    Raises:
        MeasureError: The process failed.
    """
    with tempfile.TemporaryDirectory(prefix="measure-") as folder:
        result, said = Path(folder) / "result.json", Path(folder) / "said.txt"
        command = [python, "-m", "benchmarks.worker", str(result), target]
        before = _usage(server)
        with (
            said.open("wb") as words,
            subprocess.Popen(
                [*command, json.dumps(dict(arguments))],
                env=os.environ | {"PYTHONPATH": str(_TESTS)},
                stdout=words,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            peak, server_peak = _watch(process, server)
        after = _usage(server)
        if process.returncode:
            end = said.read_text("utf-8", "replace")[-2000:]
            raise MeasureError(f"{target} ended with {process.returncode}:\n{end}")
        told = json.loads(result.read_text("ascii"))
    return Run(
        returned=told["returned"],
        seconds=told["seconds"],
        cpu_seconds=told["cpu_seconds"] + after.cpu_seconds - before.cpu_seconds,
        peak_rss=max(peak, told["peak_rss"]),
        server_rss=server_peak,
        written=told["written"] + after.written - before.written,
    )


def _watch(process: subprocess.Popen[bytes], server: int | None) -> tuple[int, int]:
    """Sample until the process ends; return its peak and that of the server."""
    peak = server_peak = 0
    while True:
        peak = max(peak, sum(m.rss for m in _memory(process.pid)))
        if server is not None:
            shares = _memory(server)
            own = sum(memory.rss - memory.shared for memory in shares)
            shared = max((memory.shared for memory in shares), default=0)
            server_peak = max(server_peak, own + shared)
        try:
            process.wait(timeout=_SAMPLE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return peak, server_peak


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _memory(pid: int) -> list[Any]:
    found = []
    for process in _tree(pid):
        try:
            found.append(process.memory_info())
        except psutil.NoSuchProcess:
            continue
    return found


def _usage(server: int | None) -> _Usage:
    """What the server, its living children and those it waited for used."""
    if server is None:
        return _Usage()
    seconds, written = 0.0, 0
    for process in _tree(server):
        try:
            times, transfer = process.cpu_times(), process.io_counters()
        except psutil.NoSuchProcess:
            continue
        seconds += times.user + times.system
        if process.pid == server:
            seconds += times.children_user + times.children_system
        written += transfer.write_bytes
    return _Usage(seconds, written)
