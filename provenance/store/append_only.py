"""Which tables are append-only: every table of facts and of the log but its head."""

from __future__ import annotations

from provenance.store import schema

__all__ = ["APPEND_ONLY", "TRIGGER_PREFIX"]

TRIGGER_PREFIX = "append_only_"
"""Begins the name of every trigger that guards them."""

APPEND_ONLY = tuple(
    table
    for table in schema.METADATA.sorted_tables
    if table not in schema.DERIVED and table is not schema.log_state
)
"""Tables of which no row ever changes or goes."""
