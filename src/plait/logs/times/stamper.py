"""Whole lines of one log in, the times of its stamped lines out."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Final

from plait.errors import UsageError
from plait.logs.times.added import Added
from plait.logs.times.calendar import SECOND, Calendar, iso
from plait.logs.times.dependent import NAMES, Scanner, scanner_for
from plait.logs.times.format import Text, TimeFormat
from plait.logs.times.learn import STRONG, Learned, study
from plait.logs.times.pattern import format_of
from plait.logs.times.table import FORMATS
from plait.logs.times.variants import AnyOf, Variant, any_of, pattern_of, variants_of
from plait.logs.times.zones import zone_of

_SCALE: Final = tuple(10 ** (9 - digits) for digits in range(10))
# A second's text comes many times in a row. More would add up where thousands of logs are open.
_CACHE: Final = 128
# A stamp of an hour that the clock shows twice belongs to the second pass when it falls back by
# more than threads that write past each other make it.
_PASS: Final = 60 * SECOND
_OUTER: Final = re.compile(rb"\n[^ \t\r\n]")
_SAID: Final = "in the stamp"
_STRAY: Final = re.compile(rb"[ \t]*(?!(?i:[ap]m))[A-Za-z]*")


@dataclass(frozen=True, slots=True)
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
        "_added", "_caches", "_calendar", "_dependent", "_forced", "_inner", "_last", "_learned",
        "_near", "_others", "_twice", "_zone_from",
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
        self._zone_from = zone_from
        self._added = Added(added, installed)
        self._forced = None if format is None else _forced(format, self._added)
        primary = self._forced[0] if self._forced else None
        self._accept(Learned(primary, self._forced or STRONG))
        self._dependent: Scanner | None = None  # of a log whose lines depend on one another
        if primary is not None and primary.format.name in NAMES:
            self._dependent = scanner_for(b"", primary.format.name, self._calendar)
        self._caches: dict[Text, dict[tuple[bytes, bytes], int]] = {}
        self._near: int | None = None  # the last stamp without a year
        self._last: int | None = None  # the last stamp of any kind
        self._twice: int | None = None  # the last one in an hour that the clock shows twice

    def learn(self, sample: bytes) -> None:
        """Choose what is accepted from here on by whole lines from the start of the log."""
        if self._forced is None:
            found = scanner_for(sample, None, self._calendar)
            # The one at work knows what stood above.
            if type(found) is not type(self._dependent):
                self._dependent = found
        if self._dependent is None:
            learned = study(sample, self._calendar, self._forced)
            if self._forced is None:
                learned = self._added.learned(sample, self._calendar, learned)
            self._accept(learned)

    def whole(self, block: bytes) -> int:
        """How much of a block of lines `scan` is to get now.

        The rest begins a record that needs more lines, and comes again before the next block.
        """
        return len(block) if self._dependent is None else self._dependent.whole(block)

    def scan(self, block: bytes) -> tuple[list[int], list[int]]:
        """Starts (offsets in the block) and times of the stamped lines of a block of lines."""
        if self._dependent is not None:
            return self._dependent.scan(block)
        padded = b"\n" + block
        starts: list[int] = []
        times: list[int] = []
        end = 0
        if self._learned.primary is not None:
            end = self._scan_primary(self._learned.primary, padded, starts, times)
        if end < len(padded) - 1:
            self._scan_others(padded, end, len(padded), starts, times)
        return starts, times

    def stamp(self, line: bytes) -> int | None:
        """The time of one line, as `scan` would give it; None when it has none."""
        starts, times = self.scan(line)
        return times[0] if starts and starts[0] == 0 else None

    def where(self, line: bytes) -> tuple[int, int] | None:
        """Begin and end of the stamp within a line."""
        if self._dependent is not None:
            return self._dependent.where(line.partition(b"\n")[0])
        padded = b"\n" + line.partition(b"\n")[0]
        primary = self._learned.primary
        for variant in (*((primary,) if primary else ()), *self._learned.accepted):
            match = pattern_of(variant).match(padded)
            if match and self._said(variant.text, match[1], match[3]) is not None:
                end = max(match.end(1), match.end(2))
                # A word that is no zone is not part of the stamp.
                stray = _STRAY.fullmatch(match[3] or b"") and not zone_of(match[3])
                return match.start(1) - 1, (end if stray else max(end, match.end(3))) - 1
        return None

    @property
    def detected(self) -> Detected:
        """What was learned and what is assumed."""
        learned, primary = self._learned, self._learned.primary
        zone = f"{self._calendar.zone} ({self._zone_from})"
        if self._dependent is not None:
            name, zoned = self._dependent.format, self._dependent.zoned
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
        return inferred if text.yearless else "in the stamp"

    def _accept(self, learned: Learned) -> None:
        self._learned = learned
        self._inner = any(variant.inner for variant in learned.accepted)
        self._others: AnyOf | None = None  # compiled when a line asks for it

    def _scan_primary(
        self, variant: Variant, padded: bytes, starts: list[int], times: list[int]
    ) -> int:
        """Scan by the primary variant, others in between; return where the last match ends."""
        text = variant.text
        cache, yearless = self._cache(text), text.yearless
        end = 0
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
        if times and not yearless:
            self._last = times[-1]
        return end

    def _scan_others(
        self, padded: bytes, begin: int, end: int, starts: list[int], times: list[int]
    ) -> None:
        """Scan lines the primary variant does not match."""
        # Tracebacks are indented; one look passes them by.
        if not self._inner and _OUTER.search(padded, begin, end) is None:
            return
        if times:
            self._last = times[-1]
        others = self._others
        if others is None:
            others = self._others = any_of(self._learned.accepted)
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
        for variant in self._learned.accepted:
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
        near = self._near
        time = (
            None
            if said is None
            else self._calendar.time(said, self._last if near is None else near)
        )
        return None if said is None or time is None else (time, self._calendar.again(said, time))


def _forced(text: str, added: Added) -> tuple[Variant, ...]:
    """The variants of the one format that was asked for."""
    for form in FORMATS:
        if form.name == text:
            return variants_of((form,)) or variants_of((replace(form, texts=form.named),))
    own = added.named(text)
    if own is not None:
        return variants_of((own,))
    if "%" in text:
        return variants_of((format_of(text),))
    names = ", ".join(form.name for form in (*FORMATS, *added.all()))
    raise UsageError(
        f"unknown time format {text!r}; write one of {names}, "
        "or a pattern such as '%Y-%m-%d %H:%M:%S.%f'"
    )
