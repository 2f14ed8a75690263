"""Foreign formats made from what a ledger knows of a dataset, one per file.

Each takes a ``Told`` and writes text or files; what it cannot carry is found in the
same ``Told`` (``loss``), so that no export is taken for the whole.
"""

from provenance.export.loss import Loss, list_losses
from provenance.export.told import Told

__all__ = ["Loss", "Told", "list_losses"]
