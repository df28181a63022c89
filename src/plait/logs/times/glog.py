"""glog and its relatives: a letter for the level, the date in one number, then the time."""

import re
from typing import Final

from plait.logs.times import epoch, leads
from plait.logs.times.format import Civil, Example, Text, TimeFormat

_FIELDS: Final = rb"(\d{4}|\d\d)?(\d\d)(\d\d)(?: +|[/,])(\d\d):?(\d\d):?(\d\d)"


def read(head: bytes, tail: bytes) -> Civil | None:
    """Read `0301 10:00:00`, `260301 10:00:00` or `20260301 10:00:00`; `0301/100000` too."""
    fields = re.fullmatch(_FIELDS, head)
    if fields is None:
        return None
    month, day, hour, minute, second = map(int, fields.groups()[1:])
    if hour > 23 or minute > 59 or second > 60:
        return None
    year = int(fields[1]) if fields[1] else None
    if year is not None and year < 100:
        year += 2000
    return Civil(year, month, day, hour * 3600 + minute * 60 + second, b"")


_REST: Final = rb" +\d\d:\d\d:\d\d)\.(\d{1,9})()(?=[ \t])"
_SIGNS: Final = (b"00:00:00.0",)

FORMATS: Final = (
    TimeFormat(
        "glog",
        "glog, klog, absl: I0301 10:00:00.123456 (no year), I20260301 10:00:00.123456",
        rb"%s%s[DIWEFTV]" % (leads.COLOUR, leads.CONTAINER),
        (
            Text("glog", rb"(\d{4}" + _REST, read, yearless=True, signs=_SIGNS),
            Text("glog-year", rb"(\d{6}(?:\d\d)?" + _REST, read, signs=_SIGNS),
            # What absl writes before it is set up.
            Text(
                "glog-epoch",
                rb"(?:0000 00:00:)([1-3]\d{9})\.(\d{1,9})()(?=[ \t])",
                epoch.read,
                signs=(b"00:0000000000.0",),
            ),
        ),
        (
            Example(b"I0301 10:00:00.123456    7 main.go:7] x", "2026-03-01T10:00:00.123456Z"),
            Example(b"E1231 23:00:00.000001 7 a.cc:7] x", "2025-12-31T23:00:00.000001Z"),
            Example(b"W20260301 10:00:00.5 7 a.cc:7] x", "2026-03-01T10:00:00.5Z"),
            Example(b"I260301 10:00:00.123456 7 a.go:7  x", "2026-03-01T10:00:00.123456Z"),
            Example(b"I0000 00:00:1772359200.5 7 a.cc:7] x", "2026-03-01T10:00:00.5Z"),
            Example(b"I1301 10:00:00.123456 7 a.cc:7] no such month", None),
            Example(b"X0301 10:00:00.123456 7 a.cc:7] no such level", None),
        ),
        signs=(b"a0000",),
    ),
    TimeFormat(
        "chrome",
        "Chromium: [7:7:0301/100000.123456:ERROR:a.cc(7)] (no year)",
        rb"%s\[(?:\d{1,8}:){0,2}" % leads.COLOUR,
        (
            Text(
                "chrome",
                rb"(\d{4}/\d{6})(?:\.(\d{1,9}))?()(?=:[A-Z]{3,10}\d?[:(])",
                read,
                yearless=True,
                signs=(b"0000/000000",),
            ),
        ),
        (
            Example(b"[7:7:0301/100000.123456:ERROR:a.cc(7)] x", "2026-03-01T10:00:00.123456Z"),
            Example(b"[0301/100000:WARNING:a.cc(7)] x", "2026-03-01T10:00:00Z"),
            Example(b"[0301/100000] x", None),
            Example(b"[1301/100000:WARNING:a.cc(7)] no such month", None),
        ),
        weak=True,
    ),
    TimeFormat(
        "tornado",
        "Tornado: [I 260301 10:00:00 web:7] x",
        rb"%s%s\[[DIWEC] " % (leads.COLOUR, leads.CONTAINER),
        (
            Text(
                "tornado",
                rb"(\d{6} \d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?()(?=[ ])",
                read,
                signs=(b"000000 00:00:00",),
            ),
        ),
        (
            Example(b"[I 260301 10:00:00 web:2239] 200 GET /", "2026-03-01T10:00:00Z"),
            Example(b"[W 260301 10:00:00.123 web:7] 404", "2026-03-01T10:00:00.123Z"),
            Example(b"[I 261301 10:00:00 web:7] x", None),
        ),
        signs=(b"[a ",),
    ),
)
