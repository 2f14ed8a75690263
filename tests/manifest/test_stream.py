import bz2
import errno
import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from manifest.rows import read_file, write

from provenance.errors import ManifestError, UnreadableError
from provenance.manifest import open_manifest
from provenance.manifest.stream import find_packing, iter_chunks

LINES = "".join(f'{{"id": "doc{n}", "bytes": {n}}}\n' for n in range(20_000)).encode()


def pack_gzip(data: bytes) -> bytes:
    return gzip.compress(data)


def pack_zstd(data: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(data, asbytes=True))


def pack_lz4(data: bytes) -> bytes:
    return bytes(pa.Codec("lz4").compress(data, asbytes=True))


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": pack_gzip,
    "bz2": bz2.compress,
    "zstd": pack_zstd,
    "lz4": pack_lz4,
}


@pytest.mark.parametrize("packing", PACKERS)
def test_packing_is_told_by_content_under_a_plain_suffix(
    tmp_path: Path, packing: str
) -> None:
    path = write(tmp_path / "m.jsonl", PACKERS[packing](LINES))
    assert packing == find_packing(path)
    assert b"".join(iter_chunks(path)) == LINES
    assert len(read_file(path)[0]) == 20_000


@pytest.mark.parametrize("packing", ["zstd", "lz4"])
def test_frames_to_be_skipped_may_come_first(tmp_path: Path, packing: str) -> None:
    """As pzstd writes them: each says how long the frame behind it is."""
    skipped = b"\x50\x2a\x4d\x18\x04\x00\x00\x00\xc5\x3a\x00\x00"
    path = write(tmp_path / "m.jsonl", skipped * 2 + PACKERS[packing](LINES) + skipped)
    assert packing == find_packing(path)
    assert len(read_file(path)[0]) == 20_000
    write(path, skipped)
    with pytest.raises(ManifestError, match="holds no rows"):
        open_manifest(path)


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"\x28\xb5\x2f\xfd\x00\xa8", "has a larger window than is unpacked here"),
        (b"\x28\xb5\x2f\xfd\x01\x58\x07", "is packed with a dictionary"),
    ],
)
def test_what_zstandard_does_not_unpack_here_is_not_called_damaged(
    tmp_path: Path, head: bytes, what: str
) -> None:
    path = write(tmp_path / "m.jsonl.zst", head + b"\x41\x00\x00" + b"x" * 8)
    with pytest.raises(ManifestError, match=what) as raised:
        open_manifest(path)
    assert "zstd -dc" in raised.value.hint


def test_a_packed_suffix_on_a_plain_file_does_no_harm(tmp_path: Path) -> None:
    assert len(read_file(write(tmp_path / "m.jsonl.gz", LINES))[0]) == 20_000


@pytest.mark.parametrize("packing", PACKERS)
def test_several_packed_parts_in_a_row_are_one_file(
    tmp_path: Path, packing: str
) -> None:
    pack = PACKERS[packing]
    path = write(tmp_path / "m.jsonl", pack(LINES) + pack(LINES))
    assert len(read_file(path)[0]) == 40_000


@pytest.mark.parametrize("packing", PACKERS)
def test_a_file_cut_short_says_so_and_after_which_row(
    tmp_path: Path, packing: str
) -> None:
    packed = PACKERS[packing](LINES)
    path = write(tmp_path / "m.jsonl", packed[: len(packed) * 2 // 3])
    with pytest.raises(ManifestError, match=r"m\.jsonl ends early after row \d+"):
        read_file(path)


@pytest.mark.parametrize("packing", PACKERS)
def test_a_file_cut_short_by_one_byte_is_found_at_its_end(
    tmp_path: Path, packing: str
) -> None:
    path = write(tmp_path / "m.jsonl", PACKERS[packing](LINES)[:-1])
    with pytest.raises(ManifestError, match="ends early after row"):
        read_file(path)


def test_gzip_counts_the_rows_that_came_before_the_cut(tmp_path: Path) -> None:
    packed = gzip.compress(LINES)
    path = write(tmp_path / "m.jsonl.gz", packed[:-8])  # all data, no checksum
    with pytest.raises(ManifestError, match="ends early after row 20000"):
        read_file(path)


@pytest.mark.parametrize("packing", PACKERS)
def test_a_damaged_file_is_no_crash_of_a_library(tmp_path: Path, packing: str) -> None:
    packed = bytearray(PACKERS[packing](LINES))
    start = 10 if packing in ("zstd", "lz4") else len(packed) // 2  # without a checksum
    packed[start : start + 40] = b"\xff" * 40
    path = write(tmp_path / "m.jsonl", bytes(packed))
    with pytest.raises(ManifestError, match=r"(is damaged|ends early) after row"):
        read_file(path)


def test_garbage_after_a_packed_file_is_damage(tmp_path: Path) -> None:
    path = write(tmp_path / "m.jsonl.gz", gzip.compress(LINES) + b"garbage")
    with pytest.raises(ManifestError, match="is damaged after row 20000"):
        read_file(path)


@pytest.mark.parametrize("packing", PACKERS)
def test_a_packed_part_whose_head_is_damaged_ends_no_file_silently(
    tmp_path: Path, packing: str
) -> None:
    pack = PACKERS[packing]
    path = write(tmp_path / "m.jsonl", pack(LINES) + b"\xff" + pack(LINES)[1:])
    with pytest.raises(ManifestError, match="is damaged after row"):
        read_file(path)


def test_a_csv_cut_short_says_after_which_record(tmp_path: Path) -> None:
    text = "id,bytes\n" + "".join(f"doc{n},{n}\n" for n in range(10_000))
    path = write(tmp_path / "m.csv.gz", gzip.compress(text.encode())[:-8])
    with pytest.raises(ManifestError, match="ends early after row 10000"):
        read_file(path)


@pytest.mark.parametrize("format_", ["auto", "csv", "jsonl", "cdxj"])
def test_a_file_cut_before_its_first_line_has_no_rows(
    tmp_path: Path, format_: str
) -> None:
    path = write(tmp_path / "m.gz", gzip.compress(b"id,url")[:-8])
    with pytest.raises(ManifestError, match="ends early after row 0") as refused:
        open_manifest(path, format=format_)
    assert refused.value.hint.startswith("Fetch the file again")


@pytest.mark.parametrize("name", ["m.jsonl", "m.csv", "m.parquet"])
def test_a_file_written_to_while_it_is_read_is_refused(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    if name == "m.parquet":
        pq.write_table(pa.table({"id": ["a", "b"]}), path)
    else:
        path.write_text('{"id": 1}\n' if name == "m.jsonl" else "id\n1\n")
    batches = open_manifest(path).read(["id"])
    next(batches)
    with path.open("ab") as file:
        file.write(b'{"id": 2}\n')
    with pytest.raises(ManifestError, match="was written to while it was read"):
        list(batches)


def test_a_pipe_is_refused_and_does_not_wait_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "m.jsonl")
    with pytest.raises(ManifestError, match="is a pipe") as raised:
        open_manifest(tmp_path / "m.jsonl")
    assert "ingest - <" in raised.value.hint


def test_a_device_and_an_impossible_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="is a device"):
        open_manifest(Path(os.devnull))
    with pytest.raises(ManifestError, match="cannot be read: File name too long"):
        open_manifest(tmp_path / ("x" * 300))


def test_refuses_a_missing_file_and_a_directory(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="none does not exist"):
        open_manifest(tmp_path / "none")
    with pytest.raises(ManifestError, match="is a directory"):
        open_manifest(tmp_path)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "cdxj", "gz"])
def test_an_empty_file_holds_no_rows(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ManifestError, match="holds no rows"):
        open_manifest(write(tmp_path / f"m.{suffix}", b""))


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"\xfd7zXZ\x00", "is an xz file"),
        (b"PK\x03\x04", "is a ZIP archive"),
        (b"\x02\x21\x4c\x18", "is an LZ4 file of the legacy format"),
        (b"ARROW1\0\0", "is an Arrow file"),
        (b"\xff\xff\xff\xff\x90\0\0\0", "is an Arrow stream"),
        (b"Obj\x01\x04", "is an Avro file"),
        ('{"a": 1}'.encode("utf-16"), "is a UTF-16 text"),
    ],
)
def test_says_what_an_unsupported_packing_is(
    tmp_path: Path, start: bytes, what: str
) -> None:
    with pytest.raises(ManifestError, match=what) as raised:
        open_manifest(write(tmp_path / "m.jsonl", start + b"1234"))
    assert raised.value.hint


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "jsonl.gz"])
def test_a_pointer_of_git_lfs_is_not_the_file(tmp_path: Path, suffix: str) -> None:
    """A clone without git-lfs has these three lines in place of each large file."""
    pointer = (
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    )
    with pytest.raises(UnreadableError, match="is a pointer of Git LFS") as raised:
        open_manifest(write(tmp_path / f"m.{suffix}", pointer))
    assert raised.value.hint == "Fetch the file: git lfs pull"


def test_a_file_without_permission_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "m.jsonl", LINES)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ManifestError, match="cannot be read: Permission denied"):
        open_manifest(path)


class FailingDisk(io.BytesIO):
    """Hands over its beginning, and then fails as a disk does."""

    def readinto(self, buffer: Any) -> int:
        if self.tell() >= 1 << 10:
            raise OSError(errno.EIO, "Input/output error")
        return super().readinto(memoryview(buffer)[: 1 << 10])

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= 1 << 10:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(min(size or 0, 1 << 10))


@pytest.mark.parametrize("packing", ["plain", "gzip", "warc"])
def test_a_disk_that_fails_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packing: str
) -> None:
    text = b"".join(b'{"id": "%d"}\n' % number for number in range(1_000))
    record = b"WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: 9000\r\n\r\n"
    data = {
        "plain": text,
        "gzip": gzip.compress(os.urandom(9_000).hex().encode(), mtime=0),
        "warc": record + b"x" * 9_000,
    }[packing]
    path = write(tmp_path / f"m.{'warc' if packing == 'warc' else 'jsonl'}", data)
    monkeypatch.setattr(Path, "open", lambda _, __: FailingDisk(data))
    with pytest.raises(ManifestError, match="cannot be read: Input/output error"):
        read_file(path, format="warc" if packing == "warc" else "jsonl")
