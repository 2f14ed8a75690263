"""Numbers for people: tallies and assessments become a report."""

from provenance.report.difference import Difference
from provenance.report.figures import (
    GROUPINGS,
    Amounts,
    DepthFigures,
    Report,
    UnitFigures,
    load_all_amounts,
    load_groups,
    load_units,
)
from provenance.report.gate import Checked, Component, Failure
from provenance.report.shares import ShareFigures
from provenance.report.standpoint import Standpoint

__all__ = [
    "GROUPINGS",
    "Amounts",
    "Checked",
    "Component",
    "DepthFigures",
    "Difference",
    "Failure",
    "Report",
    "ShareFigures",
    "Standpoint",
    "UnitFigures",
    "load_all_amounts",
    "load_groups",
    "load_units",
]
