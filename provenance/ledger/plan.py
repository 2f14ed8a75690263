"""Decide what of a manifest is to be recorded, given what already was."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from provenance.errors import ManifestChangedError
from provenance.ingest import EarlierManifest, find_manifests
from provenance.ledger.facts import find_dataset
from provenance.ledger.order import Ingest

__all__ = ["Plan", "make_plan"]

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Plan:
    """Which rows to leave out, and which batches to withdraw first."""

    skip_rows: int = 0
    resumed: bool = False
    """Whether these rows were recorded by a run that was broken off."""
    withdrawn: tuple[int, ...] = ()
    """Log positions."""
    batches: tuple[int, ...] = ()
    """Ids of the same batches."""


def make_plan(
    connection: sa.Connection, order: Ingest, sha256: bytes, mapping: str
) -> Plan | None:
    """Decide what of the file is to be recorded; None: nothing, it is all there."""
    number = None
    if order.dataset is not None:
        number = find_dataset(connection, order.dataset)
        if number is None:
            return Plan()
    earlier = find_manifests(connection, number, order.manifest, sha256)
    if not earlier:
        return Plan()
    same = [manifest for manifest in earlier if manifest.sha256 == sha256]
    for manifest in same:
        if manifest.mapping == mapping:
            if manifest.complete:
                return None
            return Plan(skip_rows=manifest.last_row, resumed=True)
    if order.replace:
        return Plan(
            withdrawn=tuple(p for m in earlier for p in m.positions),
            batches=tuple(number for m in earlier for number in m.batches),
        )
    if order.append:
        return Plan(skip_rows=_rows_before(order.path, earlier))
    if same:
        raise ManifestChangedError(
            f"{order.shown} was recorded for {order.target} with another mapping",
            hint="Use --replace to withdraw what was recorded and read it anew, or "
            "--append to record its rows once more.",
        )
    raise ManifestChangedError(
        f"{order.shown} has changed since it was recorded for {order.target}",
        hint="Use --replace to withdraw what was recorded of it, --append to record "
        "the rows it has now beside that, or name a new version of the dataset.",
    )


def _rows_before(path: Path, earlier: list[EarlierManifest]) -> int:
    """Return up to which row the file is what was recorded, bytes for bytes."""
    for manifest in reversed(earlier):
        digest, left = hashlib.sha256(), manifest.size
        with path.open("rb") as file:
            while left and (chunk := file.read(min(left, _CHUNK))):
                digest.update(chunk)
                left -= len(chunk)
        if not left and digest.digest() == manifest.sha256:
            return manifest.last_row
    return 0
