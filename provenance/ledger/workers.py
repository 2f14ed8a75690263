"""Worker processes that do not outlive the process they work for."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait

__all__ = ["start_workers"]


def start_workers(
    count: int, begin: Callable[..., None] | None = None, *given: object
) -> ProcessPoolExecutor:
    """Return a pool of fresh processes; a context manager.

    A worker waits for its next task on a pipe whose other end it holds itself, so it
    would wait for ever once the process that it works for was killed. Each therefore
    watches that process, and ends when it does.

    Args:
        count: How many.
        begin: What each does first.
        given: Its arguments.
    """
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(
        count, mp_context=spawn, initializer=_follow, initargs=(begin, given)
    )


def _follow(begin: Callable[..., None] | None, given: tuple[object, ...]) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        watch = threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True)
        watch.start()
    if begin is not None:
        begin(*given)


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
