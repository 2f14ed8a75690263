"""Pages of a ledger over HTTP: for the machine's own browser, and for reading alone."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

from provenance import __version__
from provenance.errors import LedgerError
from provenance.report.explorer import render_list, render_page

if TYPE_CHECKING:
    from provenance.ledger import Ledger

__all__ = ["LOOPBACK", "make_server", "say_link"]

LOOPBACK: Final = "127.0.0.1"

_HOSTS = frozenset({LOOPBACK, "localhost", "[::1]"})
_ASKED = {"unit", "policy", "as_of"}
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_REPORT = "/report/"


def make_server(ledger: Ledger, port: int) -> ThreadingHTTPServer:
    """Make a server of a ledger's pages on loopback; nothing is served yet.

    ``/`` lists the datasets, ``/report/NAME`` is the page of one as the ledger stands,
    with ``?unit=``, ``?policy=`` and ``?as_of=`` as ``Ledger.explore`` takes them.

    A request that names another host is refused: a page from elsewhere whose name was
    made to lead here (DNS rebinding) would say its own.

    Raises:
        OSError: The port is taken, or may not be used.
    """
    server = ThreadingHTTPServer((LOOPBACK, port), partial(_Pages, ledger))
    server.daemon_threads = True
    return server


class _Pages(BaseHTTPRequestHandler):
    """Answers GET and HEAD, and nothing else."""

    server_version = f"provenance/{__version__}"
    sys_version = ""

    def __init__(self, ledger: Ledger, *arguments: Any) -> None:
        self._ledger = ledger
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """Answer with a page."""
        self._send(*self._answer())

    def do_HEAD(self) -> None:
        """Answer as to GET, without the page."""
        self._send(*self._answer(), body=False)

    def log_message(self, *_: Any) -> None:
        """Say nothing: whoever reads the pages sees what came of them."""

    def _answer(self) -> tuple[HTTPStatus, str]:
        if not self._is_meant_for_us():
            return HTTPStatus.MISDIRECTED_REQUEST, "This machine alone is served."
        try:
            asked = urlsplit(self.path)
            if asked.path == "/":
                page = render_list(self._ledger.overview(), _REPORT)
            elif asked.path.startswith(_REPORT):
                page = self._show(asked.path.removeprefix(_REPORT), asked.query)
            else:
                return HTTPStatus.NOT_FOUND, "There is no such page."
        except LedgerError as error:
            return HTTPStatus.NOT_FOUND, f"{error.message}\n{error.hint or ''}"
        except ValueError as error:
            return HTTPStatus.BAD_REQUEST, str(error)
        return HTTPStatus.OK, page

    def _show(self, name: str, query: str) -> str:
        options: dict[str, Any] = {
            name: values[-1] for name, values in parse_qs(query).items()
        }
        if not set(options) <= _ASKED:
            raise ValueError(f"Ask by {', '.join(sorted(_ASKED))} only.")
        dataset = unquote(name, errors="strict")
        return render_page(self._ledger.explore(dataset, suppose=(), **options))

    def _is_meant_for_us(self) -> bool:
        named = self.headers.get_all("Host") or []
        if len(named) != 1:
            return False
        host, _, port = named[0].rpartition(":")
        if not port.isdigit():
            host, port = named[0], ""
        ours = str(self.connection.getsockname()[1])
        return host.lower() in _HOSTS and port in ("", ours)

    def _send(self, status: HTTPStatus, text: str, *, body: bool = True) -> None:
        octets = text.encode()
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        kind = "html" if status is HTTPStatus.OK else "plain"
        self.send_header("Content-Type", f"text/{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        if body:
            self.wfile.write(octets)


def say_link(port: int, dataset: str = "") -> str:
    """Write where a page is: of a dataset, or of all of them."""
    path = f"{_REPORT}{quote(dataset, safe='@')}" if dataset else "/"
    return f"http://{LOOPBACK}:{port}{path}"
