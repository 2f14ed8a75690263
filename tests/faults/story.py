"""What is recorded again and again, and what a ledger says of it in the end."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from databases import new_database
from faults.driver import open_ledger, record, time_driver

from provenance import Ledger
from provenance.store import schema

__all__ = [
    "Scene",
    "Stage",
    "make_scene",
    "tell",
    "write_manifests",
]

_SIZES = {"answers": 900, "crawl": 900, "cleaned": 200}


def _digest(item: object) -> str:
    return hashlib.sha256(f"item {item}".encode()).hexdigest()


def write_manifests(folder: Path) -> tuple[Path, ...]:
    """Three manifests of 2,000 rows: parents come late, some rows are bad."""
    folder.mkdir()
    rows: dict[str, list[dict[str, Any]]] = {
        "answers": [
            {
                "digest": _digest(f"answer {n}"),
                "tokens": 20 + n,
                "generated_by": f"model-{n % 5}",
                "derived_from": _digest(n),
                "derivation": "seeded",
            }
            for n in range(_SIZES["answers"])
        ],
        "crawl": [
            {
                "digest": _digest(n),
                "url": f"https://www.site{n % 40}.example/{n}",
                "fetched_at": f"20{20 + n % 4}-0{1 + n % 3}-01",
                "tokens": 100 + n,
            }
            for n in range(_SIZES["crawl"])
        ],
        "cleaned": [
            {
                "digest": _digest(f"cleaned {n}"),
                "tokens": 10 + n,
                "derived_from": _digest(f"answer {3 * n}"),
                "derivation": "cleaned",
            }
            for n in range(_SIZES["cleaned"])
        ],
    }
    for bad in (3, 300, 899):
        rows["crawl"][bad]["tokens"] = "many"
    paths = []
    for name, lines in rows.items():
        path = folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
        paths.append(path)
    return tuple(paths)


def tell(ledger: Ledger) -> dict[str, Any]:
    """Verify a log, and return all that its ledger has to say."""
    verified = ledger.verify()
    names = [dataset["dataset"] for dataset in ledger.datasets()]
    groupings = ("model", "mode", "evidence", "depth", "source", "month", "language")
    return {
        "log": (verified.entries, verified.root),
        "batches": _batches(ledger),
        "reports": {
            name: ledger.report(name, by=groupings, unit="tokens").to_dict()
            for name in names
        },
    }


def _batches(ledger: Ledger) -> list[tuple[Any, ...]]:
    """What stands in the ledger of each batch, in the order of the log."""
    table = schema.batches
    query = sa.select(
        table.c.manifest,
        table.c.first_row,
        table.c.last_row,
        table.c.complete,
        table.c.records,
        table.c.quarantined,
        table.c.root,
    ).order_by(table.c.position)
    with ledger._reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


def _without_time(told: dict[str, Any]) -> dict[str, Any]:
    """The same without roots of the log, whose entries hold times."""
    reports = {
        name: {key: value for key, value in report.items() if key != "log"}
        for name, report in told["reports"].items()
    }
    return told | {"log": told["log"][0], "reports": reports}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A ledger in which everything is still to be recorded, to be copied."""

    url: str
    key: Path
    manifests: tuple[Path, ...]
    server: str | None
    """The PostgreSQL server it lives on."""
    expected: dict[str, Any]
    """What an undisturbed run comes to."""
    by_command: dict[str, Any]
    """The same in batches of the usual size."""
    seconds: float
    """What an undisturbed run takes."""

    @contextmanager
    def copy(self, folder: Path) -> Iterator[Stage]:
        """A copy of its own for one test."""
        if self.server is not None:
            with new_database(self.server, template=self.url) as url:
                yield Stage(scene=self, url=url)
            return
        path = folder / "ledger.db"
        shutil.copy(str(sa.make_url(self.url).database), path)
        yield Stage(scene=self, url=f"sqlite:///{path}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One copy of a scene: what becomes of it."""

    scene: Scene
    url: str

    def open(self) -> Ledger:
        """Open the ledger."""
        return open_ledger(self.url, self.scene.key)

    def resume(self) -> dict[str, Any]:
        """See that the ledger is sound, go on to the end, and say what it comes to.

        What was committed is a beginning of what an undisturbed run commits.
        """
        with self.open() as ledger:
            ledger.verify(deep=True)
            committed = _batches(ledger)
            assert committed == self.scene.expected["batches"][: len(committed)]
            record(ledger, self.scene.manifests)
            return tell(ledger)

    def resume_by_command(self) -> dict[str, Any]:
        """The same for what the command line began, at its time and batch size."""
        with self.open() as ledger:
            ledger.verify(deep=True)
            for manifest in self.scene.manifests:
                ledger.ingest(manifest, dataset=manifest.stem)
            return _without_time(tell(ledger))


def make_scene(
    url: str, folder: Path, manifests: Sequence[Path], server: str | None
) -> Scene:
    """Make a ledger with a key and a model, and find out how the story ends."""
    folder.mkdir()
    with chdir(folder):  # rows set aside go to the working folder
        return _make_scene(url, folder, manifests, server)


def _make_scene(
    url: str, folder: Path, manifests: Sequence[Path], server: str | None
) -> Scene:
    key = folder / "key"
    with open_ledger(url, None) as ledger:
        ledger.make_key(key, "example.org/ledger")
        ledger.add_model("model-0", trained_on=["crawl"], training_complete=True)
    begun = Scene(
        url=url,
        key=key,
        manifests=tuple(manifests),
        server=server,
        expected={},
        by_command={},
        seconds=0.0,
    )
    with begun.copy(folder) as stage:
        by_command = stage.resume_by_command()
    with begun.copy(folder) as stage:
        seconds = time_driver(stage.url, key, manifests)
        with stage.open() as ledger:
            ledger.verify(deep=True)
            expected = tell(ledger)
    return replace(begun, expected=expected, by_command=by_command, seconds=seconds)
