"""A ledger whose datasets can be handed on in the formats that others read."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from provenance import __version__
from provenance.domain import Unit, parse_dataset, parse_unit
from provenance.errors import LedgerStateError, NameRefusedError, say_unwritable
from provenance.export import Loss, Told
from provenance.ledger.telling import tell
from provenance.ledger.transactions import Transactions

__all__ = ["EXPORTS", "Exported", "Exporting"]

_MICROSECONDS = 1_000_000

EXPORTS: dict[str, str] = {
    "parquet": "provenance.export.parquet",
    "prov-json": "provenance.export.prov_json",
    "croissant": "provenance.export.croissant",
    "cyclonedx": "provenance.export.cyclonedx",
    "spdx": "provenance.export.spdx",
    "openlineage": "provenance.export.openlineage",
    "card": "provenance.export.card",
    "eu-summary": "provenance.export.eu_summary",
    "ab-2013": "provenance.export.ab_2013",
    "dps": "provenance.export.data_provenance_standards",
}
"""Format → the module that writes it."""

Write = Callable[[Told, Path], tuple[list[Path], list[Loss]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written, and what of the dataset it does not carry."""

    format: str
    dataset: str
    files: tuple[Path, ...]
    lost: tuple[Loss, ...]

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON values; the format of ``export --json``."""
        return {
            "format": self.format,
            "dataset": self.dataset,
            "files": [
                {"path": str(path), "bytes": path.stat().st_size} for path in self.files
            ],
            "lost": [loss.to_dict() for loss in self.lost],
        }


class Exporting(Transactions):
    """Writes what the ledger knows of a dataset in a foreign format."""

    def export_dataset(
        self,
        format: str,  # noqa: A002 - the word of the command line
        dataset: str,
        out: str | Path,
        *,
        policy: str = "default",
        unit: str | Unit = Unit.TOKENS,
        beside: Sequence[str] = (),
        overwrite: bool = False,
    ) -> Exported:
        """Write what the ledger knows of a dataset version in a foreign format.

        Args:
            format: A key of ``EXPORTS``.
            dataset: ``NAME@VERSION``; ``NAME`` when it has but one version.
            out: The file; of formats with rows a folder, which is made.
            policy: Name of a stored policy: what counts as generated.
            unit: The unit of breakdowns and of the depth.
            beside: Dataset versions that go along whole, in Parquet only: those that
                its models were trained on, or its parents.
            overwrite: Whether a file that is there is written anew; what an earlier
                export left in the folder goes.

        Returns:
            The files, and what they do not carry.

        Raises:
            NameRefusedError: There is no such format, or no such unit; or nothing
                goes along in it.
            NotRecordedError: No such dataset or policy.
            LedgerStateError: The file is there, is a pipe or a device, or cannot be
                written.
        """
        if format not in EXPORTS:
            raise NameRefusedError(
                f"{format!r} is no format of exports",
                hint=f"Choose from: {', '.join(EXPORTS)}.",
            )
        if beside and format != "parquet":
            raise NameRefusedError(
                f"no other dataset goes along in {format}",
                hint="Export each by itself, or all as parquet.",
            )
        path, module = Path(out), import_module(EXPORTS[format])
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise LedgerStateError(
                f"{path} is neither a file nor a folder",
                hint="Name a file: a pipe or a device cannot be measured afterwards.",
            )
        if path.exists() and not overwrite and (path.is_file() or any(path.iterdir())):
            raise LedgerStateError(
                f"{path} is there already", hint="Name another, or say --overwrite."
            )
        now = datetime.fromtimestamp(self._clock() / _MICROSECONDS, UTC)
        with self._scratching() as connection, _explain(path):
            told = tell(
                connection,
                parse_dataset(dataset),
                policy=policy,
                unit=parse_unit(unit),
                beside=[parse_dataset(name) for name in beside],
                now=now,
                tool=f"training-provenance {__version__}",
            )
            with _no_half(path):
                files, lost = module.write(told, path)
        return Exported(
            format=format, dataset=told.dataset, files=tuple(files), lost=tuple(lost)
        )


@contextmanager
def _no_half(path: Path) -> Iterator[None]:
    """Remove what was written of an export that fails, where nothing was before."""
    was_there = path.exists()
    try:
        yield
    except BaseException:
        if path.is_dir() and not was_there:
            shutil.rmtree(path, ignore_errors=True)
        elif not was_there:
            path.unlink(missing_ok=True)
        raise


@contextmanager
def _explain(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise say_unwritable(error.filename or path, error) from error
