"""The tables and lists of a Markdown text that list the components of a mixture."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provenance.manifest.documents.amount import AMOUNT, read_amount
from provenance.manifest.documents.mixture import (
    Component,
    Mixture,
    Table,
    read_name,
    read_table,
)

__all__ = ["MOST_TEXT", "find_mixture", "find_mixtures"]

_RULE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_CELL = re.compile(r"(?<!\\)\|")
_ENTRY = re.compile(r"\s{0,3}[-*+]\s+(.*)")
MOST_TEXT = 1 << 21
"""Characters of a text in which mixtures are looked for."""
_LONGEST = 4_000
"""Characters of a line that is looked at: tables of components have none longer."""
_ITEMS = (
    "items|documents|docs|samples|examples|rows|prompts|instances|conversations|pairs"
)
_AMOUNT_OF = re.compile(rf"(?<![\w.,-])({AMOUNT})\s+(tokens|{_ITEMS})\b", re.IGNORECASE)
_FENCE = ("```", "~~~")


def find_mixture(text: str, before: int = 0) -> Mixture | None:
    """Return the mixture that a text states: of several that with most components.

    Args:
        text: Markdown.
        before: How many lines stand before it in the file.
    """
    found = find_mixtures(text, before)
    return max(found, key=lambda one: len(one.components), default=None)


def find_mixtures(text: str, before: int = 0) -> Iterator[Mixture]:
    """Yield all mixtures of a text; what is fenced as code is passed over."""
    looked_at = text[:MOST_TEXT].split("\n")
    lines = [line if len(line) <= _LONGEST else "" for line in looked_at]
    place, fence = 0, ""
    while place < len(lines):
        line = lines[place].strip()
        if line.startswith(_FENCE):
            fence = "" if fence and line.startswith(fence) else fence or line[:3]
            place += 1
        elif fence:
            place += 1
        elif "|" in line and place + 1 < len(lines) and _is_rule(lines[place + 1]):
            table, after = _cut_table(lines, place, before)
            found = read_table(table)
            if found:
                found.totals = _find_totals(lines, place) | found.totals
                yield found
            place = after
        elif _ENTRY.match(lines[place]):
            found, after = _read_list(lines, place, before)
            if found:
                found.totals |= _find_totals(lines, place)
                yield found
            place = after
        else:
            place += 1


def _is_rule(line: str) -> bool:
    return "-" in line and "|" in line and _RULE.fullmatch(line.strip()) is not None


def _cut_table(lines: list[str], start: int, before: int) -> tuple[Table, int]:
    """Return the table that begins at a place, and the place behind it."""
    end = start + 2
    while end < len(lines) and "|" in lines[end]:
        end += 1
    rows = [
        (before + place + 1, _split(lines[place])) for place in range(start + 2, end)
    ]
    return Table(head=_split(lines[start]), rows=rows), end


def _split(line: str) -> list[str]:
    inner = line.strip()
    inner = inner.removeprefix("|")
    cells = [cell.replace("\\|", "|").strip() for cell in _CELL.split(inner)]
    return cells[:-1] if len(cells) > 1 and not cells[-1] else cells


def _read_list(lines: list[str], start: int, before: int) -> tuple[Mixture | None, int]:
    """Return the mixture of a list whose entries link a dataset and say how much."""
    mixture = Mixture(line=before + start + 1)
    place = start
    while place < len(lines) and (
        _ENTRY.match(lines[place]) or lines[place].startswith("  ")
    ):
        entry = _ENTRY.match(lines[place])
        component = _read_entry(entry[1], before + place + 1) if entry else None
        if component:
            mixture.components.append(component)
        place += 1
    return (mixture if len(mixture.components) > 1 else None), max(place, start + 1)


def _read_entry(text: str, line: int) -> Component | None:
    name, dataset = read_name(text)
    amounts = _amounts(text)
    if dataset is None or not amounts:
        return None
    called = re.match(r"[^\[(,:|]*\[([^\]]+)\]", text)
    return Component(
        name=called[1] if called else str(dataset) or name,
        line=line,
        amounts=amounts,
        dataset=dataset,
    )


def _amounts(text: str) -> dict[str, int]:
    """Return unit → amount of what a text says once; two amounts of one tell none."""
    found: dict[str, list[int]] = {}
    for amount, word in _AMOUNT_OF.findall(text):
        number = read_amount(amount)
        if number is not None:
            unit = "tokens" if word.lower() == "tokens" else "items"
            found.setdefault(unit, []).append(number)
    return {unit: numbers[0] for unit, numbers in found.items() if len(numbers) == 1}


def _find_totals(lines: list[str], start: int) -> dict[str, int]:
    """Return the totals that the paragraph before a table or list states."""
    end = start
    while end and not lines[end - 1].strip():
        end -= 1
    begin = end
    while begin and lines[begin - 1].strip():
        begin -= 1
    paragraph = " ".join(lines[begin:end])
    is_prose = not re.match(r"\s*([-*+#|]|```)", lines[begin] if begin < end else "#")
    return _amounts(paragraph) if is_prose else {}
