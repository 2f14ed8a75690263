"""Numbers for people: tallies and assessments become a report."""

from provenance.report.figures import (
    GROUPINGS,
    Amounts,
    DepthFigures,
    Report,
    UnitFigures,
    load_all_amounts,
    load_amounts,
    load_depth,
    load_groups,
    load_shares,
)
from provenance.report.shares import ShareFigures

__all__ = [
    "GROUPINGS",
    "Amounts",
    "DepthFigures",
    "Report",
    "ShareFigures",
    "UnitFigures",
    "load_all_amounts",
    "load_amounts",
    "load_depth",
    "load_groups",
    "load_shares",
]
