from pathlib import Path

import pytest
from manifest.rows import write

from provenance.errors import ManifestError
from provenance.manifest import open_manifest
from provenance.manifest.recognise import recognise

CDXJ = 'org,a)/ 20240518015810 {"url": "http://a.org/"}\n'


@pytest.mark.parametrize(
    ("name", "content", "format_"),
    [
        ("m.csv", '{"id": 1}\n', "jsonl"),
        ("m", '\n\n  {"id": 1}\n', "jsonl"),
        ("m.jsonl", '\ufeff{"id": 1}\n', "jsonl"),
        ("m.jsonl", "damaged first line\n", "jsonl"),
        ("m.ndjson.gz", "damaged\n", "jsonl"),
        ("m.jsonl", CDXJ, "cdxj"),
        ("index", " CDX N b a\norg,a)/ 20240518015810 http://a.org/\n", "cdxj"),
        ("index", "!OpenWayback-CDXJ 1.0\n" + CDXJ, "cdxj"),
        ("m.cdxj", "neither\n", "cdxj"),
        ("m.json", "id,bytes\n", "jsonl"),
        ("m.tsv", "id\tbytes\n", "csv"),
        ("m.CSV", "id\n", "csv"),
        ("m.txt", "id;bytes\n", "csv"),
        ("m", "id|bytes\n", "csv"),
        ("m.csv", "PAR1...", "parquet"),
        ("m.csv", "WARC/1.0\r\nWARC-Type: warcinfo\r\n", "warc"),
        ("m.warc.gz", "damaged first line\n", "warc"),
        ("m", "filedesc://m.arc 127.0.0.1 2014 text/plain 9\n", "arc"),
    ],
)
def test_content_comes_before_the_suffix(
    tmp_path: Path, name: str, content: str, format_: str
) -> None:
    assert format_ == recognise(write(tmp_path / name, content))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ('[{"id": 1}]', "is one JSON array"),
        ('{\n  "id": 1\n}', "is one JSON document over several lines"),
        ("one word\n", "is in no format that is known"),
        ("a,b\0c\n", "is in no format that is known"),
        ("\n \n\n", "holds no rows"),
    ],
)
def test_says_what_else_a_file_is(tmp_path: Path, content: str, what: str) -> None:
    with pytest.raises(ManifestError, match=what) as raised:
        recognise(write(tmp_path / "m", content))
    assert raised.value.hint


def test_a_format_that_is_said_is_not_guessed(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", '{"id",2}\nx,y\n')
    assert open_manifest(path, format="csv").columns == ('{"id"', "2}")


def test_refuses_a_format_that_does_not_exist(tmp_path: Path) -> None:
    path = write(tmp_path / "m", "id\n1\n")
    with pytest.raises(ManifestError, match="'xml' is no manifest format"):
        open_manifest(path, format="xml")
