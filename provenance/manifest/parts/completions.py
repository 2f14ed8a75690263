"""Several completions of one prompt: UltraFeedback, Nectar, and preference pairs.

::

    {"instruction": …, "completions": [{"model": …, "response": …}, …]}
    {"prompt": …, "answers": [{"model": …, "answer": …}, …]}
    {"prompt": …, "chosen": …, "chosen_model": …, "rejected": …, "rejected_model": …}
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

__all__ = ["COMPLETIONS", "PREFERENCES"]

_PROMPTS = ("instruction", "prompt", "question")
_LISTS = ("completions", "answers", "responses")
_TEXTS = ("response", "completion", "answer", "text", "content", "generation")
_PAIR = ("chosen", "rejected")


def _has_prompt(columns: frozenset[str]) -> bool:
    return not columns.isdisjoint(_PROMPTS)


def _fits_completions(columns: frozenset[str]) -> bool:
    # Answers that are an object (SQuAD) have columns of their own, with a dot.
    lists = {name for name in _LISTS if name in columns}
    objects = {column.partition(".")[0] for column in columns if "." in column}
    return _has_prompt(columns) and bool(lists - objects)


def _split_completions(row: Row) -> list[Part]:
    found = find_first(row, _LISTS)
    if not isinstance(found, list):
        raise OtherFormError("expected a list of completions")
    generator = find_generator(row)
    completions = [_read_completion(said, generator) for said in found]
    return [Part(text=_find_prompt(row)), *completions]


def _read_completion(said: Any, generator: str | None) -> Part:
    """Read one completion, by the generator of all where it names none itself."""
    if not isinstance(said, dict):
        return _answer(read_text(said), generator)
    text = find_first(said, _TEXTS)
    return _answer(read_text(text), find_generator(said) or generator)


def _answer(text: str | None, generator: str | None) -> Part:
    mode = Mode.ANSWERED if generator else None
    return Part(text=text, generated_by=generator, mode=mode, parents=[0])


def _find_prompt(row: Row) -> str | None:
    return read_text(find_first(row, _PROMPTS))


def _fits_pair(columns: frozenset[str]) -> bool:
    return columns.issuperset(_PAIR)


def _split_pair(row: Row) -> list[Part]:
    prompt = _find_prompt(row)
    parts = []
    for name in _PAIR:
        answer = row.get(name)
        if isinstance(answer, list):
            asked, answer = _read_dialogue(answer)
            prompt = prompt or asked
        generator = next(
            filter(None, (read_generator(row.get(name + end)) for end in _OF_PAIR)),
            None,
        )
        parts.append(_answer(read_text(answer), generator))
    return [Part(text=prompt), *parts]


def _read_dialogue(turns: list[Any]) -> tuple[str | None, str | None]:
    """Return what was asked last, and the answer: the last two of some turns."""
    if not turns or not all(isinstance(turn, dict) for turn in turns):
        raise OtherFormError("expected a list of turns, each of a role and a content")
    said = [read_text(turn.get("content") or turn.get("value")) for turn in turns]
    return (said[-2] if len(said) > 1 else None), said[-1]


_OF_PAIR = ("_model", "-model", "_by", "_generator", "_model_name")

COMPLETIONS = Shape(
    name="completions",
    reads=frozenset((*_PROMPTS, *_LISTS, *ROW_GENERATORS)),
    nested=frozenset(_LISTS),
    fits=_fits_completions,
    split=_split_completions,
)
PREFERENCES = Shape(
    name="preferences",
    reads=frozenset(
        (*_PROMPTS, *_PAIR, *(name + end for name in _PAIR for end in _OF_PAIR))
    ),
    nested=frozenset(_PAIR),
    fits=_fits_pair,
    split=_split_pair,
)
