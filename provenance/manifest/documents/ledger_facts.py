"""What a ledger exported of datasets, models and claims: ``domain.fact_file``."""

from __future__ import annotations

from provenance.domain.fact_file import parse_facts
from provenance.manifest.documents.document import Document
from provenance.manifest.documents.json_object import read_object

__all__ = ["read_ledger_facts"]


def read_ledger_facts(text: str) -> Document:
    """Take the facts of a ledger apart.

    Raises:
        ValueError: They are none; says which.
    """
    return Document(facts=parse_facts(read_object(text)), is_of_dataset=False)
