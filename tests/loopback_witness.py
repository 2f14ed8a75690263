"""A witness on loopback that follows c2sp.org/tlog-witness to the letter.

It shares no code with the package: signatures by ``cryptography``, consistency by
``tlog_scales``, parsing by itself.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from tlog_scales.tlog import ConsistencyProof, ConsistencyProofInvalid

__all__ = ["Answer", "Witness", "serve"]

_SIZE = "text/x.tlog.size"
_DECIMAL = re.compile(r"0|[1-9][0-9]*")


@dataclass(frozen=True)
class Answer:
    """What goes back: "200 cosignature line(s) | 400 | 403 | 404 | 409 | 422"."""

    status: int
    body: str = ""
    content_type: str = "text/plain"


class BadRequestError(Exception):
    """The request is malformed."""


@dataclass
class Witness:
    """Knows logs by origin and keys, and remembers the largest tree of each."""

    database: Path
    name: str
    seed: bytes
    logs: dict[str, list[str]]
    clock: Callable[[], int]
    asked: list[bytes] = field(default_factory=list)
    before_commit: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        with self._connect() as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS seen (origin TEXT PRIMARY KEY, "
                "size INTEGER NOT NULL, root BLOB NOT NULL)"
            )

    @property
    def vkey(self) -> str:
        public = self._key().public_key().public_bytes_raw()
        material = base64.b64encode(b"\x04" + public).decode()
        return f"{self.name}+{self._key_id().hex()}+{material}"

    def add_checkpoint(self, body: bytes) -> Answer:  # noqa: PLR0911 - one return for each status of the protocol
        self.asked.append(body)
        try:
            old, proof, note = _parse(body)
            text, signatures = _split(note)
            origin, size, root = _head(text)
        except (BadRequestError, ValueError) as error:
            return Answer(400, str(error))
        if origin not in self.logs:
            return Answer(404)
        if not _is_signed(text, signatures, self.logs[origin]):
            return Answer(403)
        if old > size:
            return Answer(400, "old size is above the checkpoint's")
        seen_size, seen_root = self._seen(origin)
        conflict = Answer(409, f"{seen_size}\n", _SIZE)
        if old != seen_size or (size == old and old and root != seen_root):
            return conflict
        if not _is_consistent(old, size, seen_root, root, proof):
            return Answer(422)
        self.before_commit()
        if not self._persist(origin, old, size, root):
            return Answer(409, f"{self._seen(origin)[0]}\n", _SIZE)
        return Answer(200, self._cosign(text))

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.database, isolation_level=None)

    def _seen(self, origin: str) -> tuple[int, bytes]:
        connection = self._connect()
        query = "SELECT size, root FROM seen WHERE origin = ?"
        row = connection.execute(query, (origin,)).fetchone()
        connection.close()
        return (0, hashlib.sha256().digest()) if row is None else (row[0], row[1])

    def _persist(self, origin: str, old: int, size: int, root: bytes) -> bool:
        """ "checking the old size and persisting must be performed atomically"."""
        connection = self._connect()
        connection.execute("BEGIN IMMEDIATE")
        row = connection.execute(
            "SELECT size FROM seen WHERE origin = ?", (origin,)
        ).fetchone()
        current = 0 if row is None else row[0]
        if current == old:
            connection.execute(
                "INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", (origin, size, root)
            )
        connection.execute("COMMIT")
        connection.close()
        return bool(current == old)

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def _key_id(self) -> bytes:
        public = self._key().public_key().public_bytes_raw()
        return hashlib.sha256(self.name.encode() + b"\n\x04" + public).digest()[:4]

    def _cosign(self, text: str) -> str:
        time = self.clock()
        message = f"cosignature/v1\ntime {time}\n{text}".encode()
        blob = self._key_id() + time.to_bytes(8, "big") + self._key().sign(message)
        return f"\N{EM DASH} {self.name} {base64.b64encode(blob).decode()}\n"


def _parse(body: bytes) -> tuple[int, list[bytes], str]:
    head, blank, note = body.decode().partition("\n\n")
    first, *lines = head.split("\n")
    old = first.removeprefix("old ")
    if not blank or not first.startswith("old ") or not _DECIMAL.fullmatch(old):
        raise BadRequestError("no old size line")
    if len(lines) > 63:
        raise BadRequestError("too many proof lines")
    return int(old), [_hash(line) for line in lines], note


def _hash(line: str) -> bytes:
    octets = base64.b64decode(line, validate=True)
    if len(octets) != 32 or base64.b64encode(octets).decode() != line:
        raise BadRequestError("a proof line is no hash")
    return octets


def _split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    text, blank, block = note.rpartition("\n\n")
    if not blank or not block.endswith("\n"):
        raise BadRequestError("no signed note")
    signatures = []
    for line in block[:-1].split("\n"):
        dash, name, encoded = line.split(" ")
        if dash != "\N{EM DASH}":
            raise BadRequestError("no signature line")
        signatures.append((name, base64.b64decode(encoded, validate=True)))
    return text + "\n", signatures


def _head(text: str) -> tuple[str, int, bytes]:
    origin, size, root, *_ = text.split("\n")
    if not origin or not _DECIMAL.fullmatch(size):
        raise BadRequestError("no checkpoint")
    return origin, int(size), _hash(root)


def _is_signed(
    text: str, signatures: list[tuple[str, bytes]], vkeys: list[str]
) -> bool:
    for vkey in vkeys:
        name, key_id, material = vkey.split("+", 2)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(material)[1:])
        for signer, blob in signatures:
            if (signer, blob[:4].hex()) == (name, key_id):
                try:
                    key.verify(blob[4:], text.encode())
                except InvalidSignature:
                    continue
                return True
    return False


def _is_consistent(
    old: int, size: int, old_root: bytes, root: bytes, proof: list[bytes]
) -> bool:
    if old in (0, size):
        return not proof and (size > 0 or root == hashlib.sha256().digest())
    try:
        ConsistencyProof(old, size, proof).check(old_root, root)
    except ConsistencyProofInvalid:
        return False
    return True


@contextmanager
def serve(answer: Callable[[bytes], Answer]) -> Iterator[str]:
    """Answer POST /add-checkpoint on loopback; yields the submission prefix."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            found = Answer(404) if self.path != "/w/add-checkpoint" else answer(body)
            octets = found.body.encode()
            self.send_response(found.status)
            self.send_header("Content-Type", found.content_type)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/w"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
