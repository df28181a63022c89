"""ISO 8601 and its everyday relatives: year first, in digits.

The model for the other families: the texts with their readers, then the formats with the
examples that prove them.
"""

import re
from datetime import timedelta, timezone
from typing import Final

from plait.logs.times import leads
from plait.logs.times.format import Civil, Example, Text, TimeFormat
from plait.logs.times.zones import ZONE, zone_of

_DATE: Final = rb"\d{4}(?:-\d\d?-\d\d?|/\d\d?/\d\d?|\.\d\d?\.\d\d?|\d{4})"
# Six digits alone are a time only where a letter or sign ties them to the date.
_TIME: Final = rb"(?:[T_:-]|[ ]{1,2}|\t)\d\d?:\d\d:\d\d|[T_:-]\d{6}"
_FIELDS: Final = rb"(\d{4})[-/.]?(\d\d?)[-/.]?(\d\d?)[T \t:_-]+(\d\d?):?(\d\d):?(\d\d)"


def read(head: bytes, tail: bytes) -> Civil | None:
    """Read `2026-03-01T10:00:00` and what follows it."""
    fields = re.fullmatch(_FIELDS, head)
    if fields is None:
        return None
    year, month, day, hour, minute, second = map(int, fields.groups())
    if hour > 23 or minute > 59 or second > 60:
        return None
    return Civil(year, month, day, hour * 3600 + minute * 60 + second, zone_of(tail))


TEXT: Final = Text(
    "iso",
    rb"(%s(?:%s))(?!\d)(?:[.,](\d{1,9}))?(%s)" % (_DATE, _TIME, ZONE),
    read,
    signs=(b"0000-0", b"0000/0", b"0000.0", b"00000000"),
)

_TOKYO: Final = timezone(timedelta(hours=9))

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
            Example(b"[INFO] [2026-03-01 10:00:00 UTC] x", "2026-03-01T10:00:00Z"),
            Example(b"2026-03-01T23:59:60Z leap", "2026-03-02T00:00:00Z"),
            Example(b"2026-02-29 10:00:00 no such day", None),
            Example(b"2026-03-01 24:00:00 no such hour", None),
            Example(b"2026-03 was cold", None),
            Example(b"10.2.2026 is a version", None),
            Example(b"    2026-03-01 10:00:00 quoted by the record above", None),
        ),
    ),
)
