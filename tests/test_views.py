"""The views answer as the API does, on both databases, in plain SQL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from reference import World
from worlds import record_world, worlds

from provenance import Ledger
from provenance.domain import Tier, Unit, parse_dataset
from provenance.ledger.reports import make_report
from provenance.lineage import rebuild
from provenance.report import Amounts, Report

_SETTINGS = settings(
    deadline=None,
    max_examples=8,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


_GROUPINGS = ("model", "mode", "evidence", "source", "month", "language", "split")


def _near(value: float | None) -> Any:
    return None if value is None else pytest.approx(value)


def _amounts(row: Any) -> dict[str, Any]:
    return {name: _near(row[name]) for name in ("total", *map(str, Tier))}


def _check(connection: sa.Connection, report: Report) -> None:
    name, _, version = report.dataset.partition("@")
    where = f"WHERE dataset = '{name}' AND version = '{version}'"

    def rows(sql: str) -> list[Any]:
        return list(connection.exec_driver_sql(sql).mappings())

    for row in rows(f"SELECT * FROM report_dataset {where}"):
        figures = report.units[Unit(row["unit"])]
        assert _amounts(row) == Amounts.to_dict(figures)
        assert row["missing"] == sum(figures.missing.values())
        assert row["unattributed"] == _near(figures.unattributed)
        low_high = row["downstream_low"], row["downstream_high"]
        expected = figures.downstream_share or (None, None)
        assert low_high == (_near(expected[0]), _near(expected[1]))
        measured = figures.share or (None, None)
        found = row["measured_low"], row["measured_high"]
        assert found == (_near(measured[0]), _near(measured[1]))
    for grouping in _GROUPINGS:
        view = f"report_dataset_{grouping}"
        found_groups = {
            row[grouping]: _amounts(row)
            for row in rows(f"SELECT * FROM {view} {where} AND unit = '{report.unit}'")
        }
        stated = {value: amounts.to_dict() for value, amounts in report.by[grouping]}
        assert found_groups == stated
    tiers = {
        row["tier"]: row["n"]
        for row in rows(
            f"SELECT tier, count(*) AS n FROM report_item {where} GROUP BY tier"
        )
    }
    records = report.units[Unit.RECORDS].tiers
    assert tiers == {str(tier): n for tier, n in records.items() if n}


@given(world=worlds())
@_SETTINGS
def test_views_agree_with_the_report(url: str, world: World) -> None:
    with (
        Ledger.open(url, clock=lambda: 0) as ledger,
        ledger._writing(keep=False) as connection,
    ):
        record_world(connection, world)
        rebuild(connection, 0)
        for dataset in {r.dataset for r in world.records if r.dataset is not None}:
            report = make_report(
                connection,
                parse_dataset(dataset),
                by=_GROUPINGS,
                unit=Unit.RECORDS,
                policy="default",
            )
            _check(connection, report)


def test_views_lose_no_part_of_a_second_and_find_no_share_where_none_is(
    ledger: Ledger, tmp_path: Path
) -> None:
    dates = ("2022-10-31T23:59:59.9997Z", "1969-12-31T23:59:59.9997Z")
    rows: list[dict[str, Any]] = [
        *({"name": f"d{n}", "fetched_at": moment} for n, moment in enumerate(dates)),
        *({"name": f"p{n}"} for n in range(91)),
        *({"name": f"g{n}", "generated_by": "M"} for n in range(7)),
    ]
    path = tmp_path / "d.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger.ingest(path)
    ledger.claim(dataset="d", generated_by="M", share="0.07", unit="items")
    with ledger._reading() as connection:
        told = connection.execute(
            sa.text(
                "SELECT fetched_at FROM report_item WHERE name LIKE 'd%' ORDER BY 1"
            )
        )
        assert [*told.scalars()] == ["1969-12-31T23:59:59Z", "2022-10-31T23:59:59Z"]
        query = "SELECT unattributed FROM report_dataset WHERE unit = 'items'"
        assert [*connection.execute(sa.text(query)).scalars()] == [0]


def test_views_add_up_to_the_last_digit(ledger: Ledger, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"name": "b", "bytes": 2**40 + 1, "copies": "2.001"},
        {"name": "t", "bytes": 3, "copies": "0.1", "origin": "other"},
        {"name": "h", "bytes": 1, "copies": "0.7", "origin": "human"},
        {"name": "g", "bytes": 2**40, "copies": "0.333", "generated_by": "M"},
    ]
    path = tmp_path / "d.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger.ingest(path)
    report = ledger.report("d", by=["model"], unit="bytes")
    wholes = [(None, report.units["bytes"]), *report.by["model"]]
    columns = ("total", *map(str, Tier), "measured_low", "measured_high")
    with ledger._reading() as connection:
        for model, amounts in wholes:
            view = "report_dataset_model" if model else "report_dataset"
            where = f"unit = 'bytes' AND model = '{model}'" if model else "unit='bytes'"
            query = f"SELECT {', '.join(columns)} FROM {view} WHERE {where}"
            assert amounts.share
            assert [*connection.exec_driver_sql(query).one()] == [
                *Amounts.to_dict(amounts).values(),
                *amounts.share,
            ]


def test_views_have_the_groups_of_the_report(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    rows = [{"digest": "sha256:" + "0" * 64, "language": code} for code in ("de", "en")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger.ingest(path)
    query = "SELECT unit, language, total FROM report_dataset_language ORDER BY 1, 2"
    with ledger._reading() as connection:
        found = [tuple(row) for row in connection.exec_driver_sql(query)]
    for unit in ("contents", "records"):
        groups = ledger.report("d", by=["language"], unit=unit).by["language"]
        stated = {(unit, value, amounts.total) for value, amounts in groups}
        assert {row for row in found if row[0] == unit} == stated
