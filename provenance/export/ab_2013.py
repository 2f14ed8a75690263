"""The items of California's AB 2013: documentation of training data on a web page.

Civil Code 3111(a) asks for a high-level summary of the datasets, twelve items of it. A
ledger answers those about where content comes from and how much there is; of the others
it says that it does not know, which is not the same as *no*.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from provenance.export.loss import Loss, list_losses
from provenance.export.told import Told

__all__ = ["make_items", "write"]

_CARRIED: Final = frozenset({"units", "unknown", "missing", "unattributed", "policy"})
_TOP: Final = 20
_NOT_RECORDED: Final = "not recorded"


def write(told: Told, path: Path) -> tuple[list[Path], list[Loss]]:
    """Write the items as JSON; return the files, and what they do not carry."""
    document = {
        "document": "AB 2013, Civil Code 3111(a)",
        "dataset": told.dataset,
        "updated": told.now.date().isoformat(),
        "policy": told.report["policy"],
        "log": told.report["log"],
        "items": make_items(told),
    }
    text = json.dumps(document, ensure_ascii=False, indent=2)
    path.write_text(text + "\n", "utf-8")
    lost = list_losses(told, _CARRIED)
    left = len([d for d, _ in told.domains if d is not None]) - _TOP
    if left > 0:
        words = f"sources beyond the {_TOP} largest: item 1 is a summary"
        lost.append(Loss(what="domains", amount=left, words=words))
    return [path], lost


def make_items(told: Told) -> list[dict[str, Any]]:
    """Return the twelve items in their order."""
    report, units = told.report, told.report["units"]
    domains = [domain for domain, _ in told.domains if domain is not None]
    months = sorted(g["month"] for g in report["by"]["month"] if g["month"])
    answers: tuple[tuple[str, Any], ...] = (
        (
            "Sources or owners of the datasets",
            {"domains": len(domains), "largest": domains[:_TOP]}
            | {"derived_from": list(told.stated["derived_from"])},
        ),
        ("How the datasets further the purpose of the system", None),
        (
            "Number of data points",
            {
                unit: {
                    "total": units[unit]["total"],
                    "records_without_value": sum(units[unit]["missing"].values()),
                }
                for unit in ("items", "records", "contents")
            },
        ),
        (
            "Types of data points",
            {name or "not stated": n for name, n in told.media.items()} or None,
        ),
        (
            "Copyright, trademark, patent, or public domain",
            {"license": told.stated["license"]} if told.stated["license"] else None,
        ),
        ("Purchased or licensed", None),
        ("Personal information", None),
        ("Aggregate consumer information", None),
        ("Cleaning, processing, or other modification", None),
        (
            "Time period of the collection",
            {"first": months[0], "last": months[-1]} if months else None,
        ),
        ("Dates the datasets were first used", None),
        (
            "Synthetic data generation",
            {
                "used": told.used_words,
                "models": told.model_names,
                "amounts": list(told.sentences.values()),
                "shares": {
                    unit: figures["measured_share"]
                    for unit, figures in units.items()
                    if figures["total"]
                },
            },
        ),
    )
    return [
        {"item": number, "about": about, "answer": answer or _NOT_RECORDED}
        for number, (about, answer) in enumerate(answers, start=1)
    ]
