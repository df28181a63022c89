"""Dates in digits with the year last or short; only a sample can tell day from month."""

import re
from collections.abc import Callable
from typing import Final

from plait.logs.times import leads
from plait.logs.times.format import Civil, Example, Text, TimeFormat
from plait.logs.times.words import HALF, second_of_day
from plait.logs.times.zones import ZONE

_DATE: Final = rb"(\d+)[/.-](\d+)[/.-](\d+)[ \tT:,-]+"
_SHORT: Final = rb"(\d+)[/.-](\d+)\.?[ \tT:,-]+"
_CLOCK: Final = rb"(\d\d?):(\d\d?)(?:[:.](\d\d?))?"
# A word and a number before the date: `L `, `[Nest] 123  - `, `[1] `.
_LEAD: Final = rb"(?>(?:L |\[[\w.#-]{1,40}\] *(?:\d{1,8} *- +)?)?)" + leads.WORD
# What may stand between date and time.
_GAP: Final = rb"(?:[ ]{1,2}|[T:\t-]|,[ ]|[ ]--?[ ])"
# To the second, or to the minute.
_TIME: Final = rb"\d\d?:(?:\d\d?[:.]\d\d?(?!\d)|\d\d(?![\d:.,]))"


def _reader(order: str) -> Callable[[bytes, bytes], Civil | None]:
    """A reader of dates whose parts stand in this order, such as `mdy`."""

    def read(head: bytes, tail: bytes) -> Civil | None:
        date = re.match(_DATE if "y" in order else _SHORT, head)
        clock = re.fullmatch(_CLOCK, head[date.end() :]) if date else None
        if date is None or clock is None:
            return None
        parts = dict(zip(order, map(int, date.groups()), strict=True))
        second, zone = second_of_day(clock, tail)
        if second is None:
            return None
        year = parts.get("y")
        if year is not None and year < 100:
            year += 2000
        return Civil(year, parts["m"], parts["d"], second, zone)

    return read


def _text(order: str, date: bytes) -> Text:
    return Text(
        order,
        rb"(%s%s%s)(?:[.,:](\d{1,9}))?(%s%s)" % (date, _GAP, _TIME, HALF, ZONE),
        _reader(order),
        yearless="y" not in order,
        signs=(b"0/0", b"0-0", b"0.0"),
    )


def _format(order: str, title: str, date: bytes, *examples: Example) -> TimeFormat:
    return TimeFormat(order, title, _LEAD, (_text(order, date),), examples, weak=True)


FORMATS: Final = (
    _format(
        "ymd",
        "short year first: 26/03/01 10:00:00",
        rb"\d\d[/-]\d\d[/-]\d\d",
        Example(b"26/03/01 10:00:00 INFO a.B: x", "2026-03-01T10:00:00Z"),
        Example(b"26/03/01 10:00:00.5 x", "2026-03-01T10:00:00.5Z"),
        Example(b"26/13/01 10:00:00 x", None),
    ),
    _format(
        "mdy",
        "month, day, year: 03/01/2026 10:00:00",
        rb"\d\d?[/-]\d\d?[/-](?:\d{4}|\d\d)",
        Example(b"03/01/2026 10:00:00.123 x", "2026-03-01T10:00:00.123Z"),
        Example(b"03/01/2026-10:00:00.123456  [**] x", "2026-03-01T10:00:00.123456Z"),
        Example(b"[Nest] 7  - 03/01/2026, 10:00:00 AM     LOG x", "2026-03-01T10:00:00Z"),
        Example(b"L 03/01/2026 - 10:00:00: x", "2026-03-01T10:00:00Z"),
        Example(b"[3/1/26 10:00:00:123 CET] 00000001 X I y", "2026-03-01T09:00:00.123Z"),
        Example(b"3/1/26, 10:00 AM - x: y", "2026-03-01T10:00:00Z"),
        Example(b"3/1/2026 10:00:00 PM x", "2026-03-01T22:00:00Z"),
        Example(b"3/1/2026 10:00:00 p. m. x", "2026-03-01T22:00:00Z"),
        Example(b"13/01/2026 10:00:00 x", None),
    ),
    _format(
        "dmy",
        "day, month, year: 01.03.2026 10:00:00",
        rb"\d\d?[/.-]\d\d?[/.-](?:\d{4}|\d\d)",
        Example(b"01.03.2026 10:00:00 x", "2026-03-01T10:00:00Z"),
        Example(b"01/03/2026 10:00:00,123 x", "2026-03-01T10:00:00.123Z"),
        Example(b"1/3/2026 -- 10:00:00 - <Info> - x", "2026-03-01T10:00:00Z"),
        Example(b"01/13/2026 10:00:00 x", None),
    ),
    _format(
        "md",
        "month and day: 03/01 10:00:00, 03.01 10:00:00, 03-01 10:00:00 (no year)",
        rb"\d\d?[/.-]\d\d?",
        Example(b"03/01-10:00:00.123456  [**] [1:2:3] x", "2026-03-01T10:00:00.123456Z"),
        Example(b"[03.01 10:00:00] chrome.exe - x", "2026-03-01T10:00:00Z"),
        Example(b"12-31 10:00:00 x", "2025-12-31T10:00:00Z"),
        Example(b"13/01 10:00:00 x", None),
    ),
    _format(
        "dm",
        "day and month: 31/12 10:00:00, 31.12. 10:00:00 (no year)",
        rb"\d\d?[/.-]\d\d?\.?",
        Example(b"31/12 10:00:00 x", "2025-12-31T10:00:00Z"),
        Example(b"01.03. 10:00:00,5 x", "2026-03-01T10:00:00.5Z"),
        Example(b"01/13 10:00:00 x", None),
    ),
)
