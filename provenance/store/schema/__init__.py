"""The tables of the ledger: facts, log, and what is derived from the facts.

One schema for SQLite and PostgreSQL. Facts and log are append-only; derived tables
are rebuilt from the facts at any time. Times are microseconds since 1970 UTC.
Amounts named *thousandths* hold ``value × copies`` exactly.
Tables with a row per record, edge, item or tally declare no foreign keys: checking
them row by row would cost more than writing them.
"""

from provenance.store.schema.derived import (
    DERIVED,
    assessments,
    claim_assessments,
    dataset_traits,
    item_loops,
    item_pedigrees,
    model_loops,
    named_parents,
    open_parents,
    pedigree_origins,
    pedigrees,
    tallies,
    tally_values,
)
from provenance.store.schema.facts import (
    claims,
    dataset_facts,
    dataset_parents,
    datasets,
    model_aliases,
    model_bases,
    model_facts,
    models,
    policies,
    training_sets,
)
from provenance.store.schema.log import (
    batch_tiles,
    checkpoints,
    cosignatures,
    log_entries,
    log_state,
    redactions,
    reservations,
    withdrawals,
)
from provenance.store.schema.metadata import METADATA
from provenance.store.schema.rows import (
    batches,
    derivations,
    derived_from,
    generated_by,
    media_types,
    origins,
    record_salts,
    records,
    sources,
)

__all__ = [
    "DERIVED",
    "METADATA",
    "assessments",
    "batch_tiles",
    "batches",
    "checkpoints",
    "claim_assessments",
    "claims",
    "cosignatures",
    "dataset_facts",
    "dataset_parents",
    "dataset_traits",
    "datasets",
    "derivations",
    "derived_from",
    "generated_by",
    "item_loops",
    "item_pedigrees",
    "log_entries",
    "log_state",
    "media_types",
    "model_aliases",
    "model_bases",
    "model_facts",
    "model_loops",
    "models",
    "named_parents",
    "open_parents",
    "origins",
    "pedigree_origins",
    "pedigrees",
    "policies",
    "record_salts",
    "records",
    "redactions",
    "reservations",
    "sources",
    "tallies",
    "tally_values",
    "training_sets",
    "withdrawals",
]
