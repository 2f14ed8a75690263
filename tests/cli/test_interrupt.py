"""Ctrl-C, which a terminal sends to a program and to all the processes it started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from provenance.ledger.workers import start_workers


def test_what_was_recorded_stands_and_the_next_step_is_told(
    run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    first = tmp_path / "a.jsonl"
    first.write_text('{"name": "x"}\n')
    url = f"sqlite:///{tmp_path}/ledger.db"
    command = [
        *(sys.executable, "-m", "provenance", "--ledger", url),
        *("ingest", str(first), "-", "--dataset", "d", "--json"),
    ]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["recorded"] == 1
        os.killpg(process.pid, signal.SIGINT)  # while it waits for standard input
        error, hint = process.stderr.read().splitlines()
    assert process.returncode == 130
    assert error == "Interrupted: nothing half-recorded was kept."
    assert hint.startswith("Hint: Run the command again;")
    report = json.loads(run_cli("report", "d", "--json").stdout)
    assert report["units"]["records"]["total"] == 1


@pytest.mark.slow
def test_workers_leave_it_to_the_process_they_work_for() -> None:
    with start_workers(1) as workers:
        worker = workers.submit(os.getpid).result()
        os.kill(worker, signal.SIGINT)
        assert workers.submit(os.getpid).result() == worker
