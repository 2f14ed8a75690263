"""YAML as texts, lists and mappings, whatever the scalars look like.

PyYAML scans; nothing else of it is used. Its loaders turn the language ``no`` into
*false* and ``1:20`` into 80, and the fast one ends the process on deep nesting.
"""

from __future__ import annotations

from typing import Any

import yaml

__all__ = ["read_all_yaml", "read_yaml"]

_DEEPEST = 100
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _Open:
    """A list or a mapping whose end was not met yet."""

    def __init__(self, *, is_mapping: bool) -> None:
        self.value: Any = {} if is_mapping else []
        self._key: str | None = None

    def add(self, value: Any) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        elif self._key is None:
            if not isinstance(value, str):
                # A fault of the text, not of the caller.
                raise ValueError("has a key that is no text")  # noqa: TRY004
            self._key = value
        else:
            if self._key in self.value:
                raise ValueError(f"has the key {self._key[:80]!r} twice")
            self.value[self._key] = value
            self._key = None


def read_yaml(text: str) -> Any:
    r"""Return the first document of a YAML text; every scalar as it is written.

    An alias is the same object as its anchor, so a text cannot grow by them.

    Raises:
        ValueError: It is no YAML, says a key twice, or is nested too deeply.

    Example:
        >>> read_yaml("language: [en, no]\nsize: 1e3\nlicense:")
        {'language': ['en', 'no'], 'size': '1e3', 'license': ''}
    """
    return next(iter(_read(text, only_first=True)), None)


def read_all_yaml(text: str) -> list[Any]:
    """Return all documents of a YAML text; see ``read_yaml``."""
    return _read(text, only_first=False)


def _read(text: str, *, only_first: bool) -> list[Any]:
    root = _Open(is_mapping=False)
    stack = [root]
    anchors: dict[str, Any] = {}
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.CollectionStartEvent):
                if len(stack) > _DEEPEST:
                    raise ValueError(f"is nested over {_DEEPEST} deep")
                is_mapping = isinstance(event, yaml.MappingStartEvent)
                stack.append(_Open(is_mapping=is_mapping))
                if event.anchor:
                    anchors[event.anchor] = stack[-1].value
            elif isinstance(event, yaml.CollectionEndEvent):
                done = stack.pop()
                stack[-1].add(done.value)
            elif isinstance(event, yaml.ScalarEvent):
                if event.anchor:
                    anchors[event.anchor] = event.value
                stack[-1].add(event.value)
            elif isinstance(event, yaml.AliasEvent):
                stack[-1].add(_follow(event.anchor or "", anchors, stack))
            elif isinstance(event, yaml.DocumentEndEvent):
                anchors.clear()
                if only_first:
                    break
    except (yaml.YAMLError, UnicodeError, OverflowError) as error:
        raise ValueError(f"is no YAML: {_tell(error)}") from error
    documents: list[Any] = root.value
    return documents


def _follow(name: str, anchors: dict[str, Any], stack: list[_Open]) -> Any:
    if name not in anchors:
        raise ValueError(f"refers to {name[:80]!r}, which it does not have")
    found = anchors[name]
    if any(found is still.value for still in stack):
        raise ValueError(f"holds {name[:80]!r} inside itself")
    return found


def _tell(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    where = f", line {mark.line + 1}" if mark is not None else ""
    return " ".join(f"{problem}{where}".split())[:200]
