import hashlib
from pathlib import Path

import pytest

from provenance.errors import ManifestError
from provenance.manifest import fingerprint


def test_is_the_sha256_and_the_size_of_the_file_as_it_lies(tmp_path: Path) -> None:
    data = b"x" * 3_000_000
    (tmp_path / "m.jsonl").write_bytes(data)
    expected = (hashlib.sha256(data).digest(), 3_000_000)
    assert expected == fingerprint(tmp_path / "m.jsonl")


def test_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"none\.jsonl cannot be read: No such"):
        fingerprint(tmp_path / "none.jsonl")
