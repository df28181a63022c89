"""The year a stamp does not name."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from plait.logs.times.calendar import DAY, Calendar
from plait.logs.times.format import Civil

NOON = 43_200
DAYS = st.integers(0, 365).map(lambda day: date(2024, 1, 1) + timedelta(day))
SAID = st.one_of(DAYS, st.just(date(2024, 2, 29))).map(
    lambda day: Civil(None, day.month, day.day, NOON, b"")
)
MOMENTS = st.integers(0, 7 * 10**18)


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
