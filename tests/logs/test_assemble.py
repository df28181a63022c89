"""Cutting bytes into records, and the numbered invariants of `Assembler`."""

import re
from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.logs.assemble import Assembler, batches_of
from plait.logs.batch import ADDED, Record
from plait.logs.chunk import Chunk

SECOND = 10**9
DEFAULT = 77 * SECOND


class Numbers:
    """Stamps that are whole seconds at the start of a line: `12 text`."""

    def __init__(self) -> None:
        self.samples: list[bytes] = []

    def learn(self, sample: bytes) -> None:
        self.samples.append(sample)

    def whole(self, block: bytes, begin: int, end: int) -> int:
        return end

    def scan(
        self, block: bytes, begin: int = 0, end: int | None = None
    ) -> tuple["array[int]", "array[int]"]:
        found = [m for m in re.finditer(rb"^(\d+) ", block[:end], re.MULTILINE)
                 if m.start() >= begin]  # fmt: skip
        return array("q", [m.start() for m in found]), array(
            "q", [int(m[1]) * SECOND for m in found]
        )


def assembler(limit: int = 2**20) -> Assembler:
    return Assembler("app", Numbers(), default=DEFAULT, limit=limit)


def records(data: bytes, *cuts: int, limit: int = 2**20) -> list[Record]:
    """The records of one incarnation, given in chunks with these borders."""
    edges = [0, *sorted(cuts), len(data)]
    chunks = [data[a:b] for a, b in pairwise(edges)]
    batches = list(batches_of(assembler(limit), chunks))
    for batch in batches:
        batch._check()
    return [record for batch in batches for record in batch]


def said(found: list[Record]) -> list[tuple[int, str]]:
    return [(record.place // SECOND, record.text) for record in found]


def test_a_line_with_a_stamp_is_a_record() -> None:
    assert said(records(b"1 one\n2 two\n")) == [(1, "1 one"), (2, "2 two")]


def test_lines_without_a_stamp_stay_with_the_record_above() -> None:
    found = records(b"1 error\n  at f\n  at g\n2 two\n")
    assert said(found) == [(1, "1 error\n  at f\n  at g"), (2, "2 two")]


def test_lines_before_the_first_stamp_are_records_with_its_time() -> None:
    found = records(b"banner\nmore\n5 five\n")
    assert said(found) == [(5, "banner"), (5, "more"), (5, "5 five")]
    assert [record.stamped for record in found] == [False, False, True]


def test_without_any_stamp_every_line_is_a_record_at_the_default_time() -> None:
    assert said(records(b"a\nb\n")) == [(77, "a"), (77, "b")]


def test_a_last_line_without_newline_is_a_record_that_ends_in_one() -> None:
    assert records(b"1 one\n2 tw")[1].raw == b"2 tw\n"


def test_a_stamp_that_goes_back_does_not_move_its_place_back() -> None:
    found = records(b"5 five\n3 three\n6 six\n")
    assert [(r.time // SECOND, r.place // SECOND) for r in found] == [(5, 5), (3, 5), (6, 6)]


def test_a_lone_stamp_that_leaps_ahead_is_not_believed() -> None:
    found = records(b"1 one\n9999 wrong\n2 two\n")
    assert said(found) == [(1, "1 one"), (1, "9999 wrong"), (2, "2 two")]
    assert [record.suspect for record in found] == [False, True, False]


def test_a_stamp_after_a_long_silence_is_believed() -> None:
    assert said(records(b"1 one\n9999 late\n9999 again\n"))[1] == (9999, "9999 late")


def test_a_leap_that_is_only_a_little_out_of_order_is_believed() -> None:
    assert said(records(b"1 one\n9999 a\n9998 b\n9999 c\n"))[1] == (9999, "9999 a")


def test_live_a_stamp_beyond_the_present_is_not_believed() -> None:
    live = assembler()
    live.feed(Chunk(b"1 one\n500 future\n"), present=10 * SECOND)
    one, future = live.flush(present=10 * SECOND)
    assert future[0].suspect
    assert future[0].place == one[0].place


def test_flush_ends_the_open_record_and_keeps_a_partial_line() -> None:
    live = assembler()
    assert live.feed(Chunk(b"1 one\n  more\n2 tw" + b" " * 64)) == []
    (batch,) = live.flush()
    assert batch[0].text == "1 one\n  more"
    assert live.partial
    assert not live.pending


def test_lines_after_a_flush_are_one_record_at_the_time_of_the_one_above() -> None:
    live = assembler()
    live.feed(Chunk(b"1 one\n"))
    live.flush()
    live.feed(Chunk(b"  at f\n  at g\n"))
    (batch,) = live.flush()
    assert [(r.text, r.place, r.stamped) for r in batch] == [("  at f\n  at g", SECOND, False)]


def test_a_new_incarnation_does_not_go_on_the_last_line_of_the_old() -> None:
    both = assembler()
    both.feed(Chunk(b"1 one\n2 tw"))
    old = [record.raw for batch in both.end() for record in batch]
    both.feed(Chunk(b"o\n3 three\n"))
    new = [record.raw for batch in both.end() for record in batch]
    assert (old, new) == ([b"1 one\n", b"2 tw\n"], [b"o\n", b"3 three\n"])


def test_a_line_over_the_limit_is_cut_into_marked_pieces() -> None:
    found = records(b"1 " + b"x" * 28 + b"\n2 two\n", limit=10)
    assert [r.raw for r in found] == [
        b"1 xxxxxxxx\n",
        b"x" * 10 + b"\n",
        b"x" * 10 + b"\n",
        b"2 two\n",
    ]
    assert [r.piece for r in found] == [True, True, False, False]
    assert [r.place // SECOND for r in found] == [1, 1, 1, 2]


def test_pieces_are_marked_where_no_stamp_was_seen_too() -> None:
    found = records(b"short\n" + b"x" * 25 + b"\nend\n", limit=10)
    assert [(record.raw, record.piece) for record in found] == [
        (b"short\n", False),
        (b"x" * 10 + b"\n", True),
        (b"x" * 10 + b"\n", True),
        (b"x" * 5 + b"\n", False),
        (b"end\n", False),
    ]


def test_a_newline_that_is_not_in_the_source_is_marked() -> None:
    found = records(b"1 one\n2 " + b"x" * 10 + b"\n3 three", limit=10)
    assert [bool(record.flags & ADDED) for record in found] == [False, True, False, True]


def test_a_record_over_the_limit_is_cut_between_its_lines() -> None:
    found = records(b"1 a\nbbb\nccc\nddd\n2 b\n", limit=8)
    assert [r.raw for r in found] == [b"1 a\nbbb\n", b"ccc\nddd\n", b"2 b\n"]
    assert [r.piece for r in found] == [True, False, False]


def test_crlf_nul_and_invalid_utf8_come_out_as_they_went_in() -> None:
    data = b"1 a\r\n2 \x00\xff\xfe\n\r\n3 b\n\n"
    assert b"".join(record.raw for record in records(data)) == data


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
def test_unicode_of_any_form_is_read_as_utf8(encoding: str) -> None:
    text = "1 one two three four\n2 zwei\n3 日志 🎉\n"
    data = text.encode(encoding)
    for step in (1, 3, 1000):
        found = records(data, *range(0, len(data), step))
        assert "".join(r.raw.decode() for r in found) == text


def test_the_position_of_a_batch_leads_back_to_its_bytes() -> None:
    data = b"".join(b"%d line\n  more\n" % i for i in range(200))
    one = assembler()
    chunks = [(at, data[at : at + 100]) for at in range(0, len(data), 100)]
    batches = [b for at, part in chunks for b in one.feed(Chunk(part, at))] + one.end()
    for batch in batches:
        assert batch.begin is not None
        assert isinstance(batch.begin.token, int)
        begin = batch.begin.token + batch.begin.skip
        assert data[begin : begin + len(batch.data)] == batch.data


def test_the_format_is_learned_from_the_same_sample_whatever_the_read_sizes() -> None:
    data = b"".join(b"%d line\n" % i for i in range(20_000))
    for size in (100, 70_000, len(data)):
        stamps = Numbers()
        one = Assembler("app", stamps, default=DEFAULT)
        list(batches_of(one, [data[i : i + size] for i in range(0, len(data), size)]))
        (sample,) = stamps.samples
        assert len(sample) in range(60_000, 65_537)


def test_a_new_incarnation_keeps_the_format_as_long_as_it_fits() -> None:
    stamps = Numbers()
    one = Assembler("app", stamps, default=DEFAULT)
    one.feed(Chunk(b"1 one\n"))
    one.end()
    one.feed(Chunk(b"banner\n" + b"-" * 64 + b"\n"))
    found = one.feed(Chunk(b"2 two\n3 three\n"))
    assert [record.place // SECOND for batch in found for record in batch] == [2, 2, 2]
    one.end()
    assert len(stamps.samples) == 1


def test_a_new_incarnation_without_such_stamps_is_learned_anew() -> None:
    stamps = Numbers()
    one = Assembler("app", stamps, default=DEFAULT)
    one.feed(Chunk(b"1 one\n"))
    one.end()
    one.feed(Chunk(b"other\n"))
    one.end()
    assert stamps.samples == [b"1 one\n", b"other\n"]


lines = st.one_of(
    st.integers(0, 400).map(lambda n: b"%d stamped" % n),
    st.sampled_from([b"", b"  at f", b"plain", b"\x00\xff", b"9999999 far", b"x" * 30]),
)
logs = st.builds(
    lambda parts, end: b"\n".join(parts) + end,
    st.lists(lines, max_size=30),
    st.sampled_from([b"", b"\n"]),
)


@given(logs, st.lists(st.integers(0, 300), max_size=12), st.sampled_from([12, 40, 2**20]))
def test_chunk_borders_never_change_the_records(data: bytes, cuts: list[int], limit: int) -> None:
    whole = records(data, limit=limit)
    cut = records(data, *[min(at, len(data)) for at in cuts], limit=limit)
    assert [(r.raw, r.time, r.place, r.flags) for r in cut] == [
        (r.raw, r.time, r.place, r.flags) for r in whole
    ]


@given(logs, st.lists(st.integers(0, 300), max_size=5))
def test_every_byte_leaves_once_in_its_order_and_places_never_go_back(
    data: bytes, cuts: list[int]
) -> None:
    found = records(data, *[min(at, len(data)) for at in cuts])
    assert b"".join(r.raw for r in found) == data + (
        b"" if data.endswith(b"\n") or not data else b"\n"
    )
    places = [r.place for r in found]
    assert places == sorted(places)
