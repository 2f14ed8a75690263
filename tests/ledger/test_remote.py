import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from provenance.errors import ManifestError
from provenance.ledger.remote import copy_url, expand_url, is_url, without_secrets


@pytest.fixture
def memory() -> Iterator[str]:
    """The URL of a folder with three files in fsspec's memory."""
    system = fsspec.filesystem("memory")
    for name in ("b.csv", "a.csv", "sub/c.csv"):
        system.pipe_file(f"/box/{name}", b"id\n1\n")
    yield "memory://box"
    system.rm("/box", recursive=True)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """The URL of a server on loopback that serves the folder ``tmp_path / "www"``."""
    (tmp_path / "www").mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            folder = str(tmp_path / "www")
            super().__init__(*arguments, directory=folder)  # type: ignore[arg-type]  # as given

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_name_with_a_scheme_is_a_url() -> None:
    assert is_url("s3://bucket/a.csv")
    assert is_url("zip://a.csv::https://example.org/a.zip")
    assert not is_url("a.csv")
    assert not is_url("C:/a.csv")
    assert not is_url("a//b")


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://a.example/b.csv?x=1&y=2", "https://a.example/b.csv?x=1&y=2"),
        ("https://u:p@a.example/b.csv#top", "https://a.example/b.csv#top"),
        ("https://a.example/b?X-Amz-Date=1&X-Amz-Signature=2", "https://a.example/b"),
        ("https://a.example/b?sig=1&id=7", "https://a.example/b?id=7"),
        ("https://a.example/b?key=1#x", "https://a.example/b"),
        ("memory:///a/b", "memory:///a/b"),
        ("s3://bucket/a@b.csv", "s3://bucket/a@b.csv"),
        ("zip://a.csv::https://u:p@b.example/c", "zip://a.csv::https://b.example/c"),
    ],
)
def test_what_gives_access_is_not_recorded(url: str, plain: str) -> None:
    assert without_secrets(url) == plain


def test_a_far_folder_and_a_pattern_stand_for_files(memory: str) -> None:
    assert list(expand_url(memory)) == [
        ("memory:///box/a.csv", True),
        ("memory:///box/b.csv", True),
        ("memory:///box/sub/c.csv", True),
    ]
    assert list(expand_url(f"{memory}/*.csv")) == [
        ("memory:///box/a.csv", False),
        ("memory:///box/b.csv", False),
    ]
    with pytest.raises(
        ManifestError, match="there is no file at memory://box/x"
    ) as raised:
        list(expand_url(f"{memory}/x*"))
    assert raised.value.hint


def test_a_far_file_is_copied(memory: str, tmp_path: Path) -> None:
    copy_url(f"{memory}/a.csv", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"id\n1\n"


def test_a_file_of_a_web_server_is_copied(web: str, tmp_path: Path) -> None:
    data = b"id,url\n" + b"1,http://a\n" * 200_000
    (tmp_path / "www/m.csv").write_bytes(data)
    url = f"{web}/m.csv?version=2"
    assert list(expand_url(url)) == [(url, False)]
    copy_url(url, tmp_path / "copy.csv")
    assert (tmp_path / "copy.csv").read_bytes() == data


def test_what_cannot_be_got_is_refused_in_words(web: str, tmp_path: Path) -> None:
    for url, words in (
        (f"{web}/none.csv", "none.csv does not exist"),
        ("http://u:secret@127.0.0.1:1/x", "http://127.0.0.1:1/x cannot be read"),
        ("nosuch://x", "Protocol not known"),
    ):
        with pytest.raises(ManifestError, match=words) as raised:
            copy_url(url, tmp_path / "copy")
        assert raised.value.hint
        assert "secret" not in raised.value.message
