"""Records are hashed in worker processes as they are here, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from databases import drop_guard
from log.whole_ledger import record_whole

from provenance import Ledger
from provenance.errors import LedgerStateError, VerificationError
from provenance.ledger.verify import Verified, verify_ledger
from provenance.log.anchor import Anchors
from provenance.store import schema
from provenance.store.engine import allow_rewriting


@pytest.fixture
def always_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provenance.ledger.rehash._WORTH_WORKERS", 0)


def verify(ledger: Ledger) -> Verified:
    with ledger._reading() as connection:
        return verify_ledger(connection, deep=True, anchors=Anchors())


def change(ledger: Ledger, statement: sa.Update) -> None:
    with ledger._writing() as connection, allow_rewriting(connection):
        assert connection.execute(statement).rowcount == 1


@pytest.mark.slow
@pytest.mark.usefixtures("always_workers")
def test_workers_accept_and_refuse_as_is_done_here(url: str, tmp_path: Path) -> None:
    record_whole(url, tmp_path)
    records = schema.records
    with Ledger.open(url) as ledger:
        drop_guard(ledger)
        assert verify(ledger).records
        change(ledger, records.update().where(records.c.id == 20).values(tokens=8))
        with pytest.raises(VerificationError, match="ids 1 to 256") as raised:
            verify(ledger)
        assert raised.value.hint
        wrong = records.update().where(records.c.id == 9).values(content_key=1)
        change(ledger, wrong)
        with pytest.raises(VerificationError, match="records, id 9, column content_k"):
            verify(ledger)


def test_records_may_bring_their_sources_with_them(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_whole(url, tmp_path)
    monkeypatch.setattr("provenance.log.shared._SOURCES_KEPT", 0)
    records = schema.records
    with Ledger.open(url) as ledger:
        drop_guard(ledger)
        assert verify(ledger).records
        change(ledger, records.update().where(records.c.id == 20).values(source_id=99))
        with pytest.raises(
            VerificationError, match="id 20, column source_id: 99 is no"
        ):
            verify(ledger)


@pytest.mark.usefixtures("always_workers")
def test_a_ledger_that_workers_cannot_open_is_said(tmp_path: Path) -> None:
    record_whole(f"sqlite:///{tmp_path}/ledger.db", tmp_path)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        verify(ledger)
        with ledger._reading() as connection:
            (tmp_path / "ledger.db").rename(tmp_path / "elsewhere.db")
            with pytest.raises(LedgerStateError, match="cannot be opened"):
                verify_ledger(connection, deep=True, anchors=Anchors())
        (tmp_path / "elsewhere.db").rename(tmp_path / "ledger.db")
