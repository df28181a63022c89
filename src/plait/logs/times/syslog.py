"""Syslog as RFC 3164 has it: month, day and time, without a year."""

from typing import Final

from plait.logs.times import leads, words
from plait.logs.times.format import Example, TimeFormat

# 2026-01-01 00:30 UTC: lines of the evening before belong to the old year.
_NEW_YEAR: Final = 1_767_227_400 * 10**9

FORMATS: Final = (
    TimeFormat(
        "syslog",
        "syslog, RFC 3164: Mar  1 10:00:00 (no year)",
        leads.SHORT,
        (words.YEARLESS, words.YEARLESS_DAY_FIRST),
        (
            Example(b"Mar  1 10:00:00 host app[7]: x", "2026-03-01T10:00:00Z"),
            Example(b"<34>Mar 01 10:00:00 host su: x", "2026-03-01T10:00:00Z"),
            Example(b"Dec 31 23:59:59 host x", "2025-12-31T23:59:59Z", reference=_NEW_YEAR),
            Example(b"Jan 1 00:10:00 host x", "2026-01-01T00:10:00Z", reference=_NEW_YEAR),
            Example(b"Feb 29 10:00:00 host x", "2024-02-29T10:00:00Z"),
            Example(b"Wed Jun  3 00:30:07.380 <kernel> x", "2025-06-03T00:30:07.38Z"),
            Example(b"01 Mar 10:00:00 ntpd[7]: x", "2026-03-01T10:00:00Z"),
            Example(b"Feb 30 10:00:00 host x", None),
            Example(b"Marvin 1 10:00:00 is no month", None),
            Example(b"Mar 1 10:00 host x", None),
        ),
    ),
)
