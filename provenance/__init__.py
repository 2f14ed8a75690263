"""How much of a training set is downstream of generative models, and how sure.

Example:
    >>> from provenance import Ledger
    >>> with Ledger.open("sqlite://") as ledger:
    ...     position = ledger.add_model("GPT-4", aliases=["gpt-4-0613"])
    ...     [model.name for model in ledger.models()]
    ['GPT-4']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provenance.errors import LedgerError
    from provenance.ledger import Ledger

__all__ = ["Ledger", "LedgerError"]

__version__ = "0.1.0"

_HOMES = {"Ledger": "provenance.ledger", "LedgerError": "provenance.errors"}


def __getattr__(name: str) -> Any:
    # The command line answers --help without loading the databases.
    if name not in _HOMES:
        raise AttributeError(f"module 'provenance' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
