"""Dates that name the month: the pieces and the reader shared by syslog, ctime, web and mail."""

import re
from typing import Final

from plait.logs.times.format import Civil, Text
from plait.logs.times.zones import ZONE, zone_of

_MONTHS: Final = (
    b"january", b"february", b"march", b"april", b"may", b"june", b"july", b"august",
    b"september", b"october", b"november", b"december",
)  # fmt: skip
_BY_NAME: Final = {
    short: number
    for number, name in enumerate(_MONTHS, 1)
    for short in {name, name[:3], name[:4] if number == 9 else name}
}

_WEEKDAY: Final = rb"(?:[MTWFSmtwfs][A-Za-z]{2,8}+[.,]{0,2}[ \t]+)?"
_MONTH: Final = rb"[JFMASONDjfmasond][A-Za-z]{2,8}+\.?"
_DAY: Final = rb"[0-3]?\d"
_ORDINAL: Final = rb"[0-3]?\d(?:st|nd|rd|th)?"
_TIME: Final = rb"\d\d?:\d\d:\d\d(?!\d)"
_YEAR: Final = rb"(?:19|20)\d\d(?![\d:.-])"
# A colon may stand before three or six digits.
_FRACTION: Final = rb"(?:(?:[.,]|:(?=(?:\d{3}){1,2}(?![\d:])))(\d{1,9}))?"
#: AM or PM, `p. m.` too; Java since version 20 puts a narrow space before it.
HALF: Final = rb"(?:(?:[ ]|\xe2\x80\xaf|\xc2\xa0)?[AaPp](?:[Mm]|\.[ ]?[Mm]\.)(?![A-Za-z]))?"

_CLOCK: Final = rb"(?<!\d)(\d\d?):(\d\d?)[:.](\d\d?)"
_WORDS: Final = rb"[A-Za-z]+|\d+"
# A year in the tail, not the digits of an offset: `2026`, not `+2026`.
_TAIL_YEAR: Final = rb"(?<![+\-:\d\x92])((?:19|20)\d\d)(?![\d:])"
_HALVES: Final = rb"(?:\s|\xe2\x80\xaf|\xc2\xa0)*([AaPp])(?:[Mm]|\.[ ]?[Mm]\.)(?![A-Za-z])"


def month_of(word: bytes) -> int | None:
    """1 to 12 for the name of a month or its first three letters."""
    return _BY_NAME.get(word.lower())


def read(head: bytes, tail: bytes) -> Civil | None:
    """Read a date with a named month, its parts in any order, and the time of day."""
    clock = re.search(_CLOCK, head)
    if clock is None:
        return None
    year = month = day = None
    for word in re.findall(_WORDS, head[: clock.start()]):
        if not word.isdigit():
            month = month or month_of(word)
        elif len(word) == 4:
            year = int(word)
        elif day is None:
            day = int(word)
        else:
            year = 2000 + int(word)
    second, zone = second_of_day(clock, tail)
    if month is None or day is None or second is None:
        return None
    return Civil(year, month, day, second, zone)


def second_of_day(clock: re.Match[bytes], tail: bytes) -> tuple[int | None, bytes]:
    """The second of the day (None when no clock shows it), and the tail without AM or PM."""
    hour, minute, second = (int(part or 0) for part in clock.groups())
    half = re.match(_HALVES, tail)
    if half is not None:
        tail = tail[half.end() :]
        if not 1 <= hour <= 12:
            return None, tail
        hour = hour % 12 + (12 if half[1] in b"Pp" else 0)
    if hour > 23 or minute > 59 or second > 60:
        return None, tail
    return hour * 3600 + minute * 60 + second, zone_of(tail)


def _read_year_last(head: bytes, tail: bytes) -> Civil | None:
    """Read `Mar  1 10:00:00 UTC 2026`, not `Mar  1 10:00:00 HOST 2026 x`."""
    year = re.search(_TAIL_YEAR, tail)
    if year is None:
        return None
    before, after = tail[: year.start()].strip(), tail[year.end() :]
    if before and not zone_of(before):
        return None
    said = read(head, before or after)
    return None if said is None else said._replace(year=int(year[1]))


# `Sun Mar  1 10:00:00.123 UTC 2026 +01:00`: the year after the time.
YEAR_LAST: Final = Text(
    "year-last",
    rb"(%s%s[ \t-]+%s,?[ \t]+%s)%s(%s[ \t]+%s%s)"
    % (_WEEKDAY, _MONTH, _DAY, _TIME, _FRACTION, ZONE, _YEAR, ZONE),
    _read_year_last,
    signs=(b" 0000", b"\t0000"),
)
# `Sun, Mar 1 2026 10:00:00`, `March 1st, 2026 at 10:00:00`: month, day, year, time.
MONTH_FIRST: Final = Text(
    "month-first",
    rb"(%s%s[ \t-]+%s,?[ \t]+%s,?[ \t]+(?:at[ ])?%s)%s(%s%s)"
    % (_WEEKDAY, _MONTH, _ORDINAL, _YEAR, _TIME, _FRACTION, HALF, ZONE),
    read,
    signs=(b"0000 ", b"0000\t", b"0000,"),
)
# `Sun, 01 Mar 2026 10:00:00`, `01-Mar-26 10:00:00`, `01/Mar/2026:10:00:00`, `01Mar2026 10:00:00`.
DAY_FIRST: Final = Text(
    "day-first",
    rb"(%s%s[ /-]*%s[ /-]*(?:\d{4}|\d\d)(?:[ \t]+|::?)%s)%s(%s%s)"
    % (_WEEKDAY, _DAY, _MONTH, _TIME, _FRACTION, HALF, ZONE),
    read,
    signs=(b" 00", b"/00", b"-00", b"a00", b"a.00"),
)
# `2026 Mar 01 10:00:00`.
YEAR_FIRST: Final = Text(
    "year-first",
    rb"((?:19|20)\d\d[ -/]%s[ -/]%s[ \t]+%s)%s(%s)" % (_MONTH, _DAY, _TIME, _FRACTION, ZONE),
    read,
    signs=tuple(b"0000%ca" % sign for sign in range(0x20, 0x30)),  # what `[ -/]` stands for
)
# `mar/01/2026 10:00:00`.
SLASHED: Final = Text(
    "slashed",
    rb"([A-Za-z]{3}/\d\d/(?:19|20)\d\d[ ]%s)%s()" % (_TIME, _FRACTION),
    read,
    signs=(b"aaa/00/0000 ",),
)
# `1 Mar 10:00:00`, without a year.
YEARLESS_DAY_FIRST: Final = Text(
    "yearless-day-first",
    rb"(%s[ -]%s[ -]+%s)%s(%s)" % (_DAY, _MONTH, _TIME, _FRACTION, ZONE),
    read,
    yearless=True,
    signs=(b"0 aaa", b"0-aaa"),
)
# `Mar  1 10:00:00`, `Mar-01 10:00:00`, without a year.
YEARLESS: Final = Text(
    "yearless",
    rb"(%s%s[ \t-]+%s[ \t]+%s)%s(%s)(?![ \t]+%s)"
    % (_WEEKDAY, _MONTH, _DAY, _TIME, _FRACTION, ZONE, _YEAR),
    read,
    yearless=True,
    signs=(b" 0:00:00", b" 00:00:00", b"\t0:00:00", b"\t00:00:00"),
)
