"""Fuzz every parser for as long as is wanted: python tests/fuzz.py --minutes 10.

Runs the property tests of the parsers again and again, each time with another seed,
until the time is over or one fails. A round takes a minute or two; how to see a failure
again is printed with it.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from pathlib import Path

import click

__all__ = ["main"]

_TESTS = Path(__file__).parent
_PARSERS = ("manifest", "test_fuzz.py")
"""Of all that comes from elsewhere: manifests, and proofs, notes, entries, keys."""


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="How long, at least.")
@click.option("--only", default="", help="Tests whose names match, as with pytest -k.")
@click.option("--seed", type=int, help="Begin with this one: to see a failure again.")
def main(minutes: float, only: str, seed: int | None) -> None:
    """Fuzz every parser until the time is over or one of them fails."""
    end = time.monotonic() + 60 * minutes
    rounds = 0
    number = secrets.randbelow(1 << 32) if seed is None else seed
    while time.monotonic() < end or not rounds:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-x", "-q", "--no-header"),
                *("-m", "hypothesis", "-p", "no:cacheprovider"),
                f"--hypothesis-seed={number}",
                *(("-k", only) if only else ()),
                *(str(_TESTS / name) for name in _PARSERS),
            ],
            cwd=_TESTS.parent,
            check=False,
        )
        if done.returncode:
            click.echo(f"Failed: python tests/fuzz.py --minutes 0 --seed {number}")
            sys.exit(done.returncode)
        rounds += 1
        number += 1
    click.echo(f"{rounds} rounds, the last with seed {number - 1}: nothing was found")


if __name__ == "__main__":
    main()
