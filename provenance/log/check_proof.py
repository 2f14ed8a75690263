r"""Check a proof file of a provenance log, offline, with nothing of its maker's.

Copy this file: it needs Python 3.11 or newer and the package ``cryptography``, and
reads no network, no database and no other file than the proof::

    python check_proof.py proof.json --vkey example.org/ledger+530d903a+AekyeRrm…

It prints what is proved and exits with 0; or says what is wrong and exits with 3.
The key must come from a source you trust, never from whoever brings the proof.
The checkpoint must be signed by the key, whose name is the log's origin, and cosigned
by the witnesses asked for (c2sp.org/tlog-checkpoint, tlog-cosignature). The entry must
lead to its root at its size (RFC 9162, 2.1.3.2), and the record to the root and at the
size that the entry states. What the file claims must be what these bytes say. A valid
proof shows that the log's owner committed to this, not that what was said is true.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import re
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LIMIT = 16 * 1024 * 1024
NOTE_LIMIT, EXTRA_LIMIT, SIGNATURES_LIMIT, HASHES_LIMIT = 256 * 1024, 64 * 1024, 64, 63
ED25519, COSIGNATURE, AHEAD = 1, 4, -300
FIELDS, DIGEST, NAME = {b"provenance/record/v1": 16, b"provenance/record/v2": 17}, 2, 3
OF_ENTRY = {"claim", "entry", "tlog_proof", "type"}
Key = tuple[str, bytes, int, bytes]


class Refused(Exception):  # noqa: N818 - reads as what happened
    """The file does not prove what it claims."""


def require(condition: object, words: str) -> None:
    """Refuse unless a condition holds."""
    if not condition:
        raise Refused(words)


def parse_base64(text: str, what: str) -> bytes:
    """Read base64 in its one spelling."""
    try:
        octets = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(f"{what} is not base64") from None
    require(base64.b64encode(octets).decode() == text, f"{what}: odd base64")
    return octets


def parse_hash(text: str) -> bytes:
    """Read one SHA-256 hash."""
    octets = parse_base64(text, "a hash")
    require(len(octets) == sha256().digest_size, "a hash is not 32 bytes long")
    return octets


def parse_number(text: str, what: str) -> int:
    """Read a decimal number in its one spelling, below 2**63."""
    plain = re.fullmatch(r"0|[1-9][0-9]{0,18}", text)
    require(plain and int(text) < 2**63, f"{what} is no plain number")
    return int(text)


def check_name(name: str) -> None:
    """Refuse what may not name a key or a log."""
    odd = not name or "+" in name or len(name.encode()) > 255  # noqa: PLR2004 - C2SP
    require(not odd and not any(map(str.isspace, name)), "a key name is none")


def parse_key(text: str) -> Key:
    """Read a vkey: its name, key id, type and public key."""
    name, _, rest = text.partition("+")
    key_id, _, material = rest.partition("+")
    check_name(name)
    octets = parse_base64(material, "the key")
    key_type = octets[0] if octets else 0
    require(key_type in (ED25519, COSIGNATURE) and len(octets) == 33, "no Ed25519 key")  # noqa: PLR2004 - type and key
    expected = sha256(name.encode() + b"\n" + octets).digest()[:4]
    require(expected.hex() == key_id, "the id of the key is not that of its bytes")
    return name, expected, key_type, octets[1:]


def verify_signature(key: Key, signature: bytes, message: bytes) -> None:
    """Check one Ed25519 signature."""
    try:
        Ed25519PublicKey.from_public_bytes(key[3]).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Refused(f"the signature of {key[0]} does not verify") from None


def parse_note(octets: bytes) -> tuple[str, dict[tuple[str, bytes], bytes]]:
    """Split a signed note into its text and signatures by name and key id."""
    require(len(octets) <= NOTE_LIMIT, "the checkpoint is too long")
    try:
        whole = octets.decode()
    except UnicodeDecodeError:
        raise Refused("the checkpoint is not UTF-8") from None
    require(not re.search("[\x00-\x09\x0b-\x1f]|\\A\ufeff", whole), "control character")
    text, blank, block = whole.rpartition("\n\n")
    require(blank and block.endswith("\n"), "the checkpoint is no signed note")
    lines = block[:-1].split("\n")
    require(len(lines) <= SIGNATURES_LIMIT, "too many signatures")
    found: dict[tuple[str, bytes], bytes] = {}
    for line in lines:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        require(dash == "\N{EM DASH}", "a signature line is none")
        check_name(name)
        signature = parse_base64(encoded, "a signature")
        require(len(signature) > 4, "a signature is too short")  # noqa: PLR2004 - key id
        by = name, signature[:4]
        found[by] = b"" if by in found else signature[4:]  # twice: neither counts
    return text + "\n", found


def open_checkpoint(octets: bytes, key: Key) -> tuple[int, bytes]:
    """Verify a checkpoint by the log's key; return its size and root."""
    text, signatures = parse_note(octets)
    require(key[2] == ED25519, "this is the key of a witness, not of a log")
    require(key[:2] in signatures, f"the checkpoint is not signed by {key[0]}")
    verify_signature(key, signatures[key[:2]], text.encode())
    origin, size, root, *extensions = (*text[:-1].split("\n"), "", "")
    require(origin == key[0], "the checkpoint is of another log")
    require(all(extensions[:-2]), "the checkpoint has an empty line")
    tree_size, hashed = parse_number(size, "the log's size"), parse_hash(root)
    require(tree_size or hashed == sha256().digest(), "not the root of no entries")
    return tree_size, hashed


def count_witnesses(octets: bytes, keys: list[Key], max_age: int | None) -> int:
    """Count the witnesses whose cosignature over a checkpoint holds."""
    text, signatures = parse_note(octets)
    vouched: set[bytes] = set()
    for key in keys:
        require(key[2] == COSIGNATURE, f"{key[0]} is not the key of a witness")
        blob = signatures.get(key[:2], b"")
        at = int.from_bytes(blob[:8], "big")
        timely = max_age is None or AHEAD <= time.time() - at <= max_age
        with contextlib.suppress(Refused):
            require(timely and at < 2**63, "a cosignature of another time")
            message = f"cosignature/v1\ntime {at}\n{text}".encode()
            verify_signature(key, blob[8:], message)
            vouched.add(key[3])
    return len(vouched)


def verify_path(entry: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that an entry and its path make (RFC 9162, 2.1.3.2)."""
    require(0 <= index < size < 2**63, "the index is outside the tree")
    fn, sn, r = index, size - 1, sha256(b"\x00" + entry).digest()
    for p in path:
        require(sn, "the path is too long")
        if fn & 1 or fn == sn:
            r = sha256(b"\x01" + p + r).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\x01" + r + p).digest()
        fn, sn = fn >> 1, sn >> 1
    require(sn == 0, "the path is too short")
    return r


def dump(value: object, indent: int | None) -> bytes:
    """Write JSON in the one spelling that is accepted."""
    apart = (",", ":") if indent is None else (",", ": ")
    return json.dumps(
        value, sort_keys=True, indent=indent, separators=apart, ensure_ascii=False
    ).encode()


def read_json(octets: bytes, indent: int | None, end: bytes, what: str) -> Any:
    """Read one JSON object in its one spelling."""
    try:
        read = json.loads(octets)
        if isinstance(read, dict) and dump(read, indent) + end == octets:
            return read
    except (ValueError, RecursionError):
        pass
    raise Refused(f"{what} is not JSON in its one spelling")


def verify_entry(octets: bytes, entry: bytes, key: Key) -> tuple[int, bytes]:
    """Check a C2SP proof file; return the entry's position and the checkpoint."""
    require(len(octets) <= 2 * EXTRA_LIMIT + NOTE_LIMIT, "the tlog-proof is too long")
    head, blank, checkpoint = octets.partition(b"\n\n")
    require(blank and head.isascii(), "the tlog-proof has no checkpoint")
    header, *lines = head.decode().split("\n")
    require(header == "c2sp.org/tlog-proof@v1", "not a tlog-proof")
    if lines and lines[0].startswith("extra "):
        extra = parse_base64(lines.pop(0)[6:], "extra")
        require(0 < len(extra) <= EXTRA_LIMIT, "extra is empty, or too long")
    require(lines and lines[0].startswith("index "), "the tlog-proof has no index")
    index = parse_number(lines[0][6:], "the index")
    require(len(lines) <= HASHES_LIMIT + 1, "the tlog-proof is too long")
    size, root = open_checkpoint(checkpoint, key)
    made = verify_path(entry, index, size, [parse_hash(line) for line in lines[1:]])
    require(made == root, "the entry does not lead to the root of the log")
    return index, checkpoint


def read_leaf(leaf: bytes) -> list[str | None]:
    """Read a record's leaf: its type line, then netstrings or ``-``."""
    tag, _, rest = leaf.partition(b"\n")
    require(tag in FIELDS, "the leaf is not of a record's type")
    fields: list[str | None] = []
    while rest:
        if rest[:1] == b"-":
            rest = rest[1:]
            fields.append(None)
            continue
        digits, _, rest = rest.partition(b":")
        size = parse_number(digits.decode("latin-1"), "the length of a field")
        require(rest[size : size + 1] == b",", "a field of the record is cut short")
        fields.append(rest[:size].decode())
        rest = rest[size + 1 :]
    require(len(fields) == FIELDS[tag], "the record has too few or too many fields")
    return fields


def check(octets: bytes, key: Key) -> tuple[dict[str, Any], bytes]:
    """Check a proof file; return what it proves, and the checkpoint it rests on."""
    require(len(octets) <= LIMIT, "the file is too long")
    proof = read_json(octets, 1, b"\n", "the file")
    of_record = "leaf" in proof
    expected = OF_ENTRY | {"leaf", "path"} if of_record else OF_ENTRY
    require(set(proof) == expected, "the file has other members than a proof")
    require(proof["type"] == "provenance/proof/v1", "the file is of another type")
    texts = ["entry", "tlog_proof", *(["leaf"] if of_record else [])]
    require(all(type(proof[name]) is str for name in texts), "a member is no text")
    entry, claim = proof["entry"].encode(), proof["claim"]
    position, checkpoint = verify_entry(proof["tlog_proof"].encode(), entry, key)
    tag, _, text = entry.partition(b"\n")
    kind = re.fullmatch(rb"provenance/([a-z_]+)/v1", tag)
    require(kind, "the entry is of no type of this log")
    body = read_json(text, None, b"", "the entry")
    proved = {"kind": kind[1].decode() if kind else "", "position": position}
    if of_record:
        require(proved["kind"] == "batch", "a record cannot stand in such an entry")
        require(type(claim) is dict and type(claim.get("index")) is int, "no index")
        path, index, leaf = proof["path"], claim["index"], proof["leaf"].encode()
        require(type(path) is list and len(path) <= HASHES_LIMIT, "the path is no path")
        require(all(type(node) is str for node in path), "a hash is no text")
        hashes = [parse_hash(node) for node in path]
        size, root = body.get("records"), body.get("root")
        require(type(size) is int and type(root) is str, "the entry has no tree")
        require(re.fullmatch("[0-9a-f]{64}", root), "the entry has no root")
        made = verify_path(leaf, index, size, hashes)
        require(made == bytes.fromhex(root), "the record does not lead to the root")
        record = read_leaf(leaf)
        names = [body.get("dataset"), body.get("version")]
        require(all(type(name) is str for name in names), "the entry has no dataset")
        proved |= {"kind": "record", "index": index}
        proved |= {"dataset": "@".join(filter(None, names))}
        proved |= {"digest": record[DIGEST], "name": record[NAME]}
    require(dump(claim, None) == dump(proved, None), f"another claim: {proved}")
    return proved, checkpoint


def main() -> int:
    """Check the proof file named on the command line."""
    parser = argparse.ArgumentParser(description="Check a proof file, offline.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--vkey", required=True, help="the log's verifier key")
    parser.add_argument("--digest", help="multihash in hex that it must be about")
    parser.add_argument("--dataset", help="NAME[@VERSION] that it must be about")
    parser.add_argument("--witness-key", action="append", default=[])
    parser.add_argument("--quorum", type=int, help="witnesses; default: all named")
    parser.add_argument("--max-age", type=int, help="seconds since they cosigned")
    given = parser.parse_args()
    try:
        proved, checkpoint = check(given.file.read_bytes(), parse_key(given.vkey))
        witnesses = [parse_key(text) for text in given.witness_key]
        wanted = len(witnesses) if given.quorum is None else given.quorum
        vouching = count_witnesses(checkpoint, witnesses, given.max_age)
        require(vouching >= wanted, f"{vouching} of {wanted} witnesses vouch for it")
        for asked in ("digest", "dataset"):
            about = getattr(given, asked)
            require(about in (None, proved.get(asked)), f"it is about another {asked}")
    except (Refused, OSError, UnicodeError) as error:
        print(f"refused: {error}", file=sys.stderr)  # noqa: T201 - a program
        return 3
    print(dump(proved, 1).decode())  # noqa: T201 - a program
    return 0


if __name__ == "__main__":
    sys.exit(main())
