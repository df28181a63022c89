"""W3C extended logs: directives name the columns, and a column or a directive has the date."""

import re
from datetime import date
from typing import Final

from plait.logs.times.calendar import DAY, SECOND, Calendar
from plait.logs.times.format import Civil
from plait.logs.times.zones import ZONE
from plait.values import frozen

_DIRECTIVE: Final = re.compile(rb"\n#[ ]?([A-Za-z][A-Za-z -]{0,30}):([^\n]*)")
_FIELDS: Final = re.compile(rb"(?m)^#[ ]?Fields:([^\n]*)", re.IGNORECASE)
_DATE: Final = re.compile(rb"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d))?")
# A time alone that goes back by no more is of the same day, or of the evening before.
_BACK: Final = 3600
_DAY: Final = DAY // SECOND
_EPOCH: Final = date(1970, 1, 1).toordinal()

_DATES: Final = ("date", "date-utc", "date-local")
_TIMES: Final = ("time", "time-utc", "time-local")
_STAMPS: Final = ("date-time", "datetime", "date-time-utc", "x-timestamp", "timestamp")

_DATE_COLUMN: Final = rb'"?(?P<day>\d{4}-\d\d-\d\d)"?'
_TIME_COLUMN: Final = rb'"?(?P<clock>\d\d?:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,9})\d*)?"?(?![\w:])'
_STAMP_COLUMN: Final = (
    rb'"?(?P<day>\d{4}-\d\d-\d\d)[T ](?P<clock>\d\d?:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,9})\d*)?'
    rb'(?P<zone>%s)"?(?![\w:])' % ZONE
)
# As many times as a second's lines share are remembered.
_CACHE: Final = 128


@frozen
class _Layout:
    """Which columns have the time, as a `#Fields` directive says."""

    pattern: re.Pattern[bytes]  # groups: day, clock, fraction, zone; some are never there
    local: bool


class W3c:
    """Lines whose columns the directives above them name.

    1. A line's time depends on the directives above it and, where no column has the date, on
       the time before it. What no directive above has said is as the first one below says.
    2. Times are in UTC, as the standard has it, but where a directive says they are local.
    3. A directive has no time: it belongs to the record above.
    """

    format = "w3c"
    zoned = True

    def __init__(self, calendar: Calendar, sample: bytes) -> None:
        self._calendar = calendar
        self._local = False
        self._civil: int | None = None  # the last time, in seconds as the clock showed it
        self._times: dict[tuple[int, bytes], int | None] = {}
        self._layout = _layout(b"date time")
        for directive in reversed(list(_DIRECTIVE.finditer(b"\n" + sample))):
            self._obey(directive[1].lower(), directive[2].strip())

    @classmethod
    def recognise(cls, sample: bytes) -> bool:
        """Whether a directive of the sample names a column with the time."""
        if b"ields:" not in sample:
            return False
        return any(_layout(found[1]) for found in _FIELDS.finditer(sample))

    def whole(self, block: bytes) -> int:
        """All of a block: a record begins with its stamp."""
        return len(block)

    def scan(self, block: bytes) -> tuple[list[int], list[int]]:
        """Starts and times of the lines with a time, as `Stamper.scan`."""
        padded = b"\n" + block
        starts: list[int] = []
        times: list[int] = []
        end = 0
        for directive in _DIRECTIVE.finditer(padded):
            self._lines(padded, end, directive.start(), starts, times)
            self._obey(directive[1].lower(), directive[2].strip())
            end = directive.end()
        self._lines(padded, end, len(padded), starts, times)
        return starts, times

    def where(self, line: bytes) -> tuple[int, int] | None:
        """Begin and end of the time within a line."""
        layout = self._layout
        found = layout.pattern.match(b"\n" + line) if layout else None
        if found is None:
            return None
        spans = [found.span(group) for group in ("day", "clock", "fraction", "zone")]
        return min(a for a, _ in spans if a >= 0) - 1, max(b for _, b in spans) - 1

    def _obey(self, name: bytes, value: bytes) -> None:
        if name == b"fields":
            self._layout = _layout(value)
        elif name == b"time format":  # of the Windows firewall
            self._local = value.lower() == b"local"
        elif name in (b"date", b"start-date"):
            found = _DATE.match(value)
            day = _day(found[1]) if found else None
            if found is not None and day is not None:
                self._civil = day * _DAY + ((_second(found[2]) or 0) if found[2] else 0)

    def _lines(
        self, padded: bytes, begin: int, end: int, starts: list[int], times: list[int]
    ) -> None:
        """Scan lines between two directives."""
        layout = self._layout
        if layout is None:
            return
        local = layout.local or self._local
        for line in layout.pattern.finditer(padded, begin, end):
            day, clock, fraction, zone = line.group("day", "clock", "fraction", "zone")
            time = self._time(day, clock, zone or (b"" if local else b"Z"))
            if time is not None:
                if fraction:
                    time += int(fraction) * 10 ** (9 - len(fraction))
                starts.append(line.start())
                times.append(time)

    def _time(self, day: bytes | None, clock: bytes, zone: bytes) -> int | None:
        """The time of a line, to the second; without a date it is the next after the last."""
        second = _second(clock)
        if second is None:
            return None
        if day is not None:
            number = _day(day)
            if number is None:
                return None
            civil = number * _DAY + second
        elif self._civil is None:
            return None
        else:
            civil = self._civil - self._civil % _DAY + second
            if civil < self._civil - _BACK:
                civil += _DAY
            elif civil >= self._civil + _DAY - _BACK:
                civil -= _DAY
        self._civil = civil
        return self._in_zone(civil, zone)

    def _in_zone(self, civil: int, zone: bytes) -> int | None:
        key = civil, zone
        if key not in self._times:
            if len(self._times) >= _CACHE:
                self._times.clear()
            day = date.fromordinal(civil // _DAY + _EPOCH)
            said = Civil(day.year, day.month, day.day, civil % _DAY, zone)
            self._times[key] = self._calendar.time(said, None)
        return self._times[key]


def _day(text: bytes) -> int | None:
    """Days since 1970 of a date."""
    try:
        return date.fromisoformat(text[:10].decode()).toordinal() - _EPOCH
    except ValueError:
        return None


def _second(clock: bytes) -> int | None:
    hour, minute, second = map(int, clock.split(b":"))
    if hour > 23 or minute > 59 or second > 60:
        return None
    return hour * 3600 + minute * 60 + second


def _layout(fields: bytes) -> _Layout | None:
    """The places of date and time among the names of the columns; None where no column has it."""
    commas = b"," in fields
    names = fields.lower().replace(b",", b" ").decode("ascii", "replace").split()
    column = rb'(?:"(?:[^"\n]|"")*+"|%s)' % (rb"[^,\"\n]*+" if commas else rb"[^\s\"]\S*+")
    places: dict[int, bytes] = {}
    stamp = next((name for name in _STAMPS if name in names), None)
    # A column with the time alone may follow one with the date; UTC goes before local time.
    clock = next((name for name in _TIMES if name in names), None)
    day = _DATES[_TIMES.index(clock)] if clock else ""
    if clock is not None:
        places[names.index(clock)] = _TIME_COLUMN
        if day in names:
            places[names.index(day)] = _DATE_COLUMN
    elif stamp is not None:
        places[names.index(stamp)] = _STAMP_COLUMN
    else:
        return None
    pattern = (rb"[ ]*," if commas else rb"[ \t]++").join(
        places.get(place, column) for place in range(max(places) + 1)
    )
    missing = b"".join(
        rb"(?P<%s>(?!))?" % group
        for group in (b"day", b"fraction", b"zone")
        if b"<%s>" % group not in pattern
    )
    return _Layout(re.compile(b"\n(?!#)" + pattern + missing), day == "date-local")
