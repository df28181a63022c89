"""The time of day alone, as consoles, strace and tcpdump write it: the date is inferred."""

import re
from typing import Final

from plait.logs.times import leads
from plait.logs.times.format import Clock, Example, Text, TimeFormat
from plait.logs.times.words import second_of_day
from plait.logs.times.zones import ZONE

_SECOND: Final = 10**9
_FIELDS: Final = rb"(\d\d?):(\d\d)(?::(\d\d))?"


def read(head: bytes, tail: bytes) -> Clock | None:
    """Read `10:00:00` and `10:00`, perhaps with AM or PM and a zone behind."""
    fields = re.fullmatch(_FIELDS, head)
    second, zone = second_of_day(fields, tail) if fields else (None, b"")
    return None if second is None else Clock(second, zone)


def _read_hourless(head: bytes, tail: bytes) -> Clock | None:
    """Read `29:47`: minute and second."""
    minute, second = map(int, head.split(b":"))
    return Clock(minute * 60 + second, b"", 3600) if minute < 60 and second < 60 else None


def _span(every: int) -> tuple[int, int]:
    """How long what was read holds: a twelfth of a turn back, and ahead until the turn after it
    comes into question, less what clocks may be set by.
    """
    return -every * _SECOND // 12, every * _SECOND * 10 // 12


# Not in a hardware address, not the begin of a subtitle, not a range.
_END: Final = rb"(?![\w:.-]|[ ]?-+>?[ ]?\d)"
_HALF: Final = rb"(?:[ ]?[AaPp][Mm](?![A-Za-z]))?"
_TEXT: Final = Text(
    "clock",
    # To the minute only where a bracket, AM or PM says that it is a time.
    rb"(\d\d?:\d\d:\d\d|(?<=\[)\d\d?:\d\d(?=[ \]])|\d\d?:\d\d(?=[ ]?[AP]M))"
    rb"(?:(?:[.,]|:(?=\d{3}\b))(\d{1,9}+))?+(%s%s)%s" % (_HALF, ZONE, _END),
    read,
    yearless=True,
    span=_span(86_400),
    signs=(b"0:00",),
)
_HOURLESS: Final = Text(
    "hourless",
    rb"(\d\d:\d\d)\.(\d{3})()(?=:)",
    _read_hourless,
    yearless=True,
    span=_span(3600),
    signs=(b"00:00.000",),
)

# A process, a level, what the Windows Installer writes; then perhaps a bracket.
_LEAD: Final = (
    rb"(?>(?:MSI \([a-z]\) \([0-9A-F!]{2}:[0-9A-F!]{2}\) |\[pid +\d{1,8}\] |\d{1,8} +"
    rb"|\[[DIWEC] )?)" + leads.WORD
)

FORMATS: Final = (
    TimeFormat(
        "clock",
        "time of day: 10:00:00.123 (no date), [10:00:00]",
        _LEAD,
        (_TEXT,),
        (
            Example(b"10:00:00.123456 openat(AT_FDCWD, 0) = 3", "2026-03-09T10:00:00.123456Z"),
            Example(b"4711 10:00:00 read(3) = 0", "2026-03-09T10:00:00Z"),
            Example(b"[pid  4711] 10:00:00.5 read(3) = 0", "2026-03-09T10:00:00.5Z"),
            Example(b"[10:00:00] [Server thread/INFO]: x", "2026-03-09T10:00:00Z"),
            Example(b"[10:00:00 INF] x", "2026-03-09T10:00:00Z"),
            Example(b"[I 10:00:00.123 ServerApp] x", "2026-03-09T10:00:00.123Z"),
            Example(b"10:00:00,123 INFO  [org.x] (main) y", "2026-03-09T10:00:00.123Z"),
            Example(b"10:00PM INF x", "2026-03-09T22:00:00Z"),
            Example(b"[10:00] <nick> x", "2026-03-09T10:00:00Z"),
            Example(b"MSI (s) (2C:F8) [10:00:00:123]: x", "2026-03-09T10:00:00.123Z"),
            Example(b"00:1b:44:11:3a:b7 x", None),
            Example(b"10:00:61 x", None),
            Example(b"00:00:01,000 --> 00:00:04,000", None),
            Example(b"10:00 x", None),
        ),
        weak=True,
        needs=4,
    ),
    TimeFormat(
        "tcf",
        "TCF: 29:47.191 (minute and second alone)",
        rb"TCF ",
        (_HOURLESS,),
        (
            Example(b"TCF 29:47.191: Server: x", "2026-03-09T23:29:47.191Z"),
            Example(b"TCF 00:00.000: x", "2026-03-10T00:00:00Z"),
            Example(b"TCF 60:47.191: x", None),
        ),
        weak=True,
    ),
)
