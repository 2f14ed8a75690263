"""A console for pages: cog runs it, and a page shows what was asked and answered.

    <!-- [[[cog
    import cog, sys
    sys.path.insert(0, "docs")
    from console import Console
    page = Console(cog)
    page.run("provenance ingest crawl.jsonl")
    ]]] -->
    <!-- [[[end]]] -->

All that one page runs shares a folder, which begins with the rows of ``docs/demo``
(or of another folder of the checkout) and is gone at the end, and the ledger in it.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Protocol

from click.testing import CliRunner

from provenance.cli import cli

# What differs from run to run: durations, keys, signatures, hashes of the log, sizes
# of files that hold a time, times.
_DIFFERENT = (
    (re.compile(r", \d+\.\d s$", re.MULTILINE), ""),
    (re.compile(r"\+[0-9a-f]{8}\+[A-Za-z0-9+/]{40,}=*"), "+…"),
    (re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43,}=(?![A-Za-z0-9+/=])"), "…"),
    (re.compile(r"\b(root|hash to|log has) [0-9a-f]{64}"), r"\1 …"),
    (re.compile(r"\([\d,]+ bytes\)$", re.MULTILINE), "(… bytes)"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|Z)?"), "…"),
)

# Neither the ledger nor the terminal of whoever runs cog.
_SURROUNDINGS = {"PROVENANCE_LEDGER": None, "PROVENANCE_KEY": None, "COLUMNS": "120"}

_WIDTH = 90  # of a command in a line; what a page of the site shows


def _broken(command: str) -> str:
    """Break a long command before its options, as a shell reads it."""
    lines = [""]
    for word in re.split(r" (?=--)", command):
        if len(lines[-1]) + len(word) > _WIDTH:
            lines.append(f"    {word}")
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return " \\\n".join(lines)


class Output(Protocol):
    """Where a page is written to: the module ``cog``, which changes at each block."""

    def outl(self, text: str) -> object:
        """Write a line."""


class _Nowhere:
    def outl(self, text: str) -> None:
        pass


class Console:
    """Runs commands, SQL and Python in one folder, and writes what comes of it."""

    def __init__(self, output: Output, rows: str = "docs/demo") -> None:
        self._output = output
        self._made = tempfile.TemporaryDirectory(prefix="page-")
        self.folder = Path(self._made.name).resolve()
        for path in Path(rows).glob("*.jsonl"):
            shutil.copy(path, self.folder)
        self._names: dict[str, object] = {}

    def prepare(self, *commands: str) -> None:
        """Run commands and show nothing, for a page that begins in the middle."""
        output, self._output = self._output, _Nowhere()
        self.run(*commands)
        self._output = output

    def run(self, *commands: str) -> None:
        """Run commands of ``provenance``; show each, its answer and its exit code.

        Of a shell they may have ``> FILE`` at the end and ``$(cat FILE)``, and the
        command ``cat FILE``.

        Raises:
            ValueError: A page asks for another program.
        """
        self._output.outl("```console")
        for command in commands:
            self._output.outl(_broken(f"$ {command}"))
            self._answer(command)
        self._output.outl("```")

    def sql(self, query: str) -> None:
        """Ask the ledger in SQL, for reading only; show the query and a table."""
        self._output.outl(f"```sql\n{query.strip()}\n```\n")
        url = f"file:{self.folder}/provenance.db?mode=ro"
        with contextlib.closing(sqlite3.connect(url, uri=True)) as connection:
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description]
            lines = [" | ".join(names), " | ".join("---" for _ in names)]
            lines += [
                " | ".join("" if cell is None else str(cell) for cell in row)
                for row in cursor
            ]
        told = "\n".join(f"| {line} |" for line in lines)
        self._output.outl(f"{self._settled(told)}\n")

    def python(self, code: str) -> None:
        """Run Python as one session of the page; show it, and what it prints."""
        self._output.outl(f"```python\n{code.strip()}\n```\n")
        told = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(told):
            exec(compile(code, "page", "exec"), self._names)  # noqa: S102 - its own code
        if told.getvalue():
            self._output.outl(f"```text\n{self._settled(told.getvalue())}\n```\n")

    def file(self, name: str, text: str) -> None:
        """Write a file into the folder, and show it."""
        text = text.strip()
        (self.folder / name).write_text(f"{text}\n", "utf-8")
        self._output.outl(f"```text\n{text}\n```")

    def _answer(self, command: str) -> None:
        command, _, target = command.partition(" > ")
        command = re.sub(r"\$\(cat (\S+)\)", self._content, command)
        program, *words = shlex.split(command)
        if program == "cat":
            told, exit_code = (self.folder / words[0]).read_text("utf-8"), 0
        elif program == "provenance":
            with contextlib.chdir(self.folder):
                done = CliRunner(env=_SURROUNDINGS).invoke(cli, words)
            if done.exception and not isinstance(done.exception, SystemExit):
                raise done.exception
            if target:
                (self.folder / target).write_text(done.stdout, "utf-8")
            told, exit_code = done.stderr if target else done.output, done.exit_code
        else:
            raise ValueError(f"a page cannot run {program}")
        if told.strip():
            self._output.outl(self._settled(told))
        if exit_code:
            self._output.outl(f"exit code {exit_code}")

    def _content(self, match: re.Match[str]) -> str:
        return (self.folder / match[1]).read_text("utf-8").strip()

    def _settled(self, told: str) -> str:
        told = told.replace(f"{self.folder}/", "")
        for pattern, instead in _DIFFERENT:
            told = pattern.sub(instead, told)
        return "\n".join(line.rstrip() for line in told.splitlines()).strip("\n")
