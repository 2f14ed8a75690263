"""The ledger: the one place that opens transactions and joins the stages."""

from provenance.ledger.open import Ledger
from provenance.ledger.order import KINDS, Ingested, PassedOver, Refused
from provenance.ledger.verify import Verified

__all__ = ["KINDS", "Ingested", "Ledger", "PassedOver", "Refused", "Verified"]
