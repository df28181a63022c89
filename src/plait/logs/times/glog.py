"""glog and klog: a letter for the level, month and day, time to the microsecond."""

import re
from typing import Final

from plait.logs.times import leads
from plait.logs.times.format import Civil, Example, Text, TimeFormat

_FIELDS: Final = rb"(\d{4})?(\d\d)(\d\d) +(\d\d):(\d\d):(\d\d)"


def read(head: bytes, tail: bytes) -> Civil | None:
    """Read `0301 10:00:00` or `20260301 10:00:00`."""
    fields = re.fullmatch(_FIELDS, head)
    if fields is None:
        return None
    month, day, hour, minute, second = map(int, fields.groups()[1:])
    if hour > 23 or minute > 59 or second > 60:
        return None
    year = int(fields[1]) if fields[1] else None
    return Civil(year, month, day, hour * 3600 + minute * 60 + second, b"")


_REST: Final = rb" +\d\d:\d\d:\d\d)\.(\d{1,9})()(?=[ \t])"
_SIGNS: Final = (b"00:00:00.0",)

FORMATS: Final = (
    TimeFormat(
        "glog",
        "glog, klog: I0301 10:00:00.123456 (no year), I20260301 10:00:00.123456",
        rb"%s%s[DIWEFTV]" % (leads.COLOUR, leads.CONTAINER),
        (
            Text("glog", rb"(\d{4}" + _REST, read, yearless=True, signs=_SIGNS),
            Text("glog-year", rb"(\d{8}" + _REST, read, signs=_SIGNS),
        ),
        (
            Example(b"I0301 10:00:00.123456    7 main.go:7] x", "2026-03-01T10:00:00.123456Z"),
            Example(b"E1231 23:00:00.000001 7 a.cc:7] x", "2025-12-31T23:00:00.000001Z"),
            Example(b"W20260301 10:00:00.5 7 a.cc:7] x", "2026-03-01T10:00:00.5Z"),
            Example(b"I1301 10:00:00.123456 7 a.cc:7] no such month", None),
            Example(b"X0301 10:00:00.123456 7 a.cc:7] no such level", None),
        ),
        signs=(b"a0000",),
    ),
)
