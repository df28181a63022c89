"""Records of several lines whose stamp does not stand in the first: exports, XML and the like."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from plait.logs.times import epoch, iso
from plait.logs.times.calendar import Calendar
from plait.logs.times.databases import MYSQL
from plait.logs.times.format import Text
from plait.logs.times.windows import CM_TEXT

_STAMP_FIELD: Final = re.compile(rb"^__REALTIME_TIMESTAMP=(\d{1,16})\r?$", re.MULTILINE)
# Above, nanoseconds leave 64 bits.
_LAST: Final = 9 * 10**15
# The journal takes no larger field.
_LARGEST: Final = 768 * 2**20
_FIELDS: Final = re.compile(rb"(?:[^\n=]++=[^\n]*+\n)*+")
_EMPTY: Final = re.compile(rb"\r?\n")
# An entry with more binary fields, or lines that are no fields, is none: it is not waited for.
_STEPS: Final = 1000
_NAME: Final = re.compile(rb"[A-Z0-9_]{1,64}\n")


class JournalExport:
    """What `journalctl -o export` writes: fields, a line each, and an empty line at the end.

    A field may be binary: its name alone on a line, eight bytes with its length, the value. So
    an empty line within a value ends nothing.
    """

    format = "journal-export"
    zoned = True

    def __init__(self, calendar: Calendar, sample: bytes) -> None:
        """Nothing is kept: an entry has all that is to be known."""

    @classmethod
    def recognise(cls, sample: bytes) -> bool:
        """Whether the sample begins with an entry, or has the time of one."""
        return sample.startswith(b"__CURSOR=") or _STAMP_FIELD.search(sample) is not None

    def whole(self, block: bytes) -> int:
        """Where the last entry begins that has not ended."""
        return max((end for _, end, _ in _entries(block) if end is not None), default=0)

    def scan(self, block: bytes) -> tuple[list[int], list[int]]:
        """Starts and times of the entries, as `Stamper.scan`."""
        found = [(begin, time) for begin, _, time in _entries(block) if time is not None]
        return [begin for begin, _ in found], [time for _, time in found]

    def where(self, line: bytes) -> tuple[int, int] | None:
        """Begin and end of the time within its line."""
        found = _STAMP_FIELD.match(line)
        return None if found is None else found.span(1)


def _entries(block: bytes) -> Iterator[tuple[int, int | None, int | None]]:
    """Begin, end (None where it is not there yet) and time (None where it has none) of each."""
    at = 0
    while at < len(block):
        begin, time = at, None
        end = None
        for _ in range(_STEPS):
            run = _FIELDS.match(block, at)
            assert run is not None, "it may be empty"
            if time is None:
                stamp = _STAMP_FIELD.search(block, at, run.end())
                time = int(stamp[1]) * 1000 if stamp and int(stamp[1]) < _LAST else None
            at = run.end()
            if (empty := _EMPTY.match(block, at)) is not None:
                end = empty.end()
                break
            if (after := _after_binary(block, at)) is None:
                break
            at = after
        else:
            end = at
        yield begin, end, time
        if end is None:
            return
        at = end


def _after_binary(block: bytes, at: int) -> int | None:
    """Where the field after a binary one begins; None when it is not all here.

    A line that is no field at all is passed over.
    """
    name = _NAME.match(block, at)
    if name is None:
        return block.find(b"\n", at) + 1 or None
    value = name.end() + 8
    size = int.from_bytes(block[name.end() : value], "little")
    if size > _LARGEST:
        return name.end()
    after = value + size
    if after >= len(block):
        return None
    return after + 1 if block[after : after + 1] == b"\n" else name.end()


class _Blocks:
    """Records that begin with one line and have their stamp in another.

    `_begin` finds the first lines, `_stamp` the stamps in the first of the patterns that a record
    has; `_end`, if there is one, what ends a record, else it is taken for whole once it has its
    stamp: what follows belongs to it all the same.
    """

    format: str
    zoned = False
    _begin: re.Pattern[bytes]
    _stamps: tuple[tuple[re.Pattern[bytes], Text], ...]
    _end: re.Pattern[bytes] | None = None

    def __init__(self, calendar: Calendar, sample: bytes) -> None:
        """Nothing is kept but the calendar: a record has all that is to be known."""
        self._calendar = calendar

    def whole(self, block: bytes) -> int:
        """Where the last record begins, if more of it is needed."""
        begin = max((found.start() for found in self._begin.finditer(block)), default=None)
        if begin is None:
            return len(block)
        if self._end is not None:
            ended = self._end.search(block, begin) is not None
        else:
            ended = self._time(block, begin, len(block)) is not None
        return len(block) if ended else begin

    def scan(self, block: bytes) -> tuple[list[int], list[int]]:
        """Starts and times of the records, as `Stamper.scan`."""
        begins = [found.start() for found in self._begin.finditer(block)]
        starts: list[int] = []
        times: list[int] = []
        for begin, end in pairwise([*begins, len(block)]):
            time = self._time(block, begin, end)
            if time is not None:
                starts.append(begin)
                times.append(time)
        return starts, times

    def where(self, line: bytes) -> tuple[int, int] | None:
        """Begin and end of the time within its line."""
        for pattern, _ in self._stamps:
            found = pattern.search(line)
            if found is not None:
                return found.start(1), max(found.end(1), found.end(2), found.end(3))
        return None

    def _time(self, block: bytes, begin: int, end: int) -> int | None:
        for pattern, text in self._stamps:
            found = pattern.search(block, begin, end)
            said = text.read(found[1], found[3] or b"") if found else None
            time = None if said is None else self._calendar.time(said, None)
            if found is not None and time is not None:
                fraction: bytes = found[2] or b"0"
                return time + int(fraction.ljust(9, b"0"))
        return None


class EventXml(_Blocks):
    """Windows events as XML, each over one line or many."""

    format = "windows-event"
    zoned = True
    _begin = re.compile(rb"^[ \t]*(?:<\?xml[^\n>]*\?>[ ]*)?(?:<Events[^\n>]*>)?<Event[ >]", re.M)
    _stamps = ((re.compile(rb"\bSystemTime=['\"]" + iso.TEXT.pattern), iso.TEXT),)
    _end = re.compile(rb"</Event>")

    @classmethod
    def recognise(cls, sample: bytes) -> bool:
        """Whether the sample begins with events."""
        head = sample.lstrip()
        return head.startswith((b"<Event", b"<?xml")) and cls._begin.search(sample) is not None


class EventText(_Blocks):
    """What `wevtutil qe /f:text` writes."""

    format = "windows-event-text"
    _begin = re.compile(rb"^Event\[\d+\]:?[ ]?\r?$", re.M)
    _stamps = ((re.compile(rb"^[ ]{1,4}Date: " + iso.TEXT.pattern, re.M), iso.TEXT),)

    @classmethod
    def recognise(cls, sample: bytes) -> bool:
        """Whether the sample begins with an event."""
        return cls._begin.match(sample.lstrip()) is not None


class CmTrace(_Blocks):
    """Logs of Windows' Configuration Manager, whose time stands behind a message of many lines."""

    format = "cmtrace"
    _begin = re.compile(rb"^<!\[LOG\[", re.M)
    _stamps = ((re.compile(rb'\]LOG\]!><time="' + CM_TEXT.pattern), CM_TEXT),)
    _end = re.compile(rb"\]LOG\]!><[^\n]*>")

    @classmethod
    def recognise(cls, sample: bytes) -> bool:
        """Whether the sample begins with a message."""
        return cls._begin.match(sample.lstrip()) is not None


class JulXml(_Blocks):
    """What java.util.logging writes as XML."""

    format = "jul-xml"
    _begin = re.compile(rb"^[ \t]*<record>", re.M)
    _stamps = (
        (re.compile(rb"<millis>" + epoch.FINER.pattern), epoch.FINER),
        (re.compile(rb"<date>" + iso.TEXT.pattern), iso.TEXT),
    )
    _end = re.compile(rb"</record>")

    @classmethod
    def recognise(cls, sample: bytes) -> bool:
        """Whether the sample begins with a record, or with the head of such a file."""
        head = sample.lstrip()
        return head.startswith((b"<record>", b"<?xml", b"<log>")) and (
            cls._begin.search(sample) is not None
        )


_SLOW_ISO, _SLOW_OLD = MYSQL[0].texts
_SET: Final = Text(
    "set-timestamp", rb"([1-3]\d{9})(?:\.(\d{1,9})\d*)?()(?=;)", lambda head, tail: int(head)
)


class SlowQueries(_Blocks):
    """MySQL's slow queries; in the same second as the one before they have no `# Time:`."""

    format = "mysql-slow"
    _begin = re.compile(rb"^# Time: [^\n]*\n(?:# User@Host: )?|^# User@Host: ", re.M)
    _stamps = (
        (re.compile(rb"^# Time:[ \t]{1,2}" + _SLOW_ISO.pattern, re.M), _SLOW_ISO),
        (re.compile(rb"^# Time:[ \t]{1,2}" + _SLOW_OLD.pattern, re.M), _SLOW_OLD),
        (re.compile(rb"^SET timestamp=" + _SET.pattern, re.M), _SET),
    )
    # It always comes, and until then `# User@Host:` may follow.
    _end = re.compile(rb"^SET timestamp=", re.M)

    @classmethod
    def recognise(cls, sample: bytes) -> bool:
        """Whether there are queries in the sample."""
        return (
            re.search(rb"^# User@Host: [^\n]*\n(?:#[^\n]*\n)*# Query_time: ", sample, re.M)
            is not None
        )


KINDS: Final = (JournalExport, EventXml, EventText, CmTrace, JulXml, SlowQueries)
