"""What every benchmark is, and what it is given: a folder, a size, a way to measure."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.manifests import write_crawl
from benchmarks.measure import Run, measure

__all__ = ["Bench", "Benchmark", "format_gb", "median"]

_GB = 1e9


@dataclass(slots=True, kw_only=True)
class Bench:
    """One benchmark under way."""

    folder: Path
    """Scratch space; the caller removes it."""
    rows: int
    repeat: int
    say: Callable[[str], None]
    """Takes words on how it goes."""
    ml_metadata: bool = True
    """Whether to make the environment that ml-metadata needs."""
    keep: bool = False
    measuring: Callable[..., Run] = measure
    runs: list[dict[str, Any]] = field(default_factory=list)
    """Every run, for whoever wants the raw figures."""

    def measure(
        self,
        label: str,
        target: str,
        *,
        python: str = sys.executable,
        server: int | None = None,
        **arguments: Any,
    ) -> Run:
        """Call ``MODULE:FUNCTION`` in a fresh process and note what it took."""
        run = self.measuring(target, arguments, python=python, server=server)
        self.runs.append({"label": label} | run.to_dict())
        self.say(
            f"{label}: {run.seconds:.2f} s, {run.cpu_seconds:.2f} s of CPU, "
            f"{format_gb(run.peak_rss)} at peak"
        )
        return run

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A fresh folder, gone afterwards unless all is to be kept."""
        path = Path(tempfile.mkdtemp(dir=self.folder))
        try:
            yield path
        finally:
            if not self.keep:
                shutil.rmtree(path)

    def crawl(self, rows: int, *, first: int = 1) -> Path:
        """The crawl manifest of some rows, written once."""
        path = self.folder / f"crawl-{first}-{rows}.parquet"
        if not path.exists():
            write_crawl(path, rows, first=first)
        return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One of the benchmarks."""

    name: str
    title: str
    about: str
    """What is measured: the text of its section."""
    rows: int
    """Default size."""
    bytes_per_row: int
    """Scratch space it needs at most, roughly."""
    run: Callable[[Bench], list[str]]
    """Measures, and returns blocks of Markdown."""


def median(runs: Sequence[Run]) -> Run:
    """The run of median wall time."""
    middle = statistics.median_low(run.seconds for run in runs)
    return next(run for run in runs if run.seconds == middle)


def format_gb(octets: int) -> str:
    """Bytes as GB."""
    return f"{octets / _GB:.2f} GB"
