"""A fault at any system call of a checkpoint leaves the old state or the new one.

After the fault tests of tessera: ``strace`` lets the n-th call on the ledger's files
fail, or kills the process there. Then the ledger must verify, and sign again.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from signed import SignedLedger, make_signed

from provenance import Ledger

CALLS = ("openat", "pwrite64", "fdatasync", "ftruncate", "unlink")
FAULTS = ("signal=KILL", "error=EIO")
_MOST = 60


STRACE = shutil.which("strace") or ""


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
) -> Iterator[tuple[SignedLedger, subprocess.CompletedProcess[str]]]:
    """Sign a fresh copy with the n-th call going wrong, until there is no n-th.

    ``N+`` is a place, too: then all calls from the n-th on go wrong.
    """
    for place in places or map(str, range(1, _MOST)):
        copy = signed.copy("faulty")
        path = copy.url.removeprefix("sqlite:///")
        log = signed.folder / "strace.log"
        traced = [word for end in ("", "-wal", "-shm") for word in ("-P", path + end)]
        tracer = [STRACE, "-f", "-o", str(log), *traced]
        if "signal" not in fault:  # which strace 6.1 does not send with it
            tracer.append("--seccomp-bpf")  # no stop at calls that are not traced
        inject = ["-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={place}"]
        program = [sys.executable, "-m", "provenance", "--ledger", copy.url]
        command = ["--key", str(copy.key), "log", "checkpoint"]
        done = subprocess.run(
            [*tracer, *inject, *program, *command],
            capture_output=True,
            text=True,
            check=False,
        )
        happened = log.read_text()
        if "INJECTED" not in happened and "killed by SIGKILL" not in happened:
            return
        yield copy, done
        for end in ("", "-wal", "-shm"):
            Path(path + end).unlink(missing_ok=True)


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
            if done.returncode == 0:
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
        if done.returncode:
            assert (done.returncode, done.stdout) == (1, "")
            assert done.stderr.startswith("Error: ")
            refused += 1
        with faulty.open() as ledger:
            ledger.verify(deep=True, vkey=unsigned.vkey)
            assert ledger.checkpoint() == expected
    assert refused > 0
