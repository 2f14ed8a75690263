"""Archives in the ledger: pages, the text made of them, and what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from manifest.archives.written import make_archive, make_record, make_response, pack

from provenance import Ledger, LedgerError


def _write(path: Path, *records: bytes) -> Path:
    path.write_bytes(pack(records, "gz"))
    return path


def test_text_of_a_page_leads_to_the_page(ledger: Ledger, tmp_path: Path) -> None:
    ledger.ingest(_write(tmp_path / "a.warc.gz", *make_archive()), dataset="crawl")
    text = make_record(
        "conversion",
        b"Text of a page. " * 6,
        number=30,
        Content_Type="text/plain",
        WARC_Refers_To=f"<urn:uuid:{3:032d}>",
    )
    path = _write(tmp_path / "a.wet.gz", text)
    done = ledger.ingest(path, dataset="crawl", kind="crawl")
    assert (done.recorded, done.derived_from) == (1, 1)
    found = ledger.explain(f"crawl#<urn:uuid:{30:032d}>")
    (parent,) = found[0].records[0].parents
    assert (parent.reference, parent.mode) == (f"<urn:uuid:{3:032d}>", "extracted")
    assert parent.item is not None


def test_what_can_be_read_of_a_cut_archive_is_recorded(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = _write(tmp_path / "a.warc.gz", *(make_response(number=n) for n in range(9)))
    path.write_bytes(path.read_bytes()[:-50])
    done = ledger.ingest(path, dataset="crawl")
    assert (done.recorded, done.quarantined) == (8, 1)
    assert ledger.report("crawl").units["records"].total == 8


def test_notes_say_how_often_and_where_first(ledger: Ledger, tmp_path: Path) -> None:
    done = ledger.ingest(_write(tmp_path / "a.warc", *make_archive()), dataset="crawl")
    noted = done.to_dict()["noted"]["request records are no captures"]
    assert noted == {"rows": 1, "first_row": 2}


def test_an_archive_without_captures_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    path = _write(tmp_path / "a.warc", make_record("request", b""))
    with pytest.raises(LedgerError, match=r"no row of .* is an item") as raised:
        ledger.ingest(path, dataset="crawl")
    assert raised.value.hint == (
        "Nothing was recorded. request records are no captures (1 row)"
    )
