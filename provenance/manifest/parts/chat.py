"""Chats: one record per turn.

``messages`` of ``role`` and ``content`` (OpenAI), ``conversations`` of ``from`` and
``value`` (ShareGPT), ``conversation`` with a ``model`` beside it (WildChat, LMSYS).
``conversation_a`` and ``conversation_b`` with ``model_a`` and ``model_b`` (LMSYS's
Arena) are two: what both begin with stands once.
A role is no origin: what an ``assistant`` says may have been written by a person. A
turn has an origin where the turn, or a column of the row, names the generator.
"""

from __future__ import annotations

from dataclasses import replace
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

__all__ = ["CHAT"]

_TURNS = ("messages", "conversations", "conversation")
_TWO = ("conversation_a", "conversation_b")
_MODELS_OF_TWO = ("model_a", "model_b")
_ROLES = ("role", "from")
_CONTENTS = ("content", "value", "text")
_REPLYING = frozenset({"assistant", "gpt", "model", "bot", "chatgpt", "bing", "bard"})
_FRAMING = frozenset({"system", "developer"})


def _fits(columns: frozenset[str]) -> bool:
    return not columns.isdisjoint(_TURNS) or columns.issuperset(_TWO)


def _split(row: Row) -> list[Part]:
    turns = find_first(row, _TURNS)
    if turns is not None or not any(name in row for name in _TWO):
        return _split_turns(_check(turns), find_generator(row))
    first, second = (_check(row.get(name)) for name in _TWO)
    same = 0
    while same < min(len(first), len(second)) and first[same] == second[same]:
        same += 1
    models = [read_generator(row.get(name)) for name in _MODELS_OF_TWO]
    parts = _split_turns(first, models[0])
    start = len(first) - same
    for part in _split_turns(second, models[1])[same:]:
        parents = [p + start if p >= same else p for p in part.parents]
        parts.append(replace(part, parents=parents))
    return parts


def _check(turns: Any) -> list[dict[str, Any]]:
    if not isinstance(turns, list) or not all(isinstance(t, dict) for t in turns):
        raise OtherFormError("expected a list of turns, each of a role and a content")
    return turns


def _split_turns(turns: list[dict[str, Any]], generator: str | None) -> list[Part]:
    parts: list[Part] = []
    for place, turn in enumerate(turns):
        role = find_first(turn, _ROLES)
        is_reply = str(role).lower() in _REPLYING
        named = find_generator(turn) or (generator if is_reply else None)
        origin = read_text(turn.get("origin"))
        before = place - 1
        framed = (
            before >= 0 and str(find_first(turns[before], _ROLES)).lower() in _FRAMING
        )
        parts.append(
            Part(
                text=_read_content(find_first(turn, _CONTENTS)),
                origin=origin,
                generated_by=named,
                mode=Mode.ANSWERED if named and is_reply else None,
                parents=[before] if is_reply and place and not framed else [],
            )
        )
    return parts


def _read_content(content: Any) -> str | None:
    """Return the text of a turn; of one in pieces, the text of those that are text."""
    if isinstance(content, list):
        pieces = [
            piece["text"]
            for piece in content
            if isinstance(piece, dict) and isinstance(piece.get("text"), str)
        ]
        return "".join(pieces) or None
    return read_text(content)


CHAT = Shape(
    name="chat",
    reads=frozenset((*_TURNS, *_TWO, *_MODELS_OF_TWO, *ROW_GENERATORS)),
    nested=frozenset((*_TURNS, *_TWO)),
    fits=_fits,
    split=_split,
)
