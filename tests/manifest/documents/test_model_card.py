"""Model cards: bases and training sets, kept apart."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifest.rows import write

from provenance.manifest import open_manifest
from provenance.manifest.documents.model_card import read_model_card

CARD = """---
base_model:
- org/base
- https://huggingface.co/org/other
tags: [merge, "base_model:finetune:org/third", "dataset:org/tagged"]
datasets: [org/set, https://huggingface.co/datasets/a/b, null, "@"]
pipeline_tag: text-generation
organization: Org
release_date: 2024-05-06
license: mit
---
"""


def fact_of(text: str) -> dict[str, Any]:
    (fact,) = read_model_card(text).facts
    return fact.to_dict()


def test_all_that_a_card_states_is_taken(tmp_path: Path) -> None:
    assert fact_of(CARD) == {
        "provider": "Org",
        "released": "2024-05-06",
        "based_on": ["org/base", "org/other", "org/third"],
        "trained_on": ["org/set", "a/b", "org/tagged"],
        "generative": True,
    }
    opened = open_manifest(write(tmp_path / "README.md", CARD))
    assert opened.format == "model-card"
    assert opened.document
    assert opened.document.lost == ["license"]
    assert not opened.document.is_of_dataset
    assert list(opened.document.notes) == ["datasets: '@' is no name of a dataset"]


@pytest.mark.parametrize(
    ("task", "generative"),
    [
        ("text-to-image", True),
        ("text-classification", False),
        ("fill-mask", None),
        ("automatic-speech-recognition", None),
        ("", None),
    ],
)
def test_a_task_tells_whether_a_model_makes_content(
    task: str,
    generative: bool | None,  # noqa: FBT001  pytest passes it by its name
) -> None:
    found = fact_of(f"---\npipeline_tag: {task}\n---\n")
    assert generative == found.get("generative")


@pytest.mark.parametrize("released", ["2024", "soon", "2024-13-40", "[2024-05]"])
def test_what_is_no_day_is_no_release(released: str) -> None:
    assert "released" not in fact_of(f"---\nreleased: {released}\n---\n")


VALUES = st.recursive(
    st.text(st.characters(codec="utf-8"), max_size=12) | st.just("2024-05-06"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@settings(max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from(
            ["base_model", "datasets", "tags", "pipeline_tag", "released", "provider"]
        ),
        VALUES,
    )
)
def test_any_front_matter_is_a_card_or_a_fault(front: dict[str, Any]) -> None:
    with suppress(ValueError):
        document = read_model_card(f"---\n{json.dumps(front)}\n---\n")
        assert json.dumps([fact.to_dict() for fact in document.facts])
