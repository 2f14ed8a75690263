"""What an item inherits: pedigrees, tallies, tiers, depth and loops."""

from provenance.lineage.assess import Assessor
from provenance.lineage.assessments import (
    ASPECTS,
    Judged,
    judge,
    load_members,
    load_pedigrees,
    select_assessed,
)
from provenance.lineage.book import PedigreeBook
from provenance.lineage.change import Lineage, open_lineage
from provenance.lineage.claimed import assess_claims, assess_shares
from provenance.lineage.depth import (
    Depths,
    ModelDepth,
    ModelLoop,
    TrainingSets,
    measure_depths,
)
from provenance.lineage.entering import Entering
from provenance.lineage.kept import assess_policy, load_loops, reassess
from provenance.lineage.pedigree import Element, Pedigree, own_part
from provenance.lineage.rebuild import compare, rebuild
from provenance.lineage.workspace import (
    add_rows,
    count_rows,
    make_table,
    open_workspace,
)

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
    "TrainingSets",
    "add_rows",
    "assess_claims",
    "assess_policy",
    "assess_shares",
    "compare",
    "count_rows",
    "judge",
    "load_loops",
    "load_members",
    "load_pedigrees",
    "make_table",
    "measure_depths",
    "open_lineage",
    "open_workspace",
    "own_part",
    "reassess",
    "rebuild",
    "select_assessed",
]
