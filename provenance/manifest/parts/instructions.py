"""Instruction sets: an instruction, perhaps an input, and the output.

::

    {"instruction": …, "input": …, "output": …, "model": …}            (Alpaca)
    {"instruction": …, "instances": [{"input": …, "output": …}, …]}    (Self-Instruct)

A generator that the row names made the output; who made the instruction is told by
a column of its own. What the instruction was made from is told by a column too: the
name of a parent, or the text of a seed.
"""

from __future__ import annotations

from typing import Any

from provenance.domain import Mode
from provenance.manifest.parts.generators import (
    ROW_GENERATORS,
    find_generator,
    read_generator,
)
from provenance.manifest.parts.part import (
    OtherFormError,
    Part,
    Row,
    Shape,
    find_first,
    read_text,
)

__all__ = ["INSTRUCTIONS"]

_PROMPTS = ("instruction", "prompt", "question", "query")
_INPUTS = ("input", "context")
_OUTPUTS = ("output", "response", "completion", "answer", "generation")
_INSTANCES = "instances"
_PROMPTED_BY = ("instruction_model", "prompt_model", "instruction_generator")
_PARENTS = (
    *("derived_from", "parent", "parents", "parent_id", "parent_ids", "seed_id"),
    *("seed_ids", "seed_task", "seed_task_id", "seed_task_ids"),
)
_SEEDS = (
    *("seed_instruction", "seed_prompt", "seed_text", "seed_document"),
    *("original_instruction", "original_prompt", "source_instruction"),
)
_TOLD = ("mode", "derivation")


def _fits(columns: frozenset[str]) -> bool:
    has_text = "text" in columns or "content" in columns
    return (
        not columns.isdisjoint(_PROMPTS)
        and not columns.isdisjoint((*_OUTPUTS, _INSTANCES))
        # Alpaca's ``text`` is all of the others put together.
        and (not has_text or "instruction" in columns)
    )


def _split(row: Row) -> list[Part]:
    generator = find_generator(row)
    parts = [
        Part(
            text=read_text(find_first(row, _PROMPTS)),
            generated_by=_first_generator(row),
            seeds=[text for text in (read_text(row.get(s)) for s in _SEEDS) if text],
            references=[ref for name in _PARENTS for ref in _list(row.get(name))],
            derivation=read_text(row.get("derivation")),
        )
    ]
    instances = row.get(_INSTANCES)
    for said in instances if isinstance(instances, list) else [row]:
        if not isinstance(said, dict):
            raise OtherFormError("expected a list of instances, each an object")
        given = read_text(find_first(said, _INPUTS))
        if given:
            parts.append(Part(text=given))
        output = read_text(find_first(said, _OUTPUTS))
        parents = [0, len(parts) - 1] if given else [0]
        parts.append(
            Part(
                text=output,
                generated_by=generator,
                mode=read_text(row.get("mode"))
                or (Mode.ANSWERED if generator else None),
                parents=parents,
            )
        )
    return parts


def _first_generator(row: Row) -> str | None:
    found = (read_generator(row.get(name)) for name in _PROMPTED_BY)
    return next(filter(None, found), None)


def _list(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in map(read_text, values) if text]


INSTRUCTIONS = Shape(
    name="instructions",
    reads=frozenset(
        (
            *(*_PROMPTS, *_INPUTS, *_OUTPUTS, _INSTANCES, *_PROMPTED_BY, *_PARENTS),
            *(*_SEEDS, *_TOLD, *ROW_GENERATORS),
        )
    ),
    nested=frozenset((_INSTANCES, *_PARENTS)),
    fits=_fits,
    split=_split,
)
