"""A fault at any system call of a checkpoint leaves the old state or the new one.

After the fault tests of tessera: ``strace`` lets the n-th call on the ledger's files
fail, or kills the process there. Then the ledger must verify, and sign again.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from faults.driver import start_command
from faults.trace import attach
from signed import SignedLedger, make_signed

from provenance import Ledger

CALLS = ("openat", "pwrite64", "fdatasync", "ftruncate", "unlink")
FAULTS = ("signal=KILL", "error=EIO")
_MOST = 60


STRACE = shutil.which("strace") or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended."""

    exit_code: int | None
    stdout: str
    stderr: str


def _strace_works() -> bool:
    if not STRACE:
        return False
    done = subprocess.run(
        [STRACE, "-o", "/dev/null", sys.executable, "-V"],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not _strace_works(), reason="strace is missing, or may not trace here"
    ),
]


@pytest.fixture(scope="module")
def unsigned(tmp_path_factory: pytest.TempPathFactory) -> SignedLedger:
    """A ledger whose last entry is under no checkpoint yet."""
    folder = tmp_path_factory.mktemp("unsigned")
    signed = make_signed(f"sqlite:///{folder}/ledger.db", folder, rows=3)
    with Ledger.open(signed.url) as ledger:
        ledger.add_model("later")
    return signed


@pytest.fixture(scope="module")
def expected(unsigned: SignedLedger) -> str:
    with unsigned.copy("expected").open() as ledger:
        return ledger.checkpoint()


def faults(
    signed: SignedLedger,
    call: str,
    fault: str,
    places: Iterable[str] = (),
) -> Iterator[tuple[SignedLedger, Done]]:
    """Sign a fresh copy with the n-th call going wrong, until there is no n-th.

    ``N+`` is a place, too: then all calls from the n-th on go wrong.
    """
    for place in places or map(str, range(1, _MOST)):
        copy = signed.copy("faulty")
        path = copy.url.removeprefix("sqlite:///")
        files = [Path(path + end) for end in ("", "-wal", "-shm")]
        log = signed.folder / "strace.log"
        command = ["--ledger", copy.url, "--key", str(copy.key), "log", "checkpoint"]
        with (
            start_command(command, signed.folder) as driver,
            attach(driver, log, fault=f"{call}:{fault}:when={place}", at=files),
        ):
            driver.begin()
            driver.process.join()
            exit_code = driver.process.exitcode
        happened = log.read_text()
        if "INJECTED" not in happened and "killed by SIGKILL" not in happened:
            return
        yield (
            copy,
            Done(
                exit_code=exit_code,
                stdout=(signed.folder / "stdout").read_text(),
                stderr=(signed.folder / "stderr").read_text(),
            ),
        )
        for file in files:
            file.unlink(missing_ok=True)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CALLS)
def test_fault_leaves_the_old_state_or_the_new_one(
    unsigned: SignedLedger, expected: str, call: str, fault: str
) -> None:
    seen = 0
    for faulty, done in faults(unsigned, call, fault):
        seen += 1
        assert "Traceback" not in done.stderr
        with faulty.open() as ledger:
            stored = ledger.verify(vkey=unsigned.vkey).signed_entries
            assert stored in (9, 10)
            if done.stdout:  # what has left the process is kept
                assert (done.stdout, stored) == (expected, 10)
            if done.exit_code == 0:
                assert done.stdout == expected
            assert ledger.checkpoint() == expected
            assert ledger.verify(vkey=unsigned.vkey).signed_entries == 10
    assert 0 < seen < _MOST - 1


def test_full_disk_is_said_and_keeps_nothing_half(
    unsigned: SignedLedger, expected: str
) -> None:
    refused = 0
    places = ("1+", "9+", "10+", "11+")
    for faulty, done in faults(unsigned, "pwrite64", "error=ENOSPC", places):
        assert "Traceback" not in done.stderr
        if done.exit_code:
            assert (done.exit_code, done.stdout) == (1, "")
            assert done.stderr.startswith("Error: ")
            refused += 1
        with faulty.open() as ledger:
            ledger.verify(deep=True, vkey=unsigned.vkey)
            assert ledger.checkpoint() == expected
    assert refused > 0
