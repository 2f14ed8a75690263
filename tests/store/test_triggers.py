"""Facts and log are append-only to whoever has not dropped the triggers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from databases import new_database
from signed import SignedLedger, make_signed
from sqlalchemy.exc import DatabaseError

from provenance import Ledger
from provenance.store import schema
from provenance.store.append_only import APPEND_ONLY
from provenance.store.triggers import lift_triggers

NAMES = sorted(table.name for table in APPEND_ONLY)
FILLED = (
    "batch_tiles",
    "batches",
    "checkpoints",
    "dataset_facts",
    "datasets",
    "derivations",
    "derived_from",
    "generated_by",
    "log_entries",
    "model_aliases",
    "model_facts",
    "models",
    "origins",
    "policies",
    "records",
    "sources",
    "training_sets",
)
BULK = {"records", "generated_by", "derived_from", "sources", "batch_tiles"}


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> SignedLedger:
    folder = tmp_path_factory.mktemp("signed")
    return make_signed(f"sqlite:///{folder}/ledger.db", folder, rows=300)


@pytest.fixture
def foreign(signed: SignedLedger) -> Iterator[sqlite3.Connection]:
    """A connection as any other program opens it: nothing is set."""
    connection = sqlite3.connect(signed.url.removeprefix("sqlite:///"))
    yield connection
    connection.rollback()
    connection.close()


def test_every_table_of_facts_is_guarded() -> None:
    free = {table.name for table in schema.DERIVED}
    assert {*NAMES, *free, "log_state"} == set(schema.METADATA.tables)
    assert set(FILLED) <= set(NAMES)


@pytest.mark.parametrize("table", FILLED)
def test_other_programs_cannot_change_delete_or_replace_on_sqlite(
    foreign: sqlite3.Connection, table: str
) -> None:
    first = foreign.execute(f"PRAGMA table_info({table})").fetchone()[1]
    statements = [f"UPDATE {table} SET {first} = {first}", f"DELETE FROM {table}"]
    statements.append(f"UPDATE OR REPLACE {table} SET {first} = {first}")
    if table not in BULK:
        statements.append(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
        statements.append(f"REPLACE INTO {table} SELECT * FROM {table}")
    for statement in statements:
        with pytest.raises(sqlite3.IntegrityError, match=table):
            foreign.execute(statement)


@pytest.mark.parametrize("table", FILLED)
def test_replacing_rows_is_refused_with_recursive_triggers(
    foreign: sqlite3.Connection, table: str
) -> None:
    foreign.execute("PRAGMA recursive_triggers = ON")
    with pytest.raises(sqlite3.IntegrityError, match=table):
        foreign.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


def test_unique_names_cannot_be_replaced(foreign: sqlite3.Connection) -> None:
    for statement in (
        "INSERT OR REPLACE INTO models (id, name, position) VALUES (99, 'M', 0)",
        "INSERT OR REPLACE INTO datasets VALUES (99, 'a', '1', 0)",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            foreign.execute(statement)


def test_log_is_dense_and_its_head_only_grows(foreign: sqlite3.Connection) -> None:
    for statement, words in (
        ("INSERT INTO log_entries VALUES (11, 'note', x'00', 0)", "dense"),
        ("INSERT INTO log_entries VALUES (8, 'note', x'00', 0)", "dense"),
        ("INSERT OR REPLACE INTO log_entries VALUES (3, 'n', x'00', 0)", "dense"),
        ("UPDATE log_state SET size = size - 1", "only grows"),
        ("UPDATE log_state SET root = zeroblob(32)", "only grows"),
        ("UPDATE log_state SET id = 2, size = size + 1", "only grows"),
        ("DELETE FROM log_state", "only grows"),
        ("INSERT OR REPLACE INTO log_state SELECT * FROM log_state", "one row"),
    ):
        with pytest.raises(sqlite3.IntegrityError, match=words):
            foreign.execute(statement)


def test_own_connections_do_not_even_compile_it(signed: SignedLedger) -> None:
    for statement in (
        "UPDATE records SET tokens = 0 WHERE id = -1",
        "DELETE FROM log_entries WHERE position = -1",
        "DROP TRIGGER append_only_records_update",
    ):
        with (
            signed.open() as ledger,
            ledger._writing(keep=False) as connection,
            pytest.raises(DatabaseError, match="not authorized"),
        ):
            connection.exec_driver_sql(statement)


def test_triggers_survive_upgrades_and_dropped_ones_are_told(
    url: str, tmp_path: Path
) -> None:
    signed = make_signed(url, tmp_path, rows=3)
    with signed.open() as ledger:
        assert ledger.check_derived() == []
        with ledger._writing() as connection, lift_triggers(connection, schema.models):
            connection.execute(schema.models.update().values(position=0))
        assert ledger.check_derived() == []
        _drop(ledger, "append_only_models_update", "models")
        assert "append_only_models_update is missing" in ledger.check_derived()[0]
        ledger.upgrade()
        assert ledger.check_derived() == []


def _drop(ledger: Ledger, name: str, table: str) -> None:
    on_table = "" if ledger._engine.dialect.name == "sqlite" else f" ON {table}"
    if not on_table:
        path = str(ledger._engine.url.database)
        with sqlite3.connect(path) as other:
            other.execute(f"DROP TRIGGER {name}")
        other.close()
        return
    with ledger._writing() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {name}{on_table}")


def test_trigger_of_the_same_name_that_does_nothing_is_told(
    signed: SignedLedger,
) -> None:
    with signed.copy("hollow").behind(drop=False) as connection:
        name = "append_only_models_update"
        connection.execute(f"DROP TRIGGER {name}")
        connection.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE ON models BEGIN SELECT 1; END"
        )
    with Ledger.open(f"sqlite:///{signed.folder}/hollow.db") as ledger:
        assert [text.partition(":")[0] for text in ledger.check_derived()] == ["models"]


def test_trigger_that_is_not_ours_is_told(
    url: str, run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    signed = make_signed(url, tmp_path, rows=3)
    with signed.open() as ledger:
        assert ledger.verify(deep=True).records
        on_sqlite = url.startswith("sqlite")
        made = (
            "CREATE TRIGGER x AFTER INSERT ON Assessments BEGIN "
            "UPDATE assessments SET tier = 'human'; END"
            if on_sqlite
            else "CREATE TRIGGER x BEFORE UPDATE ON assessments FOR EACH ROW "
            "EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        )
        with ledger._writing() as connection:
            connection.exec_driver_sql(made)
    told = "assessments: the trigger x is not of the ledger"
    for asked, code in (
        (("verify", "--deep"), 3),
        (("db", "check"), 4),
        (("db", "rebuild"), 3),
    ):
        refused = run_cli(*asked, ledger=url)
        assert (refused.exit_code, told in refused.output) == (code, True)


def test_function_that_does_nothing_is_told(postgresql: str, tmp_path: Path) -> None:
    with new_database(postgresql) as url:
        signed = make_signed(url, tmp_path, rows=3)
        with signed.open() as ledger:
            with ledger._writing() as connection:
                connection.exec_driver_sql(
                    "CREATE OR REPLACE FUNCTION append_only_refuse() RETURNS trigger "
                    "LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
                )
            told = "the function append_only_refuse was changed"
            assert told in ledger.check_derived()[0]
            ledger.upgrade()
            assert ledger.check_derived() == []


def test_migration_that_fails_keeps_the_triggers(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = make_signed(url, tmp_path, rows=3)

    def fail(_connection: sa.Connection) -> None:
        raise RuntimeError

    with signed.open() as ledger:
        monkeypatch.setattr("provenance.store.migrate.create_views", fail)
        with pytest.raises(RuntimeError):
            ledger.upgrade()
        monkeypatch.undo()
        assert ledger.check_derived() == []


@pytest.fixture(scope="module")
def superuser(
    postgresql: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[sa.Connection]:
    with new_database(postgresql) as url:
        make_signed(url, tmp_path_factory.mktemp("signed"), rows=300)
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            yield connection
        engine.dispose()


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize("table", [*FILLED, "log_state"])
def test_not_even_a_superuser_changes_deletes_or_truncates_on_postgresql(
    superuser: sa.Connection, table: str, role: str
) -> None:
    columns = sa.inspect(superuser).get_columns(table)
    first = columns[0]["name"]
    for statement in (
        f"UPDATE {table} SET {first} = {first}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):
        superuser.exec_driver_sql(f"SET session_replication_role = {role}")
        with pytest.raises(DatabaseError, match=r"append-only|only grows"):
            superuser.exec_driver_sql(statement)
        superuser.rollback()


@pytest.mark.parametrize("table", ["models", "policies", "checkpoints"])
def test_upserts_are_refused_on_postgresql(
    superuser: sa.Connection, table: str
) -> None:
    key = schema.METADATA.tables[table].primary_key.columns.keys()[0]
    with pytest.raises(DatabaseError, match="append-only"):
        superuser.exec_driver_sql(
            f"INSERT INTO {table} SELECT * FROM {table} "
            f"ON CONFLICT ({key}) DO UPDATE SET {key} = EXCLUDED.{key}"
        )
    superuser.rollback()


def test_log_is_dense_on_postgresql(superuser: sa.Connection) -> None:
    with pytest.raises(DatabaseError, match="dense"):
        superuser.exec_driver_sql("INSERT INTO log_entries VALUES (99, 'n', '', 0)")
    superuser.rollback()
