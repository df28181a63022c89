"""Whole lines of one log in, the times of its stamped lines out."""

import re
from array import array
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Final

from plait.logs.kernel import COMPILED, Scanner
from plait.logs.kernel.layout import KEYS
from plait.logs.times.added import Added
from plait.logs.times.calendar import SECOND, Calendar, iso
from plait.logs.times.dependent import NAMES, Dependent, dependent_for
from plait.logs.times.format import HALF_YEAR, Text, TimeFormat
from plait.logs.times.learn import Learned, Others, study
from plait.logs.times.variants import Variant, pattern_of
from plait.logs.times.zones import zone_of
from plait.values import frozen

_SCALE: Final = tuple(10 ** (9 - digits) for digits in range(10))
# A second's text comes many times in a row. More would add up where thousands of logs are open.
_CACHE: Final = 128
# The first block of so many bytes makes the kernel learn a layout.
_WORTHWHILE: Final = 2**15
# How many lines the kernel may leave unread before the general reader shows it another; where
# that is of no use it is asked ever less often.
_PATIENCE: Final = 4
_MOST_PATIENCE: Final = 4096
# Within so many ns of each other stamps without a year cannot be of another one.
_REACH: Final = HALF_YEAR * 4 // 10
_EVER: Final = -(2**63), 2**63
# A stamp of an hour that the clock shows twice belongs to the second pass when it falls back by
# more than threads that write past each other make it.
_PASS: Final = 60 * SECOND
_SAID: Final = "in the stamp"
_OUTER: Final = re.compile(rb"\n[^ \t\r\n]")
_AFTER: Final = rb"[ \t]*([A-Za-z]{1,8})(?![A-Za-z])"
_STRAY: Final = rb"[ \t]*(?!(?i:[ap]m))[A-Za-z]*"


@frozen
class Detected:
    """What was found and assumed about a log's stamps, to be shown."""

    format: str | None
    title: str
    zone: str
    year: str
    weak: bool
    share: float  # of the sample's lines, how many are stamped


class Stamper:
    """Finds and reads the stamps of one log.

    1. What a line gives depends on what was learned, on the line, and, for a stamp without a
       year or one in an hour that the clock shows twice, on the last stamps before it; never
       on where blocks end.
    2. A line is read by the primary variant if it can, else by the first accepted one.
    """

    __slots__ = (
        "_added", "_caches", "_calendar", "_dependent", "_fast", "_forced", "_inner", "_last",
        "_learned", "_near", "_others", "_patience", "_scanner", "_span", "_twice", "_zone_from",
    )  # fmt: skip

    def __init__(
        self,
        *,
        zone: tzinfo,
        reference: int,
        format: str | None = None,  # noqa: A002 - the name of the option
        zone_from: str = "local",
        added: Sequence[TimeFormat] = (),
        installed: Callable[[], Sequence[TimeFormat]] = tuple,
        boot: int | None = None,
    ) -> None:
        """`zone` is for stamps that name none, and `zone_from` says where it comes from.

        `reference` (nanoseconds) is about when the log ends: stamps without a year belong
        before it. `boot` (nanoseconds) is when the machine started: stamps of the time since
        then need it. `format` is the name of a format or a pattern such as `%d.%m.%Y %H:%M:%S`.
        `added` are tried beside the table's, and those that `installed` gives, where no other
        format reads most of the log.
        """
        self._calendar = Calendar(zone, reference, boot)
        self._span: tuple[int, int]  # between which times layouts without a year hold
        self._zone_from = zone_from
        self._added = Added(added, installed)
        self._forced = None if format is None else self._added.forced(format)
        primary = self._forced[0] if self._forced else None
        self._accept(Learned(primary, self._forced))
        self._dependent: Dependent | None = None  # of a log whose lines depend on one another
        if primary is not None and primary.format.name in NAMES:
            self._dependent = dependent_for(b"", primary.format.name, self._calendar)
        self._caches: dict[Text, dict[tuple[bytes, bytes], int]] = {}
        self._near: int | None = None  # the last stamp without a year
        self._last: int | None = None  # the last stamp of any kind
        self._twice: int | None = None  # the last one in an hour that the clock shows twice

    def learn(self, sample: bytes) -> None:
        """Choose what is accepted from here on by whole lines from the start of the log."""
        if self._forced is None:
            found = dependent_for(sample, None, self._calendar)
            # The one at work knows what stood above.
            if type(found) is not type(self._dependent):
                self._dependent = found
        if self._dependent is None:
            learned = study(sample, self._calendar, self._forced)
            if self._forced is None:
                learned = self._added.learned(sample, self._calendar, learned)
            self._accept(learned)

    def whole(self, block: bytes, begin: int, end: int) -> int:
        """How far `scan` is to get now of these lines.

        The rest begins a record that needs more lines, and comes again before what follows.
        """
        if self._dependent is None:
            return end
        return begin + self._dependent.whole(block[begin:end])

    def resume(self, last: int) -> None:
        """Go on after a record of this time: a stamp without a year belongs near it."""
        self._last = last

    def scan(
        self, block: bytes, begin: int = 0, end: int | None = None
    ) -> tuple["array[int]", "array[int]"]:
        """Starts (offsets in the block) and times of the stamped lines of a block of lines.

        Only the lines from `begin` to `end` are looked at.
        """
        at, end = begin, len(block) if end is None else end
        if self._dependent is not None:
            found, stamps = self._dependent.scan(block[at:end])
            return array("q", [at + start for start in found]), array("q", stamps)
        scanner = self._scanner
        fast = self._fast and bool(scanner.layout_count or end - begin >= _WORTHWHILE)
        while at < end:
            odd, after = at, end
            if fast and self._is_near():
                read, odd, after = scanner.scan(block, at, end, self._patience)
                self._note(read, odd - at, after - odd)
            if odd < after:
                starts: list[int] = []
                times: list[int] = []
                self._read(b"\n" + block[odd:after], starts, times, teach=fast)
                scanner.extend([odd + start for start in starts], times)
            at = after
        return scanner.take()

    def _read(self, padded: bytes, starts: list[int], times: list[int], *, teach: bool) -> None:
        """Read lines, with a newline before them, in the general way; `teach` the kernel one."""
        end, primary = 0, self._learned.primary
        if primary is not None:
            end, last = self._scan_primary(primary, padded, starts, times)
            if last is not None and teach:
                self._teach(primary, *last)
        if end < len(padded) - 1:
            self._scan_others(padded, end, len(padded), starts, times)

    def _note(self, read: int, size: int, odd: int) -> None:
        """Take note of how the layouts did: of so many stamps in so many bytes, and of the rest."""
        primary = self._learned.primary
        if read and primary is not None:
            if primary.text.yearless:
                self._near = self._scanner.last()
            else:
                self._last = self._scanner.last()
        if size > odd:
            self._patience = _PATIENCE
        elif odd:
            self._patience = min(2 * self._patience, _MOST_PATIENCE)

    def _is_near(self) -> bool:
        """Whether the layouts hold: without a year, they do near those that they were made of."""
        low, high = self._span
        return self._near is None or low <= self._near < high

    def _teach(self, variant: Variant, line: re.Match[bytes], time: int) -> None:
        """Let the kernel read lines such as this one, whose stamp is `time`."""
        from plait.logs.times.layouts import layout_of, stands_apart  # not for a few lines

        padded = line.string
        begin, end = line.start() + 1, line.end() + 1
        stray = _is_stray(line[3])
        behind = max(line.end(1), line.end(2)) if stray else line.end(3)
        word = re.match(_AFTER, padded[behind:end])
        if word is not None and stands_apart(word[1], variant.text, stray=stray):
            self._scanner.know(word[1])
        if self._scanner.reads(padded[begin:end]):
            return  # it was what follows the stamp that was odd
        span = self._span
        if variant.text.yearless and (span == _EVER or not span[0] <= time < span[1]):
            span = time - _REACH, time + _REACH
        layout = layout_of(variant, line, time, self._calendar, span, stray=stray)
        if layout is not None:
            if span != self._span:
                self._span = span
                self._scanner.clear()
            self._scanner.add(layout)

    def stamp(self, line: bytes) -> int | None:
        """The time of one line, as `scan` would give it; None when it has none."""
        starts, times = self.scan(line if line.endswith(b"\n") else line + b"\n")
        return times[0] if starts and starts[0] == 0 else None

    def where(self, line: bytes) -> tuple[int, int] | None:
        """Begin and end of the stamp within a line."""
        if self._dependent is not None:
            return self._dependent.where(line.partition(b"\n")[0])
        padded = b"\n" + line.partition(b"\n")[0]
        primary = self._learned.primary
        for variant in (*((primary,) if primary else ()), *self._others.each_in(padded)):
            match = pattern_of(variant).match(padded)
            if match and self._said(variant.text, match[1], match[3]) is not None:
                end = max(match.end(1), match.end(2))
                # A word that is no zone is not part of the stamp.
                stray = _is_stray(match[3])
                return match.start(1) - 1, (end if stray else max(end, match.end(3))) - 1
        return None

    @property
    def dated(self) -> bool:
        """Whether no stamp so far depended on those before it: all said when they were."""
        return self._near is None and self._twice is None and self._dependent is None

    @property
    def detected(self) -> Detected:
        """What was learned and what is assumed."""
        learned, primary = self._learned, self._learned.primary
        zone = f"{self._calendar.zone} ({self._zone_from})"
        if self._dependent is not None:
            name, zoned = self._dependent.format, self._dependent.zoned
            from plait.logs.times.table import FORMATS

            title = next(form.title for form in FORMATS if form.name == name)
            return Detected(name, title, _SAID if zoned else zone, _SAID, False, 1.0)
        if primary is None:
            return Detected(None, "no time format", "", "", False, learned.share)
        return Detected(
            primary.format.name,
            primary.format.title,
            _SAID if learned.zoned else zone,
            self._year(primary.text),
            primary.format.weak,
            learned.share,
        )

    def _year(self, text: Text) -> str:
        """Where the year of a text's stamps comes from."""
        boot = self._calendar.boot
        if text.uptime:
            return "1970, since boot= is not given" if boot is None else f"boot at {iso(boot)}"
        inferred = f"inferred from {iso(self._calendar.reference)[:10]}"
        return inferred if text.yearless else _SAID

    def _accept(self, learned: Learned) -> None:
        self._learned = learned
        self._inner = learned.inner
        self._others = Others(learned)
        inner = self._inner or (learned.primary is not None and learned.primary.inner)
        self._scanner = Scanner(inner, KEYS)
        # In Python the general reader is the faster one.
        self._fast = COMPILED and learned.primary is not None
        self._patience = _PATIENCE
        self._span = _EVER

    def _scan_primary(
        self, variant: Variant, padded: bytes, starts: list[int], times: list[int]
    ) -> tuple[int, tuple[re.Match[bytes], int] | None]:
        """Scan by the primary variant, others in between.

        Returns where the last match ends, and that match with its time.
        """
        text = variant.text
        cache, yearless = self._cache(text), text.yearless
        end = 0
        last = None
        for match in pattern_of(variant).finditer(padded):
            head, fraction, tail = match.groups()
            start = match.start()
            if start != end:
                self._scan_others(padded, end, start, starts, times)
            time = cache.get((head, tail))
            if time is None or yearless:
                time = self._time(text, head, tail)
                if time is None:
                    end = start
                    continue
            end = match.end()
            if fraction:
                time += int(fraction) * _SCALE[len(fraction)]
            starts.append(start)
            times.append(time)
            last = match, time
        if times and not yearless:
            self._last = times[-1]
        return end, last

    def _scan_others(
        self, padded: bytes, begin: int, end: int, starts: list[int], times: list[int]
    ) -> None:
        """Scan lines the primary variant does not match."""
        # Tracebacks are indented; one look passes them by.
        if not self._inner and _OUTER.search(padded, begin, end) is None:
            return
        if times:
            self._last = times[-1]
        others = self._others.of(padded, begin, end)
        if others is None:
            return
        for match in others.pattern.finditer(padded, begin, end):
            text, head, fraction, tail = others.found(match)
            time = self._time(text, head, tail)
            if time is None:
                again = self._first_valid(match)
                if again is None:
                    continue
                time, fraction = again
            if fraction:
                time += int(fraction) * _SCALE[len(fraction)]
            self._last = time
            starts.append(match.start())
            times.append(time)

    def _first_valid(self, line: re.Match[bytes]) -> tuple[int, bytes | None] | None:
        """The first accepted variant that reads a line, where one matched but made no time."""
        for variant in self._others.each_in(line[0]):
            match = pattern_of(variant).match(line.string, line.start(), line.end())
            if match is not None:
                time = self._time(variant.text, match[1], match[3])
                if time is not None:
                    return time, match[2]
        return None

    def _cache(self, text: Text) -> dict[tuple[bytes, bytes], int]:
        cache = self._caches.get(text)
        if cache is None:
            cache = self._caches[text] = {}
        return cache

    def _time(self, text: Text, head: bytes, tail: bytes) -> int | None:
        """The time of a stamp without its fraction; a yearless one becomes the nearest known."""
        cache = self._cache(text)
        time = cache.get((head, tail))
        # What is remembered of a yearless stamp is right while no other year comes nearer.
        near, (low, high) = self._near, text.span
        if time is None or (text.yearless and (near is None or not low < time - near < high)):
            said = self._said(text, head, tail)
            if said is None:
                return None
            first, time = said
            if first == time:
                if len(cache) >= _CACHE:
                    cache.clear()
                cache[head, tail] = time
            else:
                # Not remembered: the next stamp with this text may be of the other pass.
                if self._twice is None or self._twice <= first + _PASS:
                    time = first
                self._twice = time
        if text.yearless:
            self._near = time
        return time

    def _said(self, text: Text, head: bytes, tail: bytes) -> tuple[int, int] | None:
        """The times at which the clock shows what a stamp says, for the first and last time."""
        said = text.read(head, tail or b"")
        if said is None:
            return None
        time = self._calendar.time(said, self._last if self._near is None else self._near)
        return None if time is None else (time, self._calendar.again(said, time))


def _is_stray(tail: bytes | None) -> bool:
    """Whether a tail is a word that is no zone, and so not part of the stamp."""
    return bool(re.fullmatch(_STRAY, tail or b"")) and not zone_of(tail or b"")
