"""Common Crawl's columnar index, as its Parquet files are laid out."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from manifest.rows import read_file

from provenance.domain import format_digest
from provenance.manifest import map_columns, open_manifest

STATUS = 200
SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("url_surtkey", "url")),
        *(
            pa.field(f"url_host_{name}", pa.string())
            for name in (
                *("name", "tld", "2nd_last_part", "3rd_last_part", "4th_last_part"),
                *("5th_last_part", "registry_suffix", "registered_domain"),
                *("private_suffix", "private_domain", "name_reversed"),
            )
        ),
        pa.field("url_protocol", pa.string()),
        pa.field("url_port", pa.int32()),
        pa.field("url_path", pa.string()),
        pa.field("url_query", pa.string()),
        pa.field("fetch_time", pa.timestamp("ms", tz="UTC")),
        pa.field("fetch_status", pa.int16()),
        pa.field("fetch_redirect", pa.string()),
        pa.field("content_digest", pa.string()),
        pa.field("content_mime_type", pa.string()),
        pa.field("content_mime_detected", pa.string()),
        pa.field("content_charset", pa.string()),
        pa.field("content_languages", pa.string()),
        pa.field("content_truncated", pa.string()),
        pa.field("warc_filename", pa.string()),
        pa.field("warc_record_offset", pa.int32()),
        pa.field("warc_record_length", pa.int32()),
        pa.field("warc_segment", pa.string()),
        pa.field("crawl", pa.string()),
        pa.field("subset", pa.string()),
    ]
)


def write_index(path: Path, **changes: Any) -> Path:
    row = {
        "url_surtkey": "org,wikipedia,an)/wiki/escopete",
        "url": "https://an.wikipedia.org/wiki/Escopete",
        "url_host_name": "an.wikipedia.org",
        "fetch_time": datetime(2024, 5, 18, 1, 58, 10, tzinfo=UTC),
        "fetch_status": STATUS,
        "content_digest": "RY7PLBUFYOOGFGBOAFYCLAWVKZFOQKT4",
        "content_mime_type": "text/html",
        "content_mime_detected": "application/xhtml+xml",
        "content_languages": "arg,spa",
        "warc_filename": "crawl-data/CC-MAIN-2024-22/a.warc.gz",
        "warc_record_offset": 80_610_731,
        "warc_record_length": 17_423,
        "crawl": "CC-MAIN-2024-22",
        "subset": "warc",
    }
    pq.write_table(pa.Table.from_pylist([row | changes], SCHEMA), path)
    return path


def test_columns_of_the_index_map_by_themselves(tmp_path: Path) -> None:
    reader = open_manifest(write_index(tmp_path / "part-00000.gz.parquet"))
    chosen = map_columns(reader.columns, {}, {})
    assert chosen.described() == {
        "digest": "content_digest",
        "url": "url",
        "fetched_at": "fetch_time",
        "language": "content_languages",
        "media_type": "content_mime_detected",
    }
    assert {"warc_filename", "warc_record_length", "fetch_status"} <= set(chosen.unused)


def test_a_row_is_a_capture_without_a_size(tmp_path: Path) -> None:
    ((found,), faults) = read_file(write_index(tmp_path / "i.parquet"))
    assert faults == []
    assert format_digest(found["digest"]).startswith("sha1:8e3ef58685c39c62982e")
    assert found["fetched_at"] == datetime(2024, 5, 18, 1, 58, 10, tzinfo=UTC)
    assert (found["language"], found["medium"]) == ("arg", "text")
    assert (found["bytes"], found["name"]) == (None, None)


def test_a_capture_without_content_has_no_digest(tmp_path: Path) -> None:
    path = write_index(
        tmp_path / "i.parquet",
        content_digest="3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ",
        content_languages=None,
        content_mime_detected="unk",
    )
    ((found,), faults) = read_file(path)
    assert faults == []
    assert (found["digest"], found["language"], found["media_type"]) == (None,) * 3
