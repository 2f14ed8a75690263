"""YAML as it is written: no scalar becomes something else."""

from __future__ import annotations

from typing import Any

import pytest

from provenance.manifest.documents.yaml_text import read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("language: no", {"language": "no"}),
        ("a: 1_000\nb: 1:20\nc: 2020-01-01\nd:", {"a": "1_000", "b": "1:20", "d": ""}),
        ("- &x [en]\n- *x", [["en"], ["en"]]),
        ("a: !!python/object:os.system {b: c}", {"a": {"b": "c"}}),
        ("a: 1\n---\na: 2", {"a": "1"}),
    ],
)
def test_scalars_stay_as_they_are_written(text: str, value: Any) -> None:
    found = read_yaml(text)
    if isinstance(value, dict):
        assert value == {key: found[key] for key in value}
    else:
        assert value == found


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: b: c", "is no YAML: mapping values"),
        ('a: "', "is no YAML"),
        ("\ta: 1", "is no YAML"),
        ("a: \x00", "is no YAML"),
        ("a: \ud800", "is no YAML"),
        ("a: 1\na: 2", "key 'a' twice"),
        ("? [a]\n: b", "key that is no text"),
        ("a: &x [*x]", "inside itself"),
        ("a: *x", "does not have"),
        ("[" * 100_000, "nest(ed over 100 deep|ing depth)"),
        ("{a: " * 100_000, "nested over 100 deep"),
        ("- " * 100_000, "nested over 100 deep"),
    ],
    ids=range(12),
)
def test_what_is_wrong_is_said(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        read_yaml(text)


def test_aliases_do_not_make_a_text_grow() -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    found = read_yaml("\n".join(lines))
    assert found["a29"][0] is found["a29"][8]
