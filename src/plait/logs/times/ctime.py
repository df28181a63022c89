"""ctime, RFC 2822 and other dates that name the month and say the year."""

from datetime import timedelta, timezone
from typing import Final

from plait.logs.times import leads, words
from plait.logs.times.format import Example, TimeFormat

_TOKYO: Final = timezone(timedelta(hours=9))

FORMATS: Final = (
    TimeFormat(
        "ctime",
        "ctime: Sun Mar  1 10:00:00 2026",
        leads.SHORT,
        (words.YEAR_LAST, words.MONTH_FIRST),
        (
            Example(b"Sun Mar  1 10:00:00 2026 x", "2026-03-01T10:00:00Z"),
            Example(b"Sun Mar  1 10:00:00 2026", "2026-03-01T01:00:00Z", _TOKYO),
            Example(b"Sun Mar  1 10:00:00 UTC 2026 x", "2026-03-01T10:00:00Z", _TOKYO),
            Example(b"Sun Mar 1 10:00:00 -0700 2026 x", "2026-03-01T17:00:00Z"),
            Example(b"[Sun Mar 01 2026 10:00:00 PM] x", "2026-03-01T22:00:00Z"),
            Example(b"Mar 1, 2026, 10:00:00\xe2\x80\xafPM x", "2026-03-01T22:00:00Z"),
            Example(b"Sun Mar 32 10:00:00 2026 x", None),
            Example(b"Sun Mar 2026 was cold", None),
        ),
    ),
    TimeFormat(
        "rfc2822",
        "RFC 2822, log4j: Sun, 01 Mar 2026 10:00:00 +0100, 01 Mar 2026 10:00:00,123",
        leads.SHORT,
        (words.DAY_FIRST, words.YEAR_FIRST),
        (
            Example(b"Sun, 01 Mar 2026 10:00:00 +0100 x", "2026-03-01T09:00:00Z"),
            Example(b"01 Mar 2026 10:00:00,123 [main] INFO x", "2026-03-01T10:00:00.123Z"),
            Example(b"[01-Mar-26 10:00:00] x", "2026-03-01T10:00:00Z"),
            Example(b"2026 Mar 01 10:00:00 x", "2026-03-01T10:00:00Z"),
            Example(b"[01Mar2026 10:00:00.123] [main/INFO] x", "2026-03-01T10:00:00.123Z"),
            Example(b"01 Mar 10:00 x", None),
            Example(b"31 Apr 2026 10:00:00 x", None),
        ),
    ),
)

ERLANG: Final = TimeFormat(
    "erlang",
    "Erlang: =INFO REPORT==== 1-Mar-2026::10:00:00.123 ===",
    rb"=[A-Z ]{1,30} REPORT==== ",
    (words.DAY_FIRST,),
    (
        Example(b"=INFO REPORT==== 1-Mar-2026::10:00:00.123456 ===", "2026-03-01T10:00:00.123456Z"),
        Example(b"=CRASH REPORT==== 31-Dec-2025::23:59:59 ===", "2025-12-31T23:59:59Z"),
        Example(b"=INFO REPORT==== 32-Mar-2026::10:00:00 ===", None),
    ),
    signs=(b"==== ",),
)
