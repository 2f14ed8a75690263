"""Ecosystem Graphs: a dependency is a base, a training set, a parent, or neither."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifest.rows import write

from provenance.errors import ManifestError
from provenance.manifest import open_manifest
from provenance.manifest.documents.ecosystem_graphs import read_ecosystem_graphs

ASSETS = """---
- type: dataset
  name: The Stack
  organization: Org
  created_date: 2022-11-20
  size: {explanation: "a: long one", value: 3.1 TB}
  modality: code
  dependencies: [GitHub, Filter, Old Set]
  license: Apache 2.0
  description: x
- type: dataset
  name: Old Set
- type: model
  name: Filter
  created_date: {value: 2021-01-05, explanation: y}
- type: model
  name: Coder
  organization: Org
  created_date: unknown
  dependencies: [The Stack, Filter]
- type: application
  name: App
  dependencies: [Coder]
- nothing
"""


def test_dependencies_are_kept_apart_by_what_they_are(tmp_path: Path) -> None:
    opened = open_manifest(write(tmp_path / "org.yaml", ASSETS))
    assert opened.format == "ecosystem-graphs"
    assert opened.document
    assert [fact.to_dict() for fact in opened.document.facts] == [
        {
            "dataset": "The-Stack",
            "derived_from": ["Old-Set"],
            "license": "Apache 2.0",
            "stated": {
                "title": ["The Stack"],
                "provider": ["Org"],
                "sizes": ["3.1 TB"],
                "modality": ["code"],
                "depends_on_models": ["Filter"],
            },
        },
        {"dataset": "Old-Set", "stated": {"title": ["Old Set"]}},
        {"model": "Filter", "released": "2021-01-05"},
        {
            "model": "Coder",
            "provider": "Org",
            "based_on": ["Filter"],
            "trained_on": ["The-Stack"],
        },
    ]
    assert opened.document.lost == ["description"]
    assert list(opened.document.notes) == [
        "entries that are no asset were passed over",
        "The Stack depends on GitHub, which the file does not describe",
        "assets of type application were passed over",
    ]


def test_lists_behind_each_other_are_one() -> None:
    more = "- type: dataset\n  name: GitHub\n"
    document = read_ecosystem_graphs(f"{ASSETS}---\n{more}")
    stack = document.facts[0].to_dict()
    assert stack["derived_from"] == ["GitHub", "Old-Set"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: 1\n", "no list of assets as Ecosystem Graphs"),
        ("- type: model\n  name: [x\n", "is no YAML"),
        ("- type: application\n  name: x\n", "no dataset and no model"),
        ("- type: model\n  name: ''\n", "no dataset and no model"),
    ],
    ids=range(4),
)
def test_other_yaml_is_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(ManifestError, match=what):
        open_manifest(write(tmp_path / "a.yml", text))


VALUES = st.recursive(
    st.text(st.characters(codec="utf-8"), max_size=8)
    | st.sampled_from(["model", "dataset", "a", "b", "2024-01-01"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "x"]), inner)
    ),
    max_leaves=5,
)
ASSET = st.dictionaries(
    st.sampled_from(["type", "name", "dependencies", "created_date", "size", "x"]),
    VALUES,
)


@settings(max_examples=100)
@given(st.lists(ASSET | VALUES, max_size=5))
def test_any_list_is_read_or_refused(assets: list[object]) -> None:
    with suppress(ValueError):
        document = read_ecosystem_graphs(json.dumps(assets))
        assert json.dumps([fact.to_dict() for fact in document.facts])
