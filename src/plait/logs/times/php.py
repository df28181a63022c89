"""PHP's error log, which names a place for a zone."""

from typing import Final

from plait.logs.times import words
from plait.logs.times.format import Example, Text, TimeFormat
from plait.logs.times.zones import AREA

FORMATS: Final = (
    TimeFormat(
        "php",
        "PHP error log: [01-Mar-2026 10:00:00 Europe/Berlin] PHP Warning",
        rb"\[",
        (
            Text(
                "php",
                rb"(\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d)(?:\.(\d{1,9}))?( %s)(?=\])" % AREA,
                words.read,
                signs=(b"-aaa-0000 00:00:00",),
            ),
        ),
        (
            Example(b"[01-Mar-2026 10:00:00 Europe/Berlin] PHP x", "2026-03-01T09:00:00Z"),
            Example(b"[01-Jul-2025 10:00:00 America/New_York] x", "2025-07-01T14:00:00Z"),
            Example(b"[01-Foo-2026 10:00:00 Europe/Berlin] PHP x", None),
        ),
        signs=(b"[00-",),
    ),
)
