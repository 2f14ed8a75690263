"""What verify cannot refuse in a ledger, and why."""

from __future__ import annotations

__all__ = ["NOT_AUTHENTICATED", "NOT_EXCHANGED"]

NOT_AUTHENTICATED = {
    ("checkpoints", "delete"): "A signature can be lost; that none is over the last "
    "entries is said, and the one over each key is asked for.",
    ("cosignatures", "delete"): "The word of a witness can be lost; a quorum asks for "
    "it.",
    ("cosignatures", "empty"): "As above.",
    ("tallies", "position"): "The sums are compared. How they came about is history: "
    "it tells what a report said at an earlier position.",
    ("item_loops", "loop"): "The numbers of loops mean nothing: of one item, any will "
    "do.",
    ("item_loops", "since"): "Which loops stand is compared. Since when is history, as "
    "of tallies.",
    ("dataset_traits", "short_contents"): "A trait too many costs a look-up and no "
    "truth; one too few is refused.",
    ("dataset_traits", "digest_names"): "As above.",
    ("dataset_traits", "insert"): "As above.",
}
"""What verify cannot refuse, and why."""

NOT_EXCHANGED = (
    "assessments",
    "batch_tiles",
    "cosignatures",
    "dataset_parents",
    "item_loops",
    "item_pedigrees",
    "log_state",
    "model_bases",
    "model_loops",
    "named_parents",
    "open_parents",
    "training_sets",
)
"""Tables without two rows, in the ledger of the tests, that say different things
beside their keys."""
