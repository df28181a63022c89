"""Names of time zones."""

from datetime import UTC, datetime, timedelta

import pytest

from plait.errors import UsageError
from plait.zones import _SystemZone, local_zone, zone_of

SUMMER = datetime(2026, 7, 1, 12, 0, 0)


@pytest.mark.parametrize(
    ("name", "hours"),
    [("UTC", 0), ("Asia/Shanghai", 8), ("+08:00", 8), ("-0330", -3.5), ("UTC+2", 2), ("+5", 5)],
)
def test_a_zone_may_be_named_or_given_by_its_offset(name: str, hours: float) -> None:
    assert zone_of(name).utcoffset(SUMMER) == timedelta(hours=hours)


@pytest.mark.parametrize("name", ["Mars/Olympus", "+99:00", "../etc/passwd", ""])
def test_an_unknown_zone_is_refused_with_what_to_write(name: str) -> None:
    with pytest.raises(UsageError, match="Asia/Shanghai"):
        zone_of(name)


def test_the_local_zone_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    assert local_zone().utcoffset(SUMMER) == timedelta(hours=-4)
    monkeypatch.setenv("TZ", "UTC")
    assert local_zone() is UTC


def test_without_a_description_the_c_library_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "XYZ-3")  # POSIX: three hours east
    time.tzset()
    try:
        assert local_zone().utcoffset(SUMMER) == timedelta(hours=3)
        assert isinstance(local_zone(), _SystemZone)
    finally:
        monkeypatch.undo()
        time.tzset()
