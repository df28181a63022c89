"""What a stamp says in, nanoseconds since 1970 UTC out; the zone and year it lacks are added."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final

from plait.logs.times.format import Civil, Clock, Moment, Said, Uptime
from plait.logs.times.zones import area_of, offset_of

SECOND: Final = 10**9
DAY: Final = 86_400 * SECOND
_MINUTE: Final = 60 * SECOND
_EPOCH: Final = date(1970, 1, 1).toordinal()
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
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
# A stamp without a date may lie this part of its cycle before the one above: two hours of a day,
# which an hour that the clock shows twice does not use up.
_BACK: Final = 12


class Calendar:
    """Turns what stamps say into times, for logs whose unnamed zone is `zone`.

    `boot` (ns) is when the machine started; where it is None, uptimes are counted from 1970.
    """

    __slots__ = ("_calm", "_steady", "boot", "reference", "zone")

    def __init__(self, zone: tzinfo, reference: int, boot: int | None = None) -> None:
        self.zone = zone
        self.reference = reference
        self.boot = boot
        self._steady = isinstance(zone, timezone)  # its clocks are never set back
        self._calm: int | None = None  # the last day looked at on which they are not

    def time(self, said: Said, near: int | None) -> int | None:
        """The time in nanoseconds; None for a day that does not exist.

        A missing year becomes the one nearest to `near`, or, where that is None, the one that
        puts the time nearest before the reference or at most a day after it. A missing date
        becomes the first that does not put the time well before `near`, or, where that is
        None, the last that puts it before the reference. A clock time that occurs twice is the
        first (`again` tells the second), one that is skipped counts on from before the gap.
        """
        if isinstance(said, int):
            return said * SECOND
        if isinstance(said, Moment):
            return said.ns if said.ns < _LAST_PIVOT else None
        if isinstance(said, Uptime):
            return (self.boot or 0) + said.second * SECOND
        if isinstance(said, Clock):
            return self._of_clock(said, near)
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

    def again(self, said: Said, time: int) -> int:
        """The time at which the clock shows once more what a stamp says; else `time` itself.

        It does so for an hour when summer time ends, unless the stamp names its zone.
        """
        day = time // DAY
        if self._steady or day == self._calm:
            return time
        if not isinstance(said, Civil | Clock) or said.zone:
            return time
        try:
            # Well before and well after that day the clock differs from UTC by as much.
            before, after = (_at(day * 86_400 + hours * 3600) for hours in (-12, 36))
            if before.astimezone(self.zone).utcoffset() == after.astimezone(self.zone).utcoffset():
                self._calm = day
                return time
            first = _at(time // SECOND).astimezone(self.zone)
            shift = _seconds(first) - _seconds(first.replace(fold=1))
        except (OverflowError, ValueError):
            return time
        return time + max(0, shift) * SECOND

    def _of_clock(self, said: Clock, near: int | None) -> int:
        """The time of a stamp without a date."""
        seconds = min(max(self.reference if near is None else near, 0), _LAST_PIVOT) // SECOND
        seconds += self._offset(seconds, said.zone)
        base = seconds - seconds % said.every + said.second
        turns = range(base - 2 * said.every, base + 3 * said.every, said.every)
        times = [(turn - self._offset(turn, said.zone)) * SECOND for turn in turns]
        if near is None:
            return max(time for time in times if time <= max(self.reference, 0) + _MINUTE)
        return min(time for time in times if time > near - said.every * SECOND // _BACK)

    def _of_year(self, said: Civil, year: int) -> int | None:
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            return None
        try:
            days = date(year, said.month, said.day).toordinal() - _EPOCH
        except ValueError:
            return None
        seconds = days * 86_400 + said.second
        return (seconds - self._offset(seconds, said.zone)) * SECOND + said.ns

    def _offset(self, seconds: int, zone: bytes) -> int:
        """Seconds east of UTC of a civil time; fold 0 where the clock shows it twice."""
        if not zone:
            return _offset_of(self.zone, seconds)
        named = offset_of(zone)
        if named is not None and not zone[-1:].isalpha():
            return named
        area = area_of(zone)
        if area is not None:
            return _offset_of(area, seconds)
        # An abbreviation many places share means this log's own place, if that uses it.
        for fold in (0, 1):
            if named is None or _name_of(self.zone, seconds, fold) == zone:
                return _offset_of(self.zone, seconds, fold)
        return named or 0


def _offset_of(zone: tzinfo, seconds: int, fold: int = 0) -> int:
    """Seconds east of UTC of a zone at a civil time."""
    try:
        return _seconds(_at(seconds).replace(tzinfo=zone, fold=fold))
    except (OverflowError, ValueError):
        return 0


def _name_of(zone: tzinfo, seconds: int, fold: int) -> bytes:
    """The abbreviation of a zone at a civil time."""
    try:
        name = _at(seconds).replace(tzinfo=zone, fold=fold).tzname() or ""
    except (OverflowError, ValueError):
        return b""
    return name.encode("ascii", "replace")


def _seconds(moment: datetime) -> int:
    """Seconds east of UTC."""
    offset = moment.utcoffset()
    return 0 if offset is None else round(offset.total_seconds())


def _at(seconds: int) -> datetime:
    return _START + timedelta(0, seconds)


def iso(time: int) -> str:
    """A time as ISO 8601 in UTC, for people and tests."""
    seconds, ns = divmod(time, SECOND)
    moment = _at(seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}" + (f".{ns:09d}".rstrip("0") if ns else "") + "Z"
