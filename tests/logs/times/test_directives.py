"""W3C extended logs: what directives say of the lines below them."""

from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.logs.times.stamps import joined, stamper
from tests.logs.times.whole import records, times

TOKYO = timezone(timedelta(hours=9))

IIS = joined(
    b"#Software: Microsoft Internet Information Services 10.0",
    b"#Version: 1.0",
    b"#Date: 2026-03-01 23:59:58",
    b"#Fields: date time s-ip cs-method",
    b"2026-03-01 23:59:58 10.0.0.1 GET",
    b"2026-03-02 00:00:01 10.0.0.1 GET",
    b"#Software: Microsoft Internet Information Services 10.0",
    b"#Date: 2026-03-02 01:00:00",
    b"#Fields: s-ip time cs-method",
    b"10.0.0.1 01:00:00 GET",
    b"10.0.0.1 23:59:59.5 GET",
    b"10.0.0.1 00:00:00 GET",
    b"10.0.0.1 23:59:59.75 GET",
    b"#Fields: cs-method s-ip",
    b"GET 10.0.0.1",
    b"#Fields: cs(User-Agent) date-local time-local",
    b'"Mozilla ""5.0"" (x; y)" 2026-03-03 10:00:00',
)


def stamped(data: bytes, zone: timezone = TOKYO) -> list[str]:
    return [time for time in times(data, zone=zone) if time is not None]


def test_columns_and_dates_are_where_the_directives_above_say() -> None:
    assert stamped(IIS) == [
        "2026-03-01T23:59:58Z",
        "2026-03-02T00:00:01Z",
        "2026-03-02T01:00:00Z",
        "2026-03-02T23:59:59.5Z",
        "2026-03-03T00:00:00Z",
        "2026-03-02T23:59:59.75Z",
        "2026-03-03T01:00:00Z",  # local time in Tokyo
    ]


def test_directives_belong_to_the_record_above() -> None:
    by_time = dict(records(IIS, zone=TOKYO))
    assert by_time["2026-03-02T00:00:01Z"].count(b"\n") == 4
    assert by_time["2026-03-02T23:59:59.75Z"].count(b"\n") == 4


@given(st.lists(st.integers(0, len(IIS))))
def test_chunk_borders_change_nothing(cuts: list[int]) -> None:
    assert records(IIS, *cuts, zone=TOKYO) == records(IIS, zone=TOKYO)


def test_lines_above_the_first_directive_are_read_as_it_says() -> None:
    log = joined(b"x 2026-03-01 10:00:00", b"#Fields: s-ip date time", b"x 2026-03-01 10:00:01")
    assert stamped(log) == ["2026-03-01T10:00:00Z", "2026-03-01T10:00:01Z"]


def test_the_firewall_of_windows_says_that_its_times_are_local() -> None:
    log = joined(
        b"#Version: 1.5",
        b"#Software: Microsoft Windows Firewall",
        b"#Time Format: Local",
        b"#Fields: date time action protocol",
        b"",
        b"2026-03-01 10:00:00 ALLOW TCP",
    )
    assert stamped(log) == ["2026-03-01T01:00:00Z"]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (b"date-time,client-ip", b"2026-03-01T10:00:00.123Z,10.0.0.1"),
        (b"client-ip,date-time", b',2026-03-01T10:00:00.123Z'),
        (b"client-ip,date-time", b'"a, b",2026-03-01T19:00:00.123+09:00,x'),
        (b"date\ttime\tx-edge", b"2026-03-01\t10:00:00.123\tFRA"),
        (b"time date", b"10:00:00.123 2026-03-01"),
        (b" c-ip  date  time", b'10.0.0.1    2026-03-01   "10:00:00.123"'),
    ],
)  # fmt: skip
def test_columns_may_be_separated_in_many_ways(fields: bytes, line: bytes) -> None:
    assert stamped(joined(b"#Fields: " + fields, line)) == ["2026-03-01T10:00:00.123Z"]


@pytest.mark.parametrize(
    "line",
    [b"2026-02-30 10:00:00", b"2026-03-01 24:00:00", b"10:00:00 2026-03-01", b"2026-03-01", b"x"],
)
def test_a_line_without_a_time_in_its_column_belongs_above(line: bytes) -> None:
    log = joined(b"#Fields: date time x", b"2026-03-01 10:00:00 GET", line)
    assert stamped(log) == ["2026-03-01T10:00:00Z"]


def test_without_any_date_a_time_alone_is_none() -> None:
    assert stamped(joined(b"#Fields: time x", b"10:00:00 GET")) == []


def test_other_directives_make_no_such_log() -> None:
    iso = b"2026-03-01 10:00:00 x"
    assert stamper(b"#Fields: a b", iso).detected.format == "iso"


def test_detected_tells_the_format_and_where_shows_the_time() -> None:
    stamps = stamper(b"#Fields: x date time", b"GET 2026-03-01 10:00:00.5")
    assert (stamps.detected.format, stamps.detected.zone) == ("w3c", "in the stamp")
    place = stamps.where(b"GET 2026-03-01 10:00:00.5 x")
    assert place is not None
    assert b"GET 2026-03-01 10:00:00.5 x"[slice(*place)] == b"2026-03-01 10:00:00.5"
    assert stamps.where(b"x") is None


def test_learning_again_keeps_what_stood_above() -> None:
    stamps = stamper(b"#Fields: time x", b"#Date: 2026-03-01")
    stamps.scan(b"#Date: 2026-03-07\n")
    stamps.learn(b"#Fields: time x\n#Date: 2026-03-01\n#Date: 2026-03-07\n10:00:00 x\n")
    assert stamps.stamp(b"10:00:00 x\n") == 1_772_877_600 * 10**9
    stamps.learn(b"2026-03-01T10:00:00Z another log\n")
    assert stamps.detected.format == "iso"
