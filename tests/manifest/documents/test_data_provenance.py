"""Summaries of the Data Provenance Initiative: parents, and who wrote some of it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifest.rows import write

from provenance.errors import ManifestError
from provenance.manifest import open_manifest
from provenance.manifest.documents.data_provenance import (
    IDENTIFIER,
    read_data_provenance,
)

SUMMARY: dict[str, Any] = {
    "set-a": {
        IDENTIFIER: "set-a",
        "Dataset Name": "Set A",
        "Collection": "Sets",
        "Hugging Face URL": "https://huggingface.co/datasets/org/a",
        "Languages": ["English"],
        "Text Sources": [],
        "Model Generated": ["OpenAI GPT-4", "OpenAI ChatGPT"],
        "Human Annotation": "No",
        "Derived from Datasets": ["Self Instruct", "alpaca"],
        "Licenses": [{"License": "MIT", "License URL": "x"}, {"License": "Various"}],
        "Text Metrics": {"Num Dialogs": 58709, "Mean Inputs Length": 3.5},
        "Bibtex": "",
    },
    "set b": {IDENTIFIER: "set b", "Licenses": "none", "Text Metrics": []},
    "nothing": 5,
}


def test_all_that_a_summary_states_is_taken(tmp_path: Path) -> None:
    opened = open_manifest(write(tmp_path / "A.json", json.dumps(SUMMARY, indent=1)))
    assert opened.format == "data-provenance"
    assert opened.document
    assert [fact.to_dict() for fact in opened.document.facts] == [
        {
            "dataset": "set-a",
            "derived_from": ["Self-Instruct", "alpaca"],
            "license": "MIT, Various",
            "stated": {
                "title": ["Set A"],
                "collection": ["Sets"],
                "languages": ["English"],
                "generators": ["OpenAI GPT-4", "OpenAI ChatGPT"],
                "human_annotation": ["No"],
                "hub": ["org/a"],
                "items": ["58709"],
            },
        },
        {"dataset": "set-b"},
    ]
    assert opened.document.lost == ["Bibtex"]
    assert list(opened.document.notes) == [
        "members without an identifier were passed over"
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f'{{"a": {{"{IDENTIFIER}": "a"', "is no JSON"),
        (f'{{"a": {{"{IDENTIFIER}": "@"}}}}', "describes no dataset"),
        (f'{{"a": {{"{IDENTIFIER}": "\\u0000"}}}}', "a NUL or half a character"),
    ],
    ids=range(3),
)
def test_a_damaged_summary_is_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(ManifestError, match=what):
        open_manifest(write(tmp_path / "a.json", text))


VALUES = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
ENTRY = st.dictionaries(st.sampled_from(sorted(SUMMARY["set-a"])), VALUES, max_size=6)


@settings(max_examples=50)
@given(st.dictionaries(st.text(max_size=5), ENTRY | VALUES, max_size=3))
def test_any_object_is_read_or_refused(summary: dict[str, Any]) -> None:
    with suppress(ValueError):
        document = read_data_provenance(json.dumps(summary))
        assert json.dumps([fact.to_dict() for fact in document.facts])
