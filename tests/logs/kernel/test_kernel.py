"""The compiled kernel and its twin in Python give the same."""

import os
import re
from array import array
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.logs.batch import Batch
from plait.logs.kernel import plain
from plait.logs.kernel.layout import Anchor, Layout
from plait.logs.kernel.plain import Part

# `scripts/fuzz-kernel` looks longer.
thorough = settings(max_examples=100 * int(os.environ.get("FUZZ", "1")), deadline=None)

compiled = pytest.importorskip("plait.logs.kernel.compiled")

_WHEN = b"2026-03-01T10:00:00"
_PLACES = ((0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2), None)
_EVER = -(2**40), 2**40
_EPOCH_PLACES = (None, None, None, None, None, None, (0, 10))


def layout(
    prefix: bytes = b"",
    fraction: int = 0,
    tail: bytes = b" ",
    anchor: Anchor = Anchor.FIXED,
    key: bytes = b"",
    *,
    low: int = _EVER[0],
    high: int = _EVER[1],
    offset: int = 0,
    number: bool = False,
    year: bool = True,
    region: bytes = _WHEN,
    places: tuple[tuple[int, int] | None, ...] = _PLACES,
) -> Layout:
    """A layout of ISO stamps behind a prefix in which any digit may stand for any other."""
    region = prefix + region + (b"." if fraction == -1 else b"")
    moved = tuple(place and (place[0] + len(prefix), place[1]) for place in places)
    digits = bytes(chr(byte).isdigit() for byte in region)
    return Layout(
        region,
        digits,
        moved,
        (2026, 3, 1, 10, 0, 0, 0),
        fraction,
        tail,
        number,
        year,
        offset,
        low,
        high,
        anchor,
        key,
    )


LAYOUTS = (
    layout(),
    layout(fraction=-1, tail=b"Z "),
    layout(fraction=-1, tail=b"]", prefix=b"[app7] ["),
    layout(tail=b"\n"),
    layout(tail=b",", offset=-3600),
    layout(tail=b":", number=True),
    layout(tail=b"\t", year=False),
    layout(low=1_772_359_200, high=1_772_359_260, tail=b":"),
    layout(tail=b" +0100]", anchor=Anchor.BRACKET),
    layout(fraction=-1, tail=b'Z"', anchor=Anchor.KEYED, key=b'"ts":"'),
    layout(fraction=3, tail=b" ", region=b"1772359200", places=_EPOCH_PLACES),
    layout(prefix=b"x" * 220, tail=b" "),
    layout(prefix=b"x" * 240, tail=b" "),
)

# Lines that are nearly what a layout wants.
_STAMPS = st.sampled_from(
    (b"2026-03-01T10:00:00", b"2026-02-29T10:00:00", b"2028-02-29T23:59:59", b"2026-13-01T10:00:00",
     b"1969-12-31T10:00:00", b"2026-03-01T10:60:00", b"2026-03-01T24:00:00", b"2026-03-01T10:00:60",
     b"2026-03-00T10:00:00", b"1772359200", b"9999999999", b"2026-03-01T10:0/:00", b"2O26-03-01")
)  # fmt: skip
_PREFIXES = st.sampled_from(
    (b"", b"[app7] [", b"[app1] [", b"1.2.3.4 - - [", b"a|b [", b"x" * 240, b"x" * 220,
     b'{"ts":"', b" ", b"[",
     b'{"a":1, "b" : [1,{"c":"]"}], "ts":"', b'{"time":1,"ts":"', b'{"m":"\\"ts\\":\\"","ts":"',
     b"{" + b'"a":1,' * 61 + b'"ts":"', b'{"a":' + b"[" * 8 + b"]" * 8 + b',"ts":"',
     b"h" * 201 + b"[", b"h" * 202 + b"[", b'{"a"1,"ts":"', b'{"a":,"ts":"')
)  # fmt: skip
_FRACTIONS = st.sampled_from(
    (b"", b".1", b".123", b".123456", b".12345678", b".123456789", b".1234567890", b"123", b".x")
)
_TAILS = st.sampled_from(
    (b"", b" x", b"Z x", b"Z", b"] x", b" INFO x", b" EST x", b" est", b" pm",
     b" mixed", b" PMIx", b" ampere x", b" amazonian", b" -", b" -1",
     b" 2026", b" 20261", b" 1999x", b"  7", b", x", b",1", b": x", b":1", b' +0100] "GET', b'Z"}',
     b" \xe2\x88\x9201:30", b" Abcde", b"[UTC]", b"[x]", b"\t \tUTC+1", b" ABCDEF", b"\r")
)  # fmt: skip
LINES = st.builds(
    lambda *parts: b"".join(parts), _PREFIXES, _STAMPS, _FRACTIONS, _TAILS
) | st.binary(max_size=40).map(lambda line: line.replace(b"\n", b""))


@thorough
@given(
    st.lists(LINES, max_size=12),
    st.lists(st.sampled_from(LAYOUTS), max_size=6),
    st.lists(st.sampled_from((b"INFO", b"x", b"Z", b"ampere")), max_size=2),
    st.integers(1, 5),
    st.booleans(),
)
def test_scanners_read_the_same(
    lines: list[bytes], layouts: list[Layout], words: list[bytes], patience: int, inner: bool
) -> None:
    block = b"".join(line + b"\n" for line in lines)
    scanners = [made(inner, (b"time", b"ts")) for made in (plain.Scanner, compiled.Scanner)]
    for scanner in scanners:
        for each in layouts:
            scanner.add(each)
        for word in words:
            scanner.know(word)
    at = 0
    while at < len(block):
        ours, theirs = [scanner.scan(block, at, len(block), patience) for scanner in scanners]
        assert ours == theirs
        at = ours[2]
    assert scanners[0].last() == scanners[1].last()
    assert scanners[0].take() == scanners[1].take()
    for line in lines:
        ours, theirs = [scanner.reads(line + b"\n") for scanner in scanners]
        assert ours == theirs


def test_the_layouts_here_read_something() -> None:
    for made in (plain.Scanner, compiled.Scanner):
        scanner = made(False, (b"time",))
        for each in LAYOUTS:
            scanner.add(each)
        block = (
            b"2026-03-01T10:00:00.5Z word\n[app3] [2026-03-01T10:00:00.25]\n"
            b'h - - [2026-03-01T10:00:00 +0100] "GET\n{"a":[1], "ts":"2026-03-01T10:00:00.1Z"}\n'
            b"1772359200123 word\n"
        )
        assert scanner.scan(block, 0, len(block), 1) == (5, len(block), len(block))
        base = 1_772_359_200 * 10**9
        fractions = [500_000_000, 250_000_000, 0, 100_000_000, 123_000_000]
        assert list(scanner.take()[1]) == [base + each for each in fractions]


def test_a_block_that_is_not_whole_lines_is_refused() -> None:
    for made in (plain.Scanner, compiled.Scanner):
        for begin, end in ((0, 1), (1, 3), (-1, 2), (0, 9), (2, 1)):
            with pytest.raises(ValueError, match=r"whole lines|within"):
                made().scan(b"a\nb", begin, end, 1)


@thorough
@given(st.lists(st.integers(-(2**62), 2**62), min_size=1), st.integers(-(2**62), 2**62))
def test_running_maxima_are_the_same(times: list[int], top: int) -> None:
    column = array("q", times)
    ours, theirs = [kernel.running(column, top, 10**9) for kernel in (plain, compiled)]
    assert ours == theirs
    assert (ours[0] is column) == (theirs[0] is column)


@st.composite
def _batches(draw: st.DrawFn) -> Batch:
    places = sorted(draw(st.lists(st.integers(0, 9), min_size=1, max_size=6)))
    lines = [draw(st.binary(max_size=5)).replace(b"\n", b"") + b"\n" for _ in places]
    before = draw(st.sampled_from((b"", b"before\n")))
    bounds = array("q", accumulate(map(len, lines), initial=len(before)))
    flags = bytes(draw(st.lists(st.integers(0, 15), min_size=len(lines), max_size=len(lines))))
    column = array("q", places)
    times = column if draw(st.booleans()) else array("q", [place - 1 for place in places])
    return Batch(before + b"".join(lines) + b"behind\n", bounds, times, column, flags, ("x",))


@thorough
@given(st.lists(st.tuples(st.integers(0, 5), _batches()), min_size=1, max_size=8), st.data())
def test_batches_are_woven_the_same(batches: list[tuple[int, Batch]], data: st.DataObject) -> None:
    parts: list[Part] = []
    above: dict[int, int] = {}
    for rank, batch in sorted(batches, key=lambda one: one[0]):
        begin = data.draw(st.integers(0, len(batch) - 1))
        end = data.draw(st.integers(begin + 1, len(batch)))
        if batch.places[begin] >= above.get(rank, 0):  # a lane is in order
            above[rank] = batch.places[end - 1]
            parts.append((rank, batch, begin, end))
    ours, theirs = [kernel.weave(parts) for kernel in (plain, compiled)]
    assert ours == theirs
    assert list(ours[3]) == sorted(ours[3])
    assert (ours[2] is ours[3]) == (theirs[2] is theirs[3])


def test_no_part_of_the_compiled_source_is_left_out_of_these_tests() -> None:
    parts = Path(plain.__file__).parent.iterdir()
    source = "".join([part.read_text() for part in parts if part.suffix in {".pyx", ".pxi"}])
    public = set(re.findall(r"^(?:def|cdef class) (\w+)", source, re.MULTILINE))
    here = {"Scanner", "keep_pages", "running", "weave"}
    columns = {"take", "chosen", "within", "containing", "holding", "labelled", "levels"}
    assert public == here | columns | {"json_lines"}  # the rest is in `test_columns`
