"""The database that a ledger is opened in, or that holds none."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from databases import new_database
from sqlalchemy.exc import DBAPIError

from provenance import Ledger


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (["CREATE TABLE bookmarks (place text)"], "bookmarks"),
        (["CREATE VIEW report_dataset AS SELECT 42 AS answer"], "report_dataset"),
        (
            [
                "CREATE TABLE alembic_version (version_num text)",
                "INSERT INTO alembic_version VALUES ('0001')",
            ],
            "alembic_version",
        ),
    ],
    ids=["tables", "views", "migrations"],
)
def test_no_ledger_is_made_among_what_others_have(
    url: str,
    run_cli: Callable[..., Result],
    tmp_path: Path,
    made: list[str],
    found: str,
) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in made:
            connection.exec_driver_sql(statement)
    before = [file.read_bytes() for file in tmp_path.glob("*.db")]
    assert "holds no ledger yet" in run_cli("loops", ledger=url).output
    for words in (("model", "add", "M"), ("db", "upgrade")):
        refused = run_cli(*words, ledger=url)
        assert refused.exit_code == 1
    assert (
        "holds other tables; name an empty database"
        in run_cli("model", "add", "M", ledger=url).output
    )
    look = sa.inspect(engine)
    assert [*look.get_table_names(), *look.get_view_names()] == [found]
    engine.dispose()
    assert before == [file.read_bytes() for file in tmp_path.glob("*.db")]


def test_what_libpq_is_told_of_a_schema_holds(
    postgresql: str, run_cli: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_database(postgresql) as url:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE SCHEMA one; CREATE SCHEMA two")
        named = f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3Done"
        assert run_cli("model", "add", "M", ledger=named).exit_code == 0
        monkeypatch.setenv("PGOPTIONS", "-csearch_path=two")
        assert run_cli("model", "add", "N", ledger=url).exit_code == 0
        for place, model in ((named, "M"), (url, "N")):
            with Ledger.open(place, read_only=True) as ledger:
                assert [known.name for known in ledger.models()] == [model]
        look = sa.inspect(engine)
        assert look.get_table_names("one") == look.get_table_names("two") != []
        assert look.get_table_names("public") == []
        engine.dispose()


def test_a_password_is_not_told(
    postgresql: str, run_cli: Callable[..., Result]
) -> None:
    with new_database(postgresql) as url:
        secret = sa.make_url(url).set(password="secret")  # noqa: S106 - none of ours
        told = run_cli(
            "loops", ledger=secret.render_as_string(hide_password=False)
        ).output
    assert "holds no ledger yet" in told
    assert "secret" not in told


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_text_is_refused(
    postgresql: str, run_cli: Callable[..., Result], encoding: str
) -> None:
    with new_database(postgresql, encoding=encoding) as url:
        refused = run_cli("model", "add", "M", ledger=url)
    assert refused.exit_code == 1
    assert f"keeps texts as {encoding}" in refused.output
    assert "ENCODING 'UTF8'" in refused.output


def test_texts_are_recorded_as_they_are_whatever_libpq_is_told(
    postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"name": "ü", "generated_by": "Ж"}\n', encoding="utf-8")
    with new_database(postgresql) as url, Ledger.open(url) as ledger:
        ledger.ingest(rows)
        assert "Ж" in [model.name for model in ledger.models()]
        (item,) = ledger.explain("rows#ü")
        assert item.tier == "generated"


def test_scores_are_read_to_the_last_bit_whatever_the_server_is_told(
    postgresql: str, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    digest = "sha256:" + "0" * 64
    said = {"digest": digest, "generated_by": "M", "detector": "d", "score": 0.1 + 0.7}
    rows.write_text(json.dumps(said | {"evidence": "detector"}) + "\n")
    with (
        new_database(postgresql) as url,
        Ledger.open(_set(url, "extra_float_digits=0")) as ledger,
    ):
        ledger.ingest(rows)
        assert ledger.verify(deep=True).records == 1


def test_what_a_service_file_says_holds_for_readers_too(
    postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = tmp_path / "services.conf"
    services.write_text("[ours]\noptions=-csearch_path=one\n")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    with new_database(postgresql) as url:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE SCHEMA one")
        engine.dispose()
        named = sa.make_url(url).update_query_dict({"service": "ours"})
        place = named.render_as_string(hide_password=False)
        with Ledger.open(place) as ledger:
            ledger.add_model("M")
        with Ledger.open(place, read_only=True) as ledger:
            assert [model.name for model in ledger.models()] == ["M"]
            with (
                pytest.raises(DBAPIError, match="read-only"),
                ledger._engine.begin() as connection,
            ):
                connection.exec_driver_sql("CREATE TABLE t (i int)")


def _set(url: str, setting: str) -> str:
    """Return the URL of a ledger with a setting of the server for it alone."""
    named = sa.make_url(url).update_query_dict({"options": f"-c{setting}"})
    return named.render_as_string(hide_password=False)


@pytest.mark.parametrize(
    ("setting", "told", "hint"),
    [
        ("default_transaction_read_only=on", "cannot be written", "standby"),
        ("role=pg_monitor", "may not do this", "provenance db roles"),
    ],
)
def test_what_a_user_may_not_do_is_told(
    postgresql: str, run_cli: Callable[..., Result], setting: str, told: str, hint: str
) -> None:
    with new_database(postgresql) as url:
        Ledger.open(url).close()
        refused = run_cli("model", "add", "M", ledger=_set(url, setting))
    assert refused.exit_code == 1
    error, said = refused.output.strip().splitlines()[-2:]
    assert told in error
    assert hint in said


def test_what_a_server_has_no_time_for_is_told(
    postgresql: str, run_cli: Callable[..., Result]
) -> None:
    with (
        new_database(postgresql) as url,
        Ledger.open(url) as ledger,
        ledger._writing(),
    ):
        waited = run_cli("model", "add", "M", ledger=_set(url, "lock_timeout=1"))
    assert waited.exit_code == 1
    assert "allows less time than this takes" in waited.output
    assert "?options=-cstatement_timeout%3D0" in waited.output


def test_a_copy_in_another_journal_mode_is_read_as_it_is(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with Ledger.open(url) as ledger:
        ledger.add_model("M")
    copy = tmp_path / "copy.db"
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    before = copy.read_bytes()
    with Ledger.open(f"sqlite:///{copy}", read_only=True) as ledger:
        assert [model.name for model in ledger.models()] == ["M"]
    assert copy.read_bytes() == before


@pytest.mark.parametrize("table", ["datasets", "alembic_version"])
def test_a_view_in_place_of_a_table_is_not_run(
    ledger: Ledger, url: str, run_cli: Callable[..., Result], table: str
) -> None:
    ledger.add_dataset("d")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO kept")
        connection.exec_driver_sql(
            f"CREATE VIEW {table.upper()} AS WITH RECURSIVE endless (n) AS "
            "(SELECT 1 UNION ALL SELECT n + 1 FROM endless) "
            "SELECT kept.* FROM kept WHERE (SELECT count(*) FROM endless) > 0"
        )
    engine.dispose()
    for words in (("dataset", "list"), ("report", "d"), ("verify",), ("db", "check")):
        refused = run_cli(*words, ledger=url)
        assert refused.exit_code == 1
        assert f"{table} is a view where a ledger has a table" in refused.output
