"""Dates in digits with the year last or short; only a sample can tell day from month."""

import re
from collections.abc import Callable
from typing import Final

from plait.logs.times import leads
from plait.logs.times.format import Civil, Example, Text, TimeFormat
from plait.logs.times.words import HALF, second_of_day
from plait.logs.times.zones import ZONE

_DATE: Final = re.compile(rb"(\d+)[/.-](\d+)[/.-](\d+)[ T:-]+")
_CLOCK: Final = re.compile(rb"(\d\d?):(\d\d?)[:.](\d\d?)")


def _reader(order: str) -> Callable[[bytes, bytes], Civil | None]:
    """A reader of dates whose parts stand in this order, such as `mdy`."""

    def read(head: bytes, tail: bytes) -> Civil | None:
        date = _DATE.match(head)
        clock = _CLOCK.fullmatch(head, date.end()) if date else None
        if date is None or clock is None:
            return None
        parts = dict(zip(order, map(int, date.groups()), strict=True))
        second, zone = second_of_day(clock, tail)
        if second is None:
            return None
        year = parts["y"] + (2000 if parts["y"] < 100 else 0)
        return Civil(year, parts["m"], parts["d"], second, zone)

    return read


def _text(order: str, date: bytes) -> Text:
    return Text(
        order,
        rb"(%s[ T:-]\d\d?:\d\d?[:.]\d\d?)(?!\d)(?:[.,:](\d{1,9}))?(%s%s)" % (date, HALF, ZONE),
        _reader(order),
    )


def _format(order: str, title: str, date: bytes, *examples: Example) -> TimeFormat:
    return TimeFormat(order, title, leads.SHORT, (_text(order, date),), examples, weak=True)


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
        Example(b"01/13/2026 10:00:00 x", None),
    ),
)
