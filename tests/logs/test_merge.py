"""The order rules, and the numbered invariants of `Merge`."""

from collections.abc import Sequence
from operator import itemgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.logs.batch import Batch
from plait.logs.merge import Merge
from plait.testing import batch_of


@pytest.fixture
def merge() -> Merge:
    merge = Merge()
    merge.open("a")
    merge.open("b")
    return merge


def test_records_leave_in_the_order_of_their_places(merge: Merge) -> None:
    merge.put(0, batch_of([(1, "a1"), (4, "a4")]))
    merge.put(1, batch_of([(2, "b2"), (3, "b3")], "b"))
    merge.close(0)
    merge.close(1)
    assert texts(merge.pop()) == ["a1", "b2", "b3", "a4"]


def test_equal_places_leave_in_the_order_of_the_sources(merge: Merge) -> None:
    merge.put(1, batch_of([(1, "b")], "b"))
    merge.put(0, batch_of([(1, "a")]))
    merge.close(0)
    merge.close(1)
    assert texts(merge.pop()) == ["a", "b"]


def test_a_record_waits_while_an_open_source_may_send_a_smaller_one(merge: Merge) -> None:
    merge.put(0, batch_of([(1, "a1")]))
    assert merge.pop() == []
    merge.put(1, batch_of([(2, "b2")], "b"))
    assert texts(merge.pop()) == ["a1"]


def test_the_floor_source_passes_its_own_records(merge: Merge) -> None:
    merge.put(0, batch_of([(5, "a"), (5, "a again")]))
    merge.put(1, batch_of([(7, "b")], "b"))
    assert texts(merge.pop()) == ["a", "a again"]


def test_an_equal_place_of_a_higher_rank_waits_for_the_floor(merge: Merge) -> None:
    merge.put(0, batch_of([(5, "a")]))
    merge.put(1, batch_of([(5, "b")], "b"))
    assert texts(merge.pop()) == ["a"]  # source 0 may send another 5, which goes before b
    merge.put(0, batch_of([(5, "a again")]))
    merge.close(0)
    assert texts(merge.pop()) == ["a again", "b"]


def test_a_promise_lets_what_is_below_it_leave(merge: Merge) -> None:
    merge.put(0, batch_of([(1, "a1"), (2, "a2"), (3, "a3")]))
    merge.promise(1, 2)
    assert texts(merge.pop()) == ["a1", "a2"]


def test_release_lets_records_leave_whoever_is_silent(merge: Merge) -> None:
    merge.put(0, batch_of([(1, "a1"), (2, "a2")]))
    merge.release(1)
    assert texts(merge.pop()) == ["a1"]
    merge._check()


def test_a_late_record_leaves_at_once_and_is_counted(merge: Merge) -> None:
    merge.put(0, batch_of([(5, "a5")]))
    merge.release(5)
    merge.pop()
    assert merge.put(1, batch_of([(3, "b3"), (6, "b6")], "b")) == 1
    (late,) = merge.pop()
    assert [(r.text, r.late) for r in late] == [("b3", True)]


def test_a_record_at_the_place_that_went_last_is_not_late(merge: Merge) -> None:
    merge.put(0, batch_of([(5, "a5")]))
    merge.release(5)
    merge.pop()
    assert merge.put(1, batch_of([(5, "b5")], "b")) == 0


def test_a_source_may_join_after_others_have_left(merge: Merge) -> None:
    merge.put(0, batch_of([(1, "a1")]))
    merge.close(1)
    merge.pop()
    rank = merge.open("c")
    merge.put(rank, batch_of([(2, "c2")], "c"))
    merge.close(0)
    merge.close(rank)
    assert texts(merge.pop()) == ["c2"]


def test_what_one_source_alone_may_send_is_not_copied(merge: Merge) -> None:
    batch = batch_of([(1, "a1"), (2, "a2")])
    merge.put(0, batch)
    merge.close(0)
    merge.close(1)
    assert merge.pop()[0] is batch


def texts(batches: Sequence[Batch]) -> list[str]:
    return [record.text for batch in batches for record in batch]


lanes = st.lists(st.lists(st.integers(0, 12), max_size=12).map(sorted), min_size=1, max_size=5)


@given(lanes, st.data())
def test_any_arrival_order_gives_the_one_sorted_order(
    lanes: list[list[int]], data: st.DataObject
) -> None:
    merge = Merge()
    keyed = [(p, r, f"{r}:{i}") for r, lane in enumerate(lanes) for i, p in enumerate(lane)]
    left = [[(p, text) for p, r, text in keyed if r == rank] for rank, _ in enumerate(lanes)]
    for rank, _ in enumerate(lanes):
        merge.open(str(rank))
    out: list[Batch] = []
    busy = list(range(len(left)))
    while busy:
        rank = data.draw(st.sampled_from(busy))
        size = data.draw(st.integers(1, 4))
        if left[rank]:
            merge.put(rank, batch_of(left[rank][:size], str(rank)))
            del left[rank][:size]
        else:
            merge.close(rank)
            busy.remove(rank)
        merge._check()
        if data.draw(st.booleans()):
            out += merge.pop()
    out += merge.pop()
    for batch in out:
        batch._check()
    assert texts(out) == [text for *_, text in sorted(keyed, key=itemgetter(0, 1))]
    assert merge.held == 0


@given(lanes, st.data())
def test_with_releases_nothing_is_lost_and_only_late_records_are_out_of_order(
    lanes: list[list[int]], data: st.DataObject
) -> None:
    merge = Merge()
    ranks = [merge.open(str(rank)) for rank, _ in enumerate(lanes)]
    out: list[Batch] = []
    while any(lanes):
        rank = data.draw(st.sampled_from([r for r in ranks if lanes[r]]))
        merge.put(rank, batch_of([(p, f"{rank}") for p in lanes[rank][:3]], str(rank)))
        count = len(lanes[rank][:3])
        del lanes[rank][:count]
        merge.release(data.draw(st.integers(0, 12)))
        merge._check()
        out += merge.pop()
    merge.release(12)
    out += merge.pop()
    records = [record for batch in out for record in batch]
    timely = [record.place for record in records if not record.late]
    assert timely == sorted(timely)
    for rank in ranks:
        places = [record.place for record in records if record.source == str(rank)]
        assert places == sorted(places)
    assert merge.held == 0
