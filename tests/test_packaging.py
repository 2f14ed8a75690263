"""What a user installs works without anything that only authors have."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow(seconds=40)
def test_wheel_works_in_a_clean_environment(tmp_path: Path) -> None:
    def run(*command: str | Path, cwd: Path = tmp_path) -> str:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-t",
        "wheel",
        "-d",
        tmp_path,
        cwd=ROOT,
    )
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    (wheel,) = tmp_path.glob("*.whl")
    run(python, "-m", "pip", "install", "--quiet", wheel)
    provenance = tmp_path / "venv/bin/provenance"
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"name": "a", "generated_by": "M"}\n{"name": "b"}\n')
    assert "Usage: provenance" in run(provenance, "--help")
    run(provenance, "ingest", rows)
    run(provenance, "db", "upgrade")
    assert "between 50.0 % and 100.0 %" in run(provenance, "report", "rows")
    found = "from provenance.report.explorer.page import _read, _SCRIPTS; "
    assert run(python, "-c", found + "print(len(_read(_SCRIPTS[0])) > 0)") == "True\n"
