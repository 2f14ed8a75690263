"""Why an item has its tier: every fact, the shortest ways, and what was left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import reference as ref
from click.testing import Result
from hypothesis import given, settings
from worlds import digest_of, record_world, worlds

from provenance import Ledger
from provenance.domain import format_digest
from provenance.errors import NotRecordedError
from provenance.lineage import rebuild
from provenance.query import Explanation


def digest(item: str) -> str:
    return format_digest(digest_of(item))


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> Path:
    """A manifest of items that are named by letters."""
    path = folder / f"{name}.jsonl"
    lines = []
    for row in rows:
        written = row | {"digest": digest(row["digest"])}
        if "derived_from" in row:
            written["derived_from"] = [digest(one) for one in row["derived_from"]]
        lines.append(json.dumps(written) + "\n")
    path.write_text("".join(lines))
    return path


def explain_one(ledger: Ledger, item: str, **options: int) -> Explanation:
    (found,) = ledger.explain(digest(item), **options)
    return found


def chain(folder: Path, length: int) -> Path:
    """Each item cleaned from the next; the last is a model's."""
    rows: list[dict[str, Any]] = [
        {"digest": f"i{n}", "derived_from": [f"i{n + 1}"], "derivation": "cleaned"}
        for n in range(length)
    ]
    return write(
        folder, "chain", [*rows, {"digest": f"i{length}", "generated_by": "M"}]
    )


def test_every_fact_is_told_with_its_evidence_and_its_place(
    ledger: Ledger, tmp_path: Path
) -> None:
    child = {"digest": "child", "name": "c", "derived_from": ["top"]}
    top = {"digest": "top", "url": "https://x.org/1", "fetched_at": "2023-02-03"}
    detected = {"generated_by": "M", "mode": "answered", "evidence": "detector"}
    scores = {"detector": "looker@2", "score": 0.91, "threshold": 0.5}
    rows: list[dict[str, Any]] = [
        child | {"derivation": "cleaned"},
        top | detected | scores,
    ]
    path = write(tmp_path, "rows", rows)
    done = ledger.ingest(path, dataset="d@1")
    found = explain_one(ledger, "child")
    (record,) = found.records
    assert (record.dataset, record.file, record.row) == ("d@1", str(path), 1)
    assert (record.batch, record.position) == (done.batch, done.position)
    (stated,) = record.parents
    assert (stated.mode, stated.evidence, stated.grade) == (
        "cleaned",
        "declared",
        "declared",
    )
    (above,) = found.parents
    assert (above.item, stated.item) == (digest("top"), digest("top"))
    (origin,) = above.records[0].origins
    assert (origin.model, origin.mode, origin.grade) == ("M", "answered", "detected")
    assert (origin.detector, origin.score, origin.threshold) == ("looker@2", 0.91, 0.5)
    assert above.records[0].fetched_at == "2023-02-03T00:00:00Z"
    for explanation in (found, above):
        (one,) = explanation.records
        (same,) = ledger.explain(f"{one.position}:{one.index}")
        assert same.item == explanation.item
    assert len(ledger.explain("c", "d@1#c", "https://x.org/1")) == 2
    with pytest.raises(NotRecordedError):
        ledger.explain("c", "nobody")


def test_what_has_no_digest_of_its_own_is_found_as_it_is_printed(
    ledger: Ledger, tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"name": "n"}, {"name": "s", "text": "Yes."}, {"name": "name:n"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger.ingest(path, dataset="d")
    for name in ("n", "s", "name:n"):
        (found,) = ledger.explain(name)
        assert found.item.startswith("short:" if name == "s" else "name:")
        ((again,), reached) = (
            ledger.explain(found.item),
            ledger.descendants(found.item),
        )
        assert again.records == found.records
        assert reached.subject == found.item
    with pytest.raises(NotRecordedError):
        ledger.explain("short:" + "0" * 64)


def test_shortest_way_to_a_model_is_told_with_its_weakest_link(
    ledger: Ledger, tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = [
        {"digest": "x", "derived_from": ["y", "z"], "derivation": "cleaned"},
        {"digest": "y", "derived_from": ["w"], "derivation": "copied"},
        {"digest": "z", "derived_from": ["v"], "derivation": "copied"},
        {"digest": "v", "derived_from": ["w"], "derivation": "copied"},
        {"digest": "w", "generated_by": "M", "evidence": "inferred"},
        {"digest": "v", "generated_by": "N"},
    ]
    ledger.ingest(write(tmp_path, "rows", rows), dataset="d")
    found = explain_one(ledger, "x")
    ways = {path.origin.model: path for path in found.paths}
    assert [step.parent for step in ways["M"].steps] == [digest("y"), digest("w")]
    assert [step.parent for step in ways["N"].steps] == [digest("z"), digest("v")]
    assert (ways["M"].grade, ways["N"].grade) == ("inferred", "declared")
    assert ways["M"].item == digest("w")
    (same,) = ledger.explain(ways["M"].record)
    assert same.item == digest("w")


def test_what_a_seed_does_not_pass_on_has_no_way(
    ledger: Ledger, tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "digest": "x",
            "origin": "human",
            "derived_from": ["w"],
            "derivation": "seeded",
        },
        {"digest": "w", "generated_by": "M"},
    ]
    ledger.ingest(write(tmp_path, "rows", rows), dataset="d")
    found = explain_one(ledger, "x")
    assert (found.tier, found.paths, found.beyond) == ("human", [], [])
    assert [parent.item for parent in found.parents] == [digest("w")]


def test_a_loop_ends_and_is_called_one(ledger: Ledger, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"digest": "x", "derived_from": ["y", "x"]},
        {"digest": "y", "derived_from": ["z"]},
        {"digest": "z", "derived_from": ["x"], "generated_by": "M"},
    ]
    ledger.ingest(write(tmp_path, "rows", rows), dataset="d")
    found = explain_one(ledger, "x")
    assert [one.item for one in found.iter_ancestors()] == [digest("y"), digest("z")]
    assert all(one.loop for one in (found, *found.iter_ancestors()))
    assert [parent.repeated for parent in found.records[0].parents] == [False, True]
    (last,) = found.parents[0].parents
    assert last.records[0].parents[0].repeated
    (path,) = found.paths
    assert len(path.steps) == 2


def test_of_a_large_ancestry_it_is_said_what_was_left_out(
    ledger: Ledger, tmp_path: Path
) -> None:
    ledger.ingest(chain(tmp_path, 60), dataset="d")
    short = explain_one(ledger, "i0", most=10)
    assert len(list(short.iter_ancestors())) == 9
    assert (short.left_out, short.paths, short.beyond) == (1, [], ["M"])
    whole = explain_one(ledger, "i0")
    assert (whole.left_out, whole.beyond) == (0, [])
    assert len(whole.paths[0].steps) == 60
    told = json.loads(json.dumps(whole.to_dict()))
    assert len(told["ancestors"]) == 60
    assert told["ancestors"][3]["parents"] == [digest("i5")]


def test_records_of_an_item_are_bounded_and_counted(
    ledger: Ledger, tmp_path: Path
) -> None:
    rows = [{"digest": "x", "tokens": n} for n in range(25)]
    ledger.ingest(write(tmp_path, "rows", rows), dataset="d")
    found = explain_one(ledger, "x")
    assert (len(found.records), found.records_left_out) == (20, 5)
    assert [record.row for record in found.records] == list(range(1, 21))


def test_what_was_withdrawn_explains_nothing(ledger: Ledger, tmp_path: Path) -> None:
    path = write(tmp_path, "rows", [{"digest": "x", "generated_by": "M"}])
    ledger.ingest(path, dataset="d")
    write(tmp_path, "rows", [{"digest": "x", "origin": "human"}])
    ledger.ingest(path, dataset="d", replace=True)
    found = explain_one(ledger, "x")
    assert [one.kind for one in found.records[0].origins] == ["human"]


def _shortest(world: ref.World, root: str) -> dict[ref.OriginKey, int]:
    """By brute force: how far each generative origin is that an item inherits."""
    items, pedigrees = ref.by_item(world.records), ref.pedigrees(world)
    far, found = 0, dict[ref.OriginKey, int]()
    front: set[Any] = {root}
    seen: set[Any] = {root}
    while front:
        following = set[Any]()
        for item in front:
            own = [e for e in pedigrees[item] if e.own and e.least]
            if item != root:
                for element in own:
                    found.setdefault(element.origin, far)
            passes = any(e.grade >= ref.DECLARED for e in own)
            for record in items[item]:
                for parent in record.parents:
                    if parent.item in items and (parent.mode != "seeded" or passes):
                        following.add(parent.item)
        front = following - seen
        seen |= front
        far += 1
    return found


@settings(max_examples=5)
@given(world=worlds())
def test_ways_are_the_shortest_there_are(
    tmp_path_factory: pytest.TempPathFactory, world: ref.World
) -> None:
    folder = tmp_path_factory.mktemp("world")
    with Ledger.open(f"sqlite:///{folder}/ledger.db", clock=lambda: 0) as ledger:
        with ledger._writing() as connection:
            record_world(connection, world)
            rebuild(connection, 0)
        for item, pedigree in ref.pedigrees(world).items():
            found = explain_one(ledger, str(item))
            expected = {
                key: far
                for key, far in _shortest(world, str(item)).items()
                if any(e.origin == key and not e.own for e in pedigree)
            }
            told: dict[Any, int] = {}
            for path in found.paths:
                origin = path.origin
                who = (origin.model, origin.mode, origin.evidence, origin.detector)
                told[who] = min(told.get(who, 99), len(path.steps))
            assert told == {
                (key.model, key.mode, key.evidence, key.detector): min(
                    far for other, far in expected.items() if other[1:5] == key[1:5]
                )
                for key in expected
            }
            assert found.beyond == []
            assert found.tier == ref.assess(pedigree, ref.Policy(), world)


def test_command_draws_a_tree_and_writes_json(
    run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    assert run_cli("ingest", chain(tmp_path, 20), "--dataset", "d").exit_code == 0
    drawn = run_cli("explain", digest("i0"))
    assert drawn.exit_code == 0
    assert "M is 20 derivations away, grade declared" in drawn.stdout
    assert "items above; see them with --json" in drawn.stdout
    assert "log position" in drawn.stdout
    short = run_cli("explain", digest("i0"), "--most", "3")
    assert "M flows in from further up than was walked" in short.stdout
    assert "at least 1 items further up" in short.stdout
    both = run_cli("explain", digest("i0"), digest("i20"), "--json")
    assert [one["tier"] for one in json.loads(both.stdout)] == ["derived", "generated"]
