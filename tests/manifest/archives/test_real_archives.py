"""Odd and damaged archives of other projects: counted by independent tools."""

import json
from pathlib import Path
from typing import Any

from manifest.archives.written import read_archive

PROJECTS = {"data": "test/data/", "warcs": "sample_archive/warcs/", "warcfile": ""}
CAPTURES = ("response", "resource", "conversion", "revisit")
DIFFERS = "its payload digest is not the declared one; the computed one was recorded"


def list_archives(folder: Path) -> dict[str, Any]:
    """Return file name → what others found in it, for the files that are there."""
    expected = {
        e["file"]: e for e in json.loads((folder / "expected.json").read_text())
    }
    found = {}
    for path in sorted(folder.glob("*arc*")):
        group, _, name = path.name.partition("-")
        place = PROJECTS.get(group)
        wanted = f"{place}{name}" if place else f"tests/data/{path.name}"
        matches = [e for file, e in expected.items() if file.endswith("/" + wanted)]
        if matches:
            found[path.name] = matches[0]
    return found


def count_captures(types: dict[str, int]) -> int:
    return sum(types.get(kind, 0) for kind in CAPTURES)


def test_every_archive_gives_the_captures_that_the_better_tool_finds(
    real_data: Path,
) -> None:
    folder = real_data / "V6-warc-cdx"
    archives = list_archives(folder)
    assert len(archives) > 25
    for name, expected in archives.items():
        records, faults, _ = read_archive(folder / name)
        counts = (expected["types"], expected.get("fastwarc", {}))
        # A fault is a capture that cannot be read, or stray bytes between records.
        found = (len(records), len(records) + len(faults))
        most = max(map(count_captures, counts))
        assert found[0] <= most <= found[1], name
        if ".arc" not in name:
            assert found[0] == most, name


def test_digests_that_others_found_wrong_are_noted(real_data: Path) -> None:
    folder = real_data / "V6-warc-cdx"
    for name, expected in list_archives(folder).items():
        if set(expected["types"]) <= {"request", "warcinfo"}:
            continue
        _, _, notes = read_archive(folder / name)
        problems = [p for _, found in expected["digest_problems"] for p in found]
        wrong = [p for p in problems if p.startswith("payload")]
        assert notes[DIFFERS] == len(wrong), name
