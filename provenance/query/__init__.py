"""Typed reads of the ledger; nothing here writes."""

from provenance.query.ancestry import MOST_ITEMS, Assessed, explain_items
from provenance.query.conflicts import Conflict, find_conflicts
from provenance.query.descendants import KINDS, Descendants, Reached, count_descendants
from provenance.query.explanation import (
    Claimed,
    Explanation,
    Occurrence,
    Parent,
    Path,
    Statement,
    Step,
)
from provenance.query.items import ItemKey, find_items

__all__ = [
    "KINDS",
    "MOST_ITEMS",
    "Assessed",
    "Claimed",
    "Conflict",
    "Descendants",
    "Explanation",
    "ItemKey",
    "Occurrence",
    "Parent",
    "Path",
    "Reached",
    "Statement",
    "Step",
    "count_descendants",
    "explain_items",
    "find_conflicts",
    "find_items",
]
