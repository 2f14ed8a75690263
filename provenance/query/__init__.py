"""Typed reads of the ledger; nothing here writes."""

from provenance.query.ancestry import (
    Explanation,
    Occurrence,
    Parent,
    Statement,
    explain_item,
)
from provenance.query.items import ItemKey, find_items

__all__ = [
    "Explanation",
    "ItemKey",
    "Occurrence",
    "Parent",
    "Statement",
    "explain_item",
    "find_items",
]
