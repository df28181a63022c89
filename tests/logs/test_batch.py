"""Batches: what they hold, what is taken from them, and the records made on demand."""

from array import array
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.logs.batch import LATE, PIECE, STAMPED, SUSPECT, Batch, Position, Record

LINES = st.binary(max_size=20).map(lambda line: line + b"\n")


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    raws = draw(st.lists(LINES, max_size=12))
    n = len(raws)
    times = draw(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=n, max_size=n))
    origins = draw(st.none() | st.lists(st.integers(0, 1), min_size=n, max_size=n))
    return Batch(
        b"".join(raws),
        array("q", accumulate(map(len, raws), initial=0)),
        array("q", times),
        array("q", sorted(times)),
        bytes(draw(st.lists(st.integers(0, 15), min_size=n, max_size=n))),
        ("a", "b"),
        None if origins is None else array("i", origins),
        Position("token", 3),
    )


def two() -> Batch:
    return Batch(
        b"one\ntwo\n",
        array("q", [0, 4, 8]),
        array("q", [10, 20]),
        array("q", [11, 21]),
        bytes([STAMPED, LATE]),
        ("a", "b"),
        array("i", [1, 0]),
        Position("t", 0),
    )


def record(raw: bytes, flags: int = STAMPED) -> Record:
    return Record(0, 0, "a", raw, flags)


@given(batches())
def test_indexing_and_iterating_give_the_same_records(batch: Batch) -> None:
    listed = [batch[i] for i in range(len(batch))]
    assert [fields(r) for r in batch] == [fields(r) for r in listed]


@given(batches())
def test_the_records_together_are_the_data(batch: Batch) -> None:
    assert b"".join(record.raw for record in batch) == batch.data == b"".join(batch.raws())


@given(batches(), st.data())
def test_take_keeps_the_chosen_records_in_the_given_order(
    batch: Batch, data: st.DataObject
) -> None:
    kept = data.draw(st.lists(st.sampled_from(range(len(batch))), max_size=20)) if batch else []
    taken = batch.take(kept)
    taken._check()
    assert [fields(r) for r in taken] == [fields(batch[i]) for i in kept]


@given(batches())
def test_taking_all_gives_all(batch: Batch) -> None:
    assert [fields(r) for r in batch.take(range(len(batch)))] == [fields(r) for r in batch]


@given(batches(), st.sampled_from([STAMPED, SUSPECT, LATE, PIECE]))
def test_marking_sets_one_flag_and_changes_nothing_else(batch: Batch, flag: int) -> None:
    marked = batch.marked(flag)
    assert [(*fields(r)[:-1], r.flags) for r in marked] == [
        (*fields(r)[:-1], r.flags | flag) for r in batch
    ]


def test_a_record_tells_time_place_source_bytes_and_flags() -> None:
    assert fields(two()[0]) == (10, 11, "b", b"one\n", STAMPED)


def test_a_batch_of_one_source_needs_no_origins() -> None:
    batch = Batch(b"x\n", array("q", [0, 2]), array("q", [1]), array("q", [1]), b"\x01", ("a",))
    assert batch[0].source == "a"


def test_a_negative_index_counts_from_the_end() -> None:
    assert two()[-1].text == "two"


@pytest.mark.parametrize("index", [2, -3])
def test_an_index_outside_is_refused(index: int) -> None:
    with pytest.raises(IndexError, match="out of range"):
        two()[index]


def test_an_empty_batch_is_false() -> None:
    assert not two().take([])


def test_where_a_batch_begins_is_known_while_its_first_record_is_there() -> None:
    assert two().take([0]).begin == Position("t", 0)


def test_where_a_batch_begins_is_unknown_without_its_first_record() -> None:
    assert two().take([1]).begin is None


def test_a_wrong_bound_fails_the_check() -> None:
    batch = Batch(b"x\ny\n", array("q", [0, 4]), array("q", [1]), array("q"), b"", ("a",))
    with pytest.raises(AssertionError, match="invariant 2"):
        batch._check()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"x\n", "x"),
        (b"x\r\n", "x"),
        (b"x\r\r\n", "x\r"),
        (b"x\n\n", "x\n"),
        (b"\n", ""),
        (b"a\r\nb\r\n", "a\r\nb"),
        ("größe\n".encode(), "größe"),
        (b"\xff\n", "\\xff"),
    ],
)
def test_the_text_lacks_the_last_line_end_and_shows_foreign_bytes(raw: bytes, text: str) -> None:
    assert record(raw).text == text


def test_flags_are_told_apart() -> None:
    told = [
        (r.stamped, r.suspect, r.late, r.piece)
        for r in (record(b"\n", flag) for flag in (STAMPED, SUSPECT, LATE, PIECE))
    ]
    assert told == [tuple(i == j for j in range(4)) for i in range(4)]


def test_a_record_knows_its_level() -> None:
    assert record(b"10:00 WARN low\n").level == "warning"


def fields(record: Record) -> tuple[int, int, str, bytes, int]:
    return record.time, record.place, record.source, record.raw, record.flags
