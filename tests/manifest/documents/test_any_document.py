"""Whatever a file holds, it is a document of some format, rows, or refused."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifest.rows import write

from provenance.errors import ManifestError
from provenance.manifest import inspect_manifest, open_manifest

PIECES = st.sampled_from(
    [
        *("---\n", "- type: model\n", "  name: a\n", "configs: x\n", "base_model: y\n"),
        *('{"@context": {"a": "http://mlcommons.org/croissant/"}, ', '"@type": "'),
        *(
            '{"a": {"Unique Dataset Identifier": "a"',
            "}",
            '"',
            "|a|tokens|\n",
            "|-|-|\n",
        ),
        *("component,tokens\n", "a,1.5K\n", "Total,2K\n", "sc:Dataset", ": ", "\x00"),
        *("[", "\n", "\ufeff", "&a ", "*a", "extended|", "source_datasets: "),
    ]
)


@settings(
    max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(PIECES | st.text(max_size=4), max_size=14).map("".join),
    st.sampled_from([".md", ".yaml", ".json", ".csv", ""]),
)
def test_any_text_is_read_or_refused(tmp_path: Path, text: str, suffix: str) -> None:
    path = write(tmp_path / f"m{suffix}", text.encode(errors="replace"))
    with suppress(ManifestError):
        inspect_manifest(path, columns={}, constants={})


@pytest.mark.parametrize("name", ["m.md", "m.yaml", "m.json", "m.jsonld"])
def test_a_line_of_200_megabytes_ends_soon(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    start = {"m.md": b"---\nconfigs: ", "m.yaml": b"- type: model\n  name: "}
    with path.open("wb") as file:
        file.write(start.get(name, b'{"@context": "http://mlcommons.org/croissant'))
        file.truncate(200 << 20)
    with pytest.raises(ManifestError):
        open_manifest(path)
