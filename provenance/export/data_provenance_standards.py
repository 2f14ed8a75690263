"""The fields of the Data Provenance Standards 1.0.0 of the Data & Trust Alliance.

As dataandtrustalliance.org publishes them: 22 fields in three
groups, source, provenance and use. *Method* says how the data came about, and so holds
the intervals. Use is the publisher's to fill in: a ledger knows the license alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from provenance.export.loss import Loss, list_losses
from provenance.export.told import Told

__all__ = ["make_fields", "write"]

_CARRIED: Final = frozenset({"units", "unknown", "missing", "unattributed", "policy"})


def write(told: Told, path: Path) -> tuple[list[Path], list[Loss]]:
    """Write the fields as JSON; return the files, and what they do not carry."""
    text = json.dumps(make_fields(told), ensure_ascii=False, indent=2)
    path.write_text(text + "\n", "utf-8")
    return [path], list_losses(told, _CARRIED)


def make_fields(told: Told) -> dict[str, dict[str, Any]]:
    """Return the fields by group; null where a ledger does not know."""
    report = told.report
    months = sorted(g["month"] for g in report["by"]["month"] if g["month"])
    methods = [group["mode"] for group in told.list_downstream("mode")]
    media = [name for name in told.media if name]
    return {
        "Source": {
            "Standards version used": "1.0.0",
            "Dataset title/name": told.dataset,
            "Unique metadata identifier": f"urn:training-provenance:"
            f"{report['log']['root']}:{told.dataset}",
            "Metadata location": None,
            "Dataset issuer": None,
            "Description of the dataset": told.stated["note"],
        },
        "Provenance": {
            "Source metadata for dataset": list(told.stated["derived_from"]) or None,
            "Source (if different from issuer)": [
                domain for domain, _ in told.domains if domain is not None
            ]
            or None,
            "Data origin geography": None,
            "Dataset issue date": told.now.date().isoformat(),
            "Date of previously issued version": None,
            "Range of dates for data generation": [months[0], months[-1]]
            if months
            else None,
            "Method": {
                "modes": methods,
                "generators": told.model_names,
                "amounts": list(told.sentences.values()),
                "shares": {
                    unit: figures["measured_share"]
                    for unit, figures in report["units"].items()
                    if figures["total"]
                },
                "policy": report["policy"],
            },
            "Data format": media or None,
        },
        "Use": {
            "Confidentiality classification": None,
            "Consent documentation location": None,
            "Privacy enhancing technologies or tools applied": None,
            "Data processing geography inclusion/exclusion": None,
            "Data storage geography inclusion/exclusion": None,
            "License to use": told.stated["license"],
            "Intended data use": None,
            "Proprietary data presence": None,
        },
    }
