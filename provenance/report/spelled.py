"""Text for a terminal, of which the terminal obeys nothing."""

from __future__ import annotations

from rich.text import Text

from provenance.domain import spell_controls

__all__ = ["spell"]


def spell(said: str, style: str = "") -> Text:
    """Make a line of words in which control characters are seen, and do nothing."""
    return Text(spell_controls(said), style=style)
