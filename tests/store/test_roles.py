"""Writers record and cannot rewrite; readers read: with real roles."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from databases import new_database
from signed import CLOCK, SignedLedger, make_signed, write_rows
from sqlalchemy.exc import DatabaseError

from provenance import Ledger
from provenance.errors import LedgerStateError


@pytest.fixture(scope="module")
def users(
    postgresql: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, SignedLedger]]:
    """The same ledger as a superuser, a writer and a reader see it."""
    mark = uuid.uuid4().hex[:8]
    with new_database(postgresql) as url:
        folder = tmp_path_factory.mktemp("signed")
        signed = make_signed(url, folder, rows=300)
        roles = {kind: f"{kind}_{mark}" for kind in ("owner", "writer", "reader")}
        with signed.open() as ledger:
            ledger.grant_roles(**roles)
            ledger.grant_roles(**roles)  # again, as after an upgrade
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for kind in ("writer", "reader"):
                connection.exec_driver_sql(
                    f"CREATE ROLE {kind}_{mark}_user LOGIN IN ROLE {roles[kind]}"
                )
        seen = {"superuser": signed}
        for kind in ("writer", "reader"):
            name = f"{kind}_{mark}_user"
            seen[kind] = SignedLedger(_as(url, name), folder, signed.vkey)
        owner = sa.make_url(url).update_query_dict({"options": f"-crole=owner_{mark}"})
        seen["owner"] = SignedLedger(
            owner.render_as_string(hide_password=False), folder, signed.vkey
        )
        yield seen
        with engine.connect() as connection:
            for role in (f"writer_{mark}_user", f"reader_{mark}_user"):
                connection.exec_driver_sql(f"DROP OWNED BY {role}")
                connection.exec_driver_sql(f"DROP ROLE {role}")
            for role in roles.values():
                connection.exec_driver_sql(f"DROP OWNED BY {role} CASCADE")
                connection.exec_driver_sql(f"DROP ROLE {role}")
        engine.dispose()


def _as(url: str, user: str) -> str:
    return sa.make_url(url).set(username=user).render_as_string(hide_password=False)


def test_writer_records_signs_rebuilds_and_verifies(
    users: dict[str, SignedLedger], tmp_path: Path
) -> None:
    rows = write_rows(tmp_path / "more.jsonl", 9000, 30)
    with users["writer"].open() as ledger:
        assert ledger.ingest(rows, dataset="more").recorded == 30
        ledger.add_model("N", trained_on=["more"])
        ledger.rebuild()
        assert ledger.check_derived() == []
        ledger.verify(deep=True, vkey=users["writer"].vkey)
        assert "example.org/ledger" in ledger.checkpoint()


@pytest.mark.parametrize("kind", ["writer", "reader"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET tokens = 0",
        "DELETE FROM records",
        "TRUNCATE log_entries CASCADE",
        (
            "INSERT INTO models SELECT * FROM models ON CONFLICT (id) "
            "DO UPDATE SET name = 'x'"
        ),
        "ALTER TABLE records DISABLE TRIGGER ALL",
        "ALTER TABLE records DISABLE TRIGGER append_only_records_update",
        "DROP TRIGGER append_only_records_update ON records",
        "DROP TABLE records CASCADE",
        "DROP VIEW report_item",
        (
            "CREATE OR REPLACE FUNCTION append_only_refuse() RETURNS trigger "
            "LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
        ),
        "SET session_replication_role = replica",
        "UPDATE alembic_version SET version_num = '0'",
        "DELETE FROM log_state",
    ],
)
def test_writer_and_reader_may_not_rewrite(
    users: dict[str, SignedLedger], kind: str, statement: str
) -> None:
    engine = sa.create_engine(users[kind].url)
    with (
        engine.connect() as connection,
        pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
    ):
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_writer_moves_the_head_forward_only(users: dict[str, SignedLedger]) -> None:
    engine = sa.create_engine(users["writer"].url)
    with (
        engine.connect() as connection,
        pytest.raises(DatabaseError, match="only grows"),
    ):
        connection.exec_driver_sql("UPDATE log_state SET size = size - 1")
    engine.dispose()


def test_owner_is_stopped_by_the_triggers(users: dict[str, SignedLedger]) -> None:
    engine = sa.create_engine(users["owner"].url)
    with engine.connect() as connection:
        for statement in (
            "UPDATE records SET tokens = 0",
            "DELETE FROM log_entries",
            "TRUNCATE records",
        ):
            with pytest.raises(DatabaseError, match="append-only"):
                connection.exec_driver_sql(statement)
            connection.rollback()
    engine.dispose()


def test_owner_upgrades(users: dict[str, SignedLedger]) -> None:
    with users["owner"].open() as ledger:
        ledger.upgrade()
        assert ledger.check_derived() == []


def test_reader_reports_and_verifies_and_records_nothing(
    users: dict[str, SignedLedger], tmp_path: Path
) -> None:
    with Ledger.open(users["reader"].url, clock=lambda: CLOCK) as ledger:
        assert ledger.report("b").units["records"].total == 300
        assert ledger.verify(vkey=users["reader"].vkey).checkpoints
        assert ledger.prove("4:0").claim["dataset"] == "a@1"
        with pytest.raises(LedgerStateError, match="permission denied"):
            ledger.add_model("X")
        with pytest.raises(LedgerStateError, match="permission denied"):
            ledger.ingest(write_rows(tmp_path / "rows.jsonl", 1, 3), dataset="x")


def test_writer_cannot_hand_out_roles(users: dict[str, SignedLedger]) -> None:
    with (
        users["writer"].open() as ledger,
        pytest.raises(LedgerStateError, match="permission denied"),
    ):
        ledger.grant_roles(owner="o1", writer="w1", reader="r1")


def test_sqlite_has_no_roles(run_cli: Callable[..., Result], tmp_path: Path) -> None:
    make_signed(f"sqlite:///{tmp_path}/ledger.db", tmp_path, rows=3)
    refused = run_cli("db", "roles")
    assert (refused.exit_code, "SQLite has no roles" in refused.stderr) == (1, True)


def test_command_takes_any_names(
    run_cli: Callable[..., Result], tmp_path: Path, postgresql: str
) -> None:
    names = {kind: f"{kind} {uuid.uuid4().hex[:8]}" for kind in ("own", "wri", "rea")}
    with new_database(postgresql) as url:
        make_signed(url, tmp_path, rows=3)
        pairs = zip(("--owner", "--writer", "--reader"), names.values(), strict=True)
        options = [word for pair in pairs for word in pair]
        made = run_cli("db", "roles", *options, ledger=url)
        assert made.exit_code == 0
        assert f"writer {names['wri']}" in made.stdout
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for role in names.values():
                connection.exec_driver_sql(f'DROP OWNED BY "{role}" CASCADE')
                connection.exec_driver_sql(f'DROP ROLE "{role}"')
        engine.dispose()
