"""Claims: what they reach, when they come, go, or meet what rows say themselves."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from databases import new_database

from provenance import Ledger
from provenance.domain import Tier, make_claim
from provenance.errors import (
    ClaimRefusedError,
    LedgerStateError,
    NameRefusedError,
    NotRecordedError,
)
from provenance.log.entries import parse_entry

Record = Callable[..., int]

NOW = 1_700_000_000_000_000
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a ledger without rows."""
    path = tmp_path_factory.mktemp("empty") / "ledger.db"
    Ledger.open(f"sqlite:///{path}", clock=lambda: NOW).close()
    return path


@pytest.fixture
def ledger(empty: Path, tmp_path: Path) -> Iterator[Ledger]:
    """On SQLite alone: the state machine makes claims on both databases."""
    path = shutil.copy(empty, tmp_path)
    with Ledger.open(f"sqlite:///{path}", clock=lambda: NOW) as opened:
        yield opened


@pytest.fixture
def record(ledger: Ledger, tmp_path: Path) -> Record:
    """Record rows as a manifest of their own; returns its log position."""
    written = iter(range(1000))

    def write(dataset: str, *rows: dict[str, Any]) -> int:
        path = tmp_path / f"{next(written)}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        position = ledger.ingest(path, dataset=dataset).position
        assert position is not None
        return position

    return write


def _rows(names: Iterable[str], **fields: Any) -> list[dict[str, Any]]:
    return [{"name": name, "text": name * 64, "tokens": 10} | fields for name in names]


def _tiers(ledger: Ledger, dataset: str, unit: str = "items") -> dict[str, float]:
    tiers = ledger.report(dataset).units[unit].tiers
    return {str(tier): amount for tier, amount in tiers.items() if amount}


def test_a_claim_reaches_every_item_of_its_dataset_and_later_ones(
    ledger: Ledger, record: Record
) -> None:
    record("d@1", *_rows("ab"))
    record("d@2", *_rows("cd"))
    record("other", *_rows("ef"))
    done = ledger.claim(dataset="d", generated_by="M", mode="answered")
    assert done.reached == 4
    assert [change.dataset for change in done.changes] == ["d@1", "d@2"]
    record("d@3", *_rows("gh"))
    for version in ("d@1", "d@2", "d@3"):
        assert _tiers(ledger, version) == {"generated": 2}
    assert _tiers(ledger, "other") == {"unknown": 2}
    assert ledger.check_derived() == []


def test_a_claim_of_one_version_leaves_the_others(
    ledger: Ledger, record: Record
) -> None:
    record("d@1", *_rows("ab"))
    record("d@2", *_rows("cd"))
    ledger.claim(dataset="d@1", generated_by="M")
    assert _tiers(ledger, "d@1") == {"generated": 2}
    assert _tiers(ledger, "d@2") == {"unknown": 2}


def test_what_is_claimed_holds_for_the_content_in_every_dataset_and_flows_on(
    ledger: Ledger, record: Record
) -> None:
    record("d", *_rows("ab"))
    record("copies", *_rows("bc"))
    child = {"name": "child", "text": "z" * 64, "derived_from": ["d#a"]}
    record("cleaned", child | {"derivation": "cleaned"})
    done = ledger.claim(dataset="d", generated_by="M")
    changed = {change.dataset for change in done.changes}
    assert changed == {"d", "copies", "cleaned"}
    assert _tiers(ledger, "copies") == {"generated": 1, "unknown": 1}
    assert _tiers(ledger, "cleaned") == {"derived": 1}
    record("more", *_rows("a"))
    assert _tiers(ledger, "more") == {"generated": 1}
    ledger.withdraw_claim(done.position, why="not so")
    for dataset in ("copies", "cleaned", "more"):
        assert set(_tiers(ledger, dataset)) == {"unknown"}
    assert ledger.check_derived() == []


def test_what_a_row_says_as_well_keeps_a_claim_out_and_what_it_says_less_well_does_not(
    ledger: Ledger, record: Record
) -> None:
    record("d", *_rows("a", origin="human"), *_rows("b"))
    guessed = _rows("c", origin="human", evidence="inferred")
    captured = _rows("e", origin="human", evidence="captured")
    record("d", *guessed, *captured)
    ledger.claim(dataset="d", generated_by="M")
    assert _tiers(ledger, "d") == {"generated": 2, "human": 2}
    ledger.claim(dataset="d", generated_by="N", evidence="attested")
    assert _tiers(ledger, "d") == {"generated": 3, "human": 1}
    models = {value for value, _ in ledger.report("d", by=["model"]).by["model"]}
    assert models == {"M", "N", "(none)"}


def test_a_row_that_speaks_later_takes_the_item_from_the_claim(
    ledger: Ledger, record: Record
) -> None:
    record("d", *_rows("ab"))
    ledger.claim(dataset="d", generated_by="M")
    record("elsewhere", *_rows("a", origin="human"))
    assert _tiers(ledger, "d") == {"generated": 1, "human": 1}
    # The same model by a row: nothing else claimed of equal grade is left beside it.
    ledger.claim(dataset="d", generated_by="N")
    record("elsewhere", *_rows("b", generated_by="M"))
    models = dict(ledger.report("d", by=["model"]).by["model"])
    assert set(models) == {"M", "(none)"}
    assert ledger.check_derived() == []


def test_a_claim_that_people_wrote_it_makes_it_human(
    ledger: Ledger, record: Record
) -> None:
    record("d", *_rows("ab"))
    ledger.claim(dataset="d", origin="human", evidence="reviewed", who="the editors")
    assert _tiers(ledger, "d") == {"human": 2}
    (claim,) = ledger.claims()
    assert (claim["who"], claim["says"]) == ("the editors", "made by people (reviewed)")


def test_labels_and_claims_about_models_are_listed_and_change_no_number(
    ledger: Ledger, record: Record
) -> None:
    record("d", *_rows("ab"))
    labelled = ledger.claim(dataset="d", generated_by="M", mode="labelled")
    about = ledger.claim(model="M", mode="answered", note="as its card says")
    assert (labelled.changes, about.changes) == ((), ())
    assert (labelled.reached, about.reached) == (None, None)
    assert [claim["effect"] for claim in ledger.claims()] == ["changes no number"] * 2
    assert ledger.verify(deep=True).records == 2


def test_a_claim_of_a_source_reaches_its_hosts_within_its_dates(
    ledger: Ledger, record: Record
) -> None:
    pages = [
        {
            "url": f"https://{host}/{day}",
            "text": f"{host} {day} " * 9,
            "fetched_at": day,
        }
        for host in ("blog.example.com", "www.example.com", "example.org")
        for day in ("2023-01-31", "2023-02-01", "2023-03-31")
    ]
    record("crawl", *pages, {"url": "https://www.example.com/", "text": "u" * 80})
    host = ledger.claim(source="Blog.Example.com.", generated_by="M")
    assert host.reached == 3
    dated = ledger.claim(
        source="example.com",
        generated_by="M",
        since=date(2023, 2, 1),
        until=date(2023, 3, 31),
    )
    assert dated.reached == 4
    assert _tiers(ledger, "crawl") == {"generated": 5, "unknown": 5}
    late = {"url": "http://www.example.com:80/x", "text": "v" * 80}
    record("late", late | {"fetched_at": "2023-02-15"}, late | {"text": "w" * 80})
    assert _tiers(ledger, "late") == {"generated": 1, "unknown": 1}
    ledger.withdraw_claim(host.position, why="sold in 2022")
    assert _tiers(ledger, "crawl") == {"generated": 4, "unknown": 6}
    assert ledger.check_derived() == []


def test_a_claim_may_end_with_the_last_day_there_is(
    ledger: Ledger, record: Record
) -> None:
    page = {"text": "a" * 80, "fetched_at": "9999-12-31T23:59:59.999999Z"}
    record("d", page)
    done = ledger.claim(dataset="d", generated_by="M", until=date.max)
    assert done.reached == 1
    assert " to 9999-12-31:" in done.subject


def test_every_spelling_of_a_host_is_one_source(ledger: Ledger, record: Record) -> None:
    hosts = (
        "b\u00fccher.example",
        "xn--bcher-kva.Example.",
        "B\u00dcCHER.example:80",
    )
    record("crawl", *({"url": f"https://{host}/", "text": host * 9} for host in hosts))
    report = ledger.report("crawl", by=["source"])
    assert [name for name, _ in report.by["source"]] == ["xn--bcher-kva.example"]
    assert ledger.claim(source="B\u00fccher.example", generated_by="M").reached == 3


def test_an_address_is_a_source_as_the_report_names_it(
    ledger: Ledger, record: Record
) -> None:
    record("crawl", {"name": "a", "url": "http://[2001:DB8::1]:8080/a"})
    report = ledger.report("crawl", by=["source"])
    ((source, _),) = report.by["source"]
    assert source == "2001:db8::1"
    for spelled in (source, "[2001:DB8::1]"):
        done = ledger.claim(source=spelled, generated_by="M", dry_run=True)
        assert done.reached == 1
    ledger.verify(deep=True)


def test_short_contents_are_reached_in_their_own_dataset_only(
    ledger: Ledger, record: Record
) -> None:
    yes = {"name": "y", "text": "Yes."}
    record("d", yes)
    record("e", yes)
    ledger.claim(dataset="d", generated_by="M")
    assert _tiers(ledger, "d") == {"generated": 1}
    assert _tiers(ledger, "e") == {"unknown": 1}


def test_a_model_that_turns_out_not_to_generate_takes_its_claims_along(
    ledger: Ledger, record: Record
) -> None:
    record("d", *_rows("ab"))
    ledger.claim(dataset="d", generated_by="M")
    record("e", *_rows("cd"))
    ledger.claim(dataset="e", generated_by="M", share="50%", unit="items")
    ledger.add_model("M", generative=False)
    assert _tiers(ledger, "d") == {"other": 2}
    assert _tiers(ledger, "e") == {"unknown": 2}
    assert not ledger.report("e").shares[0].counts
    assert ledger.check_derived() == []


def test_a_share_counts_in_its_own_unit_and_includes_what_is_known(
    ledger: Ledger, record: Record
) -> None:
    ledger.add_model("GPT-4", aliases=["gpt-4"])
    record("d", *_rows("abcdefg"), *_rows("hi", generated_by="gpt-4"))
    record("d", *_rows("j", origin="human"))
    done = ledger.claim(dataset="d", generated_by="GPT-4", share="30%", unit="items")
    assert done.reached is None
    (change,) = done.changes
    assert list(change.before) == ["items"]
    report = ledger.report("d")
    items = report.units["items"]
    assert items.tiers[Tier.GENERATED] == 3
    assert items.unattributed == 1
    assert items.downstream_share == (0.3, 0.9)
    assert report.units["records"].downstream_share == (0.2, 0.9)
    (share,) = report.shares
    told = share.to_dict()
    assert (told["expected"], told["known"], told["conflict"]) == (3, 2, 0)
    record("child", {"name": "k", "text": "k" * 64, "derived_from": ["d#a"]})
    assert _tiers(ledger, "child") == {"unknown": 1}
    assert ledger.check_derived() == []


def test_what_does_not_fit_into_unknown_is_a_conflict(
    ledger: Ledger, record: Record
) -> None:
    record("d", *_rows("abcd", origin="human"), *_rows("e"))
    ledger.claim(dataset="d", generated_by="M", share="0.4", unit="tokens")
    ledger.claim(dataset="d", generated_by="N", share="0.1", unit="tokens")
    ledger.claim(dataset="d", generated_by="M", share="0.5", unit="tokens")
    report = ledger.report("d")
    assert _tiers(ledger, "d", "tokens") == {"generated": 10, "human": 40}
    told = [share.to_dict() for share in report.shares]
    assert [(one["model"], one["unattributed"], one["conflict"]) for one in told] == [
        ("M", 10, 10),
        ("N", 0, 5),
        ("M", 0, 15),
    ]


def test_a_dry_run_tells_what_would_change_and_keeps_nothing(
    ledger: Ledger, record: Record
) -> None:
    batch = record("d", *_rows("ab"))
    tried = ledger.claim(dataset="d", generated_by="M", dry_run=True)
    assert ledger.claims() == []
    assert _tiers(ledger, "d") == {"unknown": 2}
    done = ledger.claim(dataset="d", generated_by="M")
    assert tried.to_dict() | {"dry_run": False} == done.to_dict()
    gone = ledger.withdraw_batch(batch, why="w", dry_run=True)
    assert gone.changes[0].after["records"].total == 0
    assert ledger.withdraw_claim(done.position, why="w", dry_run=True).changes
    assert _tiers(ledger, "d") == {"generated": 2}


def test_a_withdrawn_batch_no_longer_counts_and_can_be_recorded_again(
    ledger: Ledger, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in _rows("abcd")))
    ledger.ingest(path, dataset="d@1", batch_rows=2)
    first, second = (batch["position"] for batch in ledger.batches("d"))
    part = ledger.withdraw_batch(first, why="wrong file", dry_run=True)
    assert part.note == f"of the same manifest these still stand: {second}"
    done = ledger.withdraw_batch(first, second, why="wrong file")
    (change,) = done.changes
    assert (change.dataset, change.after["items"].total) == ("d@1", 0)
    assert done.note is None
    assert [batch["withdrawn"] for batch in ledger.batches("d@1")] == [
        done.position,
        done.position,
    ]
    with pytest.raises(NotRecordedError, match="no dataset 'd@2'"):
        ledger.batches("d@2")
    assert ledger.ingest(path, dataset="d@1").recorded == 4
    assert ledger.check_derived() == []
    assert ledger.verify(deep=True).records == 8


def test_what_does_not_stand_there_cannot_be_withdrawn(
    ledger: Ledger, record: Record
) -> None:
    batch = record("d", *_rows("a"))
    claim = ledger.claim(dataset="d", generated_by="M").position
    with pytest.raises(NotRecordedError, match=rf"no claim.*{batch}"):
        ledger.withdraw_claim(batch, why="w")
    with pytest.raises(NotRecordedError, match=rf"no batch.*{claim}"):
        ledger.withdraw_batch(batch, claim, why="w")
    for beyond in (2**64, -(2**64)):
        with pytest.raises(NotRecordedError, match=rf"no batch.*{beyond}"):
            ledger.withdraw_batch(beyond, why="w")
    with pytest.raises(ClaimRefusedError, match="no reason"):
        ledger.withdraw_claim(claim, why=" ")
    ledger.withdraw_claim(claim, why="w")
    with pytest.raises(LedgerStateError, match=r"was withdrawn at .*: w"):
        ledger.withdraw_claim(claim, why="again")
    ledger.withdraw_batch(batch, why="w")
    with pytest.raises(LedgerStateError, match="was withdrawn"):
        ledger.withdraw_batch(batch, why="again")


def _tell(ledger: Ledger, path: Path) -> list[Any]:
    """Say and take back all that can be said; return what came of it."""
    batch = ledger.ingest(path, dataset="d@1").position
    assert batch is not None
    done = [
        ledger.claim(
            source="www.example.org",
            generated_by="M",
            since=date(2023, 1, 1),
            until=date(2023, 1, 31),
        ),
        ledger.claim(dataset="d", generated_by="N", share="0.95", unit="tokens"),
    ]
    with ledger._reading() as connection:
        view = connection.exec_driver_sql(
            "SELECT unit, generated, unknown, unattributed FROM report_dataset"
        )
        rows = sorted(map(tuple, view))
    report = ledger.report("d", unit="tokens", by=["model"])
    done.append(ledger.withdraw_claim(done[0].position, why="w"))
    assert ledger.check_derived() == []
    done.append(ledger.withdraw_batch(batch, why="w"))
    assert ledger.check_derived() == []
    told = [one.to_dict() for one in done]
    return [*told, rows, report.to_dict()["shares"], ledger.claims()]


def test_both_databases_say_the_same(postgresql: str, tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    pages = [
        row | {"url": f"https://www.example.org/{n}", "fetched_at": f"2023-0{n}-31"}
        for n, row in zip((1, 3, 5), _rows("abc"), strict=True)
    ]
    pages += [row | {"derived_from": ["a"]} for row in _rows("e")]
    path.write_text("".join(json.dumps(row) + "\n" for row in pages))
    told = []
    with new_database(postgresql) as other:
        for url in (f"sqlite:///{tmp_path}/ledger.db", other):
            with Ledger.open(url, clock=lambda: 0) as ledger:
                told.append(_tell(ledger, path))
    assert told[0] == told[1]
    first, share, *_ = told[0]
    assert first["changes"][0]["units"]["items"]["after"]["derived"] == 1
    assert share["changes"][0]["units"]["tokens"]["after"]["unattributed"] == 20


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, "not of 0"),
        ({"dataset": "d", "source": "s", "origin": "human"}, "not of 2"),
        ({"dataset": "d"}, "who made the content"),
        ({"dataset": "d", "origin": "capture"}, "'capture' is no kind"),
        ({"dataset": "d", "origin": "human", "generated_by": "M"}, "is not human"),
        ({"dataset": "d", "origin": "human", "mode": "edited"}, "what a model does"),
        ({"dataset": "d", "generated_by": "M", "mode": "drawn"}, "'drawn' is no mode"),
        ({"dataset": "d", "generated_by": "M", "evidence": "x"}, "is no evidence"),
        ({"dataset": "d", "generated_by": " "}, "is no name of a model"),
        ({"source": "https://example.org", "origin": "human"}, "nor a domain"),
        ({"source": "example.org:80", "origin": "human"}, "nor a domain"),
        ({"model": "M", "generated_by": "N"}, "about a model"),
        ({"dataset": "d", "generated_by": "M", "share": "0.3"}, "one of a unit"),
        ({"dataset": "d", "generated_by": "M", "unit": "items"}, "one of a unit"),
        (
            {"source": "s", "generated_by": "M", "share": "1", "unit": "items"},
            "one of a dataset",
        ),
        ({"dataset": "d", "generated_by": "M", "who": "\udcff"}, "or no text"),
        (
            {
                "dataset": "d",
                "generated_by": "M",
                "since": date(2024, 1, 2),
                "until": date(2024, 1, 1),
            },
            "before they begin",
        ),
    ],
)
def test_claims_without_a_meaning_are_refused(
    said: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClaimRefusedError, match=message):
        make_claim(**said)


@pytest.mark.parametrize("share", ["0", "1.1", "-3%", "x", "nan", "0.1234567", "inf%"])
def test_what_is_no_share_is_refused(share: str) -> None:
    with pytest.raises(ClaimRefusedError, match="is no share"):
        make_claim(dataset="d", generated_by="M", share=share, unit="items")


def test_a_name_that_is_no_datasets_is_refused() -> None:
    with pytest.raises(NameRefusedError):
        make_claim(dataset="a b", generated_by="M")


def test_the_log_says_the_whole_claim(ledger: Ledger) -> None:
    done = ledger.claim(
        dataset="d@1",
        generated_by="M",
        mode="answered",
        evidence="reviewed",
        share="12.5%",
        unit="tokens",
        note="n",
        who="w",
    )
    dated = ledger.claim(source="a.b", origin="human", until=date(1970, 1, 1))
    with ledger._reading() as connection:
        entries = list(
            connection.exec_driver_sql(
                "SELECT entry FROM log_entries WHERE kind = 'claim' ORDER BY position"
            ).scalars()
        )
    kind, body = parse_entry(entries[0])
    assert (kind, body) == (
        "claim",
        {
            "subject": "dataset",
            "name": "d",
            "version": "1",
            "first_at": None,
            "last_at": None,
            "kind": "model",
            "model": "M",
            "mode": "answered",
            "evidence": "reviewed",
            "unit": "tokens",
            "share": "0.125",
            "note": "n",
            "who": "w",
            "recorded_at": NOW,
        },
    )
    _, body = parse_entry(entries[1])
    assert (body["first_at"], body["last_at"]) == (None, 86_400_000_000 - 1)
    assert (done.position, dated.position) == (2, 3)
    documented = (ROOT / "docs/log-format.md").read_text("utf-8")
    (row,) = [
        line for line in documented.splitlines() if line.startswith("| `claim` | subj")
    ]
    said = re.sub(r"\([^)]*\)", "", row.split("|")[2])
    assert {name.strip() for name in said.split(",")} == body.keys() - {"recorded_at"}
