"""Salted leaves: proved and verified like others, and no help to a guesser."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from signed import CLOCK, SignedLedger, make_signed, write_rows

from provenance import Ledger
from provenance.domain.leaf import format_leaf, name_fields
from provenance.log import check_proof as vendored
from provenance.log.proof import format_proof
from provenance.log.verify_proof import check_proof
from provenance.merkle import hash_leaf
from provenance.store import schema


def salts_of(ledger: Ledger) -> dict[int, bytes]:
    """The salts that the ledger holds, by record."""
    with ledger._reading() as connection:
        rows = connection.execute(sa.select(schema.record_salts))
        return {row.record_id: bytes(row.salt) for row in rows}


def roots_of(ledger: Ledger, dataset: str) -> list[tuple[int, int, bytes]]:
    """First row, last row and root of each batch of a dataset."""
    table, data = schema.batches, schema.datasets
    query = (
        sa.select(table.c.first_row, table.c.last_row, table.c.root)
        .join(data, data.c.id == table.c.dataset_id)
        .where(data.c.name == dataset)
        .order_by(table.c.position)
    )
    with ledger._reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


def signed_and_salted(url: str, folder: Path) -> tuple[SignedLedger, list[str]]:
    """A signed ledger with a salted dataset; the positions of its only batch."""
    signed = make_signed(url, folder, rows=3)
    rows = write_rows(folder / "salted.jsonl", 1000, 300)
    with signed.open() as ledger:
        done = ledger.ingest(rows, dataset="salted", salt=True)
    return signed, [f"{done.position}:{at}" for at in range(300)]


def test_salted_records_are_proved_and_verified_on_both_databases(
    url: str, tmp_path: Path
) -> None:
    signed, subjects = signed_and_salted(url, tmp_path)
    with signed.open() as ledger:
        earlier = {at: format_proof(ledger.prove(subjects[at])) for at in (7, 299)}
        done = ledger.redact([subjects[7]], "request 17")
        assert (done.records, len(salts_of(ledger))) == (1, 299)
        verified = ledger.verify(deep=True, vkey=signed.vkey)
        assert (verified.redacted, verified.records) == (1, 306)
        neighbour = format_proof(ledger.prove(subjects[6]))
        ledger.export(tmp_path / "static", batches=True)
        assert ledger.check_derived() == []
    for octets in (*earlier.values(), neighbour):
        proved = check_proof(octets, signed.vkey)
        assert proved.record is not None
        assert len(proved.record["salt"] or "") == 32
        claim, _ = vendored.check(octets, vendored.parse_key(signed.vkey))
        assert claim == proved.claim


@pytest.mark.parametrize("salt", [False, True])
def test_an_erased_url_is_found_by_guessing_unless_it_was_salted(
    tmp_path: Path, *, salt: bool
) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", 7, 1)
    drawn = bytes(range(16))
    url = f"sqlite:///{tmp_path}/ledger.db"
    with Ledger.open(url, clock=lambda: CLOCK, random=lambda _: drawn) as ledger:
        ledger.make_key(tmp_path / "key", "example.org/ledger")
    with Ledger.open(
        url, key=tmp_path / "key", clock=lambda: CLOCK, random=lambda _: drawn
    ) as ledger:
        done = ledger.ingest(rows, dataset="d", salt=salt)
        before = ledger.prove(f"{done.position}:0").leaf
        assert before is not None
        ledger.redact(["n-7"], "request")
        with ledger._reading() as connection:
            row = connection.execute(sa.select(schema.redactions)).one()
            entries = connection.execute(sa.select(schema.log_entries.c.entry))
            assert not any(drawn.hex().encode() in entry for (entry,) in entries)
    known = name_fields(before)
    guesser = [known[name] for name in known if name != "salt"]
    guesses = {
        hash_leaf(format_leaf(guesser)),
        hash_leaf(format_leaf([*guesser, None])),
    }
    assert (row.leaf in guesses) is not salt
    assert row.leaf == hash_leaf(before)
    assert row.remains not in guesses
    files = b"".join(path.read_bytes() for path in tmp_path.glob("ledger.db*"))
    assert drawn not in files


def test_a_large_batch_is_salted_by_the_bulk_path(url: str, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    lines = (f'{{"digest": "{n:016x}{0:048x}", "tokens": 1}}\n' for n in range(20_001))
    rows.write_text("".join(lines))
    with Ledger.open(url) as ledger:
        ledger.ingest(rows, dataset="large", salt=True)
        drawn = salts_of(ledger)
        assert len(set(drawn.values())) == 20_001
        assert {len(salt) for salt in drawn.values()} == {16}
        ledger.verify(deep=True)


def test_an_ingest_that_was_broken_off_keeps_the_salts_it_recorded(
    url: str, tmp_path: Path
) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", 1, 30)
    drawn: list[bytes] = []
    broken = [True]

    def draw(count: int) -> bytes:
        if broken[0] and len(drawn) == 2:
            raise InterruptedError
        drawn.append(sha256(bytes([len(drawn)])).digest() * 5)
        return drawn[-1][:count]

    with Ledger.open(url, clock=lambda: CLOCK, random=draw) as ledger:
        with pytest.raises(InterruptedError):
            ledger.ingest(rows, dataset="d", salt=True, batch_rows=10)
        first = salts_of(ledger)
        assert len(first) in (10, 20)
        broken[0] = False
        ledger.ingest(rows, dataset="d", salt=True, batch_rows=10)
        whole = salts_of(ledger)
        assert len(whole) == 30
        assert whole.items() >= first.items()
        assert [(a, b) for a, b, _ in roots_of(ledger, "d")] == [
            (1, 10),
            (11, 20),
            (21, 30),
        ]
        assert ledger.ingest(rows, dataset="d", salt=True).already
        ledger.verify(deep=True)


def test_only_a_salted_batch_says_so_in_the_log(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", 1, 3)
    constant = bytes(range(16))
    with Ledger.open(
        f"sqlite:///{tmp_path}/ledger.db",
        random=lambda count: constant[:16] * (count // 16),
    ) as ledger:
        for dataset, salt in (("plain", False), ("a", True), ("b", True)):
            ledger.ingest(rows, dataset=dataset, salt=salt)
        (plain,), (a,), (b,) = (roots_of(ledger, name) for name in ("plain", "a", "b"))
        assert a == b != plain
        table = schema.log_entries
        query = sa.select(table.c.entry).where(table.c.kind == "batch")
        with ledger._reading() as connection:
            entries = connection.execute(query.order_by(table.c.position)).scalars()
            said = [json.loads(one.partition(b"\n")[2]) for one in entries]
    assert [body.get("salted") for body in said] == [None, True, True]


def test_command_salts(run_cli: Callable[..., Result], tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", 1, 3)
    assert run_cli("ingest", rows, "--salt").exit_code == 0
    assert run_cli("verify", "--deep").exit_code == 0
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        drawn = salts_of(ledger)
    assert len(set(drawn.values())) == 3
