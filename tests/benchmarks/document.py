"""Write a benchmark's section into the document, and leave the others alone."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

__all__ = ["describe_machine", "format_section", "write_section"]

_LIBRARIES = ("duckdb", "pyarrow", "sqlalchemy", "psycopg")
_GIB = 1 << 30


def describe_machine() -> str:
    """One line: processor, cores, memory, system, and the versions that matter."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text("utf-8"))
        processor = found[1].strip() if found else processor
    memory = psutil.virtual_memory().total / _GIB
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return (
        f"{processor}, {os.cpu_count()} cores, {memory:.0f} GiB; "
        f"{platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{libraries}"
    )


def format_section(title: str, about: str, command: str, blocks: list[str]) -> str:
    """A section: what is measured, on what machine and when, and the figures."""
    today = datetime.now(UTC).date().isoformat()
    origin = f"Machine: {describe_machine()}.\n`{command}`, {today}."
    return "\n\n".join([f"## {title}", about.strip(), origin, *blocks])


def write_section(document: Path, name: str, text: str) -> None:
    """Replace the section of that name, or add it at the end."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    whole = f"{begin}\n{text}\n{end}"
    old = document.read_text("utf-8") if document.exists() else "# Benchmarks\n"
    pattern = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
    if pattern.search(old):
        new = pattern.sub(lambda _: whole, old)
    else:
        new = f"{old.rstrip()}\n\n{whole}\n"
    document.write_text(new, "utf-8")
