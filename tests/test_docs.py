"""The documents say what the program does."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest

from provenance import Ledger
from provenance.cli import cli
from provenance.store.schema import METADATA
from provenance.store.views import VIEWS

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])


@pytest.mark.slow(seconds=60)
def test_generated_parts_are_current() -> None:
    names = [str(document) for document in DOCUMENTS]
    done = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


class _Page(HTMLParser):
    """The anchors of a page, what it links to and what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors, self.links, self.loaded = {""}, set[str](), set[str]()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value for name, value in attrs if value is not None}
        self.anchors |= {told[name] for name in ("id", "name") if name in told}
        self.links |= {told["href"]} if "href" in told and tag == "a" else set()
        self.loaded |= {told["href"]} if "href" in told and tag == "link" else set()
        self.loaded |= {told["src"]} if "src" in told else set()


def test_the_site_builds_without_a_warning_and_its_links_lead_somewhere(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "docs", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    pages = {path: _Page(path) for path in tmp_path.rglob("*.html")}
    assert len(pages) > len(list(ROOT.glob("docs/**/*.md")))  # with search and index
    lost = []
    for path, page in pages.items():
        for link in page.links | page.loaded:
            url = urlsplit(link)
            if url.scheme in {"https", "data"} and link not in page.loaded:
                continue
            target = path.parent / unquote(url.path) if url.path else path
            known = pages.get(target.resolve())
            anchor = unquote(url.fragment)
            if not target.exists() or (known and anchor not in known.anchors):
                lost.append((path.name, link))
    assert lost == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def _commands(group: click.Group, path: str) -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        found[f"{path} {name}"] = command
        if isinstance(command, click.Group):
            found |= _commands(command, f"{path} {name}")
    return found


def test_every_command_has_help_and_stands_in_the_reference() -> None:
    reference = (ROOT / "docs/cli.md").read_text("utf-8")
    for path, command in _commands(cli, "provenance").items():
        assert command.help, path
        assert f"## `{path}`" in reference


def test_every_method_of_a_ledger_says_what_it_does_in_the_reference() -> None:
    reference = (ROOT / "docs/python.md").read_text("utf-8")
    for name, method in inspect.getmembers(Ledger, inspect.isroutine):
        if not name.startswith("_"):
            says = inspect.getdoc(method)
            assert says, name
            assert says in reference.split(f"### `Ledger.{name}`\n")[1]


def test_every_table_column_of_a_view_is_described() -> None:
    assert all(table.comment for table in METADATA.tables.values())
    for name, (says, columns, make) in VIEWS.items():
        assert says, name
        assert list(columns) == list(make().selected_columns.keys())


def test_changelog_knows_this_version() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    version = re.search(r'^version = "(.+)"', text, re.MULTILINE)
    assert version
    assert f"## {version[1]}" in (ROOT / "docs/changelog.md").read_text("utf-8")
