"""A real browser, driven from the tests: Debian's Chromium with its network off."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["Watched", "run_browser", "watch"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def run_browser() -> Iterator[Browser]:
    """Start a browser; a machine without one skips, unless it must have one.

    ``PROVENANCE_BROWSER`` names its program; with ``PROVENANCE_NEEDS_BROWSER`` set, as
    in ``.ci/run``, a missing one is a failure.
    """
    found = os.environ.get("PROVENANCE_BROWSER") or next(
        filter(None, map(shutil.which, _NAMES)), None
    )
    if found is None:
        told = "no browser here: install Chromium, or name one in PROVENANCE_BROWSER"
        if os.environ.get("PROVENANCE_NEEDS_BROWSER"):
            pytest.fail(told)
        pytest.skip(told)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - with a browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*_QUIET])
        yield browser
        browser.close()


class Watched:
    """What a page did that it should not have: requests, errors, words."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.said: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))


@contextmanager
def watch(
    browser: Browser, path: Path, **looks: object
) -> Iterator[tuple[Page, Watched]]:
    """Open a page from its file with the network off, and wait until it is drawn."""
    context = browser.new_context(offline=True, **looks)  # type: ignore[arg-type] # words of Playwright
    page = context.new_page()
    watched = Watched(page)
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    yield page, watched
    context.close()
