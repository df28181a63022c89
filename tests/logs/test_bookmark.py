"""Going on behind a bookmark gives what would have come without a break."""

from collections.abc import Iterator
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.logs.assemble import Assembler
from plait.logs.batch import ADDED, Batch, Record
from plait.logs.bookmark import Bookmark, Tracker
from plait.logs.chunk import Chunk
from plait.logs.times import Stamper
from plait.resumption import Resumption
from plait.testing import batch_of

REFERENCE = 1_772_359_200 * 10**9
LINES = st.sampled_from([
    b"2026-03-01T10:00:00Z one\n", b"2026-03-01T10:00:01Z two\r\n", b"  at f\n", b"\n", b"x" * 30,
    b"2026-03-01T09:59:00Z back\n", b"2026-03-01T13:00:00Z ahead\n", b"plain\n",
])  # fmt: skip


def reader() -> tuple[Stamper, int]:
    return Stamper(zone=UTC, reference=REFERENCE), REFERENCE


def assembled(data: bytes, limit: int, resumption: Resumption | None = None) -> Iterator[Batch]:
    """The batches of the rest of an incarnation, as the driver gets them."""
    stamper, default = reader()
    assembler = Assembler("app", stamper, default=default, limit=limit)
    if resumption is not None:
        resumption.apply(stamper, assembler)
    yield from assembler.feed(Chunk(data, 7))
    yield from assembler.end()


def told(records: list[Record], *, times: bool) -> list[tuple[object, ...]]:
    return [(it.raw, it.flags, *((it.time, it.place) if times else ())) for it in records]


@settings(deadline=None)
@given(st.lists(LINES, max_size=12).map(b"".join), st.sampled_from([5, 33, 1000]), st.data())
def test_resumed_behind_any_record_the_rest_is_as_without_a_break(
    data: bytes, limit: int, draw: st.DataObject
) -> None:
    batches = list(assembled(data, limit))
    records = [record for batch in batches for record in batch]
    gone = draw.draw(st.integers(0, len(records)))
    tracker = Tracker()
    tracker.feed(7)
    tracker.put(batches)
    tracker.leave(sum(len(record.raw) for record in records[gone:]))
    mark = tracker.bookmark
    assert mark is not None
    mark = Bookmark.of_json(mark.as_json())
    rest = assembled(data[mark.at :], limit, Resumption(mark, lambda: data))
    # Data are taken in portions of the limit, and what stands before the first stamp of an
    # incarnation has the time of a stamp in its own portion.
    times = limit >= len(data)
    after = [record for batch in rest for record in batch]
    assert told(after, times=times) == told(records[gone:], times=times)


def test_a_stamp_without_a_year_is_read_near_the_last_one_that_left() -> None:
    stamper, default = reader()
    assembler = Assembler("app", stamper, default=default)
    # Far from the reference: only what came before tells that this is 2019.
    before = Bookmark(0, 0, 10, 1_572_359_200 * 10**9, 1_572_359_200 * 10**9, stamped=True)
    Resumption(before, lambda: b"Oct 29 14:26:40 a b: c\n" * 9).apply(stamper, assembler)
    (batch,) = [*assembler.feed(Chunk(b"Oct 30 00:00:00 a b: c\n")), *assembler.end()]
    assert batch[0].time == 1_572_393_600 * 10**9


@pytest.fixture
def tracker() -> Tracker:
    tracker = Tracker(learned=lambda: ["note"])
    tracker.feed("a")
    return tracker


def at(tracker: Tracker) -> tuple[object, object, int, bool]:
    mark = tracker.bookmark
    assert mark is not None
    return mark.first, mark.latest, mark.at, mark.ended


def test_a_source_of_which_nothing_was_read_has_no_bookmark() -> None:
    assert Tracker().bookmark is None


def test_what_waits_is_behind_the_bookmark(tracker: Tracker) -> None:
    tracker.put([batch_of([(1, "one"), (2, "two")]), batch_of([(3, "three")])])
    tracker.feed("b")
    for waiting, left in ((14, 0), (10, 4), (6, 8), (0, 14)):
        tracker.leave(waiting)
        assert at(tracker) == ("a", "b", left, False)


def test_a_newline_that_is_not_in_the_source_is_not_counted(tracker: Tracker) -> None:
    tracker.put([batch_of([(1, "one")], flags=ADDED)])
    tracker.leave(0)
    assert at(tracker) == ("a", "a", 3, False)


def test_an_incarnation_has_ended_when_all_of_it_has_left(tracker: Tracker) -> None:
    tracker.put([batch_of([(1, "one")])])
    tracker.end_incarnation()
    tracker.leave(4)
    assert at(tracker) == ("a", "a", 0, False)
    assert tracker.take_notes() == []
    tracker.leave(0)
    assert at(tracker) == ("a", "a", 4, True)
    assert tracker.take_notes() == ["note"]


def test_a_new_incarnation_begins_with_its_first_chunk(tracker: Tracker) -> None:
    tracker.put([batch_of([(1, "one")])])
    tracker.end_incarnation()
    tracker.feed("b")
    tracker.leave(0)
    assert at(tracker) == ("b", "b", 0, False)
    assert tracker.bookmark is not None
    assert tracker.bookmark.place == 1


def test_one_that_is_found_no_more_is_left_behind_its_bookmark() -> None:
    tracker = Tracker(Bookmark("a", "b", 9, 5, 5))
    tracker.begin_anew()
    assert at(tracker) == ("a", "b", 9, True)
    tracker.feed("c")
    assert at(tracker) == ("c", "c", 0, False)


def test_it_moves_only_when_something_has_left(tracker: Tracker) -> None:
    tracker.moved = False
    tracker.put([batch_of([(1, "one")])])
    tracker.leave(4)
    assert not tracker.moved
    tracker.leave(0)
    assert tracker.moved
