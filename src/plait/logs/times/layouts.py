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
from plait.logs.times.format import Civil, Said, Text
from plait.logs.times.variants import Variant, pattern_of
from plait.logs.times.words import HALF
from plait.logs.times.zones import ZONE, zone_of

Place = tuple[int, int]  # where a field stands in a head, and how wide it is

# Of ten digits, which begin with 1, 2 or 3.
_EPOCHS: Final = 10**9, 4 * 10**9
_DIGITS: Final = re.compile(rb"\d+")
_HALF: Final = rb"(?i:[ap]m)"
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
# Only in a leap year does the day of the year shift.
_LEAP_YEAR: Final = 2028
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
    number = behind in b".,:" and padded[end + 1 : end + 2].isdigit()
    # A space that does not break may stand before AM or PM.
    if behind.isdigit() or behind == b"\xc2":
        return None
    said = _plain(text.read(line[1], line[3] or b""))
    if said is None or not _ends_here(variant, line, end, number):
        return None
    if end == fraction_end and _takes_more(variant, line, end):
        return None
    fields, constants, seconds = _fields(text, line[1], line[3] or b"", said, time)
    offset = seconds - time // SECOND
    low, high = _EPOCHS if isinstance(said, int) else calendar.steady(said, seconds)
    anchored = _anchored(variant, line)
    if anchored is None:
        return None
    anchor, begin, key = anchored
    region = padded[begin:fraction_begin]
    layout = Layout(
        region,
        _free(variant, line, begin, fields),
        tuple(None if place is None else (place[0] + head_begin - begin, place[1])
              for place in fields),
        constants,
        _fraction(padded, head_end, fraction_begin, fraction_end),
        padded[fraction_end:end] + behind,
        number,
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


def _anchored(variant: Variant, line: re.Match[bytes]) -> tuple[Anchor, int, bytes] | None:
    """What a line's region begins behind, where that is, and the key if it is one."""
    anchor = variant.format.anchor if variant.lead == variant.format.lead else Anchor.FIXED
    if anchor == Anchor.FIXED:
        return anchor, line.start() + 1, b""
    if anchor == Anchor.BRACKET:
        return anchor, line.start(1), b""
    key = _KEY.search(line.string, line.start() + 1, line.start(1))
    return None if key is None else (anchor, line.start(1), key[0])


def stands_apart(word: bytes, text: Text, *, stray: bool) -> bool:
    """Whether a word behind a stamp is no part of it, nor of others; `stray` says the first."""
    if zone_of(word) or (len(word) == 1 and word in b"AaPp" and HALF in text.pattern):
        return False  # `p` may begin `p. m.`
    return stray or not re.match(_HALF, word)


@lru_cache(maxsize=256)
def _may_end_in_a_year(text: Text) -> bool:
    """Whether the pattern looks for digits behind the fraction other than those of a zone."""
    tail = [group.start() for group in re.finditer(rb"(?<!\\)\((?!\?)", text.pattern)][-1]
    behind = text.pattern[tail:].replace(ZONE, b"")
    return b"\\d" in behind or b"0-9" in behind or b"19|20" in behind


def _fraction(padded: bytes, head_end: int, begin: int, end: int) -> int:
    """-1 for digits behind a point, their number where it matters: behind a colon, or nothing."""
    if begin == end:
        return 0
    return end - begin if begin == head_end or padded[begin - 1 : begin] == b":" else -1


def _plain(said: Said | None) -> Civil | int | None:
    """What was said, if it is a date with a time to the second, or a number of seconds."""
    if isinstance(said, Civil):
        return None if said.ns else said
    return said if isinstance(said, int) else None


def _ends_here(variant: Variant, line: re.Match[bytes], end: int, number: bool) -> bool:
    """Whether a line is read alike whatever follows the byte behind the stamp.

    Where that is a sign, the kernel looks whether a digit follows it.
    """
    kept = line.string[line.start() : end + 1]
    signed = kept[-1:] in b".,:"
    return all(
        _reads_alike(variant, line, kept + rest)
        for rest in _FOLLOWING
        if not signed or rest[:1].isdigit() == number
    )


def _takes_more(variant: Variant, line: re.Match[bytes], end: int) -> bool:
    """Whether its stamp may go on with more than the kernel knows of."""
    open_ended = _OPEN_ENDED.get(variant.text)
    if open_ended is None:
        kept = line.string[line.start() : end]
        found = [pattern_of(variant).match(kept + more) for more in _MORE]
        open_ended = any(it is not None and it.end(3) > end - line.start() for it in found)
        _OPEN_ENDED[variant.text] = open_ended
    return open_ended


def _reads_alike(variant: Variant, line: re.Match[bytes], other: bytes) -> bool:
    """Whether the stamp of another line stands in the same place."""
    found = pattern_of(variant).match(other)
    if found is None:
        return False
    begin = line.start()
    return all(
        found.span(group) == (max(line.start(group) - begin, -1), max(line.end(group) - begin, -1))
        for group in (1, 2)
    )


def _free(
    variant: Variant, line: re.Match[bytes], begin: int, fields: tuple[Place | None, ...]
) -> bytes:
    """For each byte of the region, from `begin` on, whether any digit may stand there: 1 or 0."""
    head_begin, region_end = line.start(1), max(line.end(1), line.start(2))
    free = bytearray(region_end - begin)
    for at, width in filter(None, fields):
        free[head_begin - begin + at : head_begin - begin + at + width] = b"\1" * width
    # Leads know digits as such, but for those that look for the stamp.
    if variant.lead not in (leads.LOOSE, leads.ANYWHERE):
        for run in _DIGITS.finditer(line.string, begin, head_begin):
            if len(run[0]) < _EPOCH_WIDTH and _any_digits(variant, line, run.span()):
                free[run.start() - begin : run.end() - begin] = b"\1" * len(run[0])
    return bytes(free)


def _any_digits(variant: Variant, line: re.Match[bytes], span: Place) -> bool:
    """Whether the line is read alike with any digits in this place."""
    before, behind = line[0][: span[0] - line.start()], line[0][span[1] - line.start() :]
    width = span[1] - span[0]
    return all(
        _reads_alike(variant, line, before + b"%d" % digit * width + behind) for digit in range(10)
    )


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


# What may stand behind the byte behind a stamp: nothing, words, numbers, signs.
_FOLLOWING: Final = (b"", b"x", b"X ", b"5", b"55|", b"123 ", b" ", b" 7 x", b"|", b":", b"]", b'"')
# How stamps of some languages go on, which other lines of the same log may do.
_MORE: Final = tuple(
    more.encode()
    for more in (" em x", " du. x", " ÖS x", " μ.μ. x", " (UTC+0100) x", " 下午 x", "下午 x",
                 " 오후 x", " Europe/Berlin x", " Europe/Berlin] x")
)  # fmt: skip
_OPEN_ENDED: Final[dict[Text, bool]] = {}  # there are as many texts as formats
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
        said = text.read(head[:at] + b"%0*d" % (width, value) + head[at + width :], tail)
        return _plain(said)

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
    values = {least, (least + most) // 2, min(most, 10**width - 1)}
    for value in values | ({_LEAP_YEAR} if name == "year" else set()):
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
