"""ISO 8601 and its everyday relatives: year first, in digits.

The model for the other families: the texts with their readers, then the formats with the
examples that prove them.
"""

import re
from datetime import date, timedelta, timezone
from typing import Final

from plait.logs.times import leads
from plait.logs.times.format import Civil, Example, Text, TimeFormat
from plait.logs.times.zones import ZONE, zone_of

_DATE: Final = rb"\d{4}(?:-\d\d?-\d\d?|/\d\d?/\d\d?|\.\d\d?\.\d\d?|\d{4})"
# Six digits alone are a time only where a letter or sign ties them to the date.
_TIME: Final = rb"(?:[Tt_:-]|[ ]{1,2}|\t)\d\d?:\d\d:\d\d|[T_:-]\d{6}"
_FIELDS: Final = rb"(\d{4})[-/.]?(\d\d?)[-/.]?(\d\d?)[Tt \t:_-]+(\d\d?):?(\d\d?):?(\d\d?)"


def read(head: bytes, tail: bytes) -> Civil | None:
    """Read `2026-03-01T10:00:00` and what follows it."""
    fields = re.fullmatch(_FIELDS, head)
    if fields is None:
        return None
    year, month, day, hour, minute, second = map(int, fields.groups())
    if tail[-1:] == b"M" and 1 <= hour <= 12 and tail.strip() in (b"AM", b"PM"):
        hour = hour % 12 + (12 if tail[-2:] == b"PM" else 0)
    if hour > 23 or minute > 59 or second > 60:
        return None
    return Civil(year, month, day, hour * 3600 + minute * 60 + second, zone_of(tail))


TEXT: Final = Text(
    "iso",
    # A colon may stand before three or six digits.
    rb"(%s(?:%s))(?!\d|:\d\d?\|)(?:(?:[.,]|:(?=(?:\d{3}){1,2}(?![\d:])))(\d{1,9}))?(%s)"
    % (_DATE, _TIME, ZONE),
    read,
    signs=(b"0000-0", b"0000/0", b"0000.0", b"00000000"),
)

# Of rare formats: compiled when the first is read, not when plait starts.
_DAYS: Final = rb"(\d{4})(?:-?W(\d\d)-?([1-7])|[-.]?(\d{3}))[T ]{1,2}(\d\d):?(\d\d):?(\d\d)"


def read_day(head: bytes, tail: bytes) -> Civil | None:
    """Read `2026-W09-7T10:00:00` and `2026-060T10:00:00`."""
    fields = re.fullmatch(_DAYS, head)
    if fields is None:
        return None
    year, hour, minute, second = map(int, fields.group(1, 5, 6, 7))
    if hour > 23 or minute > 59 or second > 60:
        return None
    try:
        if fields[2]:
            day = date.fromisocalendar(year, int(fields[2]), int(fields[3]))
        else:
            day = date(year, 1, 1) + timedelta(int(fields[4]) - 1)
            if day.year != year:
                return None
    except (ValueError, OverflowError):
        return None
    return Civil(day.year, day.month, day.day, hour * 3600 + minute * 60 + second, zone_of(tail))


_DAY_TEXT: Final = Text(
    "day",
    rb"(\d{4}(?:(?:-W\d\d-\d|W\d{3}|[-.]?\d{3})(?:T|[ ]{1,2})\d\d:\d\d:\d\d"
    rb"|(?:W\d{3}|\d{3})T\d{6}))(?!\d)(?:[.,](\d{1,9}))?(%s)" % ZONE,
    read_day,
    signs=(
        b"0000-a00",
        b"0000a000",
        *(b"0000%s000%s" % (sign, gap) for sign in (b"-", b".", b"") for gap in (b"a", b" ")),
    ),
)

_DOTS: Final = rb"(\d{4})[-.](\d\d)[-.](\d\d)-(\d\d)\.(\d\d)\.(\d\d)"


def read_dotted(head: bytes, tail: bytes) -> Civil | None:
    """Read `2026-03-01-10.00.00`; what follows it is the zone in minutes, as in `+060`."""
    fields = re.fullmatch(_DOTS, head)
    if fields is None:
        return None
    year, month, day, hour, minute, second = map(int, fields.groups())
    if hour > 23 or minute > 59 or second > 60:
        return None
    zone = b"%c%02d:%02d" % (tail[:1], *divmod(int(tail[1:]), 60)) if tail else b""
    return Civil(year, month, day, hour * 3600 + minute * 60 + second, zone)


_DOTTED: Final = Text(
    "dotted",
    rb"(\d{4}(?:-\d\d-|\.\d\d\.)\d\d-\d\d\.\d\d\.\d\d)(?:[.:](\d{1,9}))?([+-]\d{3}|)(?![\w.-])",
    read_dotted,
    signs=(b"0000-00-00-00.00.00", b"0000.00.00-00.00.00"),
)


def read_unpadded(head: bytes, tail: bytes) -> Civil | None:
    """Read `20260301-10:00:00:97`, where the last number is milliseconds."""
    clock, _, ms = head.rpartition(b":")
    said = read(clock, tail)
    return None if said is None else said._replace(ns=int(ms) * 10**6)


# To the minute.
_SHORT: Final = Text(
    "minute",
    rb"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d)()(?![:\d])(%s)" % ZONE,
    lambda head, tail: read(head + b":00", tail),
    signs=(b"0000-00-00 00:00", b"0000-00-00a00:00"),
)

_TOKYO: Final = timezone(timedelta(hours=9))

MINUTES: Final = TimeFormat(
    "iso-minute",
    "ISO 8601 to the minute: 2026-03-01 10:00, 2026-03-01T10:00Z",
    leads.WORD,
    (_SHORT,),
    (
        Example(b"[2026-03-01 10:00] [ALPM] upgraded x", "2026-03-01T10:00:00Z"),
        Example(b"2026-03-01T10:00+01:00 x", "2026-03-01T09:00:00Z"),
        Example(b"2026-03-01 24:00 x", None),
        Example(b"2026-03-01 10:0 x", None),
    ),
    weak=True,
    needs=3,
)

DIGITS: Final = TimeFormat(
    "digits",
    "date and time in one number: 20260301100000, 20260301100000.123Z",
    rb"(?>%s[\[(]?)" % leads.CONTAINER,
    (
        Text(
            "digits",
            rb"((?:19|20)\d{2}[01]\d[0-3]\d[0-2]\d[0-5]\d[0-6]\d)(?:[.,]?(\d{3}|\d{6}|\d{9}))?"
            rb"(Z|[+-]\d{4}|)(?![\w.])",
            lambda head, tail: read(head[:8] + b"T" + head[8:], tail),
            signs=(b"00000000000000",),
        ),
    ),
    (
        Example(b"20260301100000 x", "2026-03-01T10:00:00Z"),
        Example(b"[20260301100000.123Z] x", "2026-03-01T10:00:00.123Z"),
        Example(b"20260301100000123 x", "2026-03-01T10:00:00.123Z"),
        Example(b"2026030110000 x", None),
        Example(b"20261301100000 x", None),
    ),
    weak=True,
    needs=3,
)

FORMATS: Final = (
    TimeFormat(
        "rfc5424",
        "syslog, RFC 5424: <165>1 2026-03-01T10:00:00.123Z",
        rb"<\d{1,3}>\d{1,2} ",
        (TEXT,),
        (
            Example(
                b"<165>1 2026-03-01T10:00:00.003Z host app - ID47 - x", "2026-03-01T10:00:00.003Z"
            ),
            Example(b"<34>1 2026-03-01T10:00:00-07:00 host su - - -", "2026-03-01T17:00:00Z"),
            Example(b"<165>1 - host app - - - no time", None),
        ),
        signs=(b"0>0",),
    ),
    TimeFormat(
        "iso",
        "ISO 8601: 2026-03-01T10:00:00.123+01:00, 2026/03/01 10:00:00",
        leads.SHORT,
        (TEXT,),
        (
            Example(b"2026-03-01T10:00:00Z started", "2026-03-01T10:00:00Z"),
            Example(b"2026-03-01 10:00:00,123 [main] INFO  a.B - x", "2026-03-01T10:00:00.123Z"),
            Example(b"2026-03-01 10:00:00.123456789 +0130 x", "2026-03-01T08:30:00.123456789Z"),
            Example(b"2026/03/01 10:00:00 [error] 7#7: *1 open()", "2026-03-01T01:00:00Z", _TOKYO),
            Example(b"20260301T100000Z x", "2026-03-01T10:00:00Z"),
            Example(b"20260301-1:00:00:606|Walk|7|x", "2026-03-01T01:00:00.606Z"),
            Example(b"[INFO] [2026-03-01 10:00:00 UTC] x", "2026-03-01T10:00:00Z"),
            Example(b"2026-03-01 10:00:00 PM x", "2026-03-01T22:00:00Z"),
            Example(b"2026-03-01t10:00:00z x", "2026-03-01T10:00:00Z"),
            Example(b"(2026-03-01 10:00:00:123456): [be] x", "2026-03-01T10:00:00.123456Z"),
            Example(b"2026-03-01T23:59:60Z leap", "2026-03-02T00:00:00Z"),
            Example(b"2026-02-29 10:00:00 no such day", None),
            Example(b"2026-03-01 24:00:00 no such hour", None),
            Example(b"2026-03 was cold", None),
            Example(b"10.2.2026 is a version", None),
            Example(b"    2026-03-01 10:00:00 quoted by the record above", None),
        ),
    ),
    TimeFormat(
        "iso-day",
        "ISO 8601 by week or day of the year: 2026-W09-7T10:00:00, 2026-060T10:00:00",
        leads.SHORT,
        (_DAY_TEXT,),
        (
            Example(b"2026-W09-7T10:00:00Z x", "2026-03-01T10:00:00Z"),
            Example(b"2026W097T100000+0100 x", "2026-03-01T09:00:00Z"),
            Example(b"2026-W01-1T00:00:00 x", "2025-12-29T00:00:00Z"),
            Example(b"2026-060T10:00:00,123:DEBUG:x", "2026-03-01T10:00:00.123Z"),
            Example(b"2026060T100000Z x", "2026-03-01T10:00:00Z"),
            Example(b"2026.060 10:00:00.12 x", "2026-03-01T10:00:00.12Z"),
            Example(b"2026-W54-1T10:00:00 no such week", None),
            Example(b"2026-366T10:00:00 no such day", None),
            Example(b"2026-000 10:00:00 no such day", None),
            Example(b"2026-060 is a part number", None),
        ),
    ),
    TimeFormat(
        "healthapp",
        "HealthApp: 20260301-10:00:00:97|Walk|7|x (milliseconds without zeros in front)",
        leads.SHORT,
        (
            Text(
                "unpadded",
                rb"(\d{8}-\d\d?:\d\d?:\d\d?:\d{1,3})()()(?=\|)",
                read_unpadded,
                signs=(b"00000000-0",),
            ),
        ),
        (
            Example(b"20260301-10:00:00:97|Walk|7|x", "2026-03-01T10:00:00.097Z"),
            Example(b"20260301-0:7:5:606|Walk|7|x", "2026-03-01T00:07:05.606Z"),
            Example(b"20260301-24:00:00:97|Walk|7|x", None),
            Example(b"20260301-0:7:5|Walk|7|x", None),
        ),
    ),
    TimeFormat(
        "dotted",
        "DB2, Unreal Engine: 2026-03-01-10.00.00.123456, 2026.03.01-10.00.00:123",
        leads.SHORT,
        (_DOTTED,),
        (
            Example(b"2026-03-01-10.00.00.123456+060 I1A7 LEVEL: x", "2026-03-01T09:00:00.123456Z"),
            Example(b"2026-03-01-10.00.00.123456 x", "2026-03-01T10:00:00.123456Z"),
            Example(b"[2026.03.01-10.00.00:123][  0]LogInit: x", "2026-03-01T10:00:00.123Z"),
            Example(b"2026-03-01-10.00 x", None),
            Example(b"2026-03-01-25.00.00 x", None),
        ),
    ),
)
