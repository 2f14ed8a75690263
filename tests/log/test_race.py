"""Two processes write at once: one after the other, or one of them not at all."""

from __future__ import annotations

import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from provenance import Ledger
from provenance.log import load_frontier

RACER = Path(__file__).parent / "racer.py"
SECONDS = 60


class Racer:
    """A writer in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def hear(self) -> str:
        """The next line that it says."""
        assert self._process.stdout
        ready, _, _ = select.select([self._process.stdout], [], [], SECONDS)
        assert ready, "the writer says nothing"
        return self._process.stdout.readline().rstrip("\n")

    def go(self) -> None:
        """Let it go on."""
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()


@contextmanager
def racer(url: str, dataset: str, locks: str) -> Iterator[Racer]:
    with subprocess.Popen(
        [sys.executable, str(RACER), url, dataset, locks],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        try:
            yield Racer(process)
        finally:
            process.kill()


def head_of(ledger: Ledger) -> str:
    with ledger._reading() as connection:
        head = load_frontier(connection)
    return f"head {head.tree_size} {head.root().hex()}"


def names_in(ledger: Ledger) -> list[str]:
    return sorted(str(dataset["dataset"]) for dataset in ledger.datasets())


def test_the_second_writer_waits_and_goes_on_from_the_first(
    ledger: Ledger, url: str
) -> None:
    before = head_of(ledger)
    with racer(url, "one", "with") as first, racer(url, "two", "with") as second:
        assert (first.hear(), second.hear()) == ("ready", "ready")
        first.go()
        assert first.hear() == before  # it holds the lock now, and has not committed
        second.go()
        first.go()
        assert first.hear() == "recorded"
        between = second.hear()
        assert between == head_of(ledger) != before
        second.go()
        assert second.hear() == "recorded"
    assert names_in(ledger) == ["one", "two"]
    assert ledger.verify(deep=True).entries == 4


@pytest.mark.parametrize("winner", [0, 1])
def test_of_two_writers_at_one_head_one_is_refused_and_can_try_again(
    ledger: Ledger, url: str, winner: int
) -> None:
    before = head_of(ledger)
    with racer(url, "one", "without") as one, racer(url, "two", "without") as two:
        for writer in (one, two):
            assert writer.hear() == "ready"
            writer.go()
            assert writer.hear() == before  # both have read it, neither has committed
        first, second = (one, two)[:: -1 if winner else 1]
        first.go()
        assert first.hear() == "recorded"
        after = head_of(ledger)
        second.go()
        assert second.hear().startswith("refused")
    names = ["one", "two"][:: -1 if winner else 1]
    assert names_in(ledger) == names[:1]
    assert head_of(ledger) == after
    assert ledger.verify(deep=True).entries == 3
    ledger.add_dataset(names[1])
    assert names_in(ledger) == ["one", "two"]
    assert ledger.verify(deep=True).entries == 4
