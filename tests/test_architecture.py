"""The house keeps its shape."""

from __future__ import annotations

import ast
import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import provenance

ROOT = Path(provenance.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages([str(ROOT)], "provenance.")
    if not info.name.endswith("__main__") and "_migrations" not in info.name
)


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in FILES}
    assert {path: length for path, length in lengths.items() if length > 400} == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


@pytest.mark.parametrize("name", MODULES)
def test_public_names_exist_and_examples_hold(name: str) -> None:
    module = importlib.import_module(name)
    missing = [n for n in getattr(module, "__all__", ()) if not hasattr(module, n)]
    assert missing == []
    assert doctest.testmod(module).failed == 0


def test_help_loads_neither_databases_nor_arrow() -> None:
    code = (
        "import sys; from provenance.cli import cli; cli.main(['--help'], "
        "standalone_mode=False); "
        "print(sorted({'duckdb', 'pyarrow', 'sqlalchemy'} & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert told.splitlines()[-1] == "[]"
