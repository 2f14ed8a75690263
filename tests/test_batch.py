import pytest

from provenance.batch import Fault, Faults


def make(row: int, value: str = "v") -> Fault:
    return Fault(file="m", row=row, field="url", value=value, reason="r")


def test_faults_are_a_sequence_of_faults_by_row() -> None:
    faults = Faults.of("m", [make(3), make(1), make(2)])
    assert [fault.row for fault in faults] == [1, 2, 3]
    assert faults[0] == make(1)
    assert faults[-1] == make(3)
    assert list(faults[1:]) == [make(2), make(3)]
    assert (len(faults), faults.last_row) == (3, 3)
    with pytest.raises(IndexError):
        faults[3]


def test_no_faults_are_empty_and_false() -> None:
    assert not Faults.of("m")
    assert Faults.of("m").last_row == 0


def test_faults_join_by_row_and_take_the_name_of_the_file() -> None:
    joined = Faults.of("m", [make(2)])
    joined += [make(1), make(5)]
    joined += Faults.of("x", [make(4)])
    assert [fault.row for fault in joined] == [1, 2, 4, 5]
    assert {fault.file for fault in joined} == {"m"}


def test_after_a_row_only_later_ones_are_left() -> None:
    faults = Faults.of("m", [make(1), make(2), make(3)])
    assert [fault.row for fault in faults.after(1)] == [2, 3]
