"""Decide what of a manifest is to be recorded, given what already was."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from provenance.domain import DatasetName
from provenance.errors import ManifestChangedError
from provenance.ingest import EarlierManifest, find_manifests
from provenance.ledger.facts import find_dataset
from provenance.ledger.order import Ingest
from provenance.manifest import WatchedReader

__all__ = ["Plan", "choose_dataset", "make_plan"]

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


def _is_of_dataset(reader: WatchedReader) -> bool:
    """Whether a manifest is of a dataset version, and does not tell of others."""
    return reader.document is None or reader.document.is_of_dataset


def choose_dataset(order: Ingest, reader: WatchedReader) -> DatasetName | None:
    """Return the dataset version of the rows.

    None: they are evidence, or the manifest tells of others.
    """
    return order.dataset if _is_of_dataset(reader) else None


def make_plan(
    connection: sa.Connection,
    order: Ingest,
    reader: WatchedReader,
    sha256: bytes,
    mapping: str,
) -> Plan | None:
    """Decide what of the file is to be recorded; None: nothing, it is all there."""
    number = None
    dataset = choose_dataset(order, reader)
    if dataset is not None:
        number = find_dataset(connection, dataset)
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
    if not path.is_file():
        return 0  # the files of a folder have no order in time
    for manifest in reversed(earlier):
        digest, left = hashlib.sha256(), manifest.size
        with path.open("rb") as file:
            while left and (chunk := file.read(min(left, _CHUNK))):
                digest.update(chunk)
                left -= len(chunk)
        if not left and digest.digest() == manifest.sha256:
            return manifest.last_row
    return 0
