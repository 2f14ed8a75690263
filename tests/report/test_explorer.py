"""The page answers every what-if as the ledger does, in a real browser."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import reference as ref
from browser import run_browser, watch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from worlds import policies, record_world, to_what_if, worlds

from provenance import Ledger
from provenance.domain import DEFAULT, Grade, Tier, Unit, WhatIf
from provenance.lineage import rebuild
from provenance.report import Amounts, Report
from provenance.report.explorer import pack_data, render_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_BY = ("model", "mode", "evidence", "depth", "source", "month")
_RICH = settings(
    deadline=None,
    max_examples=6,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with run_browser() as started:
        yield started


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger without facts, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "ledger.db"
    with Ledger.open(f"sqlite:///{path}", clock=lambda: 0):
        pass
    return path


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of an empty dataset, whose rules are given other data."""
    folder = tmp_path_factory.mktemp("page")
    with Ledger.open(f"sqlite:///{folder}/ledger.db", clock=lambda: 0) as ledger:
        ledger.add_dataset("nothing")
        (folder / "page.html").write_text(render_page(ledger.explore("nothing")))
    with watch(browser, folder / "page.html") as (opened, _):
        yield opened


def _ask(page: Page, data: bytes, questions: Sequence[Mapping[str, Any]]) -> Any:
    return page.evaluate(
        "async ([text, asked]) => asked.map(await explorer.open(text))",
        [base64.b64encode(data).decode(), [*questions]],
    )


def _question(what_if: WhatIf, unit: str, suppose: str = "") -> dict[str, Any]:
    """What the controls say for a change of the default policy."""
    policy = what_if.apply(DEFAULT)
    return {
        "unit": unit,
        "least": int(policy.least_grade),
        "generating": sorted(policy.generating),
        "ignored": sorted(policy.ignored_models),
        "cutoffs": dict(policy.cutoffs),
        "suppose": suppose,
    }


def _same(said: str, number: float) -> bool:
    if isinstance(number, int):
        return Decimal(said) == number
    return float(said) == pytest.approx(number, rel=1e-12)


def _assert_groups_agree(
    found: list[dict[str, Any]], amounts: Mapping[Any, Amounts]
) -> None:
    assert {group["value"] for group in found} == set(amounts)
    for group in found:
        expected = amounts[group["value"]]
        assert all(_same(group[tier], expected.tiers[Tier(tier)]) for tier in Tier)
        assert group["share"] == _near(expected.share)


def _fold_sources(
    found: list[dict[str, Any]], amounts: Mapping[Any, Amounts]
) -> dict[Any, Amounts]:
    """The ledger's sources, with those that the page does not tell apart as one."""
    told = {group["value"] for group in found}
    if False not in told:
        return dict(amounts)
    rest = [one for source, one in amounts.items() if source not in told]
    tiers = {tier: sum(one.tiers[tier] for one in rest) for tier in Tier}
    known = {source: one for source, one in amounts.items() if source in told}
    return known | {False: Amounts(tiers=tiers)}


def _near(share: Any) -> Any:
    return None if share is None else pytest.approx(list(share), rel=1e-12, abs=1e-15)


def _assert_agrees(found: dict[str, Any], report: Report) -> None:
    for unit, figures in report.units.items():
        said = found["units"][unit]
        assert all(_same(said[tier], figures.tiers[Tier(tier)]) for tier in Tier), unit
        assert said["missing"] == {str(t): n for t, n in figures.missing.items()}
        assert said["downstream_share"] == _near(figures.downstream_share)
        assert said["measured_share"] == _near(figures.share)
        assert _same(said["unattributed"], figures.unattributed)
    assert found["depth"] == {
        name: pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
        for name, value in report.depth.to_dict().items()
    }
    for name in _BY:
        amounts, groups = dict(report.by[name]), found["by"][name]
        if name == "source":
            amounts = _fold_sources(groups, amounts)
        _assert_groups_agree(groups, amounts)
    inside = {group["value"] for group in found["by"]["model"]}
    loops = {
        (tuple(loop["models"]), tuple(loop["datasets"]))
        for loop in found["loops"]
        if report.dataset in loop["datasets"] or inside & set(loop["models"])
    }
    assert loops == {
        (loop["models"], loop["datasets"])
        for loop in report.loops
        if loop["kind"] == "model"
    }
    for said, share in zip(found["shares"], report.shares, strict=True):
        expected = share.to_dict()
        assert (said["claim"], said["counts"]) == (share.claim, share.counts)
        for name in ("expected", "known", "unattributed", "conflict"):
            assert _same(said[name], expected[name])


@given(
    world=worlds(),
    policy=policies(),
    unit=st.sampled_from(tuple(Unit)),
    data=st.data(),
)
@_RICH
def test_page_agrees_with_the_ledger_on_any_world(
    page: Page,
    empty: Path,
    tmp_path_factory: pytest.TempPathFactory,
    world: ref.World,
    policy: ref.Policy,
    unit: Unit,
    data: st.DataObject,
) -> None:
    path = tmp_path_factory.mktemp("world") / "ledger.db"
    shutil.copy(empty, path)
    with closing(Ledger.open(f"sqlite:///{path}", clock=lambda: 0)) as ledger:
        with ledger._writing() as connection:
            record_world(connection, world)
            rebuild(connection, 0)
        names = {model.name: model.name for model in ledger.models()} | {
            alias: model.name for model in ledger.models() for alias in model.aliases
        }
        drawn = to_what_if(policy, world)
        datasets = sorted({r.dataset for r in world.records if r.dataset})
        dataset = data.draw(st.sampled_from(datasets))
        suppose = data.draw(st.sampled_from(datasets))
        explorer = ledger.explore(dataset, suppose=[suppose])
        asked = [(WhatIf(), ""), (drawn, ""), (drawn, suppose)]
        questions = []
        for what_if, supposed in asked:
            question = _question(what_if, unit, supposed)
            question["ignored"] = [names.get(n, n) for n in question["ignored"]]
            questions.append(question)
        found = _ask(page, pack_data(explorer), questions)
        for one, (what_if, supposed) in zip(found, asked, strict=True):
            claim = f"dataset '{supposed}' generated_by unnamed"
            report = ledger.report(
                dataset,
                by=_BY,
                unit=unit,
                what_if=what_if,
                assume=[claim] if supposed else [],
            )
            _assert_agrees(one, report)


_REAL = (
    "V1-mixture-cards/tulu-3-sft-mixture.README.md",
    "V1-mixture-cards/nemotron-post-training-v1.csv",
    "V2-file-manifests/dolma2-0625-v01.csv",
    "V4-dedupe/alpaca.seed_tasks.jsonl",
    "V7-tabular/test_1000.parquet",
)


@pytest.mark.parametrize("name", _REAL)
def test_page_agrees_with_the_ledger_on_real_data(
    page: Page, empty: Path, tmp_path: Path, real_data: Path, name: str
) -> None:
    path = tmp_path / "ledger.db"
    shutil.copy(empty, path)
    with Ledger.open(f"sqlite:///{path}", clock=lambda: 0) as ledger:
        ledger.ingest(real_data / name, dataset="real")
        explorer = ledger.explore("real", suppose=["real"])
        claim = "dataset real generated_by unnamed"
        everything = WhatIf(least_grade=Grade.INFERRED, cutoffs={"text": "2030-01"})
        models = frozenset(model.name for model in ledger.models())
        ignoring = WhatIf(ignored_models=models)
        asked = [
            (WhatIf(), ""),
            (everything, ""),
            (ignoring, ""),
            (everything, "real"),
        ]
        for unit in (Unit.ITEMS, Unit.BYTES):
            questions = [_question(what_if, unit, one) for what_if, one in asked]
            found = _ask(page, pack_data(explorer), questions)
            for answer, (what_if, supposed) in zip(found, asked, strict=True):
                assume = [claim] if supposed else []
                report = ledger.report(
                    "real", by=_BY, unit=unit, what_if=what_if, assume=assume
                )
                _assert_agrees(answer, report)
