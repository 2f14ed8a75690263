"""One self-contained page that shows a report and answers what-ifs by itself.

``gather`` reads what any policy needs to assess a dataset version, ``pack_data`` writes
it as a few columns, and ``render_page`` puts them into a page together with the rules
(``rules.js``), the controls and a chart library.
"""

from provenance.report.explorer.book import Book
from provenance.report.explorer.gather import (
    Gathered,
    count_sources,
    find_sources,
    gather,
)
from provenance.report.explorer.pack import Explorer, Scenario, pack_data
from provenance.report.explorer.page import render_list, render_page

__all__ = [
    "Book",
    "Explorer",
    "Gathered",
    "Scenario",
    "count_sources",
    "find_sources",
    "gather",
    "pack_data",
    "render_list",
    "render_page",
]
