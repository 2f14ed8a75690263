from datetime import UTC, datetime
from pathlib import Path

import pytest
from manifest.rows import read_file, write

from provenance.domain import format_digest
from provenance.errors import ManifestError
from provenance.manifest import map_columns, open_manifest

SHA1 = "B2LTWWPUOYAH7UIPQ7ZUPQ4VMBSVC36A"
AS_HEX = "sha1:0e973b59f476007fd10f87f347c3956065516fc0"
LEGEND = " CDX N b a m s k r M S V g\n"
LINE = f"com,a)/ 20140127171200 http://a.com text/html 200 {SHA1} - - 1046 334 a.gz\n"


def test_the_legend_names_the_columns(tmp_path: Path) -> None:
    reader = open_manifest(write(tmp_path / "i.cdx", LEGEND + LINE))
    assert reader.format == "cdxj"
    assert reader.columns == (
        *("surt", "timestamp", "url", "mime", "status", "digest", "redirect"),
        *("metatags", "length", "offset", "warc_filename"),
    )
    assert map_columns(reader.columns, {}, {}).described() == {
        "digest": "digest",
        "url": "url",
        "fetched_at": "timestamp",
        "media_type": "mime",
    }


def test_reads_a_capture_and_never_its_storage_length(tmp_path: Path) -> None:
    record = read_file(write(tmp_path / "i.cdx", LEGEND + LINE))[0][0]
    assert record["row"] == 2
    assert record["url"] == "http://a.com"
    assert format_digest(record["digest"]) == AS_HEX
    assert record["fetched_at"] == datetime(2014, 1, 27, 17, 12, tzinfo=UTC)
    assert (record["medium"], record["media_type"]) == ("text", "text/html")
    assert (record["bytes"], record["name"]) == (None, None)


def test_an_index_of_wget_names_no_capture_by_its_archive(tmp_path: Path) -> None:
    """It has no key; captures without a digest would all be one item."""
    line = f"http://a.com 20140127171200 http://a.com text/html 200 {SHA1}"
    text = f" CDX a b a m s k r M V g u\n{line} - - 334 a.warc.gz <urn:uuid:1>\n"
    record = read_file(write(tmp_path / "i.cdx", text))[0][0]
    assert (record["url"], record["name"]) == ("http://a.com", None)


@pytest.mark.parametrize(
    ("legend", "delimiter"), [("CDX N b a", " "), ("\tCDX\tN\tb\ta", "\t")]
)
def test_the_delimiter_stands_after_the_word(
    tmp_path: Path, legend: str, delimiter: str
) -> None:
    line = delimiter.join(["com,a)/", "20140127171200", "http://a.com"])
    path = write(tmp_path / "i.cdx", f"{legend}\n{line}\n")
    assert read_file(path)[0][0]["url"] == "http://a.com"


def test_an_unknown_letter_is_a_column_of_its_own(tmp_path: Path) -> None:
    path = write(tmp_path / "i.cdx", " CDX N b a Q\nk 20140127171200 http://a x\n")
    assert open_manifest(path).columns[3] == "Q"


def test_a_line_with_other_cells_is_a_fault(tmp_path: Path) -> None:
    lines = LEGEND + LINE + "com,a)/ 2014 too few\n" + LINE + LEGEND + LINE
    records, faults = read_file(write(tmp_path / "i.cdx", lines))
    assert [r["row"] for r in records] == [2, 4, 6]
    assert [(f.row, f.reason) for f in faults] == [
        (3, "expected 11 cells, as the legend says")
    ]


def test_a_legend_alone_holds_no_rows(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="holds no rows") as raised:
        open_manifest(write(tmp_path / "i.cdx", LEGEND))
    assert raised.value.hint


def test_there_are_no_late_columns(tmp_path: Path) -> None:
    assert open_manifest(write(tmp_path / "i.cdx", LEGEND + LINE)).late == {}
