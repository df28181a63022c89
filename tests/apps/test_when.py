"""Durations and times as people type them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.apps.when import parse_duration, parse_time
from plait.errors import UsageError
from plait.logs.render import format_time

SECOND = 1_000_000_000
NOW = int(datetime(2026, 3, 1, 12, 0, tzinfo=UTC).timestamp()) * SECOND + 7
EAST = timezone(timedelta(hours=8))


def shown(text: str, zone: tzinfo = UTC) -> str:
    """The time that `text` means at noon (UTC) of 1 March 2026."""
    return format_time(parse_time(text, now=NOW, zone=zone))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250us", 0.00025),
        ("250µs", 0.00025),
        ("500ms", 0.5),
        ("2s", 2.0),
        ("1.5s", 1.5),
        (".5s", 0.5),
        ("5m", 300.0),
        ("2h", 7200.0),
        ("1d", 86400.0),
        ("1h30m", 5400.0),
        ("1 h 30 m", 5400.0),
        ("2S", 2.0),
        ("0", 0.0),
        ("3", 3.0),
        (" 2.5 ", 2.5),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", " ", "s", "5x", "-2s", "+2s", "1e3", "inf", "nan", "5 minutes", "1.2.3s", "٣s"]
)
def test_what_is_no_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match=r"is no duration; write for example 500ms, 2s") as caught:
        parse_duration(text)
    assert repr(text) in str(caught.value)


@given(st.integers(0, 10**9), st.sampled_from(["us", "ms", "s", "m", "h", "d"]))
def test_a_whole_number_of_units_is_that_many_of_them(number: int, unit: str) -> None:
    assert parse_duration(f"{number}{unit}") == pytest.approx(number * parse_duration(f"1{unit}"))


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-02-03", "2026-02-03T00:00:00Z"),
        ("2026-02-03 04:05", "2026-02-03T04:05:00Z"),
        ("2026-02-03T04:05:06", "2026-02-03T04:05:06Z"),
        ("2026-02-03T04:05:06.5", "2026-02-03T04:05:06.500Z"),
        ("2026-02-03T04:05:06,123456789", "2026-02-03T04:05:06.123456789Z"),
        ("2026-02-03T04:05:06.1234567899", "2026-02-03T04:05:06.123456789Z"),
        ("2026-02-03T04:05:06Z", "2026-02-03T04:05:06Z"),
        ("2026-02-03t04:05:06z", "2026-02-03T04:05:06Z"),
        ("2026-02-03 04:05 UTC", "2026-02-03T04:05:00Z"),
        ("2026-02-03T04:05+08:00", "2026-02-02T20:05:00Z"),
        ("2026-02-03T04:05:06-0330", "2026-02-03T07:35:06Z"),
        ("2026-02-03T04:05:06 +08", "2026-02-02T20:05:06Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"),
        ("10:30", "2026-03-01T10:30:00Z"),
        ("9:30", "2026-03-01T09:30:00Z"),
        ("10:30:15", "2026-03-01T10:30:15Z"),
        ("10:30:15.25", "2026-03-01T10:30:15.250Z"),
        ("10:30+08:00", "2026-03-01T02:30:00Z"),
        ("today", "2026-03-01T00:00:00Z"),
        ("yesterday", "2026-02-28T00:00:00Z"),
        ("Yesterday 10:30", "2026-02-28T10:30:00Z"),
        ("today 10:30", "2026-03-01T10:30:00Z"),
        ("now", "2026-03-01T12:00:00.000000007Z"),
        ("-15m", "2026-03-01T11:45:00.000000007Z"),
        ("+1h", "2026-03-01T13:00:00.000000007Z"),
        ("@1700000000", "2023-11-14T22:13:20Z"),
        ("@1700000000.5", "2023-11-14T22:13:20.500Z"),
        ("@1700000000.123456789", "2023-11-14T22:13:20.123456789Z"),
        ("@-1.5", "1969-12-31T23:59:58.500Z"),
        ("  10:30  ", "2026-03-01T10:30:00Z"),
    ],
)
def test_a_time_is_written_in_many_ways(text: str, time: str) -> None:
    assert shown(text) == time


def test_a_time_of_day_still_to_come_is_today_s() -> None:
    assert shown("23:00") == "2026-03-01T23:00:00Z"


def test_a_time_without_a_zone_is_in_the_given_one() -> None:
    assert shown("2026-02-03 04:05", EAST) == "2026-02-02T20:05:00Z"


def test_a_zone_that_is_written_wins_over_the_given_one() -> None:
    assert shown("2026-02-03 04:05Z", EAST) == "2026-02-03T04:05:00Z"


def test_today_is_the_day_in_the_given_zone() -> None:
    assert shown("today", timezone(timedelta(hours=14))) == "2026-03-01T10:00:00Z"


def test_summer_time_is_heeded() -> None:
    assert shown("2026-07-01 12:00", ZoneInfo("Europe/Berlin")) == "2026-07-01T10:00:00Z"


def test_yesterday_is_the_calendar_s_even_over_a_change_of_clocks() -> None:
    monday = int(datetime(2026, 3, 30, 12, tzinfo=UTC).timestamp()) * SECOND
    time = parse_time("yesterday", now=monday, zone=ZoneInfo("Europe/Berlin"))
    assert format_time(time) == "2026-03-28T23:00:00Z"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "noon",
            "tomorrow",
            "2026",
            "2026-3-1",
            "2026-13-01",
            "2026-02-30",
            "10",
            "10:7",
        ),
        *("24:30", "10:60", "10:30:61", "2026-02-03T", "2026-02-03x10:30", "yesterday10:30", "Z"),
        *(
            "+08:00",
            "@",
            "@x",
            "@99999999999999999",
            "-",
            "-5x",
            "--5m",
            "10:30+25:00",
            "today Z Z",
        ),
        *("0001-01-01T00:00+10:00", "１０:３０"),
    ],
)
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match="write for example 2026-03-01T10:30:00, 10:30") as caught:
        parse_time(text, now=NOW, zone=UTC)
    assert repr(text) in str(caught.value)


def test_a_date_that_does_not_exist_is_refused_with_the_reason() -> None:
    with pytest.raises(UsageError, match=r"'2026-02-30' is no time \(day"):
        parse_time("2026-02-30", now=NOW, zone=UTC)


@given(st.integers(-(2**62), 2**62))
def test_a_time_that_plait_wrote_reads_back(ns: int) -> None:
    assert parse_time(format_time(ns), now=NOW, zone=EAST) == ns


@given(st.text(max_size=12) | st.text("0123456789-+:.@TZ todaysme", max_size=20))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with suppress(UsageError):
        assert isinstance(parse_time(text, now=NOW, zone=UTC), int)
