"""Worker processes that do not outlive the process they work for."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait

__all__ = ["start_workers"]


def start_workers(count: int) -> ProcessPoolExecutor:
    """Return a pool of fresh processes; a context manager.

    A worker waits for its next task on a pipe whose other end it holds itself, so it
    would wait for ever once the process that it works for was killed. Each therefore
    watches that process, and ends when it does.
    """
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(count, mp_context=spawn, initializer=_follow)


def _follow() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        watch = threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True)
        watch.start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
