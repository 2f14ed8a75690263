"""The YAML between the first two ``---`` lines of a Markdown card."""

from __future__ import annotations

import re
from typing import Any

from provenance.manifest.documents.yaml_text import read_yaml

__all__ = ["LARGEST_FRONT", "read_front", "split_front"]

LARGEST_FRONT = 1 << 23
"""Characters of YAML that are read."""

_BEGIN = re.compile(r"\s*---[ \t]*\r?\n")
_END = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)


def split_front(text: str) -> tuple[str, str, int]:
    """Return the front matter, the body, and the number of lines before the body.

    Lines of the front matter keep their numbers.

    Raises:
        ValueError: There is no front matter, or it does not end.
    """
    begin = _BEGIN.match(text)
    if begin is None:
        raise ValueError("has no YAML front matter")
    end = _END.search(text, begin.end())
    if end is None:
        raise ValueError("has YAML front matter that does not end")
    if end.start() - begin.end() > LARGEST_FRONT:
        raise ValueError(f"has over {LARGEST_FRONT >> 20} MiB of front matter")
    above = "\n" * text.count("\n", 0, begin.end())
    return (
        above + text[begin.end() : end.start()],
        text[end.end() :],
        text.count("\n", 0, end.end()),
    )


def read_front(text: str) -> dict[str, Any]:
    """Return the front matter by its keys, in lower case with ``_``.

    Raises:
        ValueError: It is no YAML mapping.
    """
    found = read_yaml(text)
    if not isinstance(found, dict):
        # A fault of the text, not of the caller.
        raise ValueError("has front matter that maps no names")  # noqa: TRY004
    return {key.strip().lower().replace("-", "_"): v for key, v in found.items()}
