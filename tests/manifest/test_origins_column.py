from typing import Any

import pyarrow as pa
import pytest
from manifest.rows import normalise, reasons

Origin = tuple[str, str | None, str, str]


def origins(columns: dict[str, Any]) -> list[list[Origin]]:
    """Return kind, model, mode and evidence of the origins of each row."""
    records, faults = normalise(columns)
    assert faults == []
    return [
        [(o["kind"], o["model"], o["mode"], o["evidence"]) for o in record["origins"]]
        for record in records
    ]


def model(name: str, mode: str = "unspecified", evidence: str = "declared") -> Origin:
    return ("model", name, mode, evidence)


HUMAN: Origin = ("human", None, "unspecified", "declared")
OTHER: Origin = ("other", None, "unspecified", "declared")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("human", [HUMAN]),
        ("Human", [HUMAN]),
        ("MODEL", [model("unnamed")]),
        ("AI", [model("unnamed")]),
        ("other", [OTHER]),
        ("unknown", []),
        ("true", [model("unnamed")]),
        ("1", [model("unnamed")]),
        ("Yes", [model("unnamed")]),
        ("False", []),
        ("0", []),
        ("no", []),
        ("", []),
        (None, []),
    ],
)
def test_the_origin_is_a_word_or_a_yes(
    cell: str | None, expected: list[Origin]
) -> None:
    assert origins({"origin": [cell, "other"]}) == [expected, [OTHER]]


def test_the_origin_may_be_a_boolean_column() -> None:
    assert origins({"origin": [True, False, None]}) == [[model("unnamed")], [], []]


def test_another_origin_is_a_fault() -> None:
    reason = "expected human, model, other or unknown; or true or false"
    assert reasons("origin", ["robot"]) == [(1, "origin", "robot", reason)]


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("gpt-4", ["gpt-4"]),
        ("DeepSeek-R1, Qwen-2.5-72B", ["DeepSeek-R1", "Qwen-2.5-72B"]),
        ("a;b|c\nd", ["a", "b", "c", "d"]),
        ("a,a, a ", ["a"]),
        ('["a, b", "c", null, 7, ""]', ["a, b", "c", "7"]),
        ("[not json", ["[not json"]),
        ("GPT-4 (0613)", ["GPT-4 (0613)"]),
        ("GPT-4 (March 14, 2023), B", ["GPT-4 (March 14, 2023)", "B"]),
        ("A), B", ["A)", "B"]),
        ("A (x, y", ["A (x", "y"]),
        ("None", []),
        ("nan", []),
        ("N/A", []),
        ("NA", []),
        ("<NA>", []),
        (r"\N", []),
        ("-", []),
        ("null", []),
        ("Unknown", []),
        (", ;", []),
        ("[]", []),
    ],
)
def test_generators_are_one_or_several_names(cell: str, names: list[str]) -> None:
    assert origins({"generated_by": [cell]}) == [[model(name) for name in names]]


def test_generators_may_be_an_arrow_list() -> None:
    column = pa.array([["a, b", "c"], [], None, [None, "d"]])
    assert origins({"generated_by": column}) == [
        [model("a, b"), model("c")],
        [],
        [],
        [model("d")],
    ]


def test_a_person_may_be_among_the_generators() -> None:
    cells = ["human", "gpt-4, Human"]
    assert origins({"generated_by": cells, "mode": ["written", "written"]}) == [
        [HUMAN],
        [model("gpt-4", "written"), HUMAN],
    ]


def test_templates_and_others_are_no_names_of_models() -> None:
    cells = ["templates", "Other", "GPT-4, Template", "human; others"]
    assert origins({"generated_by": cells}) == [
        [OTHER],
        [model("unnamed")],
        [model("GPT-4"), OTHER],
        [model("unnamed"), HUMAN],
    ]


def test_generators_in_one_cell_are_never_merged() -> None:
    cells = ["gpt-4 + human", "A & B", "A and B", "A+B", "Llama-3.1, ITS models"]
    assert origins({"generated_by": cells}) == [
        [model("gpt-4"), HUMAN],
        [model("A"), model("B")],
        [model("A"), model("B")],
        [model("A+B")],
        [model("Llama-3.1"), model("ITS models")],
    ]


def test_the_origin_stands_beside_the_generators() -> None:
    found = origins(
        {
            "origin": ["model", "human", "other", "unknown", "model", "human"],
            "generated_by": ["M", "M", "M", "M", "human", "human"],
        }
    )
    assert found == [
        [model("M")],
        [model("M"), HUMAN],
        [model("M"), OTHER],
        [model("M")],
        [model("unnamed"), HUMAN],
        [HUMAN],
    ]


@pytest.mark.parametrize(
    "cell", ["x" * 301, "M," + "y" * 301, '[{"name": "M"}]', '[["M"]]', '["a\\u0000"]']
)
def test_other_generators_are_faults(cell: str) -> None:
    found = reasons("generated_by", ["M", cell])
    assert [(row, field) for row, field, _, _ in found] == [(2, "generated_by")]


def test_a_name_of_300_characters_is_kept() -> None:
    assert origins({"generated_by": ["x" * 300]}) == [[model("x" * 300)]]


def test_mode_and_evidence_are_words_in_any_case() -> None:
    found = origins(
        {
            "generated_by": ["M"] * 3,
            "mode": ["Answered", "", None],
            "evidence": ["CAPTURED", " ", "inferred"],
        }
    )
    assert found == [
        [model("M", "answered", "captured")],
        [model("M", "unspecified", "declared")],
        [model("M", "unspecified", "inferred")],
    ]


@pytest.mark.parametrize("field", ["mode", "evidence", "derivation"])
def test_other_words_are_faults_that_list_the_words(field: str) -> None:
    if field == "derivation":
        _, faults = normalise({"derivation": ["x"], "derived_from": ["p"]})
    else:
        _, faults = normalise({field: ["x"]})
    assert [(f.row, f.field, f.value) for f in faults] == [(1, field, "x")]
    assert faults[0].reason.startswith("expected one of ")


def detections(columns: dict[str, Any]) -> list[Any]:
    records, _ = normalise(columns)
    keys = ("evidence", "detector", "score", "threshold")
    return [[tuple(o[k] for k in keys) for o in r["origins"]] for r in records]


def test_a_score_without_evidence_is_a_detectors() -> None:
    found = detections(
        {
            "generated_by": ["M", "M", "M"],
            "score": ["0.9", None, "0.1"],
            "detector": ["D 1.0", None, "D 1.0"],
        }
    )
    assert found == [
        [("detector", "D 1.0", 0.9, 0.5)],
        [("declared", None, None, None)],
        [("detector", "D 1.0", 0.1, 0.5)],
    ]


def test_the_threshold_is_kept_only_where_something_was_detected() -> None:
    found = detections(
        {
            "generated_by": ["M"] * 4,
            "evidence": ["detector", "watermark", "declared", "declared"],
            "threshold": ["0.7", None, "0.7", "0.7"],
            "score": [None, None, None, "0.2"],
        }
    )
    assert found == [
        [("detector", None, None, 0.7)],
        [("watermark", None, None, 0.5)],
        [("declared", None, None, None)],
        [("declared", None, 0.2, 0.7)],
    ]


def test_a_threshold_of_zero_is_one() -> None:
    found = detections({"generated_by": ["M"], "score": [0.0], "threshold": [0.0]})
    assert found == [[("detector", None, 0.0, 0.0)]]


def test_a_score_alone_speaks_of_an_unnamed_model() -> None:
    records, _ = normalise({"score": ["0.2", None], "detector": ["D", "D"]})
    assert [o["model"] for o in records[0]["origins"]] == ["unnamed"]
    assert records[1]["origins"] == []


def test_scores_follow_their_row_past_rows_with_none_or_several_origins() -> None:
    records, _ = normalise(
        {
            "generated_by": ["a,b", "", "c", "d"],
            "origin": [None, "unknown", None, None],
            "score": ["0.1", "0.2", "0.3", ""],
        }
    )
    scores = [[(o["model"], o["score"]) for o in r["origins"]] for r in records]
    assert scores == [[("a", 0.1), ("b", 0.1)], [], [("c", 0.3)], [("d", None)]]


def test_a_row_without_any_statement_has_no_origins() -> None:
    records, _ = normalise({"name": ["a"]})
    assert records[0]["origins"] == []


def test_many_combinations_keep_their_rows() -> None:
    names = [f"M{n % 977}" for n in range(5000)]
    modes = ["answered" if n % 3 else "written" for n in range(5000)]
    found = origins({"generated_by": names, "mode": modes})
    expected = [[model(n, m)] for n, m in zip(names, modes, strict=True)]
    assert expected == found


def test_a_cell_of_very_many_names_is_split_in_one_pass() -> None:
    cell = "a (b, c)," * 3 + "d," * 300_000
    named = [model("a (b, c)"), model("d")]
    assert origins({"generated_by": [cell]}) == [named]
