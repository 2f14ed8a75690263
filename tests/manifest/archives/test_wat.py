"""WAT: envelopes in JSON that stand for captures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifest.archives.written import (
    DATE,
    PAGE,
    URL,
    make_record,
    read_archive,
    sha1,
)
from manifest.rows import write

from provenance.domain import parse_digest


def make_wat(type_: str, **said: object) -> bytes:
    envelope = {
        "Envelope": {
            "WARC-Header-Metadata": {
                "WARC-Type": type_,
                "WARC-Target-URI": URL,
                "WARC-Date": DATE,
                "WARC-Record-ID": "<urn:uuid:3>",
                "WARC-Identified-Payload-Type": "application/xhtml+xml",
            },
            "Payload-Metadata": {
                "HTTP-Response-Metadata": {
                    "Entity-Digest": sha1(PAGE),
                    "Entity-Length": str(len(PAGE)),
                    "Headers": {"content-type": "text/html"},
                    **said,
                }
            },
        }
    }
    return make_record(
        "metadata", json.dumps(envelope).encode(), Content_Type="application/json"
    )


def test_an_envelope_of_a_wat_file_stands_for_its_capture(tmp_path: Path) -> None:
    (found,), _, _ = read_archive(write(tmp_path / "a.wat", make_wat("response")))
    assert (found["url"], found["name"]) == (URL, "<urn:uuid:3>")
    assert (found["digest"], found["bytes"]) == (parse_digest(sha1(PAGE)), len(PAGE))
    assert found["media_type"] == "text/html"


def test_headers_and_meta_elements_that_reserve_a_page_are_kept(tmp_path: Path) -> None:
    metas = [
        {"name": "Robots", "content": "noai, noimageai"},
        {"name": "tdm-reservation", "content": "0"},
        {"name": "viewport", "content": "all"},
        {"property": "robots", "content": "none"},
        7,
    ]
    block = make_wat(
        "response",
        Headers={"Content-Usage": "train-ai=y", "TDM-Policy": 3},
        **{"HTML-Metadata": {"Head": {"Metas": metas}}},
    )
    (found,), _, notes = read_archive(write(tmp_path / "a.wat", block))
    assert found["reservation"].splitlines() == [
        "robots: noai, noimageai",
        "tdm-reservation: 0",
        "content-usage: train-ai=y",
    ]
    assert notes == {"it is reserved from AI or text mining": 1}


def test_what_is_said_several_times_in_a_wat_file_reserves_with_all_it_says(
    tmp_path: Path,
) -> None:
    metas = [
        {"name": "robots", "content": "index"},
        {"name": "ROBOTS", "content": "noai"},
    ]
    headers = {
        "Content-Type": ["text/html", "text/plain"],
        "X-Robots-Tag": ["noarchive", "googlebot: noimageai", None],
        "x-robots-tag": "nosnippet",
    }
    block = make_wat(
        "response", Headers=headers, **{"HTML-Metadata": {"Head": {"Metas": metas}}}
    )
    (found,), _, _ = read_archive(write(tmp_path / "a.wat", block))
    assert found["media_type"] == "text/html"
    assert found["reservation"].splitlines() == [
        "x-robots-tag: noarchive, googlebot: noimageai, nosnippet",
        "robots: index, noai",
    ]


@pytest.mark.parametrize(
    "block", [make_wat("request"), make_wat("warcinfo"), make_wat("")]
)
def test_an_envelope_of_another_record_is_no_capture(
    tmp_path: Path, block: bytes
) -> None:
    _, _, notes = read_archive(write(tmp_path / "a.wat", block))
    assert notes == {"metadata records are no captures": 1}


@pytest.mark.parametrize("json_", [b"{", b"[]", b'{"Envelope": 3}', b"[" * 50_000])
def test_metadata_of_any_json_is_no_crash(tmp_path: Path, json_: bytes) -> None:
    record = make_record("metadata", json_, Content_Type="application/json")
    _, faults, notes = read_archive(write(tmp_path / "a.wat", record))
    assert (faults, sum(notes.values())) == ([], 1)


JSON_TYPE = "application/json"
WAT_KEYS = (
    *("Envelope", "WARC-Header-Metadata", "Payload-Metadata", "WARC-Type", "Metas"),
    *("HTTP-Response-Metadata", "Headers", "HTML-Metadata", "Head", "Entity-Length"),
    *("WARC-Date", "WARC-Target-URI", "Entity-Digest", "name", "content"),
)
WAT = st.recursive(
    st.none() | st.integers() | st.sampled_from(["response", "robots", "noai", "\0"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WAT_KEYS), inner, max_size=4)
    ),
    max_leaves=15,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(WAT, WAT, WAT)
def test_any_envelope_is_a_capture_a_fault_or_a_note(
    tmp_path: Path, envelope: Any, payload: Any, http: Any
) -> None:
    head = {"WARC-Type": "response"}
    whole = {"WARC-Header-Metadata": head, "Payload-Metadata": payload}
    deep = {"HTTP-Response-Metadata": http}
    said = [{"Envelope": envelope}, {"Envelope": whole}]
    said.append({"Envelope": whole | {"Payload-Metadata": deep}})
    data = b"".join(
        make_record("metadata", json.dumps(one).encode(), Content_Type=JSON_TYPE)
        for one in said
    )
    records, faults, notes = read_archive(write(tmp_path / "a.wat", data))
    silent = notes.get("metadata records are no captures", 0)
    assert len(records) + len(faults) + silent == len(said)
