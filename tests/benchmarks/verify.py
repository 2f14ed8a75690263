"""How fast ``verify --deep`` hashes records anew.

``python tests/benchmarks/verify.py ROWS`` writes a crawl manifest and a ledger of it
into a folder that is removed, unless ``--ledger URL`` names one that is there.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from manifests import write_crawl

from provenance import Ledger
from provenance.ledger.verify import verify_ledger

__all__ = ["main"]

_KIB_PER_MIB = 1024


def main() -> None:
    """Measure, and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--ledger", metavar="URL")
    given = parser.parse_args()
    if given.ledger:
        measure(given.ledger)
        return
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        url = f"sqlite:///{folder}/ledger.db"
        manifest = Path(folder) / "crawl.parquet"
        write_crawl(manifest, given.rows)
        with Ledger.open(url) as ledger:
            ledger.ingest(manifest)
        measure(url)


def measure(url: str) -> None:
    """Verify a ledger down to its records, without the derived tables."""
    with Ledger.open(url, create=False) as ledger, ledger._reading() as connection:
        before = _processor_seconds()
        started = time.perf_counter()
        done = verify_ledger(connection, deep=True, key=None)
        seconds = time.perf_counter() - started
    used = _processor_seconds() - before
    records = done.records or 0
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // _KIB_PER_MIB
    here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _KIB_PER_MIB
    print(  # noqa: T201 - the result
        f"{records:,} records in {seconds:.1f} s, {records / seconds / 1e6:.2f} M/s; "
        f"{used / records * 1e6:.2f} core-µs per record; at most {worker} MiB in a "
        f"worker, {here} MiB here"
    )


def _processor_seconds() -> float:
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(r.ru_utime + r.ru_stime for r in map(resource.getrusage, whose))


if __name__ == "__main__":
    main()
