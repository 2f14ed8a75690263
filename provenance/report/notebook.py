"""A report in a notebook: the answer in words, a bar, and a table of each breakdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provenance.domain import Tier
from provenance.report.words import say_interval, say_number, say_share

__all__ = ["draw_notebook"]

_COLOURS = {
    Tier.GENERATED: "#bd431a",
    Tier.DERIVED: "#de962a",
    Tier.UNKNOWN: "#9fa6af",
    Tier.OTHER: "#57a193",
    Tier.HUMAN: "#265d98",
}
"""As on the pages: downstream first, then unknown, so that the interval is seen."""

_MOST_GROUPS = 12


def draw_notebook(report: Mapping[str, Any]) -> str:
    """Write a report as a piece of HTML, every name escaped.

    Args:
        report: What ``Report.to_dict`` returns.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=PackageLoader("provenance", "report"),
        autoescape=True,
        undefined=StrictUndefined,
    )
    shown = report["units"][report["unit"]]
    drawn: str = environment.get_template("notebook.html.jinja").render(
        report=report,
        shown=shown,
        lacking=any(shown["missing"].values()),
        units=[{"unit": unit} | figures for unit, figures in report["units"].items()],
        tiers={str(tier): colour for tier, colour in _COLOURS.items()},
        columns=["total", *map(str, Tier)],
        most=_MOST_GROUPS,
        number=say_number,
        share=say_share,
        interval=_say_interval,
    )
    return drawn


def _say_interval(amounts: Mapping[str, Any]) -> str:
    total = amounts["total"]
    if not total:
        return say_interval(None)
    low = amounts[Tier.GENERATED] + amounts[Tier.DERIVED]
    return say_interval((low / total, (low + amounts[Tier.UNKNOWN]) / total))
