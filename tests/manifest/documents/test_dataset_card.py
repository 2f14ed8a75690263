"""Dataset cards: what they state, and how what is wrong with one is told."""

from __future__ import annotations

import bz2
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifest.rows import write

from provenance.domain import DatasetFact, DatasetName, Field
from provenance.errors import ManifestError
from provenance.ledger.family import Family
from provenance.manifest import inspect_manifest, open_manifest
from provenance.manifest.documents.dataset_card import read_dataset_card

CARD = """---
annotations_creators: [machine_generated, expert-generated]
language_creators:
  first: [Machine-Generated]
  second: [found]
language: [no, en]
license: other
license_name: open-ish
size_categories: 1K<n<10K
source_datasets: [original, extended, extended|squad, org/other, "extended|A B (c)"]
tags: [synthetic, code, "language:de", license:mit]
pretty_name: A
 card
dataset_info:
- config_name: one
  splits: [{name: train, num_examples: 12}, {name: test, num_examples: x}]
- config_name: two
  splits: [{name: train, num_examples: 3}]
task_ids: [x]
---
# Card
"""


def fact_of(text: str) -> dict[str, Any]:
    (fact,) = read_dataset_card(text).facts
    return fact.to_dict()


def test_all_that_a_card_states_is_taken() -> None:
    assert fact_of(CARD) == {
        "derived_from": ["squad", "org/other", "A-B-c"],
        "license": "other, open-ish, mit",
        "stated": {
            "title": ["A card"],
            "annotations_creators": ["machine-generated", "expert-generated"],
            "language_creators": ["machine-generated", "found"],
            "languages": ["no", "en", "de"],
            "sizes": ["1K<n<10K"],
            "source_datasets": [
                *("original", "extended", "extended|squad", "org/other"),
                "extended|A B (c)",
            ],
            "items": ["one/train: 12", "two/train: 3"],
            "tags": ["synthetic"],
        },
    }
    document = read_dataset_card(CARD)
    assert document.lost == ["task_ids"]
    assert not document.rows
    assert list(document.notes) == ["source_datasets says extended and not from what"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("license", {"license": None}),
        ("license: {a: {b: {c: {d: {e: mit}}}}}", {"license": None}),
        ("source_datasets: {a: [extended|b], b: original}", {"derived_from": ["b"]}),
        ("source_datasets: '@'", {"derived_from": []}),
        ("dataset_info: nonsense", {"stated": {}}),
        ("dataset_info: [1, {splits: {a: b}}, {splits: [1, {}]}]", {"stated": {}}),
        ("language: [null, '', ~, N/A]", {"stated": {}}),
    ],
)
def test_values_of_other_types_state_nothing(key: str, value: dict[str, Any]) -> None:
    line = key if ":" in key else f"{key}:"
    found: dict[str, Any] = {"derived_from": [], "license": None, "stated": {}}
    found |= fact_of(f"---\n{line}\n---\n")
    assert value.items() <= found.items()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("# Card\n", "has no YAML front matter"),
        ("---\npretty_name: a\n", "front matter that does not end"),
        ("---\n{? [configs:\n a] : b}\n---\n", "a dataset's card nor"),
        ("---\nconfigs: a: b\n---\n", "is no YAML"),
        ('---\nconfigs: a\nlanguage: "\\0"\n---\n', "a NUL or half a character"),
        ("---\nconfigs: &a [x, *a]\n---\n", "inside itself"),
        ("---\nsdk: gradio\nconfigs: a\n---\n", "is the page of an app"),
        ("---\ntitle: a\n---\n", "neither a dataset's card nor a model's"),
        (b"---\nconfigs: \xff\n---\n", "is no UTF-8 at byte 13"),
        (bz2.compress(CARD.encode())[:-20], "ends early"),
    ],
    ids=range(10),
)
def test_a_card_that_is_none_is_refused(
    tmp_path: Path, text: str | bytes, what: str
) -> None:
    path = write(tmp_path / "README.md", text)
    with pytest.raises(ManifestError, match=what) as raised:
        open_manifest(path)
    assert str(path) in raised.value.message


def test_front_matter_that_is_a_list_is_no_card() -> None:
    with pytest.raises(ValueError, match="maps no names"):
        read_dataset_card("---\n- configs\n---\n")


def test_more_than_any_card_holds_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    with path.open("wb") as file:
        file.write(b"---\nconfigs: a\nlanguage: ")
        file.truncate(1 << 27)
    with pytest.raises(ManifestError, match="does not end"):
        open_manifest(path)
    with pytest.raises(ManifestError, match="larger than 64 MiB"):
        open_manifest(path, format="dataset-card")


def test_a_list_that_aliases_multiply_is_refused() -> None:
    lines = [f"a0: &a0 [{', '.join(map(str, range(300)))}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 99)}]" for n in range(1, 4)]
    with pytest.raises(ValueError, match="over 10,000 values in language"):
        fact_of("---\n" + "\n".join([*lines, "language: *a3"]) + "\n---\n")


def test_inspect_shows_what_is_stated_and_lost(tmp_path: Path) -> None:
    path = write(tmp_path / "README.md", CARD)
    found = inspect_manifest(path, columns={}, constants={Field.SPLIT: "x"})
    assert (found.format, found.unused) == ("dataset-card", ("task_ids",))
    assert found.facts[0]["license"] == "other, open-ish, mit"
    assert (found.records, found.faults) == ((), ())
    assert json.dumps(found.to_dict())


def test_cards_of_the_hub(real_data: Path) -> None:
    folder = real_data / "V3-hf-cards"
    truth = json.loads((folder / "expected.json").read_text())
    cards: dict[str, DatasetFact] = {}
    refused = []
    for path in sorted(folder.glob("*.md")):
        try:
            document = open_manifest(path).document
        except ManifestError:
            refused.append(path.stem)
            continue
        assert document
        (fact,) = document.facts
        assert isinstance(fact, DatasetFact)
        cards[path.stem] = fact
    assert (refused, len(cards)) == (truth["no_yaml"], truth["with_yaml"])
    flagged = {
        name: {
            card
            for card, fact in cards.items()
            if "machine-generated" in fact.stated.get(name, ())
        }
        for name in ("language_creators", "annotations_creators")
    }
    language, annotations = flagged.values()
    assert truth["language_machine_generated"] == sorted(language)
    assert truth["annotations_machine_generated"] == len(annotations)
    assert truth["either"] == len(language | annotations)
    edges = [(card, str(p)) for card, fact in cards.items() for p in fact.parents]
    assert truth["extended_edges"] == len(edges)
    assert truth["distinct_parents"] == len({parent for _, parent in edges})
    assert truth["edges_resolved"] == sum(parent in cards for _, parent in edges)
    assert truth["self_loops"] == [card for card, parent in edges if card == parent]
    names = {number: DatasetName(card) for number, card in enumerate(cards)}
    family = Family(names, {n: cards[name.name].parents for n, name in names.items()})
    downstream = [
        name.name
        for number, name in names.items()
        if name.name not in language
        and any(names[one].name in language for one in family.ancestors_of(number))
    ]
    assert truth["downstream_of_language_mg"] == downstream


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
YAML = st.recursive(
    TEXT | st.sampled_from(["original", "extended|x", "machine-generated", "*a"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        *("language", "license", "source_datasets", "dataset_info", "tags"),
        *("size_categories", "annotations_creators", "configs"),
    ]
)


@settings(max_examples=150)
@given(
    st.dictionaries(KEYS | TEXT, YAML).map(json.dumps)
    | st.lists(TEXT | KEYS | st.sampled_from([": ", "\n", "- ", "&a ", "[", "{"])).map(
        "".join
    )
)
def test_any_front_matter_is_a_card_or_a_fault(front: str) -> None:
    facts = []
    with suppress(ValueError):
        facts = [*read_dataset_card(f"---\n{front}\n---\n").facts]
    assert json.dumps([fact.to_dict() for fact in facts])
