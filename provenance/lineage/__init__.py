"""What an item inherits: pedigrees, tallies, tiers, depth and loops."""

from provenance.lineage.assess import Assessor
from provenance.lineage.assessments import (
    ASPECTS,
    load_members,
    load_pedigrees,
    reassess,
)
from provenance.lineage.depth import Depths, ModelDepth, ModelLoop, measure_depths
from provenance.lineage.pedigree import Element, Pedigree
from provenance.lineage.rebuild import rebuild
from provenance.lineage.tally import DIMENSIONS

__all__ = [
    "ASPECTS",
    "DIMENSIONS",
    "Assessor",
    "Depths",
    "Element",
    "ModelDepth",
    "ModelLoop",
    "Pedigree",
    "load_members",
    "load_pedigrees",
    "measure_depths",
    "reassess",
    "rebuild",
]
