"""Stream a query out of a ledger that this process has open by other means.

A child process reads an SQLite ledger with ADBC (see ``bulk``) and writes an Arrow
stream into a pipe: as much is in flight as the pipe holds, so memory is bounded on both
sides. The child ends when its parent does; what goes wrong in it is raised here.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from typing import IO, Any

import pyarrow as pa
import sqlalchemy as sa

from provenance.errors import LedgerStateError, VerificationError
from provenance.store.arrow import read_batches
from provenance.store.bulk import BulkReader, Query, render_query
from provenance.store.engine import is_in_memory
from provenance.store.schema import records
from provenance.temporary import explain_temporary

__all__ = ["Question", "read_bulk", "read_committed", "read_each", "serve"]

Question = tuple[sa.Select[Any], pa.Schema]
"""A query, and names and types of its columns in their order."""

_WORTH_BULK = 200_000
"""Records from which reading in bulk pays for the process that reads."""

_CHILD = (
    "import sys; sys.path[:] = {path!r}; "
    "from provenance.store.stream import serve; serve()"
)


def read_bulk(url: str, query: Query, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the committed rows of a query as batches of a schema; none is empty.

    The transaction of the caller is not part of it: rows it has written and not yet
    committed are not seen.

    Args:
        url: A ledger in a file, or on a server.
        query: Its columns stand in the order of the schema.
        schema: Names, types and whether a column may be null.

    Raises:
        VerificationError: A stored value is not of the declared type.
        LedgerStateError: The database or the reading process failed.

    Example:
        >>> def ids(url: str) -> list[int]:
        ...     schema = pa.schema({"id": pa.int64()})
        ...     batches = read_bulk(url, "SELECT id FROM records", schema)
        ...     return [number for batch in batches for number in batch[0].to_pylist()]
    """
    return (batch for _, batch in _read_bulk_each(url, {"": (query, schema)}))


def _read_bulk_each(
    url: str, questions: Mapping[str, tuple[Query, pa.Schema]]
) -> Iterator[tuple[str, pa.RecordBatch]]:
    if sa.make_url(url).get_backend_name() == "sqlite":
        yield from _read_in_child(url, questions)
        return
    with BulkReader(url) as reader:
        for name, (query, schema) in questions.items():
            for batch in reader.read(query, schema):
                yield name, batch


def read_committed(
    connection: sa.Connection, query: sa.Select[Any], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a query that the open transaction has not changed.

    A large ledger is read in bulk, beside the transaction, which must therefore have
    written nothing yet that the query reads; a small one, or one in memory, by it.

    Args:
        connection: An open transaction.
        query: Its columns stand in the order of the schema; no temporary tables.
        schema: Names and types of the columns.
    """
    asked = {"": (query, schema)}
    return (batch for _, batch in read_each(connection, asked, committed=True))


def read_each(
    connection: sa.Connection, questions: Mapping[str, Question], *, committed: bool
) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yield the rows of several queries in turn, with the name of the query.

    Cheaper than each by itself: of a large ledger one process reads them all.

    Args:
        connection: An open transaction.
        questions: Name → a query without temporary tables.
        committed: Whether the transaction has changed nothing that they read.
    """
    url = connection.engine.url
    last = connection.execute(sa.select(sa.func.max(records.c.id))).scalar()
    small = (last or 0) < _WORTH_BULK or is_in_memory(url)
    if committed and not small:
        yield from _read_bulk_each(url.render_as_string(hide_password=False), questions)
        return
    for name, (query, schema) in questions.items():
        for batch in read_batches(connection, query, schema):
            yield name, batch


def _read_in_child(
    url: str, questions: Mapping[str, tuple[Query, pa.Schema]]
) -> Iterator[tuple[str, pa.RecordBatch]]:
    asking = [
        (
            render_query(query, sqlite=True),
            base64.b64encode(schema.serialize()).decode(),
        )
        for query, schema in questions.values()
    ]
    request = {"url": url, "questions": asking}
    code = _CHILD.format(path=sys.path)
    with explain_temporary():
        told = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
    with told as said:
        child = subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
        )
        asked, answered = _ends(child)
        try:
            with contextlib.suppress(BrokenPipeError):  # its end says why
                asked.write(json.dumps(request).encode() + b"\n")
                asked.flush()
            cut_off = False
            try:
                for name in questions:
                    for batch in pa.ipc.open_stream(answered):
                        yield name, batch
            except (pa.ArrowInvalid, OSError):
                cut_off = True
                answered.close()  # or the child may wait for us to read on
            if child.wait() or cut_off:
                raise _child_error(child.returncode, said)
        finally:
            child.kill()
            child.wait()
            answered.close()
            with contextlib.suppress(BrokenPipeError):
                asked.close()


def _ends(child: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if child.stdin is None or child.stdout is None:
        raise AssertionError("the child was started with both pipes")
    return child.stdin, child.stdout


def _child_error(code: int, said: IO[bytes]) -> VerificationError | LedgerStateError:
    said.seek(0)
    lines = said.read().decode(errors="replace").strip().splitlines()
    last = lines[-1] if lines else ""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        told = json.loads(last)
        kinds = {kind.__name__: kind for kind in (VerificationError, LedgerStateError)}
        return kinds[told["kind"]](told["message"], hint=told["hint"])
    how = f"signal {-code}" if code < 0 else f"code {code}"
    return LedgerStateError(
        f"the process that reads the ledger ended with {how}: {last or 'no word'}",
        hint="Run the command again; memory may have run out.",
    )


def serve() -> None:
    """Answer some questions: run in the child process by ``read_bulk``."""
    request: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    pa.set_cpu_count(1)
    # Python's own stdout has no buffer under PYTHONUNBUFFERED, and may then write less
    # than it is given (when it was stopped meanwhile, say), which Arrow does not see.
    out = open(sys.stdout.fileno(), "wb", closefd=False)  # noqa: SIM115 - ends with the process
    try:
        with BulkReader(request["url"]) as reader:
            for query, columns in request["questions"]:
                schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(columns)))
                with pa.ipc.new_stream(out, schema) as stream:
                    for batch in reader.read(query, schema):
                        stream.write_batch(batch)
        out.flush()
    except (VerificationError, LedgerStateError) as error:
        told = {
            "kind": type(error).__name__,
            "message": error.message,
            "hint": error.hint,
        }
        sys.stderr.write(json.dumps(told) + "\n")
        sys.exit(1)
    os._exit(0)  # all is said; to take the interpreter down takes a while


def _end_with_parent() -> None:
    """Leave when the parent lets go of the other end, whatever it died of."""
    os.read(sys.stdin.fileno(), 1)  # not the buffer: its lock outlives the thread
    os._exit(1)
