"""Documents as DataTrove, FineWeb and Dolma write them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from manifest.rows import Row, read_file, write

from provenance.manifest import map_columns, open_manifest

TEXT = "A document of some length. " * 5
TIME = datetime(2024, 5, 18, 1, 58, 10, tzinfo=UTC)
FINEWEB = {
    "text": TEXT,
    "id": "<urn:uuid:39147604>",
    "dump": "CC-MAIN-2024-22",
    "url": "http://a.org/",
    "date": "2024-05-18T01:58:10Z",
    "file_path": "s3://commoncrawl/a.warc.gz",
    "language": "en",
    "language_score": 0.98,
    "token_count": 26,
}
DATATROVE = {
    "text": TEXT,
    "id": "a/1",
    "media": [],
    "metadata": {
        "url": "http://a.org/",
        "date": "2024-05-18T01:58:10Z",
        "file_path": "s3://commoncrawl/a.warc.gz",
        "language": "en",
    },
}
DOLMA = {
    "id": "http://a.org/",
    "text": TEXT,
    "source": "common-crawl",
    "added": "2024-06-01T00:00:00.000Z",
    "created": "2024-05-18T01:58:10Z",
    "metadata": {"language": "en", "length": 130, "digest": "sha1:ABC"},
}


def read_one(tmp_path: Path, document: dict[str, Any]) -> tuple[Row, set[str]]:
    path = write(tmp_path / "a.jsonl", json.dumps(document) + "\n")
    reader = open_manifest(path)
    assert reader.format == "jsonl"
    ((record,), faults) = read_file(path)
    assert faults == []
    return record, set(map_columns(reader.columns, {}, {}).unused)


def test_fineweb(tmp_path: Path) -> None:
    record, unused = read_one(tmp_path, FINEWEB)
    assert record["name"] == "<urn:uuid:39147604>"
    assert (record["url"], record["fetched_at"]) == ("http://a.org/", TIME)
    assert (record["tokens"], record["bytes"]) == (26, len(TEXT))
    assert record["language"] == "en"
    assert unused == {"dump", "file_path", "language_score"}


def test_datatrove(tmp_path: Path) -> None:
    record, _ = read_one(tmp_path, DATATROVE)
    assert (record["name"], record["url"]) == ("a/1", "http://a.org/")
    assert (record["fetched_at"], record["language"]) == (TIME, "en")


def test_dolma(tmp_path: Path) -> None:
    record, unused = read_one(tmp_path, DOLMA)
    assert (record["name"], record["url"]) == ("http://a.org/", None)
    assert (record["fetched_at"], record["language"]) == (TIME, "en")
    assert {"source", "added", "metadata.digest"} <= unused


def test_one_text_has_one_digest_in_all_of_them(tmp_path: Path) -> None:
    found = [read_one(tmp_path, document)[0] for document in (FINEWEB, DOLMA)]
    crlf = FINEWEB | {"text": TEXT.replace(". ", ".\r\n")}
    plain = FINEWEB | {"text": TEXT.replace(". ", ".\n")}
    assert found[0]["digest"] == found[1]["digest"]
    ends = [read_one(tmp_path, document)[0]["digest"] for document in (crlf, plain)]
    assert ends[0] == ends[1]
