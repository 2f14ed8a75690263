"""The page itself: a template, its style, the rules, and a chart library."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from provenance.domain import Tier
from provenance.errors import LedgerStateError
from provenance.report.explorer.pack import Explorer, pack_data
from provenance.report.figures import UnitFigures
from provenance.report.words import say_interval, say_number

__all__ = ["render_list", "render_page"]

_SCRIPTS = ("rules.js", "data.js", "charts.js", "graph.js", "tables.js", "page.js")

_SECTIONS = (
    ("month", "By month of capture", "Share of each month, and how much it holds."),
    (
        "source",
        "By source",
        "Area is amount; the colours are the tiers of each source.",
    ),
    ("depth", "Generation depth", ""),
    ("lineage", "Models and what they were trained on", ""),
    ("evidence", "By evidence", "How what is said of origins is known."),
    ("model", "By model", "An item can stand under several models."),
    ("mode", "By mode", "What the models did."),
)
_STACK = (Tier.GENERATED, Tier.DERIVED, Tier.UNKNOWN, Tier.OTHER, Tier.HUMAN)
"""The order of a bar: downstream first, then unknown, so that the interval is seen."""

_PLAIN = ("evidence", "model", "mode")
"""Sections that are a table alone."""


def render_page(explorer: Explorer) -> str:
    """Write one HTML page that needs nothing else; the same for the same answer.

    Names come from manifests and may be hostile: the template escapes them, and the
    scripts get them inside base64 and write them as text alone. The page's own policy
    lets it run the two scripts that it carries, by their SHA-256, and load nothing.

    Raises:
        LedgerStateError: The chart library is not installed.
    """
    library = load_library()
    script = "\n".join(_read(name) for name in _SCRIPTS)
    report = explorer.report
    return _render(
        "page.html.jinja",
        report=report,
        static=say_interval(report.units[report.unit].downstream_share)
        if report.units[report.unit].downstream_share
        else "",
        loops=[loop for loop in report.loops if loop["kind"] == "item"],
        tiers=list(Tier),
        sections=_SECTIONS,
        plain=_PLAIN,
        version=version("training-provenance"),
        policy=_say_content_policy(script, library),
        script=_trust(script),
        data=_encode(pack_data(explorer)),
        library=_encode(gzip.compress(library.encode(), 9, mtime=0)),
    )


def render_list(datasets: Mapping[str, Mapping[str, UnitFigures]], root: str) -> str:
    """Write a page that lists datasets, each with a link to its own page.

    Args:
        datasets: Name → figures, as ``Ledger.overview`` returns them.
        root: Path under which the pages of datasets are.
    """
    return _render(
        "list.html.jinja",
        datasets=datasets,
        root=root,
        stack=_STACK,
        policy=_say_content_policy(),
    )


def _render(template: str, **values: Any) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=PackageLoader("provenance.report", "explorer"),
        autoescape=True,
        undefined=StrictUndefined,
    )
    page: str = environment.get_template(template).render(
        number=say_number,
        interval=lambda share: say_interval(tuple(share) if share else None),
        style=_trust(_read("page.css")),
        **values,
    )
    return page


def _trust(text: str) -> Any:
    """A text of ours, which the template is not to escape."""
    from markupsafe import Markup  # noqa: PLC0415 - loaded for a page only

    return Markup(text)  # noqa: S704 - files of ours alone


@cache
def load_library() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script.

    Raises:
        LedgerStateError: ``vl-convert-python``, which carries them, is not installed.
    """
    try:
        import vl_convert  # noqa: PLC0415 - large, and an extra
    except ModuleNotFoundError as error:
        raise LedgerStateError(
            "a page needs the chart library, which is not installed",
            hint="Install it: pip install 'training-provenance[explorer]'",
        ) from error
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle


def _read(name: str) -> str:
    return (files("provenance.report") / "explorer" / name).read_text("utf-8")


def _encode(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _say_content_policy(*scripts: str) -> str:
    """Write the Content-Security-Policy: these scripts, this style, no network."""
    rules: dict[str, Any] = {
        "default-src": "'none'",
        "script-src": " ".join(
            f"'sha256-{_encode(hashlib.sha256(script.encode()).digest())}'"
            for script in scripts
        )
        or "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
