"""The documents say what the program does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from provenance.cli import cli
from provenance.store.schema import METADATA
from provenance.store.views import VIEWS

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])


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


def test_every_table_column_of_a_view_is_described() -> None:
    assert all(table.comment for table in METADATA.tables.values())
    for name, (says, columns, query) in VIEWS.items():
        assert says, name
        assert list(columns) == list(query.selected_columns.keys())


def test_changelog_knows_this_version() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    version = re.search(r'^version = "(.+)"', text, re.MULTILINE)
    assert version
    assert f"## {version[1]}" in (ROOT / "docs/changelog.md").read_text("utf-8")
