"""JSON documents of one object."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["read_object"]


def read_object(text: str) -> dict[str, Any]:
    """Return the object that a JSON text is.

    Raises:
        ValueError: It is no JSON, is nested too deeply, or is no object.
    """
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"is no JSON: {error}") from error
    if not isinstance(found, dict):
        # A fault of the text, not of the caller.
        raise ValueError("is no JSON object")  # noqa: TRY004
    return found
