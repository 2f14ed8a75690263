"""What distilabel writes: an instruction, and what models made of it.

https://distilabel.argilla.io. ``model_name`` is the model of the last task, so in a
table with ratings it is the judge; then the models of the generations stand in
``model_names``, or before version 1 in ``generation_model``.
"""

from __future__ import annotations

from typing import Any

from provenance.domain import Kind, Mode
from provenance.manifest.parts.generators import read_generator
from provenance.manifest.parts.part import Part, Row, Shape, find_first, read_text

__all__ = ["DISTILABEL"]

_MARKS = frozenset({"distilabel_metadata", "raw_generation_responses"})
_PROMPTS = ("instruction", "prompt", "input")
_OUTPUTS = ("generations", "generation", "response")
_OF_EACH = ("model_names", "generation_models", "generation_model")
_JUDGED = frozenset(
    {
        *("labelling_model", "rating", "ratings", "rationale", "rationales"),
        *("feedback", "score", "scores"),
    }
)
_PER_TASK = ("model_name", *_OF_EACH)


def _fits(columns: frozenset[str]) -> bool:
    return not columns.isdisjoint(_MARKS) and not columns.isdisjoint(_OUTPUTS)


def _split(row: Row) -> list[Part]:
    prompt = find_first(row, _PROMPTS)
    found = find_first(row, _OUTPUTS)
    outputs = _flatten(found)
    models = _find_models(row, len(outputs))
    return [
        Part(text=read_text(prompt)),
        *(
            Part(
                text=read_text(output),
                origin=None if model else Kind.MODEL,
                generated_by=model,
                mode=Mode.ANSWERED if prompt is not None else Mode.WRITTEN,
                parents=[0],
            )
            for output, model in zip(outputs, models, strict=True)
        ),
    ]


def _flatten(value: Any) -> list[Any]:
    """Return generations that may stand in lists of lists (a mixture of agents)."""
    if isinstance(value, list):
        return [inner for item in value for inner in _flatten(item)]
    return [value]


def _find_models(row: Row, count: int) -> list[str | None]:
    """Return the model of each generation; None where it is not certain."""
    for name in _OF_EACH:
        value = row.get(name)
        if isinstance(value, list) and len(value) == count:
            return [read_generator(model) for model in value]
        if isinstance(value, str):
            return [value] * count
    is_judged = any(row.get(name) is not None for name in _JUDGED)
    model = None if is_judged else read_generator(row.get("model_name"))
    return [model] * count


DISTILABEL = Shape(
    name="distilabel",
    reads=frozenset((*_PROMPTS, *_OUTPUTS, *_PER_TASK, *_JUDGED)),
    nested=frozenset((*_OUTPUTS, *_OF_EACH)),
    fits=_fits,
    split=_split,
)
