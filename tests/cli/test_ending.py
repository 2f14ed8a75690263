"""A command that is told to end, and streams that cannot spell what it says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from click.testing import Result

from provenance import Ledger
from provenance.cli import _end

SECONDS = 60.0
COMMAND = (sys.executable, "-m", "provenance")


def _wait_for_file(folder: Path) -> None:
    until = time.monotonic() + SECONDS
    while not any(path.is_file() for path in folder.rglob("*")):
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_in_temporary_places(
    tmp_path: Path, told: signal.Signals
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with subprocess.Popen(
        [*COMMAND, "ingest", "-", "--dataset", "d"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
    ) as process:
        try:
            _wait_for_file(temporary)
            process.send_signal(told)
            assert process.wait(timeout=SECONDS) == 128 + told
        finally:
            process.kill()
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
def test_what_the_locale_c_cannot_spell_is_printed_as_a_question_mark(
    tmp_path: Path,
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"name": "a"}\n')
    with Ledger.open(f"sqlite:///{tmp_path}/provenance.db") as ledger:
        ledger.ingest(rows)
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [*COMMAND, "report", "rows"],
        cwd=tmp_path,
        env={**os.environ, **plain},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("rows ? policy default ? as of ")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["--help", "formats", "batch list --json"])
def test_standard_output_that_is_full_is_told(tmp_path: Path, command: str) -> None:
    Ledger.open(f"sqlite:///{tmp_path}/provenance.db").close()
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, *command.split()],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    error, hint = done.stderr.splitlines()
    assert done.returncode == 1
    assert error == "Error: standard output cannot be written: No space left on device"
    assert hint.startswith("Hint: Make room where it goes and run the command again;")


@pytest.mark.slow
@pytest.mark.parametrize("ending", [">&-", "| true"])
def test_nobody_has_to_read_standard_output(tmp_path: Path, ending: str) -> None:
    Ledger.open(f"sqlite:///{tmp_path}/provenance.db").close()
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m provenance batch list --json {ending}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_memory_that_runs_out_is_told(
    run_cli: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out(_: Ledger, **_options: object) -> None:
        raise MemoryError

    run_cli("dataset", "add", "d")
    monkeypatch.setattr(Ledger, "datasets", run_out)
    ended = run_cli("dataset", "list")
    assert ended.exit_code == 1
    assert ended.stderr.startswith("Error: memory ran out; nothing half-recorded")


@pytest.fixture
def handlers() -> Iterator[None]:
    """Those of the command line, and afterwards those of before."""
    named = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: _end,
        signal.SIGHUP: _end,
    }
    before = {number: signal.signal(number, named[number]) for number in named}
    before[signal.SIGALRM] = signal.getsignal(signal.SIGALRM)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize(
    ("told", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_a_signal_in_the_midst_of_a_statement_of_duckdb_ends_the_command(
    run_cli: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    told: signal.Signals,
    code: int,
) -> None:
    def read(_: Ledger, **_options: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        duckdb.execute(
            "SELECT max(a.range + b.range) FROM range(9000) a, range(9000) b"
        )

    monkeypatch.setattr("provenance.cli._told", [])
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(told))
    run_cli("dataset", "add", "d")
    monkeypatch.setattr(Ledger, "datasets", read)
    ended = run_cli("dataset", "list")
    assert ended.exit_code == code
    assert ("Interrupted" in ended.stderr) == (told == signal.SIGINT)
