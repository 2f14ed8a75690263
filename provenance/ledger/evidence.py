"""Rows of evidence: each is about a digest, and about nothing else."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from provenance.batch import Faults

__all__ = ["keep_evidence"]


def keep_evidence(
    batch: pa.RecordBatch, faults: Faults
) -> tuple[pa.RecordBatch, Faults]:
    """Set aside the rows that cannot be evidence.

    Args:
        batch: Normalised rows.
        faults: Those found in the same rows.

    Returns:
        The rows that name a digest, say something of it, and name no parent; and the
        faults, with one for each other row.
    """
    digests = batch.column("digest")
    origins = pc.list_value_length(batch.column("origins"))
    parents = pc.list_value_length(batch.column("parents"))
    silent = pc.and_(pc.equal(origins, 0), pc.is_null(batch.column("fetched_at")))
    good: Any = pa.repeat(pa.scalar(value=True), len(batch))
    for field, wrong, reason in (
        (
            "digest",
            pc.is_null(digests),
            "evidence is about a digest: expected one, or a name and --of DATASET",
        ),
        (
            "derived_from",
            pc.greater(parents, 0),
            "evidence names no parents: record the row for a dataset",
        ),
        (
            "origin",
            silent,
            "expected an origin, a score, a review, or when the content was seen",
        ),
    ):
        bad = pc.and_(good, wrong)
        if pc.any(bad).as_py():
            rows = batch.filter(bad).column("row")
            faults += Faults.of_columns(
                faults.file, rows=rows, fields=field, values="", reasons=reason
            )
            good = pc.and_(good, pc.invert(wrong))
    return batch.filter(good), faults
