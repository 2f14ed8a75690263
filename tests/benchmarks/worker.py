"""Run one function in this process, and write down what it took.

``python -m benchmarks.worker RESULT.json MODULE:FUNCTION '{"argument": …}'``

Only the call is measured, not the start of the interpreter or the import of the
module. Needs nothing but the standard library, so that it also runs in the
environments of others.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from importlib import import_module
from importlib.abc import MetaPathFinder
from pathlib import Path

__all__ = ["main"]

_NOT_OURS = ("pandas", "polars")
"""Packages that the tests need and the ledger does not: pyarrow and ADBC load them
where they are installed, as they are not beside a plain ledger, and they take 80 MB."""


class _Hidden(MetaPathFinder):
    """Has some packages not be found."""

    def find_spec(self, name: str, *_: object) -> None:
        """Refuse one of them; others find the rest."""
        if name.partition(".")[0] in _NOT_OURS:
            raise ModuleNotFoundError(f"{name} is hidden", name=name)


def _cpu_seconds() -> float:
    """User and system time of this process and the children it waited for."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, who))


def _field(file: str, name: str) -> int | None:
    """One number of a file in ``/proc/self``; None where there is none."""
    path = Path("/proc/self") / file
    if not path.exists():
        return None
    for line in path.read_text("ascii", "replace").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return None


def main(result: str, target: str, arguments: str) -> None:
    """Call the function and leave its return value and its cost as JSON."""
    sys.meta_path.insert(0, _Hidden())
    module, function = target.split(":")
    call = getattr(import_module(module), function)
    given = json.loads(arguments)
    cpu, written = _cpu_seconds(), _field("io", "write_bytes")
    started = time.perf_counter()
    returned = call(**given)
    seconds = time.perf_counter() - started
    after = _field("io", "write_bytes")
    told = {
        "returned": returned,
        "seconds": seconds,
        "cpu_seconds": _cpu_seconds() - cpu,
        "written": after - written if after is not None and written is not None else 0,
        "peak_rss": 1024 * (_field("status", "VmHWM") or 0),
    }
    Path(result).write_text(json.dumps(told), "ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
