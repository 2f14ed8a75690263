"""Foreign formats made from the ledger, one per file; none is written yet."""
