"""What the compiled kernel and its twin in Python say of the records of a batch is the same."""

from array import array
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plait.logs import render
from plait.logs.batch import Batch
from plait.logs.kernel import columns
from plait.logs.levels import JSON_KEYS, LEVELS, NAMES, level_of
from tests.logs.test_levels import NAMED, NAMELESS

compiled = pytest.importorskip("plait.logs.kernel.compiled")
BOTH = (columns, compiled)

_NS = st.integers(-(2**63), 2**63 - 1)


def batch_of(
    records: Sequence[bytes],
    times: Sequence[int] | None = None,
    flags: bytes | None = None,
    origins: Sequence[int] | None = None,
    *,
    before: bytes = b"",
) -> Batch:
    """A batch of records without their last newline, amid what belongs to others."""
    raws = [record + b"\n" for record in records]
    bounds = array("q", accumulate(map(len, raws), initial=len(before)))
    column = array("q", range(len(raws)) if times is None else times)
    ranks = None if origins is None else array("i", origins)
    data = before + b"".join(raws) + b"behind, ERROR\n"
    return Batch(data, bounds, column, column, flags or bytes(len(raws)), ("a", "b", "c"), ranks)


@st.composite
def batches(draw: st.DrawFn, record: st.SearchStrategy[bytes], least: int = 0) -> Batch:
    """Batches of such records with any times, flags and origins."""
    records = draw(st.lists(record, min_size=least, max_size=8))
    n = len(records)
    column = st.lists(_NS, min_size=n, max_size=n)
    times = draw(column)
    flags = draw(st.binary(min_size=n, max_size=n))
    origins = draw(st.none() | st.lists(st.integers(0, 2), min_size=n, max_size=n))
    before = draw(st.sampled_from((b"", b"before, ERROR\n")))
    batch = batch_of(records, times, flags, origins, before=before)
    if draw(st.booleans()):
        return batch
    places = array("q", draw(column))
    columns = batch.flags, batch.sources, batch.origins
    return Batch(batch.block, batch.bounds, batch.times, places, *columns)


ANY = st.binary(max_size=40)
LINES = st.lists(st.sampled_from((b"one", b"two", b"", b"\r", b"\n", b"\n\n", b"bees"))).map(
    b"".join
)


@given(batches(ANY | LINES), st.data())
def test_records_are_taken_the_same(batch: Batch, data: st.DataObject) -> None:
    indices = st.integers(0, len(batch) - 1) if len(batch) else st.nothing()
    kept = array("q", data.draw(st.lists(indices, max_size=12 * bool(batch))))
    ours, theirs = [kernel.take(batch, kept) for kernel in BOTH]
    assert ours == theirs
    assert (ours[2] is ours[3]) == (theirs[2] is theirs[3]) == (batch.times is batch.places)


@pytest.mark.parametrize("index", [-1, 2, 2**40])
def test_a_record_that_is_not_there_cannot_be_taken(index: int) -> None:
    for kernel in BOTH:
        with pytest.raises(IndexError, match="record index"):
            kernel.take(batch_of([b"a", b"b"]), array("q", [0, index]))


@given(st.binary(max_size=30) | st.lists(st.sampled_from((0, 1))).map(bytes))
def test_masks_choose_the_same(mask: bytes) -> None:
    ours, theirs = [kernel.chosen(mask) for kernel in BOTH]
    assert ours == theirs


_NEAR = st.integers(-2, 2) | st.integers(2**63 - 2, 2**63 - 1) | st.integers(-(2**63), -(2**63) + 1)
_LIMITS = _NEAR | st.sampled_from((-(2**64), 2**63, 2**64)) | st.integers(-(2**70), 2**70)


@given(st.lists(_NEAR | _NS, max_size=12), _LIMITS, _LIMITS)
def test_the_same_times_are_within(times: list[int], low: int, high: int) -> None:
    ours, theirs = [kernel.within(array("q", times), low, high) for kernel in BOTH]
    assert ours == theirs == bytes([low <= time < high for time in times])


_LITERALS = st.sampled_from(
    (
        b"one",
        b"o",
        b"eo",
        b"ees",
        b"eesonetwo",
        b"ERROR",
        b"EOn",
        b"nett",
        b"\r",
        b"@",
        b"`",
        b"\xc9",
    )
)


@given(
    batches(LINES | LINES.map(bytes.upper) | ANY),
    st.lists(_LITERALS | st.binary(min_size=1, max_size=3), min_size=1, max_size=3),
    st.booleans(),
)
def test_literals_are_found_in_the_same_records(
    batch: Batch, literals: list[bytes], ignore_case: bool
) -> None:
    literals = [literal.replace(b"\n", b"x") for literal in literals]
    ours, theirs = [kernel.containing(batch, literals, ignore_case) for kernel in BOTH]
    assert ours == theirs
    raws = batch.raws()
    if ignore_case:
        raws, literals = [raw.lower() for raw in raws], [literal.lower() for literal in literals]
    assert ours == bytes([any(literal in raw for literal in literals) for raw in raws])


@given(batches(LINES), st.data())
def test_positions_lie_in_the_same_records(batch: Batch, data: st.DataObject) -> None:
    begin = batch.bounds[0]
    inside = st.integers(begin, len(batch.block))
    positions = sorted(data.draw(st.lists(inside, max_size=12)))
    ours, theirs = [kernel.holding(batch, positions) for kernel in BOTH]
    assert ours == theirs
    spans = zip(batch.bounds[:-1], batch.bounds[1:], strict=True)
    assert ours == bytes([any(a <= at < b for at in positions) for a, b in spans])


_PREFIXES = (b"a   | ", "ü | ".encode(), b"")


@given(batches(LINES | ANY))
def test_lines_are_labelled_the_same(batch: Batch) -> None:
    ours, theirs = [kernel.labelled(batch, _PREFIXES) for kernel in BOTH]
    assert ours == theirs
    assert ours.count(b"\n") == batch.data.count(b"\n")


def test_a_record_of_no_source_is_refused() -> None:
    stray = batch_of([b"a", b"b"], origins=[0, 3])
    for kernel in BOTH:
        with pytest.raises(IndexError):
            kernel.labelled(stray, _PREFIXES)
        with pytest.raises(IndexError):
            kernel.json_lines(stray, bytes(2), _HEADS, _CODES, _FLAGS, _ENDS)


# Parts that make a level where they meet in the right way, and nearly one in others.
_NAMES = st.sampled_from(sorted(NAMES)).flatmap(
    lambda name: st.sampled_from((name, name.upper(), name.capitalize(), name + b"s"))
)
_KEYS = st.sampled_from(
    (*JSON_KEYS, b"s", b"PRIORITY", b"S", b"priority", b"msg", b"levels", b"LVL")
)
_MARKS = st.sampled_from(
    (b" ", b"  ", b"[", b"]", b"<", b">", b"\t", b"=", b":", b": ", b"|", b" | ", b" - ", b"-",
     b".", b",", b"/", b"_", b'"', b"'", b"{", b"}", b"\\", b'\\"', b"\n", b"\r", b"\x1b[31m",
     b"\x1b", b"m", b"1m", b"Z", b"5Z ", b":00 ", b":00.123 ", b":00,123456 ", b":00.12 ",
     b"PHP ", b"XPHP ", b"PH", b" error", b" error:", b" Error:", b"level=", b"-level=",
     b"LEVEL=", b"lvl=", b"severity=", b"log-level=", b"core:", b"x", b"7", b"12", b"<13>",
     b"<191>", b"<192>", b"<1234>", b"<>", b"I0301 10:", b"E20260301 10:", b"W030 1", b"F0301 1:",
     b"1:M 01 Mar 2026 10:00:00.123 # low", b"1:C 01 Mar 10:00 * x", b"12:X",
     b"2026-03-01T10:00:00.123Z ", b"x" * 270, b"y" * 4000)
)  # fmt: skip
_VALUES = st.sampled_from(
    (b'"W"', b'"I1"', b'"I", "c"', b'"E2","c"', b'"D",\n"c"', b'"F3" ,"c"', b'"3"', b'"8"', b"3",
     b"30", b"8", b"9", b"70", b"69", b"4000000000000000000000", b"-1", b"1.5", b'"', b'""',
     b'"dunno"', b"{}", b'"w"', b'"err"', b'"Warn"', b'"critical', b'"a_rather_long_word_here"',
     b"true")
)  # fmt: skip
_COLONS = st.sampled_from((b":", b": ", b" :\t", b"\n:\n", b"", b"::"))
_QUOTES = st.sampled_from((b'"', b'"', b'"', b'\\"'))
_PAIRS = st.builds(
    lambda quote, key, colon, value: (
        b"{" + quote + key + quote + colon + value.replace(b'"', quote) + b","
    ),
    _QUOTES,
    _KEYS | _KEYS.map(bytes.upper),
    _COLONS,
    _VALUES | _NAMES.map(lambda name: b'"%s"' % name),
)
_LEVELLED = st.lists(_NAMES | _MARKS | _PAIRS, max_size=7).map(b"".join)
_EXAMPLES = [record.encode() for record in (*(record for record, _ in NAMED), *NAMELESS)]


@given(batches(_LEVELLED | ANY, least=1))
@example(batch_of(_EXAMPLES))
@example(batch_of([b" " * n + record for n in (1, 7, 290) for record in _EXAMPLES]))
@example(batch_of([b" " * (300 - n) + b"[error] x" for n in range(10)]))
@example(batch_of([b" " * (300 - n) + b"ERROR" for n in range(10)]))
@example(batch_of([b"{" + b" " * (4096 - n) + b'"level":"error"}' for n in range(20)]))
@example(batch_of([b"{" + b" " * (4096 - n) + b'"level":50}' for n in range(20)]))
def test_levels_are_the_same(batch: Batch) -> None:
    ours, theirs = [kernel.levels(batch) for kernel in BOTH]
    assert list(zip(ours, batch.raws(), strict=True)) == list(
        zip(theirs, batch.raws(), strict=True)
    )
    assert [(None, *LEVELS)[code] for code in ours] == [level_of(raw) for raw in batch.raws()]


_HEADS = (b'","source":"a","level":', b'","source":"","level":', '"ü"'.encode())
_FLAGS = [b"|%d|" % flags for flags in range(256)]
_ENDS = [b"}%d\n" % (flags % 16) for flags in range(256)]
_CODES = [b"<%d>" % code for code in range(8)]
# Well-formed UTF-8 and what is nearly so, amid all that JSON escapes.
_SEQUENCES = st.sampled_from(
    (b"plain text", b'"', b"\\", b"\b\f\t\r\n", b"\x00", b"\x1f", b"\x7f", b"\xc2\x80",
     b"\xc1\xbf", b"\xdf\xbf", b"\xe0\xa0\x80", b"\xe0\x9f\xbf", b"\xed\x9f\xbf", b"\xed\xa0\x80",
     b"\xef\xbf\xbf", b"\xf0\x90\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xf4\x8f\xbf\xbf",
     b"\xf4\x90\x80\x80", b"\xf5", b"\xff", b"\xe2\x82", b"\xf0\x9f\x98", b"\x80", b"\xbf",
     "é".encode(), "😀".encode(), "日本".encode())
)  # fmt: skip
_TEXTS = st.lists(_SEQUENCES, max_size=9).map(b"".join) | st.text(max_size=20).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)


@given(batches(_TEXTS | ANY), st.data())
def test_objects_are_written_the_same(batch: Batch, data: st.DataObject) -> None:
    n = len(batch)
    codes = bytes(data.draw(st.lists(st.integers(0, 7), min_size=n, max_size=n)))
    parts = _HEADS, _CODES, _FLAGS, _ENDS
    ours, theirs = [kernel.json_lines(batch, codes, *parts) for kernel in BOTH]
    assert ours == theirs


@given(st.dates(datetime(1678, 1, 1).date(), datetime(2262, 4, 1).date()), st.integers(0, 86399))
@example(datetime(2000, 2, 29).date(), 0)
@example(datetime(2100, 2, 28).date(), 86399)
@example(datetime(1969, 12, 31).date(), 86399)
def test_every_second_of_four_centuries_is_written_the_same(day: object, second: int) -> None:
    midnight = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=UTC)
    seconds = int(midnight.timestamp()) + second
    times = [seconds * 10**9 + rest for rest in (0, 1, 120_000_000, 123_456_000, 999_999_999)]
    batch = batch_of([b"x"] * 5, times)
    (made,) = {kernel.json_lines(batch, bytes(5), _HEADS, _CODES, _FLAGS, _ENDS) for kernel in BOTH}
    assert [line[9:].split(b'"')[0].decode() for line in made.splitlines()] == [
        render.format_time(time) for time in times
    ]
