"""What a stamp says in, nanoseconds since 1970 UTC out; the zone and year it lacks are added."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final

from plait.logs.times.format import Civil
from plait.logs.times.zones import offset_of

SECOND: Final = 10**9
DAY: Final = 86_400 * SECOND
#: Within this distance of a stamp without a year no other year comes nearer.
HALF_YEAR: Final = 182 * DAY
_EPOCH: Final = date(1970, 1, 1).toordinal()
# Year 1 is what programs print for "no time"; above 2261 nanoseconds leave 64 bits.
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2261
# Feb 29 may be eight years away (1896 to 1904, 2096 to 2104).
_LEAP_REACH: Final = 8
_MEAN_YEAR: Final = 31_556_952 * SECOND
_LAST_PIVOT: Final = 9 * 10**18
# The steps (s) in which a change of the clock is looked for, and how many on each side.
_STEP: Final = 43_200
_STEPS: Final = 150
# Found once for all logs of a zone; there is one a change of the clock and name of a zone.
_SPANS: Final[dict[tuple[tzinfo, bytes], list[tuple[int, int]]]] = {}
# Up to where a year may begin with 19 or 20, as some patterns have it.
_STEADY: Final = 0, 4_102_444_800


class Calendar:
    """Turns Civil values into times, for logs whose unnamed zone is `zone`."""

    __slots__ = ("reference", "zone")

    def __init__(self, zone: tzinfo, reference: int) -> None:
        self.zone = zone
        self.reference = reference

    def time(self, said: Civil | int, near: int | None) -> int | None:
        """The time in nanoseconds; None for a day that does not exist.

        A missing year becomes the one nearest to `near`, or, where that is None, the one that
        puts the time nearest before the reference or at most a day after it.
        """
        if isinstance(said, int):
            return said * SECOND
        if said.year is not None:
            return self._of_year(said, said.year)
        pivot = self.reference if near is None else near
        middle = 1970 + min(max(pivot, 0), _LAST_PIVOT) // _MEAN_YEAR
        for reach in (1, _LEAP_REACH):
            years = range(middle - reach, middle + reach + 1)
            times = [time for year in years if (time := self._of_year(said, year)) is not None]
            if near is None:
                before = [time for time in times if time <= self.reference + DAY]
                if before:
                    return max(before)
            elif times:
                return min(times, key=lambda time: (abs(time - near), time))
        # A log dated before all its stamps (1970, where dates were wiped) takes the earliest.
        return min(times, default=None)

    def steady(self, said: Civil, seconds: int) -> tuple[int, int]:
        """Between which civil seconds since 1970 (second excluded) the zone keeps its offset.

        They lie around `seconds`, at most some months away, and not near a change of the clock:
        there it is nothing and nothing.
        """
        named = offset_of(said.zone) if said.zone else None
        if named is not None and not said.zone[-1:].isalpha():
            return _STEADY
        if isinstance(self.zone, timezone) and said.zone in (b"", b"UTC", b"GMT"):
            return _STEADY
        known = _SPANS.setdefault((self.zone, said.zone), [])
        for low, high in known:
            if low <= seconds < high:
                return low, high
        offset = self._offset(seconds, said.zone)
        low = high = seconds
        # Clocks change less often than this.
        for _ in range(_STEPS):
            if self._offset(low - _STEP, said.zone) == offset:
                low -= _STEP
            if self._offset(high + _STEP, said.zone) == offset:
                high += _STEP
        known.append((low + _STEP, high - _STEP))
        return low + _STEP, high - _STEP

    def _of_year(self, said: Civil, year: int) -> int | None:
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            return None
        try:
            days = date(year, said.month, said.day).toordinal() - _EPOCH
        except ValueError:
            return None
        seconds = days * 86_400 + said.second
        return (seconds - self._offset(seconds, said.zone)) * SECOND

    def _offset(self, seconds: int, zone: bytes) -> int:
        """Seconds east of UTC of a civil time; fold 0 where the clock shows it twice."""
        named = offset_of(zone) if zone else None
        if named is not None and not zone[-1:].isalpha():
            return named
        own, name = self._own(seconds)
        # An abbreviation many places share means this log's own place, if that uses it.
        if named is None or name == zone.decode("ascii", "replace"):
            return own
        return named

    def _own(self, seconds: int) -> tuple[int, str]:
        """Offset and abbreviation of the log's own zone at a civil time."""
        try:
            moment = datetime(1970, 1, 1, tzinfo=self.zone) + timedelta(0, seconds)
            offset = moment.utcoffset()
            return (0 if offset is None else round(offset.total_seconds())), moment.tzname() or ""
        except (OverflowError, ValueError):
            return 0, ""


def iso(time: int) -> str:
    """A time as ISO 8601 in UTC, for people and tests."""
    seconds, ns = divmod(time, SECOND)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(0, seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}" + (f".{ns:09d}".rstrip("0") if ns else "") + "Z"
