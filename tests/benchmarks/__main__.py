"""Run the benchmarks, and rewrite their sections of docs/benchmarks.md.

``PYTHONPATH=tests python -m benchmarks --help``
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

import click
from benchmarks import (
    archives,
    exports,
    growth,
    ingest,
    late,
    parts,
    quarantine,
    readers,
    rebuild,
    reports,
    stages,
    verify,
)
from benchmarks.bench import Bench, Benchmark, format_gb
from benchmarks.document import format_section, write_section

__all__ = ["BENCHMARKS", "main"]

_DOCUMENT = Path(__file__).parent.parent.parent / "docs/benchmarks.md"

BENCHMARKS = {
    module.BENCHMARK.name: module.BENCHMARK
    for module in (
        *(ingest, growth, stages, rebuild, late, reports, readers),
        *(archives, parts, quarantine, verify, exports),
    )
}


@click.command()
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(list(BENCHMARKS)),
    help="Run this one; repeatable. All by default.",
)
@click.option("--rows", type=click.IntRange(min=1000), help="Size of each.")
@click.option("--repeat", default=3, show_default=True, help="Runs; medians are kept.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=Path(tempfile.gettempdir()),
    show_default=True,
    help="Disk to work on.",
)
@click.option("--keep", is_flag=True, help="Leave manifests and ledgers in place.")
@click.option(
    "--ml-metadata/--no-ml-metadata",
    default=True,
    help="Whether to install and measure ml-metadata.",
)
@click.option(
    "--document",
    type=click.Path(dir_okay=False, path_type=Path),
    default=_DOCUMENT,
    help="Document to rewrite.",
)
@click.option(
    "--json",
    "raw",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for every single run.",
)
def main(
    *,
    only: tuple[str, ...],
    rows: int | None,
    repeat: int,
    folder: Path,
    keep: bool,
    ml_metadata: bool,
    document: Path,
    raw: Path | None,
) -> None:
    """Measure, and write the figures down."""
    runs = []
    for name in only or BENCHMARKS:
        benchmark = BENCHMARKS[name]
        bench = Bench(
            folder=Path(tempfile.mkdtemp(prefix="benchmark-", dir=folder)),
            rows=rows or benchmark.rows,
            repeat=repeat,
            say=lambda words: click.echo(words, err=True),
            ml_metadata=ml_metadata,
            keep=keep,
        )
        try:
            _refuse_small_disk(benchmark, bench)
            click.echo(f"{name}: {bench.rows:,} rows in {bench.folder}", err=True)
            blocks = benchmark.run(bench)
        finally:
            if not keep:
                shutil.rmtree(bench.folder)
        command = f"python -m benchmarks --only {name} --rows {bench.rows}"
        command += f" --repeat {repeat}"
        text = format_section(benchmark.title, benchmark.about, command, blocks)
        write_section(document, name, text)
        click.echo(text)
        runs += [{"benchmark": name, "rows": bench.rows} | run for run in bench.runs]
    if raw:
        raw.write_text(json.dumps(runs, indent=1), "utf-8")


def _refuse_small_disk(benchmark: Benchmark, bench: Bench) -> None:
    free = shutil.disk_usage(bench.folder).free
    needed = benchmark.bytes_per_row * bench.rows
    if free < needed:
        raise click.ClickException(
            f"{benchmark.name} with {bench.rows:,} rows needs about "
            f"{format_gb(needed)} in {bench.folder.parent}, "
            f"{format_gb(free)} are free; name another disk with --folder, or fewer "
            "--rows"
        )


if __name__ == "__main__":
    sys.exit(main())
