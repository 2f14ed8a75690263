"""Facts that come late, and change what is already recorded."""

from __future__ import annotations

import hashlib
import json
import statistics
import time
from pathlib import Path

from benchmarks.bench import Bench, Benchmark, format_gb
from benchmarks.manifests import write_answers
from benchmarks.measure import Run
from benchmarks.tables import format_number, format_table

from provenance import Ledger
from provenance.domain import Tier

__all__ = ["BENCHMARK", "record_late_rows", "say_generative"]

_PART = 10
"""One record in so many belongs to the dataset that late facts change."""


def _digest(item: str) -> str:
    return hashlib.sha256(item.encode()).hexdigest()


def record_late_rows(url: str, manifest: str, dataset: str) -> float:
    """Record one more manifest in an open ledger; return seconds."""
    with Ledger.open(url) as ledger:
        started = time.perf_counter()
        ledger.ingest(manifest, dataset=dataset)
        return time.perf_counter() - started


def say_generative(url: str, *, generative: bool) -> float:
    """Say whether ``answerer`` is a generative model; return seconds."""
    with Ledger.open(url) as ledger:
        started = time.perf_counter()
        ledger.add_model("answerer", generative=generative)
        return time.perf_counter() - started


def claim_dataset(url: str, dataset: str, model: str) -> float:
    """Claim that a model made every item of a dataset; return seconds."""
    with Ledger.open(url) as ledger:
        started = time.perf_counter()
        ledger.claim(dataset=dataset, generated_by=model, evidence="attested")
        return time.perf_counter() - started


def withdraw_first_claim(url: str) -> float:
    """Take back the first claim that stands; return seconds."""
    with Ledger.open(url) as ledger:
        claims = [one for one in ledger.claims() if one["withdrawn"] is None]
        started = time.perf_counter()
        ledger.withdraw_claim(claims[0]["position"], why="second thoughts")
        return time.perf_counter() - started


def _run(bench: Bench) -> list[str]:
    answers = bench.rows // _PART
    crawl = bench.crawl(bench.rows - answers)
    with bench.scratch() as folder:
        url = f"sqlite:///{folder}/ledger.db"
        manifest = folder / "answers.parquet"
        write_answers(manifest, answers, bench.repeat)
        first = {"crawl": crawl, "answers": manifest}
        for dataset, path in first.items():
            bench.measure(
                f"ingest of {dataset}",
                "benchmarks.writers:ledger",
                manifest=str(path),
                url=url,
                dataset=dataset,
            )
        runs: dict[str, list[Run]] = {}
        for turn in range(bench.repeat):
            for what, row in _late_rows(turn, bench).items():
                path = folder / f"{what.replace(' ', '-')}-{turn}.jsonl"
                path.write_text(json.dumps(row) + "\n", "utf-8")
                runs.setdefault(what, []).append(_record(bench, what, url, path))
            what = "model said not to be generative, or again to be"
            run = bench.measure(
                what,
                "benchmarks.late:say_generative",
                url=url,
                generative=bool(turn % 2),
            )
            runs.setdefault(what, []).append(run)
            for model in (f"D-{turn}", f"C-{turn}"):
                what = "claim about the dataset"
                run = bench.measure(
                    what,
                    "benchmarks.late:claim_dataset",
                    url=url,
                    dataset="answers",
                    model=model,
                )
                runs.setdefault(what, []).append(run)
            what = "withdrawal of a claim"
            run = bench.measure(what, "benchmarks.late:withdraw_first_claim", url=url)
            runs.setdefault(what, []).append(run)
            what = "same crawl once more: nothing to record"
            runs.setdefault(what, []).append(
                _record(bench, what, url, crawl, dataset="crawl")
            )
        with Ledger.open(url) as ledger:
            _expect(ledger, bench, answers)
    touched = dict.fromkeys(runs, f"{answers:,}")
    touched |= {"edge of one item": "1", "same crawl once more: nothing to record": "0"}
    rows = [
        (
            what,
            touched[what],
            format_number(statistics.median(run.returned for run in taken)),
            format_gb(max(run.peak_rss for run in taken)),
        )
        for what, taken in runs.items()
    ]
    return [
        f"{bench.rows:,} records, {answers:,} of them in the dataset that changes.",
        format_table(("late fact", "items it changes", "s", "peak RSS"), rows),
    ]


def _late_rows(turn: int, bench: Bench) -> dict[str, dict[str, object]]:
    """What is recorded late, as one row of a manifest each."""
    child, parent = _late_edge(turn, bench)
    return {
        "parent": {"digest": _digest(f"late {turn}"), "generated_by": f"M-{turn}"},
        "duplicate with an origin": {
            "digest": _digest("hub"),
            "generated_by": f"N-{turn}",
        },
        "edge of one item": {
            "digest": child,
            "derived_from": parent,
            "derivation": "cleaned",
        },
    }


def _late_edge(turn: int, bench: Bench) -> tuple[str, str]:
    """A plain item near the end of the crawl, and a generated one: child, parent.

    Of its rows 10 n + 1 are plain and 10 n + 3 are generated.
    """
    ten = 10 * ((bench.rows - bench.rows // _PART) // 10 - 2 - turn)
    return _digest(f"item {ten + 1}"), _digest(f"item {ten + 3}")


def _record(
    bench: Bench, what: str, url: str, path: Path, dataset: str = "late"
) -> Run:
    return bench.measure(
        what,
        "benchmarks.late:record_late_rows",
        url=url,
        manifest=str(path),
        dataset=dataset,
    )


def _expect(ledger: Ledger, bench: Bench, answers: int) -> None:
    """See that every late fact arrived where it should."""
    for turn in range(bench.repeat):
        child, _ = _late_edge(turn, bench)
        (item,) = ledger.explain(child)
        if item.tier != Tier.DERIVED:
            raise ValueError(f"{child} is {item.tier} after the late edge")
    groups = ledger.report("answers", by=["model"]).by["model"]
    items = {name: amounts.total for name, amounts in groups}
    for turn in range(bench.repeat):
        # The hub itself has the origins of its duplicates, not the late parents.
        wanted: dict[str, int | None]
        wanted = {f"M-{turn}": answers - 1, f"N-{turn}": answers}
        # Each turn withdraws one of the two claims it makes, the oldest that stands.
        claimed = 2 * turn >= bench.repeat, 2 * turn + 1 >= bench.repeat
        wanted |= {
            f"{letter}-{turn}": answers if stands else None
            for letter, stands in zip("DC", claimed, strict=True)
        }
        for model, expected in wanted.items():
            if items.get(model) != expected:
                raise ValueError(f"{model}: {items.get(model)} items, not {expected}")


BENCHMARK = Benchmark(
    name="late",
    title="Late facts",
    about="""
A ledger on SQLite holds a crawl and a dataset whose items all hang on one hub item and on parents that are not recorded yet.
Then facts and claims arrive that change every item of that dataset, an edge that changes one item, and the manifest of the crawl a second time; each is recorded by a fresh process, medians.
Seconds are those of recording it in an open ledger; that each arrived at every item is checked.
""",  # noqa: E501 - a sentence a line, as in every document
    rows=10_000_000,
    bytes_per_row=1_500,
    run=_run,
)
