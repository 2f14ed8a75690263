"""What an item inherits: pedigrees, tallies, tiers, depth and loops."""

from provenance.lineage.assess import Assessor
from provenance.lineage.assessments import (
    ASPECTS,
    Judged,
    judge,
    load_loops,
    load_pedigrees,
    reassess,
    select_assessed,
)
from provenance.lineage.book import PedigreeBook
from provenance.lineage.change import Entering, Lineage
from provenance.lineage.claimed import assess_claims, assess_shares
from provenance.lineage.depth import Depths, ModelDepth, ModelLoop, measure_depths
from provenance.lineage.pedigree import Element, Pedigree
from provenance.lineage.rebuild import compare, rebuild
from provenance.lineage.workspace import add_rows, count_rows, open_workspace

__all__ = [
    "ASPECTS",
    "Assessor",
    "Depths",
    "Element",
    "Entering",
    "Judged",
    "Lineage",
    "ModelDepth",
    "ModelLoop",
    "Pedigree",
    "PedigreeBook",
    "add_rows",
    "assess_claims",
    "assess_shares",
    "compare",
    "count_rows",
    "judge",
    "load_loops",
    "load_pedigrees",
    "measure_depths",
    "open_workspace",
    "reassess",
    "rebuild",
    "select_assessed",
]
