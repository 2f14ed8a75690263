"""Worker processes that do not outlive the process they work for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait

from provenance.errors import LedgerStateError

__all__ = ["explain_end", "start_workers"]


def start_workers(
    count: int, begin: Callable[..., None] | None = None, *given: object
) -> ProcessPoolExecutor:
    """Return a pool of fresh processes; a context manager.

    A worker waits for its next task on a pipe whose other end it holds itself, so it
    would wait for ever once the process that it works for was killed. Each therefore
    watches that process, and ends when it does; Ctrl-C, which reaches both, is left to
    that process.

    Args:
        count: How many.
        begin: What each does first.
        given: Its arguments.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        # A worker runs the caller's script anew, and that has no guard. Whoever
        # started the worker hears of its end, and says why.
        sys.exit(1)
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(
        count, mp_context=spawn, initializer=_follow, initargs=(begin, given)
    )


@contextmanager
def explain_end() -> Iterator[None]:
    """Say what it means that a worker ended while there was work for it.

    Raises:
        LedgerStateError: One was killed, or could not begin.
    """
    try:
        yield
    except BrokenProcessPool as error:
        raise LedgerStateError(
            "a worker process was killed, or could not begin",
            hint="A script that uses the ledger must do so below if __name__ == "
            "'__main__': since each worker imports it first. Otherwise memory may have "
            "run out: run the command again.",
        ) from error


def _follow(begin: Callable[..., None] | None, given: tuple[object, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        watch = threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True)
        watch.start()
    if begin is not None:
        begin(*given)


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
