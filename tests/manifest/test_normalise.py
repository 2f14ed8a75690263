import pytest
from manifest.rows import make_raw, map_fields, normalise

from provenance.batch import Fault
from provenance.errors import ManifestError
from provenance.manifest import Normaliser, RawBatch


def test_a_row_with_several_bad_fields_has_one_fault_for_the_first() -> None:
    records, faults = normalise(
        {
            "tokens": ["x", "1", "1"],
            "digest": ["?", "00" * 32, "?"],
            "generated_by": ["y" * 301, "M", "M"],
            "mode": ["?", "?", "?"],
        }
    )
    assert records == []
    assert [(f.row, f.field) for f in faults] == [
        (1, "digest"),
        (2, "mode"),
        (3, "digest"),
    ]


def test_good_rows_go_on_and_keep_their_numbers() -> None:
    records, faults = normalise({"name": ["a", "b", "c"], "bytes": ["1", "x", "3"]})
    assert [(r["row"], r["name"], r["bytes"]) for r in records] == [
        (1, "a", 1),
        (3, "c", 3),
    ]
    assert faults == [
        Fault(
            file="m.parquet",
            row=2,
            field="bytes",
            value="x",
            reason="expected a whole number from 0 to 2^53 - 1",
        )
    ]


def test_the_faults_of_the_reader_are_handed_on_in_the_order_of_rows() -> None:
    raw = make_raw({"bytes": ["x", "1"]})
    unread = Fault(file="m", row=0, field="row", value="", reason="r")
    last = Fault(file="m", row=9, field="row", value="", reason="r")
    with_faults = RawBatch(rows=raw.rows, columns=raw.columns, faults=[last, unread])
    _, faults = Normaliser(map_fields(["bytes"]), file="m").normalise(with_faults)
    assert [fault.row for fault in faults] == [0, 1, 9]


def test_constants_are_said_of_every_row_by_the_same_rules() -> None:
    records, _ = normalise(
        {"name": ["a", "b"]},
        {
            "generated_by": "GPT-4; human",
            "mode": "Answered",
            "split": " train ",
            "copies": "2.5",
            "fetched_at": "2023-05-06",
            "derived_from": "set@v1#seed",
            "derivation": "seeded",
        },
    )
    assert [r["split"] for r in records] == ["train", "train"]
    assert [r["copies"] for r in records] == [2500, 2500]
    assert [[o["kind"] for o in r["origins"]] for r in records] == [
        ["model", "human"]
    ] * 2
    assert [r["parents"][0]["mode"] for r in records] == ["seeded", "seeded"]
    assert records[1]["fetched_at"].year == 2023


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tokens", "many"),
        ("mode", "typed"),
        ("evidence", "gut"),
        ("origin", "robot"),
        ("fetched_at", "soon"),
        ("copies", "-1"),
        ("digest", "?"),
        ("score", "2"),
        ("language", "x" * 200),
    ],
)
def test_a_bad_constant_is_refused_before_a_row_is_read(field: str, value: str) -> None:
    with pytest.raises(ManifestError) as raised:
        Normaliser(map_fields([], {field: value}), file="m")
    assert raised.value.message.startswith(f"--set {field}={value}: expected ")
    assert raised.value.hint == "Give another value, or a column with --map."


def test_a_constant_with_a_nul_is_shown_by_its_picture() -> None:
    with pytest.raises(ManifestError, match="--set name=a\u2400b: expected text"):
        Normaliser(map_fields([], {"name": "a\0b"}), file="m")


def test_a_batch_without_rows_is_no_crash() -> None:
    columns: dict[str, list[str]] = {
        name: []
        for name in ("digest", "fetched_at", "generated_by", "derived_from", "text")
    }
    assert normalise(columns) == ([], [])
