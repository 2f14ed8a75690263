"""What a ledger tells of a dataset version: all that an export is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from provenance.domain import Claim, Model

__all__ = ["Manifest", "Told", "Upstream"]

Upstream = tuple[str | None, Iterator[pa.RecordBatch]]
"""A dataset version (None: evidence), and those of its records that are needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A standing batch of the dataset: one manifest, or a part of it."""

    file: str
    sha256: str
    """Hex digest of the manifest."""
    format: str
    records: int
    position: int
    """Log position."""
    recorded_at: datetime
    """Aware, UTC: time of logging."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A dataset version as the ledger has it, under one policy."""

    dataset: str
    """``NAME`` or ``NAME@VERSION``."""
    report: Mapping[str, Any]
    """As ``report --json``, broken down by model, mode, evidence, source, month,
    language and split; in the unit that was asked for."""
    downstream: Mapping[str, frozenset[str]]
    """``model`` and ``mode`` → those of which any record is generated or derived,
    whether or not it has a value in the unit that was asked for."""
    policy_words: Sequence[str]
    """The policy in words."""
    sentences: Mapping[str, str]
    """Unit → its interval and tiers in words; no unit is left out."""
    stated: Mapping[str, Any]
    """The dataset as ``dataset list --json`` has it: license, note, parents …"""
    beside: Sequence[Mapping[str, Any]]
    """The same of the dataset versions of which records go along."""
    models: Sequence[Model]
    """Those that had a part in it or in the models that had, with what is recorded."""
    claims: Sequence[Claim]
    """Those about the dataset, its models, or sources."""
    manifests: Sequence[Manifest]
    domains: Sequence[tuple[str | None, int | float]]
    """Registrable domain (None: not stated) and content bytes, greatest first."""
    media: Mapping[str, int]
    """Medium (empty: not stated) → records."""
    edges: tuple[int, int]
    """Edges to origins, and to parents."""
    upstream_records: int
    """Records elsewhere that items of the dataset hang on."""
    divided_records: int
    """Records whose name was erased, of items that other records still name: among
    other rows they are items of their own."""
    left_out: Sequence[str]
    """Recorded dataset versions that depth, loops and parents hang on, and of which
    not all goes along."""
    now: datetime
    """When the export is made; aware, UTC."""
    tool: str
    """Name and version of what made it."""
    read_rows: Callable[[], Iterator[pa.RecordBatch]]
    """Reads the records of the dataset from the start; columns of ``query.rows``."""
    read_upstream: Callable[[], Iterator[Upstream]]
    """Reads the records elsewhere, dataset by dataset."""

    read_derived: Callable[[], Iterator[tuple[str, Iterator[pa.RecordBatch]]]]
    """Reads pedigrees, assessments and tallies, by these names."""

    @property
    def name(self) -> str:
        """The dataset without its version."""
        return self.dataset.partition("@")[0]

    @property
    def version(self) -> str:
        """The version; empty of the unversioned dataset."""
        return self.dataset.partition("@")[2]

    @property
    def records(self) -> int:
        """How many records stand in it."""
        return int(self.report["units"]["records"]["total"])

    @property
    def model_names(self) -> list[str]:
        """The generators by name, those of claimed shares behind the others."""
        named = [name for name, _ in self.generators]
        shares = [one["model"] for one in self.report["shares"] if one["counts"]]
        return list(dict.fromkeys([*named, *shares]))

    @property
    def is_downstream(self) -> bool | None:
        """Whether anything is generated or derived, by any unit or claimed share.

        None: nothing is known to be, and something is unknown; that is not *no*.
        """
        figures = self.report["units"].values()
        if any(found["generated"] + found["derived"] for found in figures):
            return True
        records = self.report["units"]["records"]
        return None if records["unknown"] or not records["total"] else False

    @property
    def used_words(self) -> str:
        """The same as an answer: yes, no or unknown."""
        return {True: "yes", False: "no", None: "unknown"}[self.is_downstream]

    @property
    def generators(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Models of which something is generated or derived, and the amounts."""
        return [(group["model"], group) for group in self.list_downstream("model")]

    def list_downstream(self, by: str) -> list[Mapping[str, Any]]:
        """Return the groups by model or mode of which any record is downstream."""
        groups = self.report["by"][by]
        return [group for group in groups if group[by] in self.downstream[by]]

    def find_model(self, name: str) -> Model:
        """Return what is recorded of a model; of an unrecorded one its name."""
        found = (model for model in self.models if name in (model.name, *model.aliases))
        return next(found, Model(name=name, registered=False))
