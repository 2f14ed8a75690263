"""Rows of several parts become one record per part, in JSON lines and in Parquet."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifest.rows import Row, read_file, write

from provenance.domain import Field, format_digest
from provenance.errors import ManifestError
from provenance.manifest import map_columns, open_manifest
from provenance.manifest.content import digest_texts

Read = Callable[..., list[Row]]


@pytest.fixture(params=["jsonl", "parquet"])
def read(request: pytest.FixtureRequest, tmp_path: Path) -> Read:
    """Write rows in each container, and read them back as records without faults."""

    def read_rows(*rows: dict[str, Any]) -> list[Row]:
        path = tmp_path / f"rows.{request.param}"
        if request.param == "parquet":
            pq.write_table(pa.Table.from_pylist(list(rows)), path)
        else:
            write(path, "\n".join(map(json.dumps, rows)))
        records, faults = read_file(path)
        assert faults == []
        return records

    return read_rows


def sha256(text: str) -> Any:
    return digest_texts(pa.array([text]))[0].as_py()


def models(record: Row) -> list[tuple[str, str | None, str]]:
    return [(o["kind"], o["model"], o["mode"]) for o in record["origins"]]


def parents(record: Row) -> list[tuple[Any, str]]:
    return [(p["digest"] or p["reference"], p["mode"]) for p in record["parents"]]


def test_turns_of_a_chat_share_row_and_differ_in_part(read: Read) -> None:
    turns = [
        {"role": "system", "content": "You are terse."},
        {"role": "user", "content": "Why is the sky blue?"},
        {"role": "assistant", "content": "Rayleigh scattering."},
    ]
    records = read({"id": "c1", "messages": turns}, {"id": "c2", "messages": turns[1:]})
    assert [(r["row"], r["part"], r["name"]) for r in records] == [
        (1, 0, "c1"),
        (1, 1, "c1:1"),
        (1, 2, "c1:2"),
        (2, 0, "c2"),
        (2, 1, "c2:1"),
    ]
    assert [r["digest"] for r in records[:3]] == [sha256(t["content"]) for t in turns]
    assert [r["bytes"] for r in records[:3]] == [len(t["content"]) for t in turns]
    assert {r["medium"] for r in records} == {"text"}


def test_a_role_is_no_origin(read: Read) -> None:
    for key, role, content in (
        ("messages", "role", "content"),
        ("conversations", "from", "value"),
    ):
        said = [("human", "Why?"), ("gpt", "Because."), ("assistant", "So.")]
        turns = [{role: who, content: what} for who, what in said]
        assert [models(r) for r in read({key: turns})] == [[], [], []]


def test_a_reply_is_seeded_by_the_turn_before_it(read: Read) -> None:
    turns = [
        {"role": "user", "content": "Why?"},
        {"role": "assistant", "content": "Because."},
        {"role": "user", "content": "I see."},
    ]
    records = read({"messages": turns})
    seeded = [(sha256("Why?"), "seeded")]
    assert [parents(r) for r in records] == [[], seeded, []]


def test_a_model_of_the_row_made_the_replies_and_not_the_questions(read: Read) -> None:
    turns = [
        {"role": "user", "content": "Why?"},
        {"role": "assistant", "content": "Because."},
    ]
    records = read({"conversation": turns, "model": "gpt-4", "language": "English"})
    assert [models(r) for r in records] == [[], [("model", "gpt-4", "answered")]]
    assert {r["language"] for r in records} == {"English"}


def test_a_turn_names_its_own_origin(read: Read) -> None:
    turns = [
        {"role": "user", "content": "Why?", "origin": "human", "model": None},
        {"role": "assistant", "content": "So.", "origin": None, "model": "A, B"},
    ]
    records = read({"messages": turns})
    assert models(records[0]) == [("human", None, "unspecified")]
    assert models(records[1]) == [
        ("model", "A", "answered"),
        ("model", "B", "answered"),
    ]


def test_pieces_of_a_turn_are_put_together_and_pictures_left_out(read: Read) -> None:
    pieces = [
        {"type": "text", "text": "What is "},
        {"type": "image", "text": None},
        {"type": "text", "text": "this?"},
    ]
    (record,) = read({"messages": [{"role": "user", "content": pieces}]})
    assert record["digest"] == sha256("What is this?")


def test_each_completion_has_its_own_model(read: Read) -> None:
    row = {
        "source": "evol_instruct",
        "instruction": "Write a haiku.",
        "models": ["alpaca-7b", "gpt-4"],
        "completions": [
            {"model": "alpaca-7b", "response": "An old pond.", "overall_score": 3.0},
            {"model": "gpt-4", "response": "A frog jumps in.", "overall_score": 8.0},
        ],
    }
    prompt, first, second = read(row)
    assert (models(prompt), parents(prompt)) == ([], [])
    assert models(first) == [("model", "alpaca-7b", "answered")]
    assert models(second) == [("model", "gpt-4", "answered")]
    seed = [(sha256("Write a haiku."), "seeded")]
    assert parents(first) == parents(second) == seed


def test_answers_are_completions_too(read: Read) -> None:
    row = {
        "prompt": "Why?",
        "answers": [{"model": "gpt-4", "answer": "So.", "rank": 1}],
    }
    assert [models(r) for r in read(row)] == [[], [("model", "gpt-4", "answered")]]


def test_completions_may_be_texts_alone(read: Read) -> None:
    records = read({"question": "Why?", "answers": ["So.", "No."]})
    assert [models(r) for r in records] == [[], [], []]
    assert parents(records[2]) == [(sha256("Why?"), "seeded")]


def test_a_completion_of_several_models_names_them_all(read: Read) -> None:
    made = {"prompt": "Why?", "completions": [{"model": ["A", "B"], "text": "So."}]}
    assert models(read(made)[1]) == [
        ("model", "A", "answered"),
        ("model", "B", "answered"),
    ]


def test_distilabel_model_of_all_generations(read: Read) -> None:
    row = {
        "instruction": "Why?",
        "generations": ["So.", "No."],
        "generation_model": "A",
        "distilabel_metadata": {"raw": "x"},
    }
    made = [("model", "A", "answered")]
    assert [models(r) for r in read(row)] == [[], made, made]


def test_numbers_are_texts_of_their_digits(read: Read) -> None:
    records = read({"instruction": "1 + 1?", "output": 2})
    assert records[1]["digest"] == sha256("2")


def test_a_model_of_the_row_made_the_completions_that_name_none(read: Read) -> None:
    records = read({"prompt": "Why?", "responses": ["So.", "No."], "model": "A"})
    made = [("model", "A", "answered")]
    assert [models(r) for r in records] == [[], made, made]


@pytest.mark.parametrize(
    ("said", "asked", "answered"),
    [
        ({"origin": "human"}, "human", "human"),
        ({"is_synthetic": True}, None, "model"),
        ({"origin": "unknown"}, None, None),
    ],
)
def test_what_a_row_says_of_its_origin_holds_for_its_parts(
    read: Read, said: dict[str, Any], asked: str | None, answered: str | None
) -> None:
    turns = [
        {"role": "user", "content": "Why?"},
        {"role": "assistant", "content": "So."},
    ]
    for row in ({"messages": turns}, {"prompt": "Why?", "output": "So."}):
        kinds = [[o["kind"] for o in r["origins"]] for r in read(row | said)]
        assert kinds == [[kind] if kind else [] for kind in (asked, answered)]


def test_pairs_of_answers(read: Read) -> None:
    plain = {"prompt": "Why?", "chosen": "So.", "rejected": "No.", "chosen_model": "A"}
    records = read(plain)
    assert [r["digest"] for r in records] == [sha256(t) for t in ("Why?", "So.", "No.")]
    assert [models(r) for r in records] == [[], [("model", "A", "answered")], []]
    dialogue = [
        {"role": "user", "content": "Why?"},
        {"role": "assistant", "content": "So."},
    ]
    records = read({"chosen": dialogue, "rejected": dialogue})
    assert [r["digest"] for r in records] == [sha256(t) for t in ("Why?", "So.", "So.")]


def test_distilabel_generation_is_by_the_model_of_its_row(read: Read) -> None:
    row = {
        "instruction": "Why?",
        "generation": "So.",
        "model_name": "Qwen3-235B-A22B",
        "distilabel_metadata": {"raw_output_text_generation_0": "So."},
    }
    prompt, answer = read(row)
    assert models(prompt) == []
    assert models(answer) == [("model", "Qwen3-235B-A22B", "answered")]
    assert parents(answer) == [(sha256("Why?"), "seeded")]


def test_distilabel_judge_is_not_the_author(read: Read) -> None:
    row = {
        "instruction": "Why?",
        "generations": ["So.", "No."],
        "model_names": ["A", "B"],
        "ratings": [5, 1],
        "model_name": "the-judge",
        "distilabel_metadata": {"raw_output_ultra_feedback_0": "5"},
    }
    assert [models(r) for r in read(row)] == [
        [],
        [("model", "A", "answered")],
        [("model", "B", "answered")],
    ]
    del row["model_names"]
    unnamed = [("model", "unnamed", "answered")]
    assert [models(r) for r in read(row)] == [[], unnamed, unnamed]


def test_distilabel_before_version_1(read: Read) -> None:
    row = {
        "input": "Why?",
        "generations": ["So."],
        "generation_model": ["A"],
        "labelling_model": "the-judge",
        "raw_generation_responses": ["So."],
    }
    assert [models(r) for r in read(row)] == [[], [("model", "A", "answered")]]


def test_distilabel_generations_of_several_rounds_are_all_parts(read: Read) -> None:
    row = {
        "instruction": "Why?",
        "generations": [["So.", "No."], ["Yes."]],
        "model_name": "A",
        "distilabel_metadata": {"raw": "x"},
    }
    assert [r["part"] for r in read(row)] == [0, 1, 2, 3]


def test_an_instruction_its_input_and_its_output(read: Read) -> None:
    row = {"instruction": "Add.", "input": "1 + 1", "output": "2", "model": "A"}
    prompt, given, output = read(row, row | {"input": ""})[:3]
    assert (models(prompt), models(given)) == ([], [])
    assert models(output) == [("model", "A", "answered")]
    assert parents(output) == [(sha256("Add."), "seeded"), (sha256("1 + 1"), "seeded")]


def test_an_instruction_names_what_it_was_made_from(read: Read) -> None:
    row = {
        "id": "i2",
        "instruction": "Add two numbers.",
        "output": "3",
        "parent_id": "i1",
        "seed_instruction": "Add.",
        "instruction_model": "text-davinci-003",
    }
    prompt, output = read(row)
    assert models(prompt) == [("model", "text-davinci-003", "unspecified")]
    assert parents(prompt) == [(sha256("Add."), "seeded"), ("i1", "seeded")]
    assert parents(output) == [(sha256("Add two numbers."), "seeded")]
    assert (prompt["name"], output["name"]) == ("i2", "i2:1")


def test_how_an_instruction_came_out_of_its_parent_is_taken_over(read: Read) -> None:
    row = {
        "instruction": "Sag es.",
        "output": "Es.",
        "derived_from": ["a", "b"],
        "derivation": "translated",
    }
    assert parents(read(row)[0]) == [("a", "translated"), ("b", "translated")]


def test_instances_of_a_task(read: Read) -> None:
    instances = [{"input": "", "output": "So."}, {"input": "x", "output": "No."}]
    records = read({"id": "s", "instruction": "Do.", "instances": instances})
    assert [r["part"] for r in records] == [0, 1, 2, 3]
    assert [r["digest"] for r in records] == [
        sha256(text) for text in ("Do.", "So.", "x", "No.")
    ]


IMAGE = {
    "url": "http://a.org/1.jpg",
    "caption": "A cat.",
    "key": "000000000",
    "status": "success",
    "error_message": None,
    "width": 256,
    "sha256": "ab" * 32,
}


def test_an_image_and_its_caption(read: Read) -> None:
    image, caption = read(IMAGE)
    assert (image["medium"], caption["medium"]) == ("image", "text")
    assert format_digest(image["digest"]) == "sha256:" + "ab" * 32
    assert caption["digest"] == sha256("A cat.")
    assert {r["url"] for r in (image, caption)} == {"http://a.org/1.jpg"}
    assert (image["name"], caption["name"]) == ("000000000", "000000000:1")


def test_a_generated_image_may_have_any_caption(read: Read) -> None:
    image, caption = read(IMAGE | {"synthetic": "true"})
    assert models(image) == [("model", "unnamed", "unspecified")]
    assert models(caption) == []


def test_an_image_that_was_not_downloaded_is_passed_over(tmp_path: Path) -> None:
    failed = IMAGE | {"status": "failed_to_download", "sha256": None}
    shouting = {name.upper(): value for name, value in IMAGE.items()}
    pq.write_table(pa.Table.from_pylist([failed, IMAGE]), tmp_path / "a.parquet")
    pq.write_table(pa.Table.from_pylist([shouting]), tmp_path / "b.parquet")
    reader = open_manifest(tmp_path / "a.parquet")
    (raw,) = reader.read(["digest"])
    assert raw.notes == {"its status is not success: no image was downloaded": [1]}
    assert len(read_file(tmp_path / "b.parquet")[0]) == 2


def test_an_image_without_a_digest_is_a_fault(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", json.dumps(IMAGE | {"sha256": None}))
    records, faults = read_file(path)
    assert records == []
    assert [f.row for f in faults] == [1]
    assert "expected the digest of the image" in faults[0].reason


def test_sizes_of_a_row_are_not_those_of_its_parts(tmp_path: Path) -> None:
    row = {"id": "a", "instruction": "Do.", "output": "So.", "tokens": 12, "split": "x"}
    reader = open_manifest(write(tmp_path / "a.jsonl", json.dumps(row)))
    chosen = map_columns(reader.columns, {}, {})
    assert "tokens (of the row)" in chosen.unused
    assert {r["tokens"] for r in read_file(tmp_path / "a.jsonl")[0]} == {None}
    assert {r["split"] for r in read_file(tmp_path / "a.jsonl")[0]} == {"x"}


def test_a_text_that_is_asked_for_means_the_row_as_a_whole(tmp_path: Path) -> None:
    row = {"instruction": "Do.", "output": "So.", "domain": "x"}
    path = write(tmp_path / "a.jsonl", json.dumps(row))
    assert open_manifest(path).format == "instructions"
    whole = open_manifest(path, named={Field.TEXT: "instruction"})
    assert whole.format == "jsonl"
    assert open_manifest(path, named={Field.TOKENS: "domain"}).format == "jsonl"
    assert open_manifest(path, format="jsonl").columns == tuple(row)


def test_columns_that_are_named_feed_the_parts(tmp_path: Path) -> None:
    row = {
        "prompt_id": "p1",
        "messages": [
            {"role": "user", "content": "Why?"},
            {"role": "assistant", "content": "So."},
        ],
        "teacher": "A",
        "seen": "2023-05-06",
        "part_of": "train",
    }
    named = {
        "name": "prompt_id",
        "generated_by": "teacher",
        "fetched_at": "seen",
        "split": "part_of",
    }
    path = write(tmp_path / "a.jsonl", json.dumps(row))
    records, faults = read_file(path, named)
    assert faults == []
    assert [r["name"] for r in records] == ["p1", "p1:1"]
    assert [models(r) for r in records] == [[], [("model", "A", "answered")]]
    assert {(r["split"], r["fetched_at"].year) for r in records} == {("train", 2023)}


def test_a_generator_that_is_set_made_what_was_made_from_another_part(
    tmp_path: Path,
) -> None:
    path = write(
        tmp_path / "a.jsonl", json.dumps({"instruction": "Do.", "output": "So."})
    )
    records, _ = read_file(path, constants={"generated_by": "A", "mode": "written"})
    assert [models(r) for r in records] == [[], [("model", "A", "written")]]
    records, _ = read_file(path, constants={"origin": "human"})
    assert [[o["kind"] for o in r["origins"]] for r in records] == [["human"]] * 2


@pytest.mark.parametrize(
    "row",
    [
        {"question": "Why?", "answers": {"text": ["So."], "answer_start": [3]}},
        {"instruction": "Do.", "output": "So.", "sha256": "ab" * 32},
        {"prompt": "Do.", "answer": "So.", "text": "Do. So."},
        {"status": "success", "url": "http://a.org/"},
        {"instruction": "Do."},
        {"model_name": "A", "distilabel_metadata": {"x": "y"}, "id": "1"},
    ],
)
def test_rows_of_one_item_stay_whole(tmp_path: Path, row: dict[str, Any]) -> None:
    path = write(tmp_path / "a.jsonl", json.dumps(row))
    assert open_manifest(path).format == "jsonl"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"messages": "none"}, "expected a list of turns"),
        ({"messages": [1, 2]}, "expected a list of turns"),
        ({"messages": [{"role": "user", "content": {}}]}, "expected text"),
        ({"messages": [{"content": "x"}] * 40_000}, "at most 32767 parts"),
        ({"prompt": "x", "completions": 3}, "expected a list of completions"),
        ({"chosen": [], "rejected": []}, "expected a list of turns"),
        ({"instruction": "x", "instances": [3]}, "expected a list of instances"),
    ],
)
def test_a_row_of_another_form_is_a_fault(
    tmp_path: Path, row: dict[str, Any], reason: str
) -> None:
    records, faults = read_file(write(tmp_path / "a.jsonl", json.dumps(row)))
    assert records == []
    assert [f.row for f in faults] == [1]
    assert reason in faults[0].reason


def test_two_conversations_of_an_arena_share_what_they_begin_with(
    tmp_path: Path,
) -> None:
    asked = {"role": "user", "content": "Why?"}
    row = {
        "question_id": "q",
        "model_a": "koala-13b",
        "model_b": "chatglm-6b",
        "conversation_a": [asked, {"role": "assistant", "content": "So."}],
        "conversation_b": [
            asked,
            {"role": "assistant", "content": "Because."},
            {"role": "user", "content": "Really?"},
            {"role": "assistant", "content": "Yes."},
        ],
    }
    records, faults = read_file(write(tmp_path / "a.jsonl", json.dumps(row)))
    assert faults == []
    assert [
        (
            r["digest"],
            [o["model"] for o in r["origins"]],
            [p["digest"] for p in r["parents"]],
        )
        for r in records
    ] == [
        (sha256("Why?"), [], []),
        (sha256("So."), ["koala-13b"], [sha256("Why?")]),
        (sha256("Because."), ["chatglm-6b"], [sha256("Why?")]),
        (sha256("Really?"), [], []),
        (sha256("Yes."), ["chatglm-6b"], [sha256("Really?")]),
    ]


def test_messages_of_a_tree_are_called_by_their_ids(tmp_path: Path) -> None:
    rows = [
        {"message_id": "m1", "parent_id": None, "text": "Why?", "role": "prompter"},
        {"message_id": "m2", "parent_id": "m1", "text": "So.", "synthetic": True},
    ]
    path = write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)))
    first, second = read_file(path)[0]
    assert (first["name"], second["parents"][0]["reference"]) == ("m1", "m1")
    assert [o["kind"] for o in second["origins"]] == ["model"]


def test_turns_may_be_a_column_of_json_text(tmp_path: Path) -> None:
    cells = ['[{"role": "user", "content": "Why?"}]', '[{"content": "\\ud800"}]', "[{"]
    pq.write_table(pa.table({"messages": cells}), tmp_path / "a.parquet")
    records, faults = read_file(tmp_path / "a.parquet")
    assert [r["digest"] for r in records] == [sha256("Why?")]
    assert [(f.row, f.reason[:28]) for f in faults] == [
        (2, "expected text in valid UTF-8"),
        (3, "expected a list of turns, ea"),
    ]


def test_a_row_without_text_is_noted(tmp_path: Path) -> None:
    lines = [{"messages": []}, {"messages": [{"role": "user", "content": "x"}]}]
    path = write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, lines)))
    (raw,) = open_manifest(path).read(["text"])
    assert raw.notes == {"no part of it holds any text": [1]}


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "model", "response", "value", "output"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        *("messages", "conversations", "completions", "instruction", "prompt"),
        *("generations", "generation", "model_name", "model_names", "output"),
        *("distilabel_metadata", "chosen", "rejected", "instances", "key", "status"),
        *("error_message", "id", "text", "model", "parents", "sha256"),
    ]
)


@pytest.mark.slow
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=40,
)
@given(st.lists(st.dictionaries(NAMES, ANY, min_size=1), min_size=1, max_size=4))
def test_any_row_is_parts_a_fault_or_a_note(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    path = write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)))
    try:
        records, faults = read_file(path)
    except ManifestError:
        return
    found = [(r["row"], r["part"]) for r in records]
    assert len(found) == len(set(found))
    assert {row for row, _ in found} <= set(range(1, len(rows) + 1))
    assert {f.row for f in faults} <= set(range(1, len(rows) + 1))
