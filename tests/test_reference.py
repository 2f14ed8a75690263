"""Sentences of the page "What the ledger means", as small worked examples."""

from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from reference import (
    GENERATING,
    GRADES,
    Element,
    Model,
    Origin,
    OriginKey,
    Parent,
    Policy,
    Record,
    World,
    assess,
    by,
    depth,
    loops,
    model_depths,
    pedigrees,
    report,
)

HUMAN = Origin("human")
OTHER = Origin("other")
DEFAULT = Policy()
LOW_BACKGROUND = Policy(cutoffs={"text": "2022-11", "image": "2022-08"})
TEMPLATE = Model("template", generative=False)


def by_model(name: str | None = "m", mode: str = "written", **more: Any) -> Origin:
    return Origin("model", name, mode, **more)


def record(item: str, *origins: Origin, **more: Any) -> Record:
    dataset = more.pop("dataset", "d@1")
    return Record(dataset=dataset, item=item, origins=origins, **more)


def child(item: str, *origins: Origin, of: str, mode: str = "copied") -> Record:
    return record(item, *origins, parents=(Parent(of, mode),))


def world(*records: Record, models: tuple[Model, ...] = ()) -> World:
    return World(records, models)


def flows(facts: World, item: str = "child") -> set[tuple[str, int, bool, int, int]]:
    """Abbreviate a pedigree: model or month or kind, grade, own, hops."""
    return {
        (e.origin.model or e.origin.month or e.origin.kind, *e[1:])
        for e in pedigrees(facts)[item]
    }


def tier(facts: World, policy: Policy = DEFAULT, item: str = "child") -> str:
    return assess(pedigrees(facts)[item], policy, facts)


# Origins


@pytest.mark.parametrize(
    ("evidence", "grade"),
    [
        ("captured", 3),
        ("attested", 3),
        ("manifest", 3),
        ("declared", 2),
        ("reviewed", 2),
        ("watermark", 1),
        ("detector", 1),
        ("matched", 1),
        ("inferred", 0),
    ],
)
def test_evidence_has_a_grade(evidence: str, grade: int) -> None:
    facts = world(record("child", HUMAN, Origin("human", evidence=evidence)))
    assert {("human", 2, True, 0, 0), ("human", grade, True, 0, 0)} == flows(facts)
    assert grade == GRADES[evidence]


def test_not_stated_is_declared() -> None:
    assert "declared" == Origin("human").evidence == Parent("parent").evidence


@pytest.mark.parametrize(
    ("origin", "hops"),
    [
        *((by_model(mode=mode), 1) for mode in sorted(GENERATING)),
        (by_model("template"), 0),
        (HUMAN, 0),
        (OTHER, 0),
    ],
)
def test_an_own_origin_has_one_hop_if_generating(origin: Origin, hops: int) -> None:
    facts = world(record("child", origin), models=(TEMPLATE,))
    ((_, _, own, least, greatest),) = flows(facts)
    assert (True, hops, hops) == (own, least, greatest)


def test_converting_keeps_its_origin_and_the_source_unknown() -> None:
    facts = world(record("child", by_model("ocr", "transcribed"), month="2020-01"))
    assert {("ocr", 2, True, 0, 0), ("2020-01", 3, True, 0, 0)} == flows(facts)


@pytest.mark.parametrize("mode", ["labelled", "judged", "selected"])
def test_filtered_with_clip_is_not_clips_output(mode: str) -> None:
    facts = world(record("child", by_model("clip", mode), month="2020-01"))
    assert {("2020-01", 3, True, 0, 0)} == flows(facts)


def test_a_generator_not_named_is_unnamed() -> None:
    assert {("unnamed", 2, True, 1, 1)} == flows(world(record("child", by_model(None))))


def test_name_and_alias_are_one_origin() -> None:
    facts = world(
        record("child", by_model("m"), by_model("alias")),
        models=(Model("m", aliases=("alias",)),),
    )
    assert {("m", 2, True, 1, 1)} == flows(facts)


def test_a_name_goes_before_an_alias() -> None:
    models = (Model("first", aliases=("m",)), Model("m"))
    facts = world(record("child", by_model("m")), models=models)
    assert {("m", 2, True, 1, 1)} == flows(facts)


def test_an_inexact_name_is_another_model() -> None:
    models = (Model("M", generative=False),)
    facts = world(record("child", by_model("m")), models=models)
    assert {("m", 2, True, 1, 1)} == flows(facts)


@pytest.mark.parametrize(
    ("score", "threshold", "expected"),
    [
        (0.49, None, {"unknown"}),
        (0.5, None, {"m", "unknown"}),
        (0.89, 0.9, {"unknown"}),
        (0.1, 0.05, {"m", "unknown"}),
    ],
)
def test_a_score_below_its_threshold_is_no_origin(
    score: float, threshold: float | None, expected: set[str]
) -> None:
    origin = by_model(evidence="detector", score=score, threshold=threshold)
    assert expected == {name for name, *_ in flows(world(record("child", origin)))}


def test_a_score_below_its_threshold_never_means_human() -> None:
    origin = by_model(evidence="detector", score=0.01)
    assert tier(world(record("child", origin)), Policy(least_grade=0)) == "unknown"


def test_scores_are_told_apart_to_five_hundredths() -> None:
    detected = [
        by_model(evidence="detector", detector="x", score=score, threshold=score)
        for score in (0.71, 0.69, 0.76)
    ]
    facts = world(record("child", HUMAN, *detected))
    scores = [e.origin.score for e in pedigrees(facts)["child"] if e.origin.detector]
    assert sorted(score or 0 for score in scores) == [0.7, 0.75]


# Source unknown


def test_an_undated_item_of_no_author_is_unknown() -> None:
    element = Element(OriginKey("unknown"), 3, own=True, least=0, greatest=0)
    assert {element} == pedigrees(world(record("child")))["child"]


def test_an_item_of_no_author_existed_by_its_earliest_date_anywhere() -> None:
    facts = world(
        record("child", month="2021-05", medium="text"),
        record("child", month="2020-03", medium="image", dataset="elsewhere"),
        record("child", medium="audio"),
    )
    (element,) = pedigrees(facts)["child"]
    assert OriginKey("capture", month="2020-03", medium="image") == element.origin


@pytest.mark.parametrize(
    ("media", "expected"), [(("b", "a"), "a"), (("a", None), None)]
)
def test_of_two_captures_in_a_month_the_least_medium_stands(
    media: tuple[str | None, ...], expected: str | None
) -> None:
    facts = world(*(record("child", month="2020-01", medium=m) for m in media))
    (element,) = pedigrees(facts)["child"]
    assert expected == element.origin.medium


def test_source_unknown_is_decided_after_the_union_over_records() -> None:
    facts = world(record("child", month="2020-01"), record("child", HUMAN, dataset="e"))
    assert {("human", 2, True, 0, 0)} == flows(facts)


@pytest.mark.parametrize("evidence", ["detector", "inferred"])
def test_an_author_below_declared_leaves_the_source_unknown(evidence: str) -> None:
    facts = world(record("child", by_model(evidence=evidence), month="2020-01"))
    assert {("m", GRADES[evidence], True, 1, 1), ("2020-01", 3, True, 0, 0)} == flows(
        facts
    )


@pytest.mark.parametrize("origin", [HUMAN, OTHER, by_model(), by_model("template")])
def test_an_author_says_where_the_content_came_from(origin: Origin) -> None:
    facts = world(record("child", origin, month="2020-01"), models=(TEMPLATE,))
    assert "2020-01" not in {name for name, *_ in flows(facts)}


def test_a_parent_equal_to_the_child_is_a_loop_and_contributes_nothing() -> None:
    facts = world(child("child", of="child", mode="quoted"))
    assert {("unknown", 3, True, 0, 0)} == flows(facts)
    assert {frozenset({"child"})} == loops(facts, DEFAULT)["items"]


# Derivation


@pytest.mark.parametrize("mode", ["copied", "extracted", "cleaned", "unspecified"])
def test_the_same_work_inherits_and_adds_nothing(mode: str) -> None:
    facts = world(record("parent", HUMAN), child("child", of="parent", mode=mode))
    assert {("human", 2, False, 0, 0)} == flows(facts)


@pytest.mark.parametrize("mode", ["quoted", "translated", "merged"])
def test_nobody_says_who_made_the_new_work(mode: str) -> None:
    facts = world(record("parent", HUMAN), child("child", of="parent", mode=mode))
    assert {("human", 2, False, 0, 0), ("unknown", 3, True, 0, 0)} == flows(facts)


def test_a_new_work_of_an_author_contributes_no_unknown() -> None:
    merged = child("child", HUMAN, of="parent", mode="merged")
    facts = world(record("parent", OTHER), merged)
    assert {("other", 2, False, 0, 0), ("human", 2, True, 0, 0)} == flows(facts)


def test_a_seeded_child_of_no_author_is_unknown_and_inherits_nothing() -> None:
    facts = world(record("parent", HUMAN), child("child", of="parent", mode="seeded"))
    assert {("unknown", 3, True, 0, 0)} == flows(facts)


@pytest.mark.parametrize("parent", ["prompt", "unseen"])
def test_an_answer_to_a_generated_prompt_is_the_persons(parent: str) -> None:
    answer = child("child", HUMAN, of=parent, mode="seeded")
    facts = world(record("prompt", by_model()), answer)
    assert {("human", 2, True, 0, 0)} == flows(facts)


def test_seeds_make_a_generated_child_deeper() -> None:
    answer = child("child", by_model("n"), of="prompt", mode="seeded")
    facts = world(record("prompt", by_model()), answer)
    assert {("n", 2, True, 1, 1), ("m", 2, False, 2, 2)} == flows(facts)


def test_a_path_is_as_good_as_its_worst_edge() -> None:
    facts = world(
        record("a", Origin("human", evidence="captured")),
        record("b", parents=(Parent("a", "copied", "matched"),)),
        record("child", parents=(Parent("b", "copied", "attested"),)),
    )
    assert {("human", 1, False, 0, 0)} == flows(facts)


def test_a_near_duplicate_is_detected_at_most() -> None:
    near = (Parent("parent", "near_duplicate", "captured"),)
    facts = world(record("parent", HUMAN), record("child", parents=near))
    assert {("human", 1, False, 0, 0)} == flows(facts)


def test_one_origin_by_two_grades_of_path_is_two_elements() -> None:
    parents = (Parent("parent", "copied"), Parent("parent", "copied", "inferred"))
    facts = world(record("parent", HUMAN), record("child", parents=parents))
    assert {("human", 2, False, 0, 0), ("human", 0, False, 0, 0)} == flows(facts)


def test_one_origin_may_be_own_and_inherited() -> None:
    facts = world(record("parent", by_model()), child("child", by_model(), of="parent"))
    assert {("m", 2, True, 1, 1), ("m", 2, False, 2, 2)} == flows(facts)


def test_a_parent_not_seen_contributes_unknown() -> None:
    unseen = (Parent("unseen", "copied", "matched"),)
    facts = world(record("child", parents=unseen, month="2020-01"))
    assert {("unknown", 1, False, 0, 0)} == flows(facts)


def test_a_generated_answer_to_an_unseen_prompt_inherits_unknown() -> None:
    facts = world(child("child", by_model(), of="unseen", mode="seeded"))
    assert {("m", 2, True, 1, 1), ("unknown", 2, False, 0, 0)} == flows(facts)


def test_lineage_known_in_one_dataset_holds_in_another() -> None:
    elsewhere = record("child", parents=(Parent("parent"),), dataset="elsewhere")
    facts = world(record("child"), record("parent", by_model()), elsewhere)
    assert tier(facts) == "derived"


@pytest.mark.parametrize(
    ("origin", "hops"),
    [
        (by_model("n", "rephrased"), 1),
        (by_model("n", evidence="detector"), 0),
        (by_model("ocr", "transcribed"), 0),
        (by_model("template"), 0),
        (HUMAN, 0),
    ],
)
def test_only_a_declared_generative_pass_adds_a_hop(origin: Origin, hops: int) -> None:
    facts = world(
        record("parent", OTHER),
        child("child", origin, of="parent"),
        models=(TEMPLATE,),
    )
    assert ("other", 2, False, hops, hops) in flows(facts)


def test_an_origin_keeps_its_least_and_greatest_hops() -> None:
    facts = world(
        record("a", by_model()),
        child("b", by_model("n"), of="a"),
        record("child", parents=(Parent("a"), Parent("b"))),
    )
    assert {("m", 2, False, 1, 2), ("n", 2, False, 1, 1)} == flows(facts)


def test_hops_are_counted_to_fifteen() -> None:
    chain = [child(str(n), by_model("n"), of=str(n - 1)) for n in range(1, 17)]
    facts = world(record("0", HUMAN), *chain)
    assert ("human", 2, False, 14, 14) in flows(facts, "14")
    assert ("human", 2, False, 15, 15) in flows(facts, "16")


def test_captures_and_unknowns_count_no_hops() -> None:
    facts = world(
        record("dated", month="2020-01"),
        record("undated"),
        record("child", by_model(), parents=(Parent("dated"), Parent("undated"))),
    )
    inherited = {("2020-01", 2, False, 0, 0), ("unknown", 2, False, 0, 0)}
    assert {("m", 2, True, 1, 1)} | inherited == flows(facts)


def test_of_inherited_captures_the_latest_stands_per_medium_and_grade() -> None:
    facts = world(
        record("a", month="2019-01", medium="text"),
        record("b", month="2020-01", medium="text"),
        record("c", month="2018-01", medium="image"),
        record("d", month="2017-01", medium="text"),
        record(
            "child",
            parents=(
                Parent("a"),
                Parent("b"),
                Parent("c"),
                Parent("d", "near_duplicate"),
            ),
        ),
    )
    months = {name: grade for name, grade, *_ in flows(facts)}
    assert months == {"2020-01": 2, "2018-01": 2, "2017-01": 1}


def test_a_cycle_that_no_origin_reaches_is_unknown() -> None:
    facts = world(child("a", of="b"), child("b", of="a"), child("child", of="b"))
    assert {("unknown", 3, True, 0, 0)} == flows(facts, "a") == flows(facts, "b")
    assert {("unknown", 2, False, 0, 0)} == flows(facts)
    assert {frozenset({"a", "b"})} == loops(facts, DEFAULT)["items"]


def test_an_origin_reaches_all_of_a_cycle() -> None:
    facts = world(
        record("source", HUMAN),
        record("a", parents=(Parent("b"), Parent("source"))),
        child("b", of="a"),
    )
    assert {("human", 2, False, 0, 0)} == flows(facts, "a") == flows(facts, "b")


def test_a_generative_cycle_is_as_deep_as_is_counted() -> None:
    facts = world(child("a", by_model(), of="b"), child("b", of="a"))
    assert {("m", 2, True, 1, 1), ("m", 2, False, 2, 15)} == flows(facts, "a")
    assert {("m", 2, False, 1, 15)} == flows(facts, "b")


def test_the_order_of_ingest_cannot_matter() -> None:
    records = (
        record("a", HUMAN, month="2020-01"),
        child("a", of="c"),
        child("b", by_model(), of="a"),
        child("c", of="b", mode="merged"),
    )
    orders = [pedigrees(world(*order)) for order in permutations(records)]
    assert [orders[0]] * 24 == orders


# Assessment


@pytest.mark.parametrize(
    ("origins", "expected"),
    [
        ((by_model(),), "generated"),
        ((by_model(), HUMAN), "generated"),
        ((HUMAN,), "human"),
        ((HUMAN, by_model("clip", "labelled")), "human"),
        ((HUMAN, OTHER), "other"),
        ((OTHER,), "other"),
        ((by_model("template"),), "other"),
        ((HUMAN, by_model("ocr", "transcribed")), "other"),
        ((by_model("ocr", "transcribed"),), "unknown"),
        ((by_model(evidence="watermark"),), "unknown"),
        ((Origin("human", evidence="inferred"),), "unknown"),
        ((), "unknown"),
    ],
)
def test_own_origins_make_a_tier(origins: tuple[Origin, ...], expected: str) -> None:
    assert expected == tier(world(record("child", *origins), models=(TEMPLATE,)))


def test_a_generating_ancestor_makes_a_work_derived() -> None:
    facts = world(record("parent", by_model()), child("child", HUMAN, of="parent"))
    assert tier(facts) == "derived"


def test_unknown_is_never_counted_as_human() -> None:
    facts = world(child("child", HUMAN, of="unseen", mode="quoted"))
    assert tier(facts) == "unknown"


def test_what_lost_its_origins_is_unknown() -> None:
    facts = world(record("child", by_model("alias")), models=(Model("m", ("alias",)),))
    assert tier(facts, Policy(least_grade=3)) == "unknown"
    assert tier(facts, Policy(ignored_models=frozenset({"m"}))) == "unknown"
    assert tier(facts, Policy(ignored_models=frozenset({"alias"}))) == "unknown"


def test_a_lower_least_grade_lets_detectors_count() -> None:
    facts = world(record("child", by_model(evidence="detector", score=0.9)))
    assert tier(facts, Policy(least_grade=1)) == "generated"


def test_a_mode_that_the_policy_does_not_count_is_other() -> None:
    facts = world(record("child", by_model(mode="translated")))
    assert tier(facts, Policy(generating_modes=frozenset({"written"}))) == "other"


def test_a_policy_that_counts_transcripts_does_not_count_their_hops() -> None:
    facts = world(record("child", by_model("ocr", "transcribed")))
    policy = Policy(generating_modes=GENERATING | {"transcribed"})
    assert tier(facts, policy) == "generated"
    assert depth(facts, "d@1", policy, "items")["max"] == 0


@pytest.mark.parametrize(
    ("month", "medium", "expected"),
    [
        ("2022-10", "text", "human"),
        ("2022-11", "text", "unknown"),
        ("2022-07", None, "human"),
        ("2022-08", None, "unknown"),
        ("2010-01", "audio", "unknown"),
    ],
)
def test_captures_before_the_cutoff_of_their_medium_are_human(
    month: str, medium: str | None, expected: str
) -> None:
    facts = world(record("child", month=month, medium=medium))
    assert expected == tier(facts, LOW_BACKGROUND)
    assert tier(facts) == "unknown"


@pytest.mark.parametrize(
    ("month", "expected"), [("2020", "human"), ("2023", "unknown")]
)
def test_a_human_work_is_human_if_its_captures_are(month: str, expected: str) -> None:
    parent = record("parent", month=f"{month}-01", medium="text")
    facts = world(parent, child("child", HUMAN, of="parent"))
    assert expected == tier(facts, LOW_BACKGROUND)


def test_all_inherited_captures_must_lie_before_a_cutoff() -> None:
    facts = world(
        record("early", month="2020-01", medium="text"),
        record("late", month="2023-01", medium="text"),
        record("child", parents=(Parent("early"), Parent("late"))),
    )
    assert tier(facts, LOW_BACKGROUND) == "unknown"


# Reports


def test_a_generated_summary_is_a_small_part_of_a_human_article() -> None:
    summary = record("summary", by_model(mode="summarised"), tokens=100)
    facts = world(record("article", HUMAN, tokens=3000), summary)
    found = report(facts, "d@1", DEFAULT)["tokens"]
    assert (Fraction(1, 31), Fraction(1, 31)) == found["downstream_share"]


def test_the_answer_is_an_interval() -> None:
    facts = world(
        record("a", by_model()),
        child("b", of="a"),
        record("c", HUMAN),
        record("d", OTHER),
        record("e"),
        record("f", by_model(), dataset="d@2"),
    )
    found = report(facts, "d@1", DEFAULT)["records"]
    assert [
        found[key]
        for key in ("generated", "derived", "human", "other", "unknown", "total")
    ] == [1, 1, 1, 1, 1, 5]
    assert (Fraction(2, 5), Fraction(3, 5)) == found["downstream_share"]


def test_a_missing_unit_nulls_its_share_and_is_counted_per_tier() -> None:
    facts = world(
        record("a", by_model(), bytes=1),
        record("b", HUMAN, bytes=3),
        record("c", HUMAN),
    )
    found = report(facts, "d@1", DEFAULT)["bytes"]
    assert (Fraction(1, 4), Fraction(1, 4)) == found["measured_share"]
    assert found["downstream_share"] is None
    assert (found["total"], found["missing"]["human"]) == (4, 1)
    assert report(facts, "d@1", DEFAULT)["items"]["downstream_share"] is not None


def test_a_total_of_zero_has_no_share() -> None:
    facts = world(record("a", by_model(), copies=Decimal(0)))
    found = report(facts, "d@1", DEFAULT)
    assert found["items"]["downstream_share"] is None
    assert found["items"]["measured_share"] is None
    assert report(facts, "other", DEFAULT)["records"]["downstream_share"] is None


def test_copies_weigh_items_bytes_and_tokens_only() -> None:
    aggregate = record(
        "a", HUMAN, items=4, bytes=100, tokens=20, copies=Decimal("2.125")
    )
    found = report(world(aggregate), "d@1", DEFAULT)
    assert {
        "records": 1,
        "items": Decimal("8.5"),
        "bytes": Decimal("212.5"),
        "tokens": Decimal("42.5"),
        "contents": 1,
    } == {unit: found[unit]["human"] for unit in found}


def test_items_of_an_aggregate_may_be_missing() -> None:
    found = report(world(record("a", HUMAN, items=None)), "d@1", DEFAULT)
    assert found["items"]["missing"]["human"] == 1
    assert found["records"]["missing"]["human"] == 0


def test_contents_are_counted_once_under_their_least_value() -> None:
    facts = world(
        record("a", HUMAN, domain="b.org"),
        record("a", HUMAN, domain="a.org"),
        record("a", HUMAN),
        record("b", HUMAN),
    )
    contents = by(facts, "d@1", DEFAULT, "source", "contents")
    assert {k: v["total"] for k, v in contents.items()} == {"a.org": 1, None: 1}
    records = by(facts, "d@1", DEFAULT, "source", "records")
    assert {k: v["total"] for k, v in records.items()} == {
        "b.org": 1,
        "a.org": 1,
        None: 2,
    }


@pytest.mark.parametrize("dimension", ["month", "language", "split", "medium"])
def test_a_breakdown_by_one_dimension_partitions_the_total(dimension: str) -> None:
    facts = world(record("a", HUMAN, **{dimension: "x"}), record("b", by_model()))
    found = by(facts, "d@1", DEFAULT, dimension, "records")
    assert {"x", None} == set(found)
    assert (found["x"]["human"], found[None]["generated"]) == (1, 1)


def test_tiers_of_a_breakdown_are_relative_to_the_group() -> None:
    facts = world(
        record("a", by_model("m")),
        child("b", by_model("n", "edited"), of="a"),
        record("c", HUMAN),
        record("d", by_model("ocr", "transcribed")),
    )
    models = by(facts, "d@1", DEFAULT, "model", "items")
    assert {"m", "n", "ocr", "(none)"} == set(models)
    assert (models["m"]["generated"], models["m"]["derived"]) == (1, 1)
    assert 1 == models["n"]["generated"] == models["n"]["total"]
    assert 1 == models["ocr"]["other"] == models["(none)"]["human"]
    modes = by(facts, "d@1", DEFAULT, "mode", "items")
    assert {"written", "edited", "transcribed", "(none)"} == set(modes)
    assert (modes["written"]["generated"], modes["written"]["derived"]) == (1, 1)


def test_a_group_of_human_evidence_is_human() -> None:
    facts = world(
        record("a", Origin("human", evidence="reviewed"), by_model()),
        record("b", Origin("other", evidence="reviewed"), HUMAN),
        record("c"),
    )
    found = by(facts, "d@1", DEFAULT, "evidence", "items")
    assert (found["reviewed"]["human"], found["reviewed"]["other"]) == (1, 1)
    assert (found["declared"]["generated"], found["declared"]["human"]) == (1, 1)
    assert found["(none)"]["unknown"] == 1


def test_origins_that_a_policy_drops_make_no_group() -> None:
    facts = world(record("a", by_model(evidence="matched"), HUMAN))
    found = by(facts, "d@1", DEFAULT, "model", "items")
    assert {group: row["human"] for group, row in found.items()} == {"(none)": 1}


# Generation depth and loops


def test_depth_counts_generations() -> None:
    facts = world(
        record("a", HUMAN, dataset="human"),
        record("b", by_model("m"), dataset="first"),
        record("c", by_model("n"), dataset="second"),
        models=(Model("m", trained_on=("human",)), Model("n", trained_on=("first",))),
    )
    assert depth(facts, "human", DEFAULT, "items")["max"] == 0
    assert depth(facts, "first", DEFAULT, "items")["max"] == 1
    assert depth(facts, "second", DEFAULT, "items")["max"] == 2
    assert {
        name: found for name, (found, _) in model_depths(facts, DEFAULT).items()
    } == {"m": 0, "n": 1}


def test_depth_is_the_greatest_of_hops_and_model_together() -> None:
    facts = world(
        record("a", by_model("x"), dataset="x-made"),
        record("b", by_model("deep")),
        child("c", by_model("plain"), of="b"),
        models=(Model("deep", trained_on=("x-made",)),),
    )
    found = depth(facts, "d@1", DEFAULT, "items")
    assert (found["min"], found["max"]) == (2, 3)
    assert {
        group: row["total"]
        for group, row in by(facts, "d@1", DEFAULT, "depth", "items").items()
    } == {2: 1, 3: 1}


def test_a_model_is_as_deep_as_its_sets_and_bases_together() -> None:
    facts = world(
        record("a", by_model("x"), dataset="made"),
        models=(Model("base", trained_on=("made",)), Model("m", based_on=("base",))),
    )
    assert model_depths(facts, DEFAULT)["m"][0] == 1


def test_a_bare_name_is_all_versions() -> None:
    facts = world(
        record("a", by_model("x"), dataset="set@2"),
        record("b", HUMAN, dataset="set@1"),
        record("c", by_model("x"), dataset="settlement"),
        models=(
            Model("all", trained_on=("set",)),
            Model("one", trained_on=("set@1",), training_complete=True),
        ),
    )
    assert model_depths(facts, DEFAULT)["all"] == (1, True)
    assert model_depths(facts, DEFAULT)["one"] == (0, False)


def test_mean_depth_is_over_what_is_known() -> None:
    facts = world(
        record("a", HUMAN, tokens=30),
        record("b", by_model(), tokens=10),
        record("c", tokens=40),
        record("d", by_model()),
    )
    found = depth(facts, "d@1", DEFAULT, "tokens")
    assert (found["min"], found["max"]) == (0, 1)
    assert (Fraction(1, 4), Fraction(1, 2)) == (found["mean"], found["known_share"])
    assert {0, 1, None} == set(by(facts, "d@1", DEFAULT, "depth", "tokens"))


def test_nothing_known_is_no_depth() -> None:
    nothing = {"min": None, "mean": None, "max": None, "open": False}
    assert nothing | {"known_share": 0} == depth(
        world(record("a")), "d@1", DEFAULT, "items"
    )
    assert nothing | {"known_share": None} == depth(world(), "d@1", DEFAULT, "items")


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        ((Model("m", training_complete=True),), False),
        ((Model("m", trained_on=("human",), training_complete=True),), False),
        ((Model("m", trained_on=("human",)),), True),
        ((Model("m", trained_on=("nowhere",), training_complete=True),), True),
        ((Model("m", based_on=("base",), training_complete=True),), True),
        ((Model("m", trained_on=("made",), training_complete=True),), True),
        ((), True),
    ],
)
def test_depth_is_open_if_some_set_upstream_is(
    models: tuple[Model, ...], *, expected: bool
) -> None:
    facts = world(
        record("a", by_model("m")),
        record("b", HUMAN, dataset="human"),
        record("c", by_model("x"), dataset="made"),
        models=models,
    )
    assert expected == depth(facts, "d@1", DEFAULT, "items")["open"]


def test_unnamed_is_open_even_when_declared_complete() -> None:
    models = (Model("unnamed", training_complete=True),)
    facts = world(record("a", by_model(None)), models=models)
    assert depth(facts, "d@1", DEFAULT, "items")["open"]


def test_a_loop_is_as_deep_as_what_enters_it_and_open() -> None:
    facts = world(
        record("a", by_model("m"), dataset="rewarded"),
        record("b", by_model("outside"), dataset="rewarded"),
        record("c", by_model("m"), dataset="after"),
        models=(
            Model("m", trained_on=("rewarded",), training_complete=True),
            Model("n", trained_on=("after",), training_complete=True),
            Model("outside", training_complete=True),
        ),
    )
    found = model_depths(facts, DEFAULT)
    assert found == {"m": (1, True), "n": (2, True), "outside": (0, False)}
    loop = frozenset({("model", "m"), ("dataset", "rewarded")})
    assert {loop} == loops(facts, DEFAULT)["lineages"]


def test_all_models_of_a_loop_are_as_deep_as_its_deepest() -> None:
    facts = world(
        record("a", by_model("n"), dataset="of-n"),
        child("b", by_model("x"), of="c"),
        record("c", by_model("x"), dataset="of-x"),
        models=(
            Model("m", trained_on=("of-n", "d@1")),
            Model("n", based_on=("m",)),
        ),
    )
    found = model_depths(facts, DEFAULT)
    assert (2, True) == found["m"] == found["n"]


def test_a_model_based_on_itself_is_a_loop() -> None:
    facts = world(models=(Model("m", based_on=("m",), training_complete=True),))
    assert model_depths(facts, DEFAULT) == {"m": (0, True)}
    assert {frozenset({("model", "m")})} == loops(facts, DEFAULT)["lineages"]


def test_what_a_policy_does_not_count_closes_no_loop() -> None:
    facts = world(record("a", by_model("m")), models=(Model("m", trained_on=("d",)),))
    assert len(loops(facts, DEFAULT)["lineages"]) == 1
    assert not loops(facts, Policy(ignored_models=frozenset({"m"})))["lineages"]
