"""A source in, what its times and lines are like out; for `plait formats`."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from plait.errors import PlaitError, SourceError, UsageError
from plait.intake import Intake
from plait.logs.batch import STAMPED, SUSPECT, Batch
from plait.logs.chunk import Chunk
from plait.plugins import Opened
from plait.settings import Reading
from plait.sources import AsyncSource, Item, Source
from plait.sources.files import FileSource

#: So many lines that were not understood are shown, and so many bytes of each.
EXAMPLES: Final = 5
_MOST: Final = 1000
_IN_STAMP: Final = "in the stamp"
_WHITE: Final = (b" ", b"\t")


@dataclass(slots=True)
class Findings:
    """What is to be told about one source; times are nanoseconds since 1970 UTC."""

    source: str
    format: str | None = None
    title: str = ""
    zone: str = ""
    year: str = ""
    records: int = 0
    lines: int = 0
    stamped: int = 0  # records in which a time was found
    suspect: int = 0
    first: int | None = None  # the smallest believed stamp
    last: int | None = None
    back: int = 0  # how many stamps are before the one above them
    furthest: int = 0  # by how much at most, in ns
    missed: int = 0  # lines that were not understood
    examples: list[tuple[int, bytes]] = field(default_factory=list)  # (line number, line)
    error: str | None = None
    _above: int | None = None

    def add(self, batch: Batch) -> None:
        """Take the next records of the source."""
        lines = batch.data.count(b"\n")
        stamped = batch.flags.count(STAMPED)
        if stamped != len(batch):
            stamped = sum(flag & STAMPED for flag in batch.flags)
        if stamped != len(batch) or lines != len(batch):
            self._look_at(batch)
        self._time(batch)
        self.records += len(batch)
        self.stamped += stamped
        self.lines += lines

    def _time(self, batch: Batch) -> None:
        if batch.times is batch.places and batch.flags.count(STAMPED) == len(batch):
            # Nothing here goes back; only the first may be before what came above.
            self._stamp(batch.times[0])
            self._stamp(batch.times[-1])
            return
        for stamp, flags in zip(batch.times, batch.flags, strict=True):
            if flags & (STAMPED | SUSPECT) == STAMPED:
                self._stamp(stamp)

    def _stamp(self, stamp: int) -> None:
        if self._above is not None and stamp < self._above:
            self.back += 1
            self.furthest = max(self.furthest, self._above - stamp)
        self._above = stamp
        self.first = stamp if self.first is None else min(self.first, stamp)
        self.last = stamp if self.last is None else max(self.last, stamp)

    def _look_at(self, batch: Batch) -> None:
        """Find the lines that were not understood."""
        number = self.lines
        for raw, flags in zip(batch.raws(), batch.flags, strict=True):
            lines = raw.split(b"\n")[:-1]
            first = 1 if flags & STAMPED else 0
            if len(lines) > first:
                for at in _strange(lines, first):
                    self._miss(number + at + 1, lines[at])
            number += len(lines)

    def _miss(self, number: int, line: bytes) -> None:
        self.missed += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append((number, line[:_MOST].removesuffix(b"\r")))


def _strange(lines: list[bytes], first: int) -> Iterator[int]:
    """Which of a record's lines, from `first` on, are neither stamped nor part of a traceback.

    Lines that start with white space belong to the line above; so does what stands directly
    before or after them, as the first and the last line of a traceback do.
    """
    for at in range(first, len(lines)):
        around = lines[max(0, at - 1) : at + 2]
        if lines[at].strip() and not any(line.startswith(_WHITE) for line in around):
            yield at


def examine(opened: Opened, reading: Reading) -> Findings:
    """Read a source to its end; what is wrong with it becomes `error`."""
    intake = Intake(opened.name, 0, _Feed(opened.source), reading)
    findings = Findings(opened.name)
    try:
        for batch in _batches(intake):
            findings.add(batch)
    except SourceError as error:
        findings.error = f"{error.problem}; {error.hint}" if error.hint else error.problem
    except UsageError:
        raise
    except PlaitError as error:
        findings.error = str(error)
    except Exception as error:  # noqa: BLE001  # what a plug-in's source raises is its failure
        findings.error = f"{type(error).__name__}: {error}"
    _conclude(findings, intake, reading)
    return findings


class _Feed:
    """Items of a source of either colour, waited for here: there is nothing else to do."""

    def __init__(self, source: FileSource | Source) -> None:
        self._source = source
        self._items = _items(source)

    def take(self) -> Item:
        """The next item."""
        return next(self._items)

    def modified(self) -> int | None:
        """When a file was last written; of other sources nobody knows."""
        return self._source.modified if isinstance(self._source, FileSource) else None


def _items(source: FileSource | Source) -> Iterator[Item]:
    if not isinstance(source, AsyncSource):
        yield from source
        return
    from plait.bridge import LoopThread

    with LoopThread("plait formats") as loop:
        yield from loop.iterate(source)


def _batches(intake: Intake) -> Iterator[Batch]:
    now = time.time_ns()
    while True:
        try:
            item = intake.feed.take()
        except StopIteration:
            yield from intake.end_incarnation(now, live=False)
            return
        if isinstance(item, bytes):
            item = Chunk(item)
        if isinstance(item, Chunk):
            yield from intake.feed_chunk(item, now, live=False)


def _conclude(findings: Findings, intake: Intake, reading: Reading) -> None:
    """Add what was learned about the source as a whole."""
    for _ in intake.news():
        pass  # it counts
    intake.learn()
    stats = intake.stats
    findings.suspect = stats.suspect
    if stats.format is None or not findings.stamped:
        return
    findings.format = stats.format
    pattern = intake.title == f"as given: {stats.format}"
    findings.title = "the pattern that was given" if pattern else intake.title
    findings.year = stats.year or ""
    findings.zone = _zone(reading) if stats.zone != _IN_STAMP else _IN_STAMP


def _zone(reading: Reading) -> str:
    if reading.zone_from == "given":
        return f"{reading.zone}, as given"
    name = str(reading.zone)
    return "this machine's" if name == "local" else f"{name}, this machine's"
