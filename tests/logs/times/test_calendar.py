"""The year, date and zone a stamp does not name."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from plait.logs.times.calendar import DAY, Calendar
from plait.logs.times.format import Civil, Clock, Uptime

NOON = 43_200
DAYS = st.integers(0, 365).map(lambda day: date(2024, 1, 1) + timedelta(day))
SAID = st.one_of(DAYS, st.just(date(2024, 2, 29))).map(
    lambda day: Civil(None, day.month, day.day, NOON, b"")
)
MOMENTS = st.integers(0, 7 * 10**18)
ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Asia/Tokyo"]
).map(ZoneInfo)
# When some of them set their clocks back, and random moments.
CHANGES = st.sampled_from([1_761_440_400, 1_762_063_200, 1_743_865_200, 1_762_059_600])
SECONDS = st.one_of(
    st.integers(86_400, 7 * 10**9),
    st.tuples(CHANGES, st.integers(-7200, 7200)).map(sum),
)


def _every(calendar: Calendar, said: Civil) -> list[int]:
    times = [calendar.time(said._replace(year=year), None) for year in range(1970, 2262)]
    return [time for time in times if time is not None]


@given(SAID, MOMENTS)
def test_it_is_the_one_nearest_to_the_stamp_before(said: Civil, near: int) -> None:
    calendar = Calendar(ZoneInfo("Europe/Berlin"), 0)
    nearest = min(_every(calendar, said), key=lambda time: (abs(time - near), time))
    assert calendar.time(said, near) == nearest


@given(SAID, MOMENTS)
def test_the_first_is_the_last_up_to_a_day_after_the_reference(said: Civil, reference: int) -> None:
    calendar = Calendar(ZoneInfo("Europe/Berlin"), reference)
    every = _every(calendar, said)
    before = [time for time in every if time <= reference + DAY]
    assert calendar.time(said, None) == (max(before) if before else min(every))


@given(st.integers(0, 86_399), MOMENTS, st.sampled_from([3600, 86_400]))
def test_a_date_that_is_missing_puts_the_time_at_most_a_twelfth_of_a_turn_back(
    second: int, near: int, every: int
) -> None:
    said = Clock(second % every, b"", every)
    time = Calendar(UTC, 0).time(said, near)
    assert time is not None
    assert -every / 12 < (time - near) / 10**9 <= every * 11 / 12
    assert (time // 10**9 - second) % every == 0


def test_the_first_time_of_day_is_the_last_before_the_reference() -> None:
    calendar = Calendar(UTC, 20_000 * DAY)
    assert calendar.time(Clock(NOON, b""), None) == 20_000 * DAY - DAY // 2
    assert calendar.time(Clock(30, b""), None) == 20_000 * DAY + 30 * 10**9  # clocks differ a bit
    assert calendar.time(Clock(NOON, b"+06:00"), None) == 20_000 * DAY - 18 * DAY // 24


def test_an_uptime_counts_from_the_boot_or_from_1970() -> None:
    assert Calendar(UTC, 0, boot=DAY).time(Uptime(5), None) == DAY + 5 * 10**9
    assert Calendar(UTC, 0).time(Uptime(5), None) == 5 * 10**9


def test_an_abbreviation_means_the_own_zone_in_both_passes_of_an_hour() -> None:
    calendar = Calendar(ZoneInfo("Asia/Jerusalem"), 0)
    first = Civil(2025, 10, 26, 3600 + 1800, b"IDT")
    assert calendar.time(first, None) == 1_761_431_400 * 10**9
    assert calendar.time(first._replace(zone=b"IST"), None) == 1_761_435_000 * 10**9


def test_the_name_of_a_place_is_a_zone() -> None:
    said = Civil(2026, 7, 1, NOON, b"Europe/Berlin")
    assert Calendar(UTC, 0).time(said, None) == 1_782_900_000 * 10**9


@given(SECONDS, ZONES)
def test_only_a_clock_that_is_set_back_shows_a_time_again(second: int, zone: ZoneInfo) -> None:
    shown = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)).astimezone(zone)
    said = Civil(shown.year, shown.month, shown.day, NOON, b"")
    said = said._replace(second=shown.hour * 3600 + shown.minute * 60 + shown.second)
    calendar = Calendar(zone, 0)
    time = calendar.time(said, None)
    assert time is not None
    assert second * 10**9 == (calendar.again(said, time) if shown.fold else time)
    twice = shown.replace(fold=0).utcoffset() != shown.replace(fold=1).utcoffset()
    assert (calendar.again(said, time) != time) == twice
    assert calendar.again(said._replace(zone=b"Z"), time) == time
