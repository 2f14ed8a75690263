"""What another ledger makes of an export: all of it, but what the loss report names."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import reference as ref
import sqlalchemy as sa
from exported import Everything
from hypothesis import Phase, given, settings
from worlds import record_world, worlds

from provenance import Ledger
from provenance.lineage import rebuild
from provenance.report import GROUPINGS
from provenance.store import schema

_FEW = settings(max_examples=2, deadline=None, phases=(Phase.explicit, Phase.generate))


def _report(ledger: Ledger, dataset: str) -> dict[str, Any]:
    found = ledger.report(dataset, by=tuple(GROUPINGS), unit="tokens").to_dict()
    del found["as_of"], found["log"]
    for share in found["shares"]:
        del share["claim"]
    return found


@pytest.mark.slow
@given(world=worlds())
@_FEW
def test_a_world_of_one_dataset_survives_every_format_with_rows(
    world: ref.World,
) -> None:
    records = [replace(r, dataset="mix@1") for r in world.records if r.dataset]
    world = replace(world, records=tuple(records))
    folder = Path(tempfile.mkdtemp())
    with Ledger.open("sqlite://") as source:
        with source._writing() as connection:
            record_world(connection, world)
            rebuild(connection, 0)
        expected = _report(source, "mix@1")
        for name in ("prov-json", "croissant"):
            source.export_dataset(name, "mix@1", folder / name)
            with Ledger.open("sqlite://") as target:
                done = [one.to_dict() for one in target.ingest_all([folder / name])]
                assert [one["error"] for one in done if "error" in one] == []
                assert expected == _report(target, "mix@1")
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["prov-json", "croissant"])
def test_rows_keep_their_units_and_tiers_but_for_records_elsewhere(
    everything: Everything, name: str
) -> None:
    lost = {loss.what for loss in everything.done[name].lost}
    assert lost == {"upstream", "depth", "loops", "parents", "log"}
    expected = everything.ledger.report("org/set@1.5", by=["source", "split"])
    with Ledger.open("sqlite://") as target:
        list(target.ingest_all([everything.folder / name]))
        found = target.report("org/set@1.5", by=["source", "split"])
        # Of a2 another dataset says that Llama edited it: that is upstream, and here
        # it is derived from what GPT-4 answered.
        assert expected.units["bytes"].share == found.units["bytes"].share
        lacking = [sum(r.units["bytes"].missing.values()) for r in (expected, found)]
        assert lacking[0] == lacking[1]
        for by in ("source", "split"):
            totals = [
                {value: amounts.total for value, amounts in report.by[by]}
                for report in (expected, found)
            ]
            assert totals[0] == totals[1]
        models = {model.name: model for model in target.models()}
        assert models["GPT-4"].aliases == ("gpt-4",)
        assert models["Llama"].training_complete
        assert [share.share for share in found.shares] == [0.6]
        with target._reading() as connection:
            reserved = sa.select(schema.reservations.c.said)
            assert connection.execute(reserved).scalars().all() == [
                "X-Robots-Tag: noai"
            ]


@pytest.mark.parametrize("name", ["cyclonedx", "spdx"])
def test_bills_of_materials_keep_models_and_parents_and_claim_nothing(
    everything: Everything, name: str
) -> None:
    lost = {loss.what for loss in everything.done[name].lost}
    assert {"rows", "edges", "claims", "loops"} <= lost
    with Ledger.open("sqlite://") as target:
        list(target.ingest_all([everything.folder / name]))
        models = {model.name: model for model in target.models()}
        assert set(models["GPT-4"].trained_on) == {"parent", "org/set@1.5"}
        assert models["Llama"].trained_on == ("books@2",)
        sets = {f"{d['dataset']}@{d['version']}": d for d in target.datasets()}
        assert sets["org/set@1.5"]["derived_from"] == ["parent"]
        assert sets["org/set@1.5"]["license"] == "MIT"
        assert sets["org/set@1.5"]["records"] == 0
        assert target.claims() == []


@pytest.mark.parametrize("name", ["openlineage", "card"])
def test_events_and_cards_keep_the_parents_and_claim_nothing(
    everything: Everything, name: str
) -> None:
    lost = {loss.what for loss in everything.done[name].lost}
    assert {"rows", "edges", "claims", "models"} <= lost
    with Ledger.open("sqlite://") as target:
        list(target.ingest_all([everything.folder / name]))
        declared = [parent for d in target.datasets() for parent in d["derived_from"]]
        assert "parent" in declared
        assert target.claims() == []
        assert [d["records"] for d in target.datasets() if d["records"]] == []


def test_spdx_says_nothing_of_suppliers_and_times_that_is_not_recorded(
    everything: Everything,
) -> None:
    assert "Time" not in everything.read("spdx")
    with Ledger.open("sqlite://") as target:
        list(target.ingest_all([everything.folder / "spdx"]))
        models = {model.name: model for model in target.models()}
        assert {n: (m.provider, m.released) for n, m in models.items()} == {
            "GPT-3": (None, None),
            "GPT-4": ("OpenAI", None),
            "Llama": (None, None),
        }
        assert [d for d in target.datasets() if d["stated"].get("sources")] == []
