"""Who made the output of a row, by the names that data sets give that column."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from provenance.manifest.parts.part import read_text

__all__ = ["ROW_GENERATORS", "find_generator", "read_generator"]

ROW_GENERATORS = (
    *("generated_by", "generator", "generation_model", "model_name", "model"),
    "generator_model",
)
_NAMES = frozenset(ROW_GENERATORS)


def find_generator(said: Mapping[str, Any]) -> str | None:
    """Return the generator that a row, a turn or a completion names, if it does."""
    if said.keys().isdisjoint(_NAMES):
        return None
    for name in ROW_GENERATORS:
        found = read_generator(said.get(name))
        if found:
            return found
    return None


def read_generator(value: Any) -> str | None:
    """Return the names of generators as a cell that has one or several of them."""
    if isinstance(value, list):
        names = [name for name in map(read_text, value) if name]
        return json.dumps(names) if names else None
    return read_text(value)
