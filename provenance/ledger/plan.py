"""Decide what of a manifest is to be recorded, given what already was."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from provenance.domain import DatasetName
from provenance.errors import ManifestChangedError
from provenance.ingest import EarlierManifest, find_manifests
from provenance.ledger.facts import find_dataset
from provenance.ledger.order import Ingest
from provenance.manifest import WatchedReader, ends_at_row

__all__ = ["Plan", "choose_dataset", "find_standing", "make_plan"]

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Plan:
    """Which rows to leave out, and which batches to withdraw first."""

    skip_rows: int = 0
    resumed: bool = False
    """Whether these rows were recorded by a run that was broken off."""
    complete: bool = False
    """Whether all rows stand already, and there is only to withdraw."""
    withdrawn: tuple[int, ...] = ()
    """Log positions."""
    batches: tuple[int, ...] = ()
    """Ids of the same batches."""
    seen: frozenset[int] = frozenset()
    """Ids of all batches of the file that stood when this was decided."""


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
    earlier = _find_earlier(connection, order, reader, sha256)
    plan = _decide(order, reader, earlier, sha256, mapping)
    return plan and replace(plan, seen=_list_batches(earlier))


def find_standing(
    connection: sa.Connection, order: Ingest, reader: WatchedReader, sha256: bytes
) -> frozenset[int]:
    """Return the ids of the batches of the file that stand now."""
    return _list_batches(_find_earlier(connection, order, reader, sha256))


def _list_batches(manifests: list[EarlierManifest]) -> frozenset[int]:
    return frozenset(number for m in manifests for number in m.batches)


def _find_earlier(
    connection: sa.Connection, order: Ingest, reader: WatchedReader, sha256: bytes
) -> list[EarlierManifest]:
    number = None
    dataset = choose_dataset(order, reader)
    if dataset is not None:
        number = find_dataset(connection, dataset)
        if number is None:
            return []
    return find_manifests(connection, number, order.manifest, sha256)


def _decide(
    order: Ingest,
    reader: WatchedReader,
    earlier: list[EarlierManifest],
    sha256: bytes,
    mapping: str,
) -> Plan | None:
    if not earlier:
        return Plan()
    own = [m for m in earlier if m.path == order.manifest]
    same = [m for m in earlier if m.sha256 == sha256]
    known = [m for m in same if m.mapping == mapping]
    if order.replace and len(known) < len(earlier):
        return _replace(order, earlier, known)
    if known and (order.append or not own or any(m in own for m in known)):
        plan = _go_on(known)
        return None if plan.complete else plan
    if order.append:
        return Plan(skip_rows=_rows_before(order.path, reader.format, earlier))
    if any(m in own for m in same) or not own:
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


def _go_on(known: list[EarlierManifest]) -> Plan:
    """Go on behind what stands of these very rows."""
    if not known:
        return Plan()
    return Plan(
        skip_rows=max(m.last_row for m in known),
        resumed=True,
        complete=any(m.complete for m in known),
    )


def _replace(
    order: Ingest, earlier: list[EarlierManifest], known: list[EarlierManifest]
) -> Plan:
    """Withdraw what the file said; only rows that another file has stay.

    What it said in several versions is withdrawn with its newest: that may hold
    nothing but the rows by which the file had grown.
    """
    kept = [m for m in known if m.path != order.manifest]
    gone = [m for m in earlier if m not in kept]
    return replace(
        _go_on(kept),
        withdrawn=tuple(position for m in gone for position in m.positions),
        batches=tuple(number for m in gone for number in m.batches),
    )


def _rows_before(path: Path, format_: str, earlier: list[EarlierManifest]) -> int:
    """Return up to which row the file is what was recorded, bytes for bytes.

    Raises:
        ManifestChangedError: What was recorded ended inside a row, which is another
            one now.
    """
    if not path.is_file():
        return 0  # the files of a folder have no order in time
    size = path.stat().st_size
    # Of the same bytes, read with another mapping, every row is recorded once more.
    shorter = [manifest for manifest in earlier if manifest.size < size]
    digests = _hash_starts(path, {manifest.size for manifest in shorter})
    for manifest in reversed(shorter):
        if digests[manifest.size] == manifest.sha256:
            is_whole = not manifest.quarantined
            if not manifest.complete:
                return manifest.last_row  # other rows followed already
            if ends_at_row(path, manifest.size, format_, is_whole=is_whole):
                return manifest.last_row
            if format_ == "jsonl" and not is_whole:
                return manifest.last_row - 1  # half a line is no JSON: it was set aside
            raise ManifestChangedError(
                f"{path.name} has grown, but had ended inside a row when it was "
                "recorded, as far as can be told: that row is another one now",
                hint="Use --replace to withdraw what was recorded and read it anew.",
            )
    return 0


def _hash_starts(path: Path, sizes: set[int]) -> dict[int, bytes]:
    """Hash the first bytes of a file up to each of some sizes, in one pass."""
    digests, digest, read = {}, hashlib.sha256(), 0
    with path.open("rb") as file:
        for size in sorted(sizes):
            while read < size and (chunk := file.read(min(size - read, _CHUNK))):
                digest.update(chunk)
                read += len(chunk)
            digests[size] = digest.digest()
    return digests
