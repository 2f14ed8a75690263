"""The values of the ledger: immutable, without I/O, clock or database.

Example:
    >>> from provenance.domain import parse_digest, format_digest
    >>> empty = "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
    >>> format_digest(parse_digest(empty))
    'sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709'
"""

from provenance.domain.bounds import Bounds, End, make_bounds, parse_bound, parse_end
from provenance.domain.claims import Claim, Subject, make_claim
from provenance.domain.counts import say_count
from provenance.domain.datasets import DatasetName, find_by_name, parse_dataset
from provenance.domain.digests import (
    Digest,
    Spelling,
    choose_spelling,
    content_key,
    format_digest,
    is_weak,
    named_item,
    parse_digest,
    parse_item_key,
    scoped_item,
)
from provenance.domain.facts import (
    ClaimFact,
    DatasetFact,
    Fact,
    ModelFact,
    to_dataset_name,
)
from provenance.domain.fields import FIELDS, Field
from provenance.domain.models import Model, ModelBook
from provenance.domain.names import (
    CONTROLS,
    read_names,
    refuse_no_utf8,
    say_no_utf8,
    spell_controls,
    spell_lines,
)
from provenance.domain.origins import (
    Derivation,
    Evidence,
    Grade,
    Kind,
    Mode,
    Origin,
)
from provenance.domain.policies import (
    BUILT_IN,
    DEFAULT,
    LOW_BACKGROUND,
    Policy,
    WhatIf,
)
from provenance.domain.sizes import parse_size
from provenance.domain.tiers import Tier, Unit, parse_unit

__all__ = [
    "BUILT_IN",
    "CONTROLS",
    "DEFAULT",
    "FIELDS",
    "LOW_BACKGROUND",
    "Bounds",
    "Claim",
    "ClaimFact",
    "DatasetFact",
    "DatasetName",
    "Derivation",
    "Digest",
    "End",
    "Evidence",
    "Fact",
    "Field",
    "Grade",
    "Kind",
    "Mode",
    "Model",
    "ModelBook",
    "ModelFact",
    "Origin",
    "Policy",
    "Spelling",
    "Subject",
    "Tier",
    "Unit",
    "WhatIf",
    "choose_spelling",
    "content_key",
    "find_by_name",
    "format_digest",
    "is_weak",
    "make_bounds",
    "make_claim",
    "named_item",
    "parse_bound",
    "parse_dataset",
    "parse_digest",
    "parse_end",
    "parse_item_key",
    "parse_size",
    "parse_unit",
    "read_names",
    "refuse_no_utf8",
    "say_count",
    "say_no_utf8",
    "scoped_item",
    "spell_controls",
    "spell_lines",
    "to_dataset_name",
]
