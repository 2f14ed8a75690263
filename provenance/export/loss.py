"""What an export cannot carry, found in what is really there.

Each kind of knowledge has one look at the facts: where there is none of it, none is
lost. A format names the kinds that it carries; the rest is its loss report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from provenance.domain.policies import BUILT_IN
from provenance.export.told import Told

__all__ = ["Loss", "list_losses"]

_HANGING: Final = frozenset({"depth", "loops", "parents"})
"""What hangs on other datasets, and follows from the rows where there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One thing that is in the ledger and not in the export."""

    what: str
    """A word for the kind: rows, edges, evidence …"""
    amount: int | float
    """How much of it there is, in its own measure."""
    words: str
    """What that means for whoever has the export alone."""

    def to_dict(self) -> dict[str, Any]:
        """The loss as JSON values."""
        return {"what": self.what, "amount": self.amount, "words": self.words}


def list_losses(told: Told, carried: Iterable[str]) -> list[Loss]:
    """Return what of a dataset a format does not carry.

    Args:
        told: What the ledger has.
        carried: The kinds that the format carries: ``rows`` (records one by one),
            ``digests``, ``edges`` (who made each record and of what), ``upstream``,
            ``modes``, ``evidence``, ``units`` (every unit), ``unknown``,
            ``unattributed``, ``missing``, ``depth``, ``loops``, ``claims``,
            ``models``, ``parents`` and their intervals, ``sources``, ``policy``,
            ``log``.
    """
    known = set(carried)
    if "rows" not in known:
        known.add("erased")
    elif not told.left_out and ("upstream" in known or not told.upstream_records):
        known |= _HANGING
    return [loss for loss in _list_all(told) if loss.what not in known and loss.amount]


def _list_all(told: Told) -> Iterator[Loss]:
    report, figures = told.report, told.report["units"]
    named = {
        by: [g[by] for g in report["by"][by] if g[by] not in (None, "(none)")]
        for by in ("mode", "evidence", "source")
    }
    yield _lose("rows", told.records, "records, one by one: digests, URLs, times")
    yield _lose(
        "edges",
        sum(told.edges),
        "edges that say who made a record, or of what: a tier cannot be traced",
    )
    yield _lose(
        "upstream",
        told.upstream_records,
        "records of other datasets, and evidence, that items hang on: their pedigrees "
        "do not follow from the export",
    )
    yield _lose(
        "erased",
        told.divided_records,
        "records whose name and URL were erased, of items that other records still "
        "name: they are items of their own",
    )
    modes = ", ".join(map(str, named["mode"]))
    yield _lose("modes", len(named["mode"]), f"modes, what models did: {modes}")
    kinds = ", ".join(map(str, named["evidence"]))
    yield _lose(
        "evidence",
        len(named["evidence"]),
        f"kinds of evidence, and with them the grades: {kinds}",
    )
    others = [unit for unit, f in figures.items() if f["total"]]
    yield _lose("units", max(0, len(others) - 1), f"further units: {', '.join(others)}")
    for unit, found in figures.items():
        yield _lose(
            "unknown",
            found["unknown"],
            f"{unit} of unknown origin: the share is an interval",
        )
        yield _lose(
            "unattributed",
            found["unattributed"],
            f"{unit} of which a claim gives a share, and not which they are",
        )
        yield _lose(
            "missing",
            sum(found["missing"].values()),
            f"records without a value in {unit}, which are in none of its sums",
        )
    depth = report["depth"]
    yield _lose(
        "depth",
        depth["max"] or int(depth["open"]),
        "generations of models, at most"
        + (", and it may be deeper" if depth["open"] else "")
        + (f"; that hangs on {', '.join(told.left_out)}" if told.left_out else ""),
    )
    yield _lose("loops", len(report["loops"]), "loops of models or items")
    yield _lose("claims", len(told.claims), "claims about the dataset and its models")
    recorded = [model for model in told.models if model.registered]
    yield _lose(
        "models",
        len(recorded),
        "models with aliases, bases, training sets, and whether these are all",
    )
    yield _lose(
        "parents",
        len(report["parents"]),
        "declared parents, each with an interval of its own that is not merged",
    )
    yield _lose("sources", len(named["source"]), "registrable domains of sources")
    own = report["policy"].partition("@")[0] not in {p.name for p in BUILT_IN}
    yield _lose("policy", int(own), f"the policy that counted: {report['policy']}")
    yield _lose(
        "log",
        report["log"]["size"],
        "entries of the log, of which no proof goes along: see provenance log prove",
    )


def _lose(what: str, amount: float, words: str) -> Loss:
    return Loss(what=what, amount=amount, words=words)
