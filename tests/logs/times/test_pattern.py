"""Formats given as a pattern."""

import pytest

from plait.errors import UsageError
from tests.logs.times.stamps import scanned, shown, stamper


@pytest.mark.parametrize(
    ("pattern", "line", "time"),
    [
        ("%d.%m.%Y %H:%M:%S", b"01.03.2026 10:00:00 x", "2026-03-01T10:00:00Z"),
        ("%d.%m.%Y %H:%M:%S", b"host 7 | 01.03.2026  10:00:00 x", "2026-03-01T10:00:00Z"),
        ("%Y-%m-%d %H:%M:%S.%f", b"2026-03-01 10:00:00.5", "2026-03-01T10:00:00.5Z"),
        (
            "%Y-%m-%dT%H:%M:%S.%f%z",
            b"2026-03-01T10:00:00.123456789+01:00",
            "2026-03-01T09:00:00.123456789Z",
        ),
        ("%a %b %e %I:%M:%S %p %Y", b"Sun Mar  1 10:00:00 PM 2026", "2026-03-01T22:00:00Z"),
        ("%A, %B %d, %Y %I:%M %p", b"Sunday, March 1, 2026 12:05 am", "2026-03-01T00:05:00Z"),
        ("%y%m%d %H:%M:%S", b"260301 10:00:00 x", "2026-03-01T10:00:00Z"),
        ("%Y-%jT%H:%M:%S", b"2026-060T10:00:00", "2026-03-01T10:00:00Z"),
        ("%m/%d %H:%M:%S", b"03/01 10:00:00", "2026-03-01T10:00:00Z"),
        ("at %s", b"x at 1772359200 x", "2026-03-01T10:00:00Z"),
        ("%s.%f", b"1772359200.25 x", "2026-03-01T10:00:00.25Z"),
        ("100%% %Y-%m-%d %H:%M", b"100% 2026-03-01 10:00", "2026-03-01T10:00:00Z"),
        ("(%Y) %m+%d %H", b"(2026) 3+1 10", "2026-03-01T10:00:00Z"),
        ("%H:%M:%S %Z %d/%m/%Y", b"10:00:00 PST 01/03/2026", "2026-03-01T18:00:00Z"),
        ("%d.%m.%Y %H:%M:%S", b"2026-03-01 10:00:00", None),
        ("%d.%m.%Y %H:%M:%S", b"32.03.2026 10:00:00", None),
        ("%d.%m.%Y %H:%M:%S", b"01.03.2026 24:00:00", None),
        ("%d.%m.%Y %H:%M:%S", b"x" * 201 + b"01.03.2026 10:00:00", None),
        ("%Y-%jT%H:%M:%S", b"2026-366T10:00:00", None),
    ],
)
def test_a_pattern_is_read_as_strptime_would(pattern: str, line: bytes, time: str | None) -> None:
    assert shown(stamper(format_=pattern), line) == time
    assert shown(stamper(line, format_=pattern), line) == time


def test_a_pattern_without_a_year_rolls_over() -> None:
    stamps = stamper(format_="%d/%m %H:%M:%S")
    assert scanned(stamps, b"31/12 23:00:00", b"01/01 01:00:00") == [
        "2025-12-31T23:00:00Z",
        "2026-01-01T01:00:00Z",
    ]


def test_indented_lines_are_matched_by_a_pattern() -> None:
    assert shown(stamper(format_="%Y %m %d %H"), b"\t2026 03 01 10") == "2026-03-01T10:00:00Z"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("%Q %H", "%Q is unknown; write one of %Y"),
        ("%Y-%m-%d %H %", "% is unknown"),
        ("%d %m %H %H", "%H comes twice"),
        ("%d %e %m %H", "%e comes twice"),
        ("%H:%M:%S", "names no time of a day; write for example '%Y"),
        ("%Y-%m-%d", "names no time of a day"),
        ("%Y-%m-%d\n%H:%M", "spans lines"),
        ("%j %H", "names no time of a day"),
    ],
)
def test_a_pattern_that_makes_no_time_is_refused_with_what_to_write(pattern: str, why: str) -> None:
    with pytest.raises(UsageError) as error:
        stamper(format_=pattern)
    assert why in str(error.value)
