"""The scratch database beside the ledger."""

from __future__ import annotations

import signal
from functools import partial
from threading import Timer

import pytest

from provenance.errors import LedgerStateError
from provenance.lineage import open_workspace


def test_work_that_does_not_fit_says_what_to_do() -> None:
    with (
        pytest.raises(LedgerStateError, match="20MB of memory") as raised,
        open_workspace("20MB") as duck,
    ):
        duck.execute("SELECT list(n) FROM range(20_000_000) AS numbers(n)")
    assert "--memory" in str(raised.value.hint)


def break_off() -> None:
    """Run an endless query, and break it off as Ctrl-C does."""
    with open_workspace("20MB") as duck:
        Timer(0.1, partial(signal.raise_signal, signal.SIGINT)).start()
        duck.execute(
            "SELECT sum(a.n * b.n) FROM range(1_000_000_000) a(n), range(9_999) b(n)"
        )


def test_a_query_that_the_user_breaks_off_ends_as_anything_else_does() -> None:
    with pytest.raises(KeyboardInterrupt):
        break_off()


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="another"), open_workspace("20MB"):
        raise RuntimeError("another")
