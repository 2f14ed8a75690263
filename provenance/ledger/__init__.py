"""The ledger: the one place that opens transactions and joins the stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provenance.ledger.open import Ledger
    from provenance.ledger.order import KINDS, Ingested, PassedOver, Refused
    from provenance.ledger.verify import Verified

__all__ = ["KINDS", "Ingested", "Ledger", "PassedOver", "Refused", "Verified"]

_HOMES = {
    "KINDS": "provenance.ledger.order",
    "Ingested": "provenance.ledger.order",
    "PassedOver": "provenance.ledger.order",
    "Refused": "provenance.ledger.order",
    "Ledger": "provenance.ledger.open",
    "Verified": "provenance.ledger.verify",
}


def __getattr__(name: str) -> Any:
    # Worker processes of verify load what they need, in half the time.
    if name not in _HOMES:
        raise AttributeError(f"module 'provenance.ledger' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - as above

    return getattr(import_module(_HOMES[name]), name)
