import base64
import hashlib
from typing import Any

import pyarrow as pa
import pytest
from manifest.rows import make_raw, map_fields, normalise, reasons

from provenance.domain import format_digest
from provenance.manifest import Normaliser

A, B, C = (hashlib.sha256(name).hexdigest() for name in (b"a", b"b", b"c"))

Parent = tuple[str | None, str | None]


def parents(column: Any) -> list[list[Parent]]:
    """Return digest and reference of the parents of each row."""
    records, faults = normalise({"derived_from": column})
    assert faults == []
    return [[read(parent) for parent in record["parents"]] for record in records]


def read(parent: dict[str, Any]) -> Parent:
    found = parent["digest"]
    return (format_digest(found) if found else None, parent["reference"])


def named(text: str) -> Parent:
    return (None, text)


def digest(text: str, reference: str | None = None) -> Parent:
    return (f"sha256:{text}", reference)


def test_a_digest_with_its_algorithm_named_needs_no_reference() -> None:
    cells = [f"sha256:{A}", f"SHA256:{B}", None, f"sha256:{A}"]
    assert parents(cells) == [[digest(A)], [digest(B)], [], [digest(A)]]


def test_a_bare_digest_is_kept_as_a_reference_too() -> None:
    assert parents([A, B, ""]) == [[digest(A, A)], [digest(B, B)], []]


def test_a_named_algorithm_is_recognised_in_a_column_of_bare_digests() -> None:
    assert parents([A, B, f"sha256:{C}"])[2] == [digest(C)]


def test_names_that_look_like_base64_are_names() -> None:
    names = ["document_0000000000001", "document_0000000000002"]
    assert parents(names) == [[named(name)] for name in names]


def test_base64_with_padding_or_as_the_rows_own_digests_is_read() -> None:
    padded = base64.b64encode(bytes.fromhex(A)).decode()
    assert parents([padded]) == [[digest(A, padded)]]
    own, parent = padded[:-1], base64.b64encode(bytes.fromhex(B)).decode()[:-1]
    (record,), _ = normalise({"digest": [own], "derived_from": [parent]})
    assert [read(each) for each in record["parents"]] == [digest(B, parent)]


def test_other_texts_are_references() -> None:
    cells = ["doc-1", "https://a.org/x,y", "set@v1#doc", "sha256:short", " d "]
    assert parents(cells) == [
        [named("doc-1")],
        [named("https://a.org/x,y")],
        [named("set@v1#doc")],
        [named("sha256:short")],
        [named("d")],
    ]


def test_names_among_digests_are_references() -> None:
    assert parents([A, "doc-1", B]) == [
        [digest(A, A)],
        [named("doc-1")],
        [digest(B, B)],
    ]


@pytest.mark.parametrize("separator", ["\n", ";", "|", " ; "])
def test_a_cell_may_hold_several_parents(separator: str) -> None:
    assert parents([f"doc-1{separator}sha256:{A}"]) == [[named("doc-1"), digest(A)]]


def test_commas_separate_digests_and_nothing_else() -> None:
    assert parents([f"{A},{B}", f"{A}, doc", f"sha256:{A},sha256:{B}", A]) == [
        [digest(A, A), digest(B, B)],
        [named(f"{A}, doc")],
        [digest(A), digest(B)],
        [digest(A, A)],
    ]


def test_a_list_is_json_or_arrows_own_and_is_not_split_further() -> None:
    expected = [[named("a;b"), digest(A)], [], [named("7")]]
    texts = [f'["a;b", "sha256:{A}"]', "[]", "[null, 7]"]
    assert expected == parents(texts)
    assert expected == parents(pa.array([["a;b", f"sha256:{A}"], [], ["7", None]]))


def test_a_parent_named_twice_is_one() -> None:
    cell = f"b;a;b;{A};{A};sha256:{A}"
    assert parents([cell, A]) == [
        [named("b"), named("a"), digest(A, A)],
        [digest(A, A)],
    ]


def test_raw_digests_are_parents() -> None:
    column = pa.array([bytes.fromhex(A), None], pa.binary())
    assert parents(column) == [[digest(A, A)], []]
    inside = pa.array([[bytes.fromhex(A), bytes.fromhex(B)]])
    assert parents(inside) == [[digest(A, A), digest(B, B)]]


@pytest.mark.parametrize(
    "cell", ['[{"digest": "x"}]', "x" * 65_537, '["a\\u0000b"]', '["\\ud800"]', "a\0b"]
)
def test_other_parents_are_faults(cell: str) -> None:
    found = reasons("derived_from", ["a", cell])
    assert [(row, field) for row, field, _, _ in found] == [(2, "derived_from")]


def test_derivation_and_evidence_of_the_row_are_its_parents() -> None:
    records, _ = normalise(
        {
            "derived_from": ["a;b", "", "c", "d"],
            "derivation": ["Seeded", "copied", "", "near_duplicate"],
            "evidence": ["captured", "captured", None, "matched"],
        }
    )
    found = [[(p["mode"], p["evidence"]) for p in r["parents"]] for r in records]
    assert found == [
        [("seeded", "captured")] * 2,
        [],
        [("unspecified", "declared")],
        [("near_duplicate", "matched")],
    ]


def test_the_spelling_of_parents_is_their_columns() -> None:
    columns = ["digest", "derived_from"]
    normaliser = Normaliser(map_fields(columns), file="m")
    normaliser.normalise(make_raw({"digest": [f"sha256:{A}"], "derived_from": [B]}))
    assert normaliser.spellings == {"digest": "prefixed", "derived_from": "hex"}


def test_bulk_and_single_cells_keep_the_order_of_rows() -> None:
    cells = [A, "x;y", None, f"sha256:{B}", "[]", C, "z"] * 50
    expected = [
        [digest(A, A)],
        [named("x"), named("y")],
        [],
        [digest(B)],
        [],
        [digest(C, C)],
        [named("z")],
    ] * 50
    assert expected == parents(cells)
