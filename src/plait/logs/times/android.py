"""Android's logcat: month and day in digits, then process and level."""

import re
from typing import Final

from plait.logs.times.format import Civil, Example, Text, TimeFormat
from plait.logs.times.zones import zone_of

_FIELDS: Final = rb"(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)"


def read(head: bytes, tail: bytes) -> Civil | None:
    """Read `03-01 10:00:00`."""
    fields = re.fullmatch(_FIELDS, head)
    if fields is None:
        return None
    month, day, hour, minute, second = map(int, fields.groups())
    if hour > 23 or minute > 59 or second > 60:
        return None
    return Civil(None, month, day, hour * 3600 + minute * 60 + second, zone_of(tail))


# What logcat writes behind the time: with a user, a process and a thread, a level and a tag
# (threadtime), a level and a tag (time), a process and a thread, then those (long).
_REST: Final = rb"[ ]+(?:(?:\w+[ ]+)?\d+[ ]+\d+[ ]+[VDIWEFSA][ ]|[VDIWEFSA]/|\d+:[ ]*\d+[ ])"

FORMATS: Final = (
    TimeFormat(
        "android",
        "Android logcat: 03-01 10:00:00.123  1234  5678 I tag: x (no year)",
        rb"(?:\[ )?",
        (
            Text(
                "logcat",
                rb"(\d\d-\d\d \d\d:\d\d:\d\d)\.(\d{1,9})((?: [+-]\d{4})?)(?=[ ])",
                read,
                yearless=True,
                signs=(b"00-00 00:00:00.0",),
                shown=_REST,
            ),
        ),
        (
            Example(b"03-01 10:00:00.123  1234  5678 I tag: x", "2026-03-01T10:00:00.123Z"),
            Example(b"03-01 10:00:00.123 I/tag( 1234): x", "2026-03-01T10:00:00.123Z"),
            Example(b"12-31 10:00:00.123456 1000 12 34 W tag: x", "2025-12-31T10:00:00.123456Z"),
            Example(b"03-01 10:00:00.123 +0100 12 34 W tag: x", "2026-03-01T09:00:00.123Z"),
            Example(b"[ 03-01 10:00:00.123  1234: 5678 I/tag ]", "2026-03-01T10:00:00.123Z"),
            Example(b"13-01 10:00:00.123  1234  5678 I tag: x", None),
            Example(b"03-01 10:00:00 items", None),
        ),
        weak=True,
    ),
)
