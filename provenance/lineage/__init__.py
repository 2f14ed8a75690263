"""What an item inherits: pedigrees, tallies, tiers, depth and loops."""

from provenance.lineage.assess import Assessor
from provenance.lineage.assessments import (
    ASPECTS,
    assess_claims,
    load_members,
    load_pedigrees,
    reassess,
)
from provenance.lineage.book import PedigreeBook
from provenance.lineage.change import Entering, Lineage
from provenance.lineage.claims import reaches_items
from provenance.lineage.depth import Depths, ModelDepth, ModelLoop, measure_depths
from provenance.lineage.pedigree import Element, Pedigree
from provenance.lineage.rebuild import compare, rebuild
from provenance.lineage.workspace import open_workspace

__all__ = [
    "ASPECTS",
    "Assessor",
    "Depths",
    "Element",
    "Entering",
    "Lineage",
    "ModelDepth",
    "ModelLoop",
    "Pedigree",
    "PedigreeBook",
    "assess_claims",
    "compare",
    "load_members",
    "load_pedigrees",
    "measure_depths",
    "open_workspace",
    "reaches_items",
    "reassess",
    "rebuild",
]
