"""What reserves records from mining or training is kept, logged and verified."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from databases import drop_guard

from provenance import Ledger
from provenance.errors import VerificationError
from provenance.ledger.reservations import plan_reservations
from provenance.log import verify_facts
from provenance.store import schema
from provenance.store.engine import allow_rewriting

QUERY = sa.text("SELECT name, host, said FROM report_reservation ORDER BY name")


def write(path: Path, said: list[str | None]) -> Path:
    rows = (
        {
            "name": f"r{number}",
            "digest": f"sha256:{number:064x}",
            "url": f"https://{'ab'[number % 2]}.example/{number}",
            "reservation": words,
        }
        for number, words in enumerate(said)
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def reserved(ledger: Ledger) -> list[Any]:
    with ledger._reading() as connection:
        return [tuple(row) for row in connection.execute(QUERY)]


@pytest.fixture
def recorded(ledger: Ledger, tmp_path: Path) -> Ledger:
    said = [None, "x-robots-tag: noai", None, "tdm-reservation: 1"]
    said.append("x-robots-tag: noai")
    ledger.ingest(write(tmp_path / "d.jsonl", said), dataset="d", batch_rows=3)
    return ledger


def test_they_can_be_asked_per_record_and_source(recorded: Ledger) -> None:
    assert reserved(recorded) == [
        ("r1", "b.example", "x-robots-tag: noai"),
        ("r3", "b.example", "tdm-reservation: 1"),
        ("r4", "a.example", "x-robots-tag: noai"),
    ]
    with recorded._reading() as connection:
        entries = connection.execute(
            sa.select(schema.log_entries.c.entry).where(
                schema.log_entries.c.kind == "reservation"
            )
        ).scalars()
        bodies = [json.loads(entry.partition(b"\n")[2]) for entry in entries]
        behind = connection.execute(sa.select(schema.batches.c.facts)).scalars().all()
    assert [len(body["reserved"]) for body in bodies] == [1, 2]
    assert behind == [1, 1]
    assert recorded.verify(deep=True).records == 5
    assert recorded.check_derived() == []


def test_a_change_without_the_log_is_found(recorded: Ledger) -> None:
    drop_guard(recorded)
    table = schema.reservations
    for change in (
        table.update().where(table.c.said.like("tdm%")).values(said="nothing"),
        table.delete().where(table.c.said.like("tdm%")),
    ):
        with (
            recorded._writing(keep=False) as connection,
            allow_rewriting(connection),
        ):
            connection.execute(change)
            with pytest.raises(VerificationError, match="reservations"):
                verify_facts(connection)


def test_they_are_taken_back_with_their_batch(recorded: Ledger, tmp_path: Path) -> None:
    path = write(tmp_path / "d.jsonl", [None, "x-robots-tag: noimageai"])
    recorded.ingest(path, dataset="d", replace=True)
    assert reserved(recorded) == [("r1", "b.example", "x-robots-tag: noimageai")]
    recorded.verify(deep=True)
    assert recorded.check_derived() == []


def test_they_go_along_with_an_export(recorded: Ledger, tmp_path: Path) -> None:
    recorded.export_dataset("parquet", "d", tmp_path / "out")
    with Ledger.open(f"sqlite:///{tmp_path}/other.db") as other:
        list(other.ingest_all([tmp_path / "out"]))
        assert reserved(other) == reserved(recorded)


def test_entries_stay_small_and_leave_nothing_out() -> None:
    said = [f"tdm-policy: https://x.example/{n % 7}" + "é" * 4000 for n in range(9000)]
    table = pa.table({"leaf_index": pa.arange(0, 9000), "said": said})
    planned = plan_reservations(table)
    sizes = [len(json.dumps(one, ensure_ascii=False).encode()) for one in planned]
    assert max(sizes) < 60_000
    found = {(i, words) for one in planned for words, held in one.items() for i in held}
    assert found == set(enumerate(said))
    assert sum(len(held) for one in planned for held in one.values()) == 9000
