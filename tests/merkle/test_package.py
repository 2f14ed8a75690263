"""`provenance.merkle` as a whole: pure, and documented by examples that run."""

import ast
import doctest
import importlib
import sys
from pathlib import Path

import pytest

from provenance import merkle

FOLDER = Path(str(merkle.__file__)).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*.py"))


def module_name(stem: str) -> str:
    return "provenance.merkle" + ("" if stem == "__init__" else f".{stem}")


@pytest.mark.parametrize("stem", MODULES)
def test_examples_in_docstrings_run(stem: str) -> None:
    module = importlib.import_module(module_name(stem))
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("stem", MODULES)
def test_what_is_exported_is_there(stem: str) -> None:
    module = importlib.import_module(module_name(stem))
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert len(module.__all__) == len(set(module.__all__))


@pytest.mark.parametrize("stem", MODULES)
def test_nothing_is_imported_that_could_reach_the_world(stem: str) -> None:
    allowed = {"cryptography", "provenance.errors", "provenance.merkle"}
    effects = {"datetime", "io", "os", "pathlib", "random", "secrets", "socket", "time"}
    for node in ast.walk(ast.parse((FOLDER / f"{stem}.py").read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [str(node.module)]
        else:
            continue
        for name in names:
            top = name.split(".")[0]
            inside = any(name == a or name.startswith(f"{a}.") for a in allowed)
            assert inside or top in sys.stdlib_module_names - effects


@pytest.mark.parametrize("stem", MODULES)
def test_every_file_is_short(stem: str) -> None:
    assert len((FOLDER / f"{stem}.py").read_text().splitlines()) <= 250
