"""Ways to write the rows of a Parquet manifest into a database, to be measured.

Each takes the manifest and an empty place, and returns how many records it wrote.
"""

from __future__ import annotations

import sqlite3

import duckdb
import pyarrow.parquet as pq

from provenance import Ledger

__all__ = ["duckdb_ctas", "executemany", "ledger"]

_ROWS = 65_536


def ledger(manifest: str, url: str, dataset: str = "crawl") -> int:
    """The ledger: records, edges, pedigrees, tallies, tree and log."""
    with Ledger.open(url) as opened:
        return opened.ingest(manifest, dataset=dataset).recorded


def duckdb_ctas(manifest: str, database: str) -> int:
    """DuckDB: the columns of the file as a table, no keys, two threads."""
    with duckdb.connect(database, config={"threads": "2"}) as duck:
        duck.execute(f"CREATE TABLE records AS SELECT * FROM '{manifest}'")
        duck.execute("CHECKPOINT")
        return int(duck.execute("SELECT count(*) FROM records").fetchall()[0][0])


def executemany(manifest: str, database: str) -> int:
    """Python's ``sqlite3``: one flat table of tuples, no keys, one commit."""
    file = pq.ParquetFile(manifest, pre_buffer=False)
    names = file.schema_arrow.names
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"CREATE TABLE records ({', '.join(names)})")
    statement = f"INSERT INTO records VALUES ({', '.join('?' * len(names))})"
    time = names.index("fetched_at")
    with connection:
        for batch in file.iter_batches(batch_size=_ROWS):
            columns = list(batch.columns)
            columns[time] = columns[time].cast("int64")
            rows = zip(*(column.to_pylist() for column in columns), strict=True)
            connection.executemany(statement, rows)
    (count,) = connection.execute("SELECT count(*) FROM records").fetchone()
    connection.close()
    return int(count)
