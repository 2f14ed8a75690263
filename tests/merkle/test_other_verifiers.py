"""Logs of ours, judged by what others wrote: in Rust, and in Python.

`metamorphic-log` parses and verifies checkpoints and proofs; `tlog-scales` reads tiles
as files, computes the root from them and makes proofs of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import metamorphic_log as metamorphic
import pytest
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tlog import (
    ConsistencyProof,
    ConsistencyProofInvalid,
    InclusionProof,
    InclusionProofInvalid,
)

from provenance import merkle

SIZES = (0, 1, 2, 3, 255, 256, 257, 65_537, 70_000)
NAME = merkle.to_key_name("log.example/others")
SIGNER = merkle.SignerKey(
    name=NAME, signature_type=merkle.SignatureType.ED25519, seed=bytes(range(32))
)
VKEY = merkle.format_verifier_key(SIGNER.verifier())
REFUSED = (
    metamorphic.VerifyError,
    InclusionProofInvalid,
    ConsistencyProofInvalid,
    IndexError,
    ValueError,
)


def entry(number: int) -> bytes:
    return b"entry %d" % number


@cache
def leaves() -> list[merkle.LeafHash]:
    return merkle.hash_leaves(map(entry, range(max(SIZES))))


def checkpoint(size: int) -> str:
    head = merkle.Frontier().extend(leaves()[:size]).head()
    signed = merkle.sign_checkpoint(merkle.Checkpoint(origin=NAME, head=head), SIGNER)
    return merkle.format_note(signed).decode()


def write_log(folder: Path, size: int) -> Path:
    """Write a log as static files: checkpoint, tiles, entry bundles."""
    files: dict[str, bytes] = {"checkpoint": checkpoint(size).encode()}
    for path, content in merkle.grow_tiles(leaves()[:size]):
        files[merkle.format_tile_path(path)] = content
    for bundle in merkle.iter_bundle_paths(size):
        first = bundle.index * merkle.TILE_WIDTH
        entries = [entry(number) for number in range(first, first + bundle.width)]
        files[merkle.format_bundle_path(bundle)] = merkle.format_bundle(entries)
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


@pytest.fixture(scope="module", params=SIZES)
def log(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int]:
    size: int = request.param
    return write_log(tmp_path_factory.mktemp(f"log{size}"), size), size


def places(size: int) -> Iterator[int]:
    """Entries at the edges of tiles, and some between."""
    wanted = {0, 1, 254, 255, 256, 257, 65_535, 65_536, size // 3, size // 2, size - 1}
    return (place for place in sorted(wanted) if 0 <= place < size)


def ours(folder: Path, size: int) -> merkle.SubtreeHash:
    def read(path: merkle.TilePath) -> bytes:
        return (folder / merkle.format_tile_path(path)).read_bytes()

    return merkle.lookup_tiles(read, tree_size=size)


def audit(folder: Path, size: int) -> None:
    """Let both judge everything in a folder; a refusal is raised."""
    text = (folder / "checkpoint").read_text("utf-8")
    head = metamorphic.checkpoint_verify(text, [VKEY])
    reader = TilesReader(LocalBackend(folder))
    read = reader.get_checkpoint()
    read.verify(Vkey.from_string(VKEY))
    if (head.size, read.size, read.origin) != (size, size, NAME):
        raise ValueError("another size, or another log")
    if not head.root == read.root_hash == reader.calculate_root_hash():
        raise ValueError("the tiles make another root")
    for place in places(size):
        hashed = merkle.hash_leaf(reader.get_entry(place))
        proof = reader.get_inclusion_proof(place, size)
        proof.check(hashed, read.root_hash)
        metamorphic.checkpoint_verify_inclusion(
            text, [VKEY], place, hashed, proof.node_hashes
        )


def test_a_log_is_accepted(log: tuple[Path, int]) -> None:
    audit(*log)


def test_inclusion_is_proved_to_others(log: tuple[Path, int]) -> None:
    folder, size = log
    head = merkle.Frontier().extend(leaves()[:size]).head()
    reader = TilesReader(LocalBackend(folder))
    reader.set_size(size)
    for place in places(size):
        made = merkle.prove_inclusion(
            ours(folder, size), leaf_index=place, tree_size=size
        )
        hashes: list[bytes] = list(made.hashes)
        assert reader.get_inclusion_proof(place, size).node_hashes == hashes
        leaf = leaves()[place]
        metamorphic.verify_inclusion(place, size, leaf, hashes, head.root)
        InclusionProof(place, size, hashes).check(leaf, head.root)
        for wrong in flipped(hashes):
            with pytest.raises(REFUSED):
                metamorphic.verify_inclusion(place, size, leaf, wrong, head.root)
            with pytest.raises(REFUSED):
                InclusionProof(place, size, wrong).check(leaf, head.root)


def test_consistency_is_proved_to_others(log: tuple[Path, int]) -> None:
    folder, size = log
    newer = merkle.Frontier().extend(leaves()[:size]).head()
    for earlier in (other for other in SIZES if 0 < other <= size):
        older = merkle.Frontier().extend(leaves()[:earlier]).head()
        made = merkle.prove_consistency(
            ours(folder, size), older_size=earlier, newer_size=size
        )
        hashes: list[bytes] = list(made)
        metamorphic.checkpoint_verify_consistency(
            checkpoint(earlier), checkpoint(size), [VKEY], hashes
        )
        ConsistencyProof(earlier, size, hashes).check(older.root, newer.root)
        for wrong in flipped(hashes):
            with pytest.raises(REFUSED):
                metamorphic.verify_consistency(
                    earlier, size, wrong, older.root, newer.root
                )
            with pytest.raises(REFUSED):
                ConsistencyProof(earlier, size, wrong).check(older.root, newer.root)


def flipped(hashes: list[bytes]) -> Iterator[list[bytes]]:
    """The hashes with one bit wrong: in the first, and in the last."""
    for place in {0, len(hashes) - 1} if hashes else ():
        yield [
            *hashes[:place],
            bytes([hashes[place][0] ^ 1]) + hashes[place][1:],
            *hashes[place + 1 :],
        ]


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "first bit": lambda octets: bytes([octets[0] ^ 1]) + octets[1:],
    "last bit": lambda octets: octets[:-1] + bytes([octets[-1] ^ 1]),
    "cut short": lambda octets: octets[:-1],
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("size", [1, 3, 257])
def test_a_file_that_is_changed_is_refused(
    tmp_path: Path, size: int, change: str
) -> None:
    folder = write_log(tmp_path, size)
    audit(folder, size)
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        octets = file.read_bytes()
        file.write_bytes(CHANGES[change](octets))
        with pytest.raises(REFUSED):
            audit(folder, size)
        file.write_bytes(octets)
    audit(folder, size)
