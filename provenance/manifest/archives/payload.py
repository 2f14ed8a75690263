"""The payload of an archived record: its digest, its size, and what HTTP says of it.

WARC 1.1, section 6.3.2: the payload of an HTTP response is its entity-body; that of
any other record is its block. https://iipc.github.io/warc-specifications/

Writers disagree on which bytes ``WARC-Payload-Digest`` covers: the body as sent, the
body without its transfer coding, or without its content coding too. A declared
digest is taken for true when it is that of any of the three.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

from provenance.domain import Spelling, format_digest, parse_digest
from provenance.manifest.archives.coding import dechunk, decode
from provenance.temporary import explain_temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = [
    "RESERVING",
    "BadRecordError",
    "Payload",
    "check_length",
    "gather_headers",
    "read_declared",
    "read_headers",
    "read_payload",
]

_CHUNK = 1 << 20
_HELD = 1 << 24
"""Most bytes of a coded body that are held in memory; more go to a scratch file."""

_END = re.compile(rb"\n\r{0,2}\n")  # Without bounds, a body of line ends takes hours.
_WANTED = re.compile(
    rb"^(content-type|content-encoding|transfer-encoding|x-robots-tag|robots|noai|"
    rb"noimageai|tdm-reservation|tdm-policy|content-usage)[ \t]*:[ \t]*([^\r\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
RESERVING = (
    *("x-robots-tag", "robots", "noai", "noimageai"),
    *("tdm-reservation", "tdm-policy", "content-usage"),
)
"""Headers that may reserve a payload: of robots, of TDMRep, and of IETF's AIPREF."""

_COMPUTED: Mapping[str, Callable[..., Any]] = {
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "md5": hashlib.md5,
    "sha512": hashlib.sha512,
    "sha384": hashlib.sha384,
}
_USUAL = re.compile(r"sha1:[A-Z2-7]{32}")
_TO_BASE32HEX = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghijklmnopqrstuv"
)
_OF_INDEXES = "sha1"
"""What crawl indexes key captures by: the digest of what declares none."""


class BadRecordError(Exception):
    """A record is not what its head says: the archive ends here, or is damaged."""


class Payload(NamedTuple):
    """What was found out about the payload of one record."""

    digest: str
    """The declared digest where it is true, else the computed one: ``sha1:hex``."""
    size: int
    """Bytes of the content, without transfer and content coding."""
    headers: Mapping[str, str]
    """The HTTP headers that matter here, names in lower case."""
    agrees: bool | None
    """Whether the declared digest is true; None when there is none to compare."""


def read_payload(
    read: Callable[[int], bytes], length: int, declared: str | None, *, is_http: bool
) -> Payload:
    """Read the block of a record to its end.

    Args:
        read: Returns at most so many bytes of the block; nothing at its end.
        length: How long the block is said to be.
        declared: The payload digest as the record has it.
        is_http: Whether the block begins with the head of an HTTP response.

    Raises:
        BadRecordError: The block is shorter than it is said to be.
    """
    claim = read_declared(declared)
    algorithm = claim.partition(":")[0] if claim else _OF_INDEXES
    if algorithm not in _COMPUTED:
        algorithm, claim = _OF_INDEXES, None
    block = _Block(read)
    first = block.take()
    headers: dict[str, str] = {}
    if is_http and first.startswith(b"HTTP/"):
        headers, first = _split_head(block.take_head(first))
    body = block.after(first)
    coded = headers.get("transfer-encoding") or headers.get("content-encoding")
    if coded:
        found = _weigh_coded(body, headers, algorithm)
    else:
        found = [_weigh(body, algorithm)]
    check_length(block.size, length)
    digests = [digest for digest, _ in found]
    is_true = claim in digests if claim else None
    return Payload(
        digest=claim if claim and is_true else digests[min(1, len(digests) - 1)],
        size=found[-1][1],
        headers=headers,
        agrees=is_true,
    )


def read_headers(read: Callable[[int], bytes], length: int) -> Mapping[str, str]:
    """Read a block whose payload lies elsewhere; return the HTTP headers that matter.

    Raises:
        BadRecordError: The block is shorter than it is said to be.
    """
    block = _Block(read)
    first = block.take()
    headers: dict[str, str] = {}
    if first.startswith(b"HTTP/"):
        headers, first = _split_head(block.take_head(first))
    for _ in block.after(first):
        pass
    check_length(block.size, length)
    return headers


class _Block:
    """Counts what is read of a block."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self.size = 0

    def take(self) -> bytes:
        """Return the next bytes; nothing at the end."""
        data = self._read(_CHUNK)
        self.size += len(data)
        return data

    def take_head(self, start: bytes) -> bytes:
        """Return at least the head of a message, unless it is longer than any is."""
        while not _END.search(start) and len(start) < _CHUNK:
            data = self.take()
            if not data:
                break
            start += data
        return start

    def after(self, first: bytes) -> Iterator[bytes]:
        """Yield the rest, what was taken too much at first."""
        data = first
        while True:
            if data:
                yield data
            data = self.take()
            if not data:
                return


def check_length(size: int, length: int) -> None:
    """Raise BadRecordError when a block is shorter than its head says."""
    if size != length:
        raise BadRecordError(f"a record has {size} of {length} bytes")


def read_declared(digest: str | None) -> str | None:
    """Return a digest that a record declares as ``algorithm:hex``; None if none."""
    if not digest:
        return None
    if _USUAL.fullmatch(digest):
        # 32 characters are 20 bytes exactly, so they are one number of base 32.
        number = int(digest[len("sha1:") :].translate(_TO_BASE32HEX), 32)
        return f"sha1:{number:040x}"
    try:
        return format_digest(parse_digest(digest, Spelling.PREFIXED))
    except ValueError:
        return None


def _split_head(start: bytes) -> tuple[dict[str, str], bytes]:
    """Cut the head of an HTTP message off; all of it is head when it has no end."""
    end = _END.search(start)
    head, body = (start[: end.start()], start[end.end() :]) if end else (start, b"")
    found = _WANTED.findall(head)
    return gather_headers((n.decode(), v.decode("latin-1")) for n, v in found), body


def gather_headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the first value of each header, but all values of those that reserve.

    Names are in lower case then.

    >>> gather_headers([("Robots", "all"), ("robots", "noai")])
    {'robots': 'all, noai'}
    """
    headers: dict[str, str] = {}
    for name, value in pairs:
        key, said = name.lower(), value.strip()
        if key in headers and key in RESERVING:
            said = f"{headers.pop(key)}, {said}"  # RFC 9110, section 5.3
        headers.setdefault(key, said)
    return headers


def _weigh(chunks: Iterable[bytes], algorithm: str) -> tuple[str, int]:
    """Return the digest and the size of a stream of bytes."""
    running = _COMPUTED[algorithm](usedforsecurity=False)
    size = 0
    for chunk in chunks:
        running.update(chunk)
        size += len(chunk)
    return f"{algorithm}:{running.hexdigest()}", size


def _weigh_coded(
    body: Iterable[bytes], headers: Mapping[str, str], algorithm: str
) -> list[tuple[str, int]]:
    """Weigh a body as sent, without its transfer coding, and fully decoded.

    A coding that the bytes do not have is taken as undone already: archivers often
    keep the header of what they unpacked.
    """
    with tempfile.SpooledTemporaryFile(max_size=_HELD) as spooled:
        held = cast("BinaryIO", spooled)
        sent = _weigh(_keep(body, held), algorithm)
        found = [sent]
        is_chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        try:
            held.seek(0)
            entity = _weigh(dechunk(held), algorithm) if is_chunked else sent
        except ValueError:
            is_chunked, entity = False, sent
        found.append(entity)
        coding = headers.get("content-encoding", "")
        if coding:
            try:
                held.seek(0)
                plain = (
                    dechunk(held)
                    if is_chunked
                    else iter(lambda: held.read(_CHUNK), b"")
                )
                found.append(_weigh(decode(plain, coding), algorithm))
            except ValueError:
                pass  # In another coding, or in none: its size stays as sent.
        return found


def _keep(chunks: Iterable[bytes], held: BinaryIO) -> Iterator[bytes]:
    for chunk in chunks:
        with explain_temporary():
            held.write(chunk)
        yield chunk
