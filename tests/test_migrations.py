"""The schema comes from the migrations, and from nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from provenance import Ledger
from provenance.errors import LedgerStateError, MigrationError
from provenance.store.engine import connect_engine
from provenance.store.migrate import head_revision, known_revisions
from provenance.store.schema import METADATA
from provenance.store.views import VIEWS

ROOT = Path(__file__).parent.parent


def test_migrated_schema_is_the_metadata(url: str) -> None:
    Ledger.open(url).close()
    engine = connect_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, METADATA) == []
        assert sorted(VIEWS) == sorted(sa.inspect(connection).get_view_names())
    engine.dispose()


def test_files_are_named_after_their_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    walked = [script.revision for script in scripts.walk_revisions()]
    assert known_revisions() == tuple(reversed(walked))
    assert head_revision() == scripts.get_current_head()


def _make_with(url: str, statement: str) -> None:
    """Make a ledger, and run a statement on its database."""
    Ledger.open(url).close()
    engine = connect_engine(url)
    with engine.connect().execution_options(write=True) as connection:
        connection.exec_driver_sql(statement)
        connection.commit()
    engine.dispose()


def test_newer_schema_is_refused(url: str) -> None:
    _make_with(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(MigrationError, match=f"9999.*{head_revision()}") as caught:
        Ledger.open(url)
    assert "newer" in caught.value.hint


def test_two_revisions_are_refused(url: str) -> None:
    _make_with(url, "INSERT INTO alembic_version VALUES ('9999')")
    for upgrade in (False, True):
        with pytest.raises(MigrationError, match=r"several schemas: .*9999"):
            Ledger.open(url, upgrade=upgrade)


def test_failing_migration_leaves_nothing(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_connection: sa.Connection) -> None:
        raise RuntimeError

    monkeypatch.setattr("provenance.store.migrate.create_views", fail)
    with pytest.raises(RuntimeError):
        Ledger.open(url)
    engine = connect_engine(url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


def test_upgrade_again_keeps_the_facts(url: str) -> None:
    with Ledger.open(url) as ledger:
        ledger.add_model("M")
        assert head_revision() == ledger.upgrade()
        assert [model.name for model in ledger.models()] == ["M"]


def test_views_of_users_stay(url: str) -> None:
    _make_with(url, "CREATE VIEW report_mine AS SELECT count(*) AS n FROM records")
    Ledger.open(url, upgrade=True).close()
    engine = connect_engine(url)
    assert "report_mine" in sa.inspect(engine).get_view_names()
    engine.dispose()


def test_a_view_of_a_user_on_one_of_ours_hinders_nobody(url: str) -> None:
    _make_with(url, "CREATE VIEW mine AS SELECT dataset FROM report_dataset")
    engine = connect_engine(url)
    if engine.dialect.name == "sqlite":
        Ledger.open(url, upgrade=True).close()
    else:
        with pytest.raises(LedgerStateError, match="hangs on a view") as caught:
            Ledger.open(url, upgrade=True)
        assert "Drop it" in caught.value.hint
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM mine").scalar() == 0
    engine.dispose()
