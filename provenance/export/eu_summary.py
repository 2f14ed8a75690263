"""Parts of the public summary of training content: EU AI Act, Article 53(1)(d).

The template of the AI Office has sections 1 to 3; a ledger of one dataset fills those
that are about where content comes from: 2.3 (data crawled and scraped) and 2.5
(synthetic data).

* 2.3 lists the top 10 % of all domain names by the size of the content scraped; small
  and medium enterprises the top 5 % or 1,000, whichever is lower. Domains are
  registrable ones; content bytes measure their size, each copy counted.
* 2.5 asks for the models that a provider generated data with. What comes out of
  *inherited* origins, data that already held what models wrote, is shown beside it, and
  so is what is unknown: it may be either.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Final

from provenance.export.loss import Loss, list_losses
from provenance.export.told import Told

__all__ = ["count_top", "make_summary", "write"]

_CARRIED: Final = frozenset(
    {"units", "unknown", "missing", "unattributed", "modes", "policy"}
)
_SHARE, _SHARE_SME, _MOST_SME = 0.10, 0.05, 1_000


def write(told: Told, path: Path) -> tuple[list[Path], list[Loss]]:
    """Write the sections as JSON; return the files, and what they do not carry."""
    text = json.dumps(make_summary(told), ensure_ascii=False, indent=2)
    path.write_text(text + "\n", "utf-8")
    lost = list_losses(told, _CARRIED)
    domains = sum(domain is not None for domain, _ in told.domains)
    left = domains - count_top(domains)
    if left:
        words = "registrable domains below the top 10 %, which the rule leaves out"
        lost.append(Loss(what="domains", amount=left, words=words))
    return [path], lost


def count_top(domains: int, *, small: bool = False) -> int:
    """Return how many domains are to be listed; a part of one is one.

    Args:
        domains: How many there are.
        small: For a small or medium enterprise: 5 %, at most 1,000.

    >>> count_top(101), count_top(101, small=True), count_top(10**6, small=True)
    (11, 6, 1000)
    """
    if small:
        return min(_MOST_SME, math.ceil(domains * _SHARE_SME))
    return math.ceil(domains * _SHARE)


def make_summary(told: Told) -> dict[str, Any]:
    """Return the sections, by the numbers of the template."""
    return {
        "template": "Public summary of training content, Article 53(1)(d)",
        "dataset": told.dataset,
        "last_update": told.now.date().isoformat(),
        "policy": told.report["policy"],
        "log": told.report["log"],
        "2.3": _make_crawled(told),
        "2.5": _make_synthetic(told),
    }


def _make_crawled(told: Told) -> dict[str, Any]:
    named = [(domain, size) for domain, size in told.domains if domain is not None]
    rest = sum(size for domain, size in told.domains if domain is None)
    months = sorted(g["month"] for g in told.report["by"]["month"] if g["month"])
    lacking = sum(told.report["units"]["bytes"]["missing"].values())
    top, small = count_top(len(named)), count_top(len(named), small=True)
    return {
        "title": "Data crawled and scraped from online sources",
        "period": [months[0], months[-1]] if months else None,
        "modalities": {name or "not stated": n for name, n in told.media.items()},
        "domains": len(named),
        "measure": "content bytes, each copy counted",
        "bytes_without_domain": rest,
        "records_without_size": lacking,
        "top_10_percent": [
            {"domain": domain, "bytes": size} for domain, size in named[:top]
        ],
        "top_5_percent_or_1000": small,
        "top_5_percent_or_1000_words": "For a small or medium enterprise the first "
        f"{small} of these are to be listed.",
    }


def _make_synthetic(told: Told) -> dict[str, Any]:
    units = told.report["units"]
    models = []
    for name, group in told.generators:
        model = told.find_model(name)
        models.append(
            {
                "model": name,
                "provider": model.provider,
                "released": model.released.isoformat() if model.released else None,
                "unit": told.report["unit"],
                "generated": group["generated"],
                "inherited": group["derived"],
                "trained_on": list(model.trained_on),
                "trained_on_is_all": model.training_complete,
                "summary": None,
            }
        )
    return {
        "title": "Synthetic data",
        "used": told.used_words,
        "modalities": {name or "not stated": n for name, n in told.media.items()},
        "amounts": {
            unit: {
                "generated": figures["generated"],
                "of_these_by_a_claimed_share": figures["unattributed"],
                "inherited": figures["derived"],
                "unknown": figures["unknown"],
                "total": figures["total"],
                "records_without_value": sum(figures["missing"].values()),
                "share": figures["downstream_share"],
                "measured_share": figures["measured_share"],
            }
            for unit, figures in units.items()
            if figures["total"]
        },
        "models": models,
        "claimed_shares": list(told.report["shares"]),
        "modes": [
            {name: group[name] for name in ("mode", "generated", "derived")}
            for group in told.list_downstream("mode")
        ],
        "words": list(told.sentences.values()),
    }
