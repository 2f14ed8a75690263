"""Pages over loopback: read-only, for this machine alone, and of the live ledger."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result

from provenance import Ledger
from provenance.cli.pages import make_server, say_link
from provenance.errors import LedgerStateError

ROWS = '{"name": "a", "generated_by": "M", "tokens": 3}\n{"name": "b"}\n'


@contextmanager
def _serve(url: str) -> Iterator[ThreadingHTTPServer]:
    with Ledger.open(url, read_only=True) as ledger, make_server(ledger, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _record(ledger: Ledger, folder: Path) -> None:
    (folder / "d.jsonl").write_text(ROWS)
    ledger.ingest(folder / "d.jsonl")
    ledger.add_dataset("names/größe@1")


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ThreadingHTTPServer]:
    folder = tmp_path_factory.mktemp("served")
    url = f"sqlite:///{folder}/ledger.db"
    with Ledger.open(url, clock=lambda: 0) as ledger:
        _record(ledger, folder)
    with _serve(url) as server:
        yield server


def _get(
    served: ThreadingHTTPServer,
    path: str,
    *,
    method: str = "GET",
    host: str | None = None,
) -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", served.server_port, timeout=60)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"localhost:{served.server_port}")
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, {k.lower(): v for k, v in answer.getheaders()}


def test_list_names_datasets_and_their_intervals(served: ThreadingHTTPServer) -> None:
    status, text, headers = _get(served, "/")
    assert status == 200
    assert '<a href="/report/d">' in text
    assert "50.0 % – 100.0 %" in text
    assert '<a href="/report/names/gr%C3%B6%C3%9Fe%401">' in text
    assert "script-src &#39;none&#39;" in text
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_page_is_of_the_ledger_as_it_stands(
    ledger: Ledger, url: str, tmp_path: Path
) -> None:
    _record(ledger, tmp_path)
    size = ledger.report("d").as_of
    with _serve(url) as served:
        status, text, _ = _get(served, "/report/d")
        assert (status, "50.0 % – 100.0 %" in text) == (200, True)
        ledger.claim(dataset="d", generated_by="M")
        assert "100.0 % of items" in _get(served, "/report/d?unit=items")[1]
        lacking = _get(served, "/report/d?unit=tokens")[1]
        assert "No share can be told of tokens" in lacking
        assert "50.0 % – 100.0 %" in _get(served, f"/report/d?as_of={size}")[1]
        assert _get(served, "/report/names/gr%C3%B6%C3%9Fe%401")[0] == 200


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/nothing", 404, "no such page"),
        ("/report/e", 404, "no dataset 'e' is recorded"),
        ("/report/d?policy=none", 404, "no policy 'none'"),
        ("/report/d?as_of=99", 404, "nothing as of 99"),
        ("/report/d?unit=pages", 404, "'pages' is no unit"),
        ("/report/d?more=1", 400, "Ask by"),
        ("/report/%ff", 400, "decode"),
        ("http://[::1/x", 400, "Invalid IPv6 URL"),
    ],
)
def test_what_cannot_be_shown_is_said_plainly(
    served: ThreadingHTTPServer, path: str, status: int, says: str
) -> None:
    found, text, headers = _get(served, path)
    assert (found, says in text) == (status, True), text
    assert headers["content-type"].startswith("text/plain")


def test_other_hosts_are_refused(served: ThreadingHTTPServer) -> None:
    port = served.server_port
    for host in ("127.0.0.1", f"127.0.0.1:{port}", f"LOCALHOST:{port}", "[::1]"):
        assert _get(served, "/", host=host)[0] == 200, host
    for host in ("evil.example", f"evil.example:{port}", f"localhost:{port + 1}", "x"):
        assert _get(served, "/", host=host)[0] == 421, host
        assert _get(served, "/report/d", host=host)[1].startswith("This machine alone")


def test_nothing_but_reading_is_answered(served: ThreadingHTTPServer) -> None:
    status, text, headers = _get(served, "/", method="HEAD")
    assert (status, text, int(headers["content-length"]) > 0) == (200, "", True)
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert _get(served, "/", method=method)[0] == 501


def test_read_only_ledger_refuses_every_write(
    ledger: Ledger, url: str, tmp_path: Path
) -> None:
    _record(ledger, tmp_path)
    size = ledger.report("d").as_of
    with Ledger.open(url, read_only=True) as reader:
        assert reader.report("d").as_of == size
        for write in (
            lambda: reader.claim(dataset="d", generated_by="M"),
            lambda: reader.add_model("M"),
            lambda: reader.explore("d"),
            lambda: reader.verify(deep=True),
        ):
            with pytest.raises(LedgerStateError) as caught:
                write()
            shown = sa.make_url(url).render_as_string(hide_password=True)
            assert f"{shown} was opened read-only" in caught.value.message
        assert reader.explore("d", suppose=()).report.as_of == size
        assert reader.verify().entries == size
    assert ledger.report("d").as_of == size


def test_read_only_ledger_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(LedgerStateError, match="there is no ledger"):
        Ledger.open(f"sqlite:///{tmp_path}/none.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_command_says_where_and_ends_cleanly(
    run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "d.jsonl").write_text(ROWS)
    run_cli("ingest", tmp_path / "d.jsonl")
    url = f"sqlite:///{tmp_path}/ledger.db"
    command = [sys.executable, "-m", "provenance", "--ledger", url, "serve"]
    with subprocess.Popen(
        [*command, "d", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = process.stdout.readline()
        assert said.startswith("serving http://127.0.0.1:")
        assert said.endswith("/report/d\n")
        port = said.split(":")[2].split("/")[0]
        taken = run_cli("serve", "--port", port)
        assert (taken.exit_code, f"port {port} cannot" in taken.stderr) == (1, True)
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == "Press Ctrl-C to stop.\nstopped\n"
        assert process.wait() == 0
    assert run_cli("serve", "e", "--port", "0").exit_code == 1


def test_link_writes_names_as_paths() -> None:
    assert say_link(1, "a b@1") == "http://127.0.0.1:1/report/a%20b@1"
    assert say_link(1) == "http://127.0.0.1:1/"
