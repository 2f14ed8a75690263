"""What a recording shows of itself while it goes on, on a real pseudo-terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from itertools import count
from pathlib import Path

import pytest

from provenance.cli.progress import JsonProgress, Quiet, watch

SCRIPT = """
from provenance.cli.progress import TerminalProgress
shown = TerminalProgress(patience={patience})
shown.begin([100, 300])
if not {patience}:
    shown._timer.join()
for file in ("a.csv", "[b].csv"):
    shown.start(file)
    for step in (1, 2, 3, 4):
        shown.rows(step * 1000, step, step / 4)
        if shown._shown:
            shown._shown.refresh()
    with shown.pause():
        print("outcome of", file, flush=True)
shown.close()
"""


def run_on_terminal(*command: str) -> tuple[str, str]:
    """Run with standard error on a terminal; return that, and standard output."""
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 120, 0, 0))
    said = ("COLUMNS", "LINES")  # the terminal has a size of its own
    known = {name: value for name, value in os.environ.items() if name not in said}
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=there,
        env=known | {"TERM": "xterm-256color"},
    )
    os.close(there)
    shown = b""
    while True:
        try:
            shown += os.read(here, 65_536)
        except OSError:  # Linux says so when the other end is closed.
            break
    os.close(here)
    out, _ = process.communicate()
    assert process.returncode == 0, shown
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()), out.decode()


def test_bars_show_rows_rate_bad_rows_and_time_left() -> None:
    shown, out = run_on_terminal(sys.executable, "-c", SCRIPT.format(patience=0))
    assert out == "outcome of a.csv\noutcome of [b].csv\n"
    assert re.search(r"all files +━.* \d+% file 1 of 2", shown)
    assert re.search(
        r"\[b\]\.csv +━.* \d+% 2,000 rows, [\d,]+/s, 2 quarantined\s+0:00:0\d left",
        shown,
    )
    assert "4,000 rows" in shown
    assert ", recording" in shown


def test_what_is_done_soon_shows_nothing() -> None:
    script = SCRIPT.format(patience=3600)
    shown, out = run_on_terminal(sys.executable, "-c", script)
    assert shown == ""
    assert out == "outcome of a.csv\noutcome of [b].csv\n"


def test_what_was_recorded_goes_to_standard_output(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"name": "x"}\n')
    shown, out = run_on_terminal(
        *(sys.executable, "-m", "provenance", "--ledger", f"sqlite:///{tmp_path}/l.db"),
        *("ingest", str(tmp_path / "a.jsonl")),
    )
    assert "rows read    1" in out
    assert "rows read    1" not in shown


def test_without_a_terminal_nothing_is_watched() -> None:
    with watch("auto") as watcher:
        assert type(watcher) is Quiet
    with watch("off") as watcher:
        assert type(watcher) is Quiet


def test_json_lines_come_once_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    ticks = count(step=0.4)
    watcher = JsonProgress(clock=lambda: next(ticks))
    watcher.begin([10, 20])
    watcher.start("a.csv")
    for step in range(1, 8):
        watcher.rows(step * 10, 1, step / 8)
    told = [
        json.loads(line)["progress"]
        for line in capsys.readouterr().err.split("\n")[:-1]
    ]
    assert [line["rows"] for line in told] == [30, 60]
    assert told[0] == {
        "file": "a.csv",
        "number": 1,
        "files": 2,
        "rows": 30,
        "quarantined": 1,
        "share": 0.375,
        "seconds": 1.2,
    }


def test_long_work_is_named_on_a_terminal_and_with_json_not(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"name": "x"}\n')
    run = (sys.executable, "-m", "provenance", "--ledger", f"sqlite:///{tmp_path}/l.db")
    run_on_terminal(*run, "ingest", str(tmp_path / "a.jsonl"))
    assume = ("report", "a", "--assume", "dataset a generated_by M")
    for command, words in (
        (("db", "rebuild"), "derived tables are made anew"),
        (("claim", "add", "--dataset", "a", "--origin", "human"), "assessed anew"),
        (assume, "the report is made"),
    ):
        shown, out = run_on_terminal(*run, *command)
        assert words in shown
        assert words not in out
    shown, _ = run_on_terminal(*run, *assume, "--json")
    assert shown == ""
