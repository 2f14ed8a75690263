"""Break one system call of a process, by strace."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from faults.driver import Driver

__all__ = ["SYSCALLS", "Call", "attach", "list_calls"]

SYSCALLS = (
    *("pwrite64", "write", "fdatasync", "fsync", "ftruncate"),
    *("openat", "rename", "unlink"),
)
"""Everything by which a process changes files here."""

_WRITING = re.compile("O_WRONLY|O_RDWR|O_CREAT")
_LINE = re.compile(r"^(?P<thread>\d+) +(?P<name>\w+)\((?P<arguments>.*)")


@dataclass(frozen=True, slots=True)
class Call:
    """A system call that changes a file."""

    file: str
    """Name of the file in its folder."""
    name: str
    number: int
    """It is the n-th of that name on that file, by one thread; from 1."""


@contextmanager
def attach(
    driver: Driver, output: Path, *, fault: str = "", at: Sequence[Path] = ()
) -> Iterator[None]:
    """Trace a driver that has not begun yet.

    Args:
        driver: The process.
        output: File for the trace.
        fault: What to do to which call, as of strace's ``--inject``.
        at: The files whose calls count; those of all files by default.
    """
    command = [
        *("strace", "--follow-forks", f"--attach={driver.pid}", "--decode-fds=path"),
        *(f"--trace={','.join(SYSCALLS)}", "--string-limit=0", f"--output={output}"),
        *([f"--inject={fault}"] if fault else []),
        *(f"--trace-path={file}" for file in at),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        words = strace.stderr.readline() if strace.stderr else ""
        while words.startswith("strace: Requested path"):
            words = strace.stderr.readline() if strace.stderr else ""
        if "attached" not in words:
            strace.kill()
            raise PermissionError(words)
        try:
            yield
        finally:
            driver.kill()  # strace ends with the last process that it follows
            strace.communicate()


def list_calls(output: Path, folder: Path) -> list[Call]:
    """Return the calls of a trace that change files of a folder, in order."""
    counts = Counter[tuple[str, str, str]]()
    found: dict[Call, None] = {}
    for line in output.read_text("utf-8", "replace").splitlines():
        call = _LINE.match(line)
        if call is None:
            continue
        name, arguments = call["name"], call["arguments"]
        file = re.search(rf"{re.escape(str(folder))}/([^\">]+)", arguments)
        if file is None:
            continue
        key = (call["thread"], file[1], name)
        counts[key] += 1
        if name != "openat" or _WRITING.search(arguments):
            found[Call(file[1], name, counts[key])] = None
    return list(found)
