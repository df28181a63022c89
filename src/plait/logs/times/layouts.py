"""A line whose stamp was read in, the layout by which the kernel reads others like it out."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import Final

from plait.logs.kernel.layout import FIELDS, Anchor, Layout
from plait.logs.kernel.plain import read_by
from plait.logs.times import leads
from plait.logs.times.calendar import SECOND, Calendar
from plait.logs.times.format import Civil, Text
from plait.logs.times.variants import Variant
from plait.logs.times.zones import ZONE

Place = tuple[int, int]  # where a field stands in a head, and how wide it is

# Of ten digits, which begin with 1, 2 or 3.
_EPOCHS: Final = 10**9, 4 * 10**9
_DIGITS: Final = re.compile(rb"\d+")
_KEY: Final = re.compile(rb'"[^"\\\n]*"[ \t]*:[ \t]*"?$')
# How a run of digits may be made of fields, by its length.
_PARTS: Final = {
    1: ((1,),), 2: ((2,),), 4: ((4,), (2, 2)), 6: ((2, 2, 2),), 8: ((4, 2, 2),), 10: ((10,),),
    12: ((4, 2, 2, 2, 2),), 14: ((4, 2, 2, 2, 2, 2),),
}  # fmt: skip
# Between which numbers each part of a time may be: a shape has every day, and which of them
# exist is for the reader to say.
_RANGES: Final = {"year": (1970, 2099), "month": (1, 12), "day": (1, 31),
                  "hour": (0, 23), "minute": (0, 59), "second": (0, 59)}  # fmt: skip
_YEAR_WIDTH: Final = 4
_EPOCH_WIDTH: Final = 10
_EPOCH_PROBES: Final = (1_000_000_001, 2_345_678_901, 3_999_999_999)
_EPOCH: Final = date(1970, 1, 1).toordinal()
_YEAR: Final = 31_556_952  # seconds, on average


def layout_of(
    variant: Variant,
    line: re.Match[bytes],
    time: int,
    calendar: Calendar,
    span: tuple[int, int],
    *,
    stray: bool,
) -> Layout | None:
    """The layout of a line (with a newline before it) that the variant read as `time` (ns).

    It holds for times within `span` (ns). None where the line is not of the usual kind. `stray`
    says that the tail does not belong to the stamp. What a layout reads, the variant reads alike:
    it differs from this line in digits alone, and those were tried.
    """
    text, padded = variant.text, line.string
    head_begin, head_end = line.span(1)
    fraction_begin, fraction_end = line.span(2)
    if fraction_begin == fraction_end:
        fraction_begin = fraction_end = head_end
    end = fraction_end if stray or line.end(3) < 0 else line.end(3)
    if line.end(3) >= 0 and line.start(3) != fraction_end:
        return None
    behind = padded[end : end + 1] or b"\n"
    if behind.isdigit():
        return None
    said = text.read(line[1], line[3] or b"")
    if said is None:
        return None
    fields, constants, seconds = _fields(text, line[1], line[3] or b"", said, time)
    offset = seconds - time // SECOND
    low, high = _EPOCHS if isinstance(said, int) else calendar.steady(said, seconds)
    anchor = variant.format.anchor if variant.lead == variant.format.lead else Anchor.FIXED
    begin = line.start() + 1 if anchor == Anchor.FIXED else head_begin
    key = b""
    if anchor == Anchor.KEYED:
        found = _KEY.search(padded, line.start() + 1, head_begin)
        if found is None:
            return None
        key = found[0]
    region = padded[begin:fraction_begin]
    layout = Layout(
        region,
        _free(variant, region, head_begin - begin, fields),
        tuple(None if place is None else (place[0] + head_begin - begin, place[1])
              for place in fields),
        constants,
        _fraction(padded, head_end, fraction_begin, fraction_end),
        padded[fraction_end:end] + behind,
        behind in b".,:" and padded[end + 1 : end + 2].isdigit(),
        _may_end_in_a_year(text),
        offset,
        max(low, span[0] // SECOND + offset),
        min(high, span[1] // SECOND + offset),
        anchor,
        key,
    )  # fmt: skip
    # The proof of the pudding.
    read = read_by(layout, padded + b"\n", begin)
    return layout if read is not None and read[0] == time else None


@lru_cache(maxsize=256)
def _may_end_in_a_year(text: Text) -> bool:
    """Whether the pattern looks for digits behind the fraction other than those of a zone."""
    tail = [group.start() for group in re.finditer(rb"(?<!\\)\((?!\?)", text.pattern)][-1]
    behind = text.pattern[tail:].replace(ZONE, b"")
    return b"\\d" in behind or b"0-9" in behind or b"19|20" in behind


def _fraction(padded: bytes, head_end: int, begin: int, end: int) -> int:
    """-1 for digits behind a point, their number where they follow the head directly."""
    if begin == end:
        return 0
    return end - begin if begin == head_end else -1


def _free(variant: Variant, region: bytes, head: int, fields: tuple[Place | None, ...]) -> bytes:
    """For each byte of the region whether any digit may stand there: 1 or 0."""
    free = bytearray(len(region))
    for at, width in filter(None, fields):
        free[head + at : head + at + width] = b"\1" * width
    # Leads know digits as such, but for those that look for the stamp.
    if variant.lead not in (leads.LOOSE, leads.ANYWHERE):
        for run in _DIGITS.finditer(region, 0, head):
            if len(run[0]) < _EPOCH_WIDTH:
                free[run.start() : run.end()] = b"\1" * len(run[0])
    return bytes(free)


def _fields(
    text: Text, head: bytes, tail: bytes, said: Civil | int, time: int
) -> tuple[tuple[Place | None, ...], tuple[int, ...], int]:
    """Where the fields stand, what is the same for all, and the civil seconds since 1970."""
    shape = text, re.sub(rb"\d", b"0", head), tail
    places = _KNOWN.get(shape)
    if places is None:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        places = _KNOWN[shape] = dict(_places(text, head, tail))
    found = tuple(places.get(name) for name in FIELDS)
    if isinstance(said, int):
        return found, (0,) * len(FIELDS), said
    year, seconds = _civil(said, time)
    return found, (year, *_parts(said)[1:], 0), seconds


# The probing takes a reader some fifty calls; logs of one program share its outcome.
_KNOWN: Final[dict[tuple[Text, bytes, bytes], dict[str, Place]]] = {}
_MOST_KNOWN: Final = 512


def _places(text: Text, head: bytes, tail: bytes) -> Iterator[tuple[str, Place]]:
    """Find by experiment which digits of a head are which part of the time."""
    for run in _DIGITS.finditer(head):
        for widths in _PARTS.get(len(run[0]), ()):
            ends = list(accumulate(widths, initial=run.start()))
            names = [_name(text, head, tail, at, width)
                     for at, width in zip(ends, widths, strict=False)]  # fmt: skip
            if all(names):
                yield from (
                    (name, (at, width))
                    for name, at, width in zip(names, ends, widths, strict=False)
                    if name is not None
                )
                break


def _name(text: Text, head: bytes, tail: bytes, at: int, width: int) -> str | None:
    """Which part of the time these digits are, if they are just that."""

    def read(value: int) -> Civil | int | None:
        return text.read(head[:at] + b"%0*d" % (width, value) + head[at + width :], tail)

    if width == _EPOCH_WIDTH:
        return "epoch" if all(read(value) == value for value in _EPOCH_PROBES) else None
    low, high = (2001, 2002) if width == _YEAR_WIDTH else (1, 2)
    one, two = read(low), read(high)
    if not isinstance(one, Civil) or not isinstance(two, Civil):
        return None
    changed = [i for i, (a, b) in enumerate(zip(_parts(one), _parts(two), strict=True)) if a != b]
    if len(changed) != 1 or one.zone != two.zone:
        return None
    name = FIELDS[changed[0]]
    least, most = _RANGES[name]
    for value in {least, (least + most) // 2, min(most, 10**width - 1)}:
        said = read(value)
        if not isinstance(said, Civil) or said.zone != one.zone:
            return None
        parts = list(_parts(one))
        parts[changed[0]] = value
        if list(_parts(said)) != parts:
            return None
    return name


def _parts(said: Civil) -> tuple[int, int, int, int, int, int]:
    """Year (0 for none), month, day, hour, minute, second."""
    minutes, second = divmod(said.second, 60)
    return said.year or 0, said.month, said.day, *divmod(minutes, 60), second


def _civil(said: Civil, time: int) -> tuple[int, int]:
    """The year that was taken, and the civil seconds since 1970 of what was said."""
    utc = time // SECOND
    about = 1970 + utc // _YEAR
    years = (said.year,) if said.year is not None else range(about - 1, about + 2)
    made = []
    for year in years:
        with suppress(ValueError):
            days = date(year, said.month, said.day).toordinal() - _EPOCH
            made.append((year, days * 86_400 + said.second))
    # Of a stamp without a year, the one that is within hours of what was made of it.
    return min(made, key=lambda one: abs(one[1] - utc))
