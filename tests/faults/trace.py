"""Break one system call of a process, by strace."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
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
    """A system call of the process's first thread: the n-th of its name, from 1."""

    name: str
    number: int
    file: str
    """Name of the file it changes."""


@contextmanager
def attach(driver: Driver, output: Path, *injected: str) -> Iterator[None]:
    """Trace a driver that has not begun yet.

    Args:
        driver: The process.
        output: File for the trace.
        injected: What to do to which call, as of strace's ``--inject``.
    """
    command = [
        *("strace", "--follow-forks", f"--attach={driver.pid}", "--decode-fds=path"),
        *(f"--trace={','.join(SYSCALLS)}", "--string-limit=0", f"--output={output}"),
        *(f"--inject={expression}" for expression in injected),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        said = strace.stderr.readline() if strace.stderr else ""
        if "attached" not in said:
            strace.kill()
            raise OSError(f"strace could not attach: {said}")
        try:
            yield
        finally:
            driver.kill()  # strace ends with the last process that it follows
            strace.communicate()


def list_calls(driver: Driver, output: Path, folder: Path) -> list[Call]:
    """Return the calls of a trace that change files of a folder, in order."""
    counts = dict.fromkeys(SYSCALLS, 0)
    found = []
    for line in output.read_text("utf-8", "replace").splitlines():
        call = _LINE.match(line)
        if call is None or int(call["thread"]) != driver.pid:
            continue
        name, arguments = call["name"], call["arguments"]
        counts[name] += 1
        file = re.search(rf"{re.escape(str(folder))}/([^\">]+)", arguments)
        reading = name == "openat" and not re.search(
            r"O_(WRONLY|RDWR|CREAT)", arguments
        )
        if file and not reading:
            found.append(Call(name, counts[name], file[1]))
    return found
