"""The head and probes of an ordered file in, the part of it that must be read out.

What `--since` and `--until` leave out of a long file need not be read, if it is in order. That
cannot be known without reading all of it, so it is assumed, with some slack, and doubted where
anything that is read speaks against it.
"""

from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import accumulate
from operator import sub
from typing import Final

from plait.logs.assemble import Assembler
from plait.logs.batch import STAMPED, Batch
from plait.logs.belief import LEAP
from plait.logs.chunk import Chunk
from plait.logs.decode import Decoder
from plait.logs.times import Stamper
from plait.values import frozen

#: How far (ns) a stamp may lie behind an earlier one in a file that counts as in order: as far as
#: it may before a stamp ahead of it is doubted.
SLACK: Final = LEAP

# What a probe reads: a hundred lines, to be sure of their order, for little more than the price of
# one; further where it meets no stamp, but not for ever.
_PROBE: Final = 16 * 2**10
_LONGEST: Final = 64 * 2**10
# Where the place is known to within so much, reading costs no more than further probes.
_GRAIN: Final = 2 * _PROBE
# The first steps back from the end: it is the end of a log that is mostly asked for.
_GROWTH: Final = 4

# So many more see to it that no large part is out of order.
_SAMPLES: Final = 16
# More than a format is learned from.
_HEAD: Final = 128 * 2**10

#: Yields (offset, length), is sent the bytes that are there, returns the place or None.
Look = Generator[tuple[int, int], bytes, int | None]


@frozen
class Seek:
    """Finds the part of a file that may hold records of a range of times.

    `stamper` makes one for a file that was last written at the time it is given; `limit` is that
    of the records. The border of the range that is None leaves nothing out.

    What is left out is earlier than `since`, or not before `until`, unless a stamp in it lies by
    more than `SLACK` behind an earlier one. Nothing is left out where probes show that, or where
    the file could be read otherwise than in full: its format is not known from its head, its
    stamps name no year, the clock was put back about that time.
    """

    since: int | None
    until: int | None
    zone: tzinfo
    stamper: Callable[[int], Stamper]
    limit: int

    def begin(self, head: bytes, size: int, modified: int) -> Look:
        """Where to read on after `head`, the first whole lines of a file of `size` bytes.

        It is the begin of a line with a stamp; None to read on as ever.
        """
        since = self.since
        if since is None or size - len(head) <= _GRAIN or not _steady(self.zone, since):
            return None
        stamper = self.stamper(modified)
        first = self._learned(stamper, head)
        if first is None or not _precedes(first.most, since):
            return None
        probes, place = [first], None
        low, high, reach = len(head), size, _PROBE
        floor = blank = low  # where a probe met no stamp, the next ones are nearer to `high`
        while high - low > _GRAIN:
            if high - floor <= _GRAIN:
                floor, high = low, blank  # an earlier place than need be is never wrong
                continue
            at = max((floor + high) // 2, high - reach)
            reach *= _GROWTH
            probe = yield from _probe(stamper, at)
            if probe is None:
                blank = at if floor == low else blank
                floor = at
                continue
            if not probe.fits(probes):
                return None
            probes.append(probe)
            if _precedes(probe.most, since):
                low = floor = place = probe.begin
            else:
                high = at
        if place is None:
            return None
        samples = yield from _samples(stamper, len(head), place)
        fit = all(probe.fits([*probes, *samples]) for probe in samples)
        early = all(_precedes(probe.most, since) for probe in samples)
        return place if fit and early and stamper.dated else None

    def end(self, at: int, size: int, modified: int) -> Look:
        """Where to stop, if that may be now that all before `at` is read and beyond `until`."""
        until = self.until
        if until is None or size - at <= _GRAIN or not _steady(self.zone, until):
            return None
        stamper = self.stamper(modified)
        head = yield 0, _HEAD
        if self._learned(stamper, head[: head.rfind(b"\n") + 1]) is None:
            return None
        samples = yield from _samples(stamper, at, size)
        fit = samples and all(probe.fits(samples) for probe in samples)
        late = all(probe.least >= until for probe in samples)
        return at if fit and late and stamper.dated else None

    def _learned(self, stamper: Stamper, head: bytes) -> "_Probe | None":
        """Read the head as it is when it is read for good, so that the same is learned from it."""
        decoder = Decoder()
        decoder.feed(head)
        if decoder.encoding is not None:
            return None  # another encoding has other line ends
        assembler = Assembler("", stamper, default=0, limit=self.limit)
        batches = assembler.feed(Chunk(head))
        if not batches or not batches[-1].flags[-1] & STAMPED:
            return None
        most = assembler.floor
        if most is None or any(map(strays, batches)):
            return None
        return _Probe(0, len(head), batches[0].places[0], most, ordered=True)


def _precedes(time: int, since: int) -> bool:
    """Whether all that comes before a record of this time lies before `since`."""
    return time + SLACK < since


@frozen
class _Probe:
    """Some neighbouring lines, from the first with a stamp, and what their stamps say."""

    begin: int
    end: int
    least: int
    most: int
    ordered: bool

    def fits(self, others: "list[_Probe]") -> bool:
        """Whether these can be lines of one ordered file."""
        return self.ordered and all(self._agrees(other) for other in others)

    def _agrees(self, other: "_Probe") -> bool:
        first, second = (self, other) if self.begin < other.begin else (other, self)
        # What one block holds twice says nothing about the order of the two.
        return second.begin < first.end or second.least + SLACK >= first.most


def _samples(
    stamper: Stamper, begin: int, end: int
) -> Generator[tuple[int, int], bytes, list[_Probe]]:
    """Probes all over what is to be left out; those that meet no stamp at once are missing."""
    found: list[_Probe] = []
    for part in range(1, _SAMPLES + 1):
        at = max(begin, begin + (end - begin) * part // _SAMPLES - _PROBE)
        probe = yield from _probe(stamper, at, longest=_PROBE)
        if probe is not None:
            found.append(probe)
    return found


def _probe(
    stamper: Stamper, at: int, longest: int = _LONGEST
) -> Generator[tuple[int, int], bytes, _Probe | None]:
    """The lines from an offset on as far as a stamp is found, None where none is near."""
    data = b""
    more = _PROBE
    while more <= longest and (read := (yield at + len(data), more)):
        data += read
        begin, end = data.find(b"\n") + 1, data.rfind(b"\n") + 1
        starts, times = stamper.scan(data[begin:end]) if begin < end else ([], [])
        if starts:
            tops = accumulate(times, max)
            ordered = all(behind <= SLACK for behind in map(sub, tops, times))
            return _Probe(at + begin + starts[0], at + end, min(times), max(times), ordered)
        more *= _GROWTH
    return None


def strays(batch: Batch) -> int:
    """How many records lie so far behind an earlier one that the source is not in order."""
    if batch.times is batch.places:
        return 0
    return sum(behind > SLACK for behind in map(sub, batch.places, batch.times))


def is_past(batches: Sequence[Batch], until: int | None) -> bool:
    """Whether nothing that follows these records, in an ordered source, comes before `until`.

    A whole batch must lie beyond it: one stamp that leaps ahead proves nothing.
    """
    if until is None or not batches or not batches[-1].flags[-1] & STAMPED:
        return False
    return min(batches[-1].times) >= until + SLACK


def _steady(zone: tzinfo, time: int) -> bool:
    """Whether the clock keeps its offset for a day around a time.

    Where it is put back, local times come twice, and those of the first hour are later than they
    seem from the second.
    """
    try:
        moment = datetime.fromtimestamp(time // 10**9, UTC)
        around = [(moment + timedelta(days=days)).astimezone(zone) for days in (-1, 1)]
    except (OverflowError, ValueError, OSError):
        return False
    return around[0].utcoffset() == around[1].utcoffset()
