"""Draw the pictures of the documents anew, from a ledger made for them.

    python docs/demo/pictures.py

Needs Chromium, Playwright and the extra ``explorer``; with Datasette installed, its
picture is drawn, too.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import mixture
from playwright.sync_api import Browser, sync_playwright

from provenance import Ledger
from provenance.report.explorer import render_page

_HERE = Path(__file__).parent
_PICTURES = _HERE.parent / "pictures"
_PORT = 8912
_LOOKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("explorer", {"viewport": {"width": 1180, "height": 1060}}),
    (
        "explorer-dark",
        {"viewport": {"width": 1180, "height": 700}, "color_scheme": "dark"},
    ),
    ("explorer-narrow", {"viewport": {"width": 400, "height": 800}}),
)


def make_ledger(folder: Path) -> str:
    """Record the mixture of ``mixture.py``; return the URL of its ledger."""
    mixture.main(folder)
    url = f"sqlite:///{folder}/provenance.db"
    with Ledger.open(url) as ledger:
        ledger.ingest(folder / "web.jsonl")
        ledger.ingest(folder / "mixture.jsonl")
        ledger.add_model("mix-model", trained_on=["mixture"], based_on=["Llama-3-70B"])
        ledger.add_model("Llama-3-70B", trained_on=["web"])
        ledger.add_model("GPT-4", provider="OpenAI", trained_on=["web"])
        ledger.claim(
            dataset="mixture", generated_by="GPT-4", share="20%", unit="tokens"
        )
        page = render_page(ledger.explore("mixture", unit="tokens"))
    (folder / "mixture.html").write_text(page)
    return url


def draw_page(browser: Browser, page_file: Path) -> None:
    """Draw the page in light, dark and narrow."""
    for name, looks in _LOOKS:
        context = browser.new_context(offline=True, **looks)
        page = context.new_page()
        page.goto(page_file.as_uri())
        page.wait_for_selector("html[data-ready]", state="attached")
        if name == "explorer-dark":
            page.locator("#grades input[value=detected]").click()
            page.evaluate("explorer.drawn()")
        page.screenshot(path=_PICTURES / f"{name}.png")
        context.close()


def draw_datasette(browser: Browser, folder: Path) -> None:
    """Draw the first query of the metadata, as Datasette shows it."""
    program = shutil.which("datasette", path=Path(sys.executable).parent)
    if program is None:
        sys.stderr.write("no Datasette here: its picture stays as it is\n")
        return
    metadata = str(_HERE.parent / "datasette.yaml")
    command = [program, "provenance.db", "--metadata", metadata, "-p", str(_PORT)]
    with subprocess.Popen(  # noqa: S603 - Datasette of this environment
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            url = f"http://127.0.0.1:{_PORT}/provenance/answer"
            _wait_for(url)
            page = browser.new_page(viewport={"width": 1000, "height": 620})
            page.goto(url)
            page.screenshot(path=_PICTURES / "datasette.png")
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(url).close()  # noqa: S310 - loopback
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return


def main() -> None:
    """Draw every picture."""
    _PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        make_ledger(folder)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        draw_page(browser, folder / "mixture.html")
        draw_datasette(browser, folder)
        browser.close()


if __name__ == "__main__":
    main()
