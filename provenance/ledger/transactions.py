"""The engine of a ledger, and the only place that begins or commits."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from provenance.domain import say_no_utf8
from provenance.log import load_keys, log_size, refuse_signer, sign_head
from provenance.merkle import SignerKey, format_verifier_key
from provenance.store.engine import is_sqlite, refuse_read_only
from provenance.store.failures import say_database_error
from provenance.store.scratch import detach_scratch, remove_orphans

__all__ = ["Transactions", "now"]

_WRITE_LOCK = 0x70726F76


def now() -> int:
    """Return the time in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


class Transactions:
    """Opens reading and writing transactions on one database."""

    def __init__(
        self,
        engine: sa.Engine,
        clock: Callable[[], int] = now,
        signer: SignerKey | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._signer = signer
        self._random = random
        self._keys: tuple[str, ...] = ()
        self._keys_until = 0
        self._tidied = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        """One consistent view of the ledger."""
        with self._said(), self._engine.connect() as connection, connection.begin():
            if not is_sqlite(connection):
                connection.exec_driver_sql(
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
                )
            yield connection

    @contextmanager
    def _scratching(self) -> Iterator[sa.Connection]:
        """One consistent view of the ledger, with temporary tables that go at its end.

        Nobody waits for it: nothing of the ledger is written. PostgreSQL makes no
        temporary table where it is to refuse every write: there, it may write in a
        transaction that is undone in any case.
        """
        with self._said(), self._engine.connect() as opened:
            connection = opened.execution_options(scratch=True)
            with connection.begin() as transaction:
                if not is_sqlite(connection):
                    read_only = connection.get_execution_options()["read_only"]
                    connection.exec_driver_sql(
                        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
                        + (", READ WRITE" if read_only else "")
                    )
                yield connection
                transaction.rollback()

    @contextmanager
    def _writing(
        self, *, keep: bool = True, sign: bool = True
    ) -> Iterator[sa.Connection]:
        """One transaction under the write lock; undone on any error.

        Args:
            keep: Whether what is written stays.
            sign: Whether to sign the log with the key given, if there is one.

        Raises:
            LedgerStateError: The key given is not the one that signs the log.
        """
        refuse_read_only(self._engine)
        signer = self._signer if keep and sign else None
        with self._said(), self._engine.connect() as opened:
            connection = opened.execution_options(write=True)
            try:
                with connection.begin() as transaction:
                    if not is_sqlite(connection):
                        # Or all would be read as it was before the lock was waited for.
                        connection.exec_driver_sql(
                            "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
                        )
                        lock = sa.select(sa.func.pg_advisory_xact_lock(_WRITE_LOCK))
                        connection.execute(lock)
                    self._tidy()
                    before = self._admit(connection, signer) if signer else 0
                    yield connection
                    if not keep:
                        transaction.rollback()
                    elif signer and log_size(connection) > before:
                        sign_head(connection, signer)
            finally:
                detach_scratch(connection)

    def _tidy(self) -> None:
        """Remove what killed processes left beside the ledger, once."""
        if not self._tidied:
            remove_orphans(self._engine.url)
            self._tidied = True

    def _admit(self, connection: sa.Connection, signer: SignerKey) -> int:
        """Refuse a key that the log does not name; return the size of the log.

        What names keys is read once: entries never change.
        """
        size = log_size(connection)
        self._keys += load_keys(connection, self._keys_until)
        self._keys_until = size
        refuse_signer(format_verifier_key(signer.verifier()), self._keys)
        return size

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Say in words of ours what SQLAlchemy, or the driver itself, raises."""
        try:
            yield
        except (DBAPIError, self._engine.dialect.loaded_dbapi.Error) as error:
            raise say_database_error(error, self._engine) from error
        except UnicodeEncodeError as error:
            raise say_no_utf8(error) from error
