"""How fast each manifest format is read into batches of the one schema."""

from __future__ import annotations

from pathlib import Path

import duckdb
from benchmarks.bench import Bench, Benchmark, median
from benchmarks.tables import format_number, format_table

from provenance.manifest import Normaliser, map_columns, open_manifest

__all__ = ["BENCHMARK", "read_manifest"]

_COPIES = {
    "crawl.csv": "FORMAT csv, HEADER",
    "crawl.csv.gz": "FORMAT csv, HEADER, COMPRESSION gzip",
    "crawl.jsonl": "FORMAT json",
    "crawl.jsonl.gz": "FORMAT json, COMPRESSION gzip",
    "crawl.jsonl.zst": "FORMAT json, COMPRESSION zstd",
}

_CDXJ = """
    SELECT 'example,site' || (hash(url) % 20000) || ')/articles/'
        || row_number() OVER () || ' '
        || strftime(fetched_at, '%Y%m%d%H%M%S') || ' ' || to_json({
            'url': url, 'mime': 'text/html', 'status': '200',
            'digest': 'sha256:' || digest, 'length': bytes::VARCHAR,
            'offset': (1000 * tokens)::VARCHAR,
            'filename': 'crawl/segment-' || (tokens % 100) || '.warc.gz'
        }) AS line
"""


_CC_INDEX = """
    SELECT 'example,site)/' || row_number() OVER () AS url_surtkey, url,
           fetched_at AS fetch_time, 200::SMALLINT AS fetch_status,
           'sha256:' || digest AS content_digest, 'text/html' AS content_mime_type,
           'text/html' AS content_mime_detected, 'UTF-8' AS content_charset,
           'eng' AS content_languages, NULL::VARCHAR AS content_truncated,
           'crawl/segment-' || (tokens % 100) || '.warc.gz' AS warc_filename,
           (1000 * tokens)::INTEGER AS warc_record_offset,
           bytes::INTEGER AS warc_record_length
"""


def read_manifest(path: str) -> int:
    """Read and normalise a manifest; return how many rows were good."""
    reader = open_manifest(Path(path))
    columns = map_columns(reader.columns, {}, {})
    normaliser = Normaliser(columns, file=reader.file)
    good = 0
    for raw in reader.read(columns.needed):
        batch, _ = normaliser.normalise(raw)
        good += len(batch)
    return good


def _write_copies(parquet: Path, folder: Path) -> list[Path]:
    """Write the rows of a Parquet manifest in every other format."""
    paths = [folder / name for name in _COPIES] + [folder / "crawl.cdxj"]
    with duckdb.connect() as duck:
        for name, options in _COPIES.items():
            duck.execute(f"COPY (FROM '{parquet}') TO '{folder / name}' ({options})")
        paths.append(folder / "crawl.cc-index.parquet")
        duck.execute(f"COPY ({_CC_INDEX} FROM '{parquet}') TO '{paths[-1]}'")
        duck.execute(
            f"COPY ({_CDXJ} FROM '{parquet}') TO '{paths[-2]}' (FORMAT csv, "
            r"HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')"
        )
    return paths


def _run(bench: Bench) -> list[str]:
    rows = []
    parquet = bench.crawl(bench.rows)
    with bench.scratch() as folder:
        for path in (parquet, *_write_copies(parquet, folder)):
            runs = [
                bench.measure(
                    path.name, "benchmarks.readers:read_manifest", path=str(path)
                )
                for _ in range(bench.repeat)
            ]
            if {run.returned for run in runs} != {bench.rows}:
                raise ValueError(f"{path.name}: {runs[0].returned} rows were good")
            run = median(runs)
            size = path.stat().st_size
            rows.append(
                (
                    "".join(path.suffixes),
                    format_number(size / 1e6),
                    f"{run.seconds:,.2f}",
                    format_number(bench.rows / run.seconds),
                    format_number(size / 1e6 / run.seconds),
                    format_number(run.cpu_seconds / bench.rows * 1e6),
                    f"{run.peak_rss / 1e9:.2f} GB",
                )
            )
    header = ("format", "MB", "s", "rows/s", "MB/s", "core-µs per row", "peak RSS")
    return [f"{bench.rows:,} rows.", format_table(header, rows)]


BENCHMARK = Benchmark(
    name="readers",
    title="Readers",
    about="""
The rows of one crawl in each format are read and normalised into batches of the one schema, and thrown away; medians.
MB are those of the file as it is, packed or not; a CDXJ line and a row of cc-index say neither generator nor parent.
""",  # noqa: E501 - a sentence a line, as in every document
    rows=1_000_000,
    bytes_per_row=2_000,
    run=_run,
)
