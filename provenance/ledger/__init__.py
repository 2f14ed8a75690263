"""The ledger: the one place that opens transactions and joins the stages."""

from provenance.ledger.ingest import KINDS, Ingested
from provenance.ledger.open import Ledger

__all__ = ["KINDS", "Ingested", "Ledger"]
