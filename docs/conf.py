"""How Sphinx makes the site: the Markdown of this folder as it is, and no more.

    sphinx-build -W -n docs FOLDER

The pages are read on GitHub, too, so that nothing here gives them a meaning which
they have not got there: no extension of Markdown, no directive but ``toctree``.
"""

from __future__ import annotations

from importlib.metadata import version as version_of

from docutils import nodes
from sphinx.application import Sphinx

project = "provenance"
author = "the authors of provenance"
version = release = version_of("training-provenance")
language = "en"

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
nitpicky = True
myst_heading_anchors = 4  # the anchors that GitHub gives headings

html_theme = "furo"
html_title = f"provenance {version}"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_theme_options: dict[str, list[str]] = {"top_of_page_buttons": []}

linkcheck_anchors = False  # many sites make theirs by script
linkcheck_timeout = 20
linkcheck_workers = 2


def _leave_out_comments(_: Sphinx, page: nodes.document) -> None:
    # What cog runs to generate parts of a page stands in comments of its HTML.
    for node in list(page.findall(nodes.raw)):
        if node.astext().startswith("<!--"):
            node.parent.remove(node)


def setup(app: Sphinx) -> None:
    """Register what is done to each page once it is read."""
    app.connect("doctree-read", _leave_out_comments)
