"""The probes of transparency-dev/merkle, each named by how it is wrong."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from merkle import vectors
from merkle.judges import is_consistent, is_included


def load_probe(path: Path) -> dict[str, Any]:
    probe: dict[str, Any] = json.loads(path.read_text())
    for field in {"root", "root1", "root2", "leafHash"} & probe.keys():
        probe[field] = b64decode(probe[field])
    probe["proof"] = [b64decode(node) for node in probe["proof"] or []]
    return probe


@pytest.mark.parametrize("path", vectors.probe_params("inclusion"))
def test_inclusion_probe(path: Path) -> None:
    probe = load_probe(path)
    accepted = is_included(
        probe["leafHash"],
        probe["leafIdx"],
        probe["treeSize"],
        probe["proof"],
        probe["root"],
    )
    assert (not probe["wantErr"]) == accepted


@pytest.mark.parametrize("path", vectors.probe_params("consistency"))
def test_consistency_probe(path: Path) -> None:
    probe = load_probe(path)
    accepted = is_consistent(
        probe["size1"], probe["size2"], probe["root1"], probe["root2"], probe["proof"]
    )
    # Two equal "roots" of 12 bytes: other verifiers compare them, this one refuses.
    strings_for_roots = path.name == "sizes-are-equal-one-and-proof-is-empty.json"
    assert (not probe["wantErr"] and not strings_for_roots) == accepted


@pytest.mark.parametrize("path", vectors.probe_params("subtreeinclusion"))
def test_subtree_inclusion_probe(path: Path) -> None:
    """An aligned subtree is a tree of its own, so the same verifier decides."""
    probe = load_probe(path)
    start, size = probe["start"], probe["end"] - probe["start"]
    aligned = size > 0 and start % (1 << (size - 1).bit_length()) == 0
    accepted = aligned and is_included(
        probe["leafHash"],
        probe["leafIdx"] - start,
        size,
        probe["proof"],
        probe["root"],
    )
    assert (not probe["wantErr"]) == accepted


def prefix_probe_params() -> list[Any]:
    """Return the subtree consistency probes whose subtree is an older tree."""
    return [
        param
        for param in vectors.probe_params("subtreeconsistency")
        if param.values[0] is None
        or (
            load_probe(param.values[0])["start"]
            == 0
            < load_probe(param.values[0])["end"]
        )
    ]


@pytest.mark.parametrize("path", prefix_probe_params())
def test_subtree_consistency_probe_of_a_prefix(path: Path) -> None:
    probe = load_probe(path)
    accepted = is_consistent(
        probe["end"], probe["size"], probe["root1"], probe["root2"], probe["proof"]
    )
    strings_for_roots = len(probe["root1"]) != 32
    assert (not probe["wantErr"] and not strings_for_roots) == accepted
