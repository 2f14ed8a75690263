import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
from provenance import Ledger, LedgerError
with Ledger.open("sqlite:///{folder}/ledger.db") as ledger:
    try:
        ledger.ingest("{folder}/big.csv", dataset="big")
    except LedgerError as error:
        print(error.message)
        print(error.hint)
"""


@pytest.mark.slow
def test_a_script_without_a_guard_ends_in_a_clear_error(tmp_path: Path) -> None:
    rows = "\n".join(f"item-{number},{'x' * 30}" for number in range(30_000))
    (tmp_path / "big.csv").write_text(f"name,split\n{rows}\n")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(folder=tmp_path))
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 0
    first, hint = done.stdout.splitlines()
    assert first == "a worker process was killed, or could not begin"
    assert "if __name__ == '__main__':" in hint
