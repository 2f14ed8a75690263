"""The metadata block of a Hugging Face dataset card, and a table for its body.

https://huggingface.co/docs/hub/datasets-cards. The block has few places: the tag
``synthetic``, ``source_datasets`` and creators. The intervals stand in a key of our
own, ``provenance``, which the Hub keeps, and in the body for people.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from provenance.export.loss import Loss, list_losses
from provenance.export.told import Told

__all__ = ["make_card", "write"]

_CARRIED: Final = frozenset({"units", "unknown", "missing", "unattributed", "policy"})
_SIZES: Final = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
    (10**10, "1B<n<10B"),
    (10**11, "10B<n<100B"),
    (10**12, "100B<n<1T"),
)


def write(told: Told, path: Path) -> tuple[list[Path], list[Loss]]:
    """Write the card; return the files, and what they do not carry."""
    path.write_text(make_card(told), "utf-8")
    return [path], list_losses(told, _CARRIED)


def make_card(told: Told) -> str:
    """Return the card: the block, and a section for the body."""
    report, units = told.report, told.report["units"]
    said: dict[str, Any] = {"pretty_name": told.dataset}
    if told.stated["license"]:
        said["license"] = told.stated["license"]
    languages = [g["language"] for g in report["by"]["language"] if g["language"]]
    if languages:
        said["language"] = languages
    items = units["items"]
    if not sum(items["missing"].values()):
        size = next((name for most, name in _SIZES if items["total"] < most), "n>1T")
        said["size_categories"] = [size]
    if told.stated["derived_from"]:
        said["source_datasets"] = list(told.stated["derived_from"])
    if told.is_downstream:
        said["tags"] = ["synthetic"]
    said["provenance"] = {
        "policy": report["policy"],
        "log": dict(report["log"]),
        "downstream_of_generative_models": {
            unit: {
                "share": figures["downstream_share"],
                "measured_share": figures["measured_share"],
                "unknown": figures["unknown"],
                "unattributed": figures["unattributed"],
                "missing": sum(figures["missing"].values()),
                "total": figures["total"],
            }
            for unit, figures in units.items()
            if figures["total"]
        },
        "generators": told.model_names,
    }
    block = yaml.safe_dump(said, allow_unicode=True, sort_keys=False)
    lines = [f"* {sentence}." for sentence in told.sentences.values()]
    body = "\n".join(["## Provenance of the content", "", *lines])
    return f"---\n{block}---\n\n{body}\n"
