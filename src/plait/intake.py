"""One source in the driver: its items in, batches and events out."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from plait.errors import MissingExtra, SourceError
from plait.events import (
    Cut,
    Disordered,
    Ended,
    Event,
    Failed,
    Rotated,
    Skipped,
    Suspect,
    Truncated,
    Waiting,
)
from plait.logs.assemble import Assembler
from plait.logs.batch import STAMPED, Batch
from plait.logs.chunk import Chunk
from plait.logs.seek import strays
from plait.logs.times import Stamper
from plait.settings import Reading
from plait.sources import Item
from plait.sources.file import FileSource
from plait.stats import SourceStats

_SECOND: Final = 10**9
_SAMPLE: Final = 64
_BORDERS: Final[tuple[type[Event], ...]] = Rotated, Truncated
_BORDERS_RESUMED: Final[tuple[type[Event], ...]] = Rotated, Truncated, Waiting


if TYPE_CHECKING:
    from plait.logs.bookmark import Tracker
    from plait.logs.passing import Passing
    from plait.resumption import Resumption


class Feed(Protocol):
    """Where the intake gets items without waiting: a file's iterator, or a pump's queue."""

    def take(self) -> Item | None:
        """The next item; None when there is nothing now. `StopIteration` at the end."""

    def modified(self) -> int | None:
        """When what is being read was last written, in ns, if that is known."""


class Over(NamedTuple):
    """A source has ended, as the event says."""

    event: Event


#: What one step of reading a source gave; None when there is nothing now.
Taken = list[Batch] | Event | Over | None


class Intake:
    """One source on its way through the driver.

    1. `due` says that asking the feed may give something; when the feed has nothing, or says
       that it has caught up, it is cleared.
    2. `done` is set after the last batch was given.
    """

    __slots__ = (
        "_assembler", "_reading", "_resumption", "_skipper", "_stamper", "_strays", "borders",
        "caught_up", "coarse", "done", "due", "feed", "heard", "held", "name", "rank", "raw",
        "stats", "tracker",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        rank: int,
        feed: Feed,
        reading: Reading,
        resumption: "Resumption | None" = None,
        tracker: "Tracker | None" = None,
    ) -> None:
        """Begin where reading begins, or go on as `resumption` says."""
        self.name: Final = name
        self.rank: Final = rank
        self.feed: Final = feed
        self.stats: Final = SourceStats(name)
        self.due = True
        self.caught_up = False
        self.done = False
        self.heard = 0.0  # when it last gave bytes
        self.coarse: bool | None = None  # whether its stamps are of whole seconds, once known
        self.held = 0.0  # since when it has held bytes and given no record
        self.tracker: Final = tracker
        #: The events that end an incarnation. A file that is gone has left nothing to resume.
        self.borders: Final = _BORDERS if tracker is None else _BORDERS_RESUMED
        #: Pass bytes on without looking for records in them; set before there are any.
        self.raw = False
        self._reading = reading
        self._strays = 0
        self._resumption = resumption
        self._skipper = None if resumption is None else resumption.skipper
        self._stamper: Stamper | None = None
        self._assembler: Assembler | Passing | None = None

    def take(self, now: int, *, live: bool) -> Taken:
        """Take one item of the source, and make batches of its bytes."""
        try:
            item = self.feed.take()
        except StopIteration:
            return Over(Ended(self.name))
        except (SourceError, MissingExtra) as error:
            return Over(failure(self.name, error))
        if item is None or isinstance(item, Event):
            return item
        return self.feed_chunk(item if isinstance(item, Chunk) else Chunk(item), now, live=live)

    def feed_chunk(self, chunk: Chunk, now: int, *, live: bool) -> list[Batch]:
        """The records that are whole with these bytes, which came at `now` (ns)."""
        assembler = self._assembler or self._begin(now)
        assembler.default = self._default(now)
        if self.tracker is not None:
            self.tracker.feed(chunk.token)
        if self._skipper is not None:
            chunk = Chunk(self._skipper.feed(chunk.data))
        return self._counted(assembler.feed(chunk, now if live else None))

    def flush(self, now: int, *, live: bool) -> list[Batch]:
        """The record that is held back in case it grows."""
        if self._assembler is None:
            return []
        self._assembler.default = self._default(now)
        return self._counted(self._assembler.flush(now if live else None))

    def end_incarnation(self, now: int, *, live: bool) -> list[Batch]:
        """All that is held, a last line without newline too."""
        out: list[Batch] = []
        if self._assembler is not None:
            self._assembler.default = self._default(now)
            out = self._counted(self._assembler.end(now if live else None))
            self._skipper = None
        return out

    def begin_incarnation(self, now: int, *, live: bool) -> list[Batch]:
        """The same, where the source says that what follows is a new incarnation."""
        out = self.end_incarnation(now, live=live)
        if self.tracker is not None:
            self.tracker.end_incarnation()
        return out

    def leave(self) -> int | None:
        """Give up the rest of a file if it need not be read: how many bytes that is, else None."""
        return self.feed.leave() if isinstance(self.feed, FileFeed) else None

    @property
    def pending(self) -> bool:
        """Whether a record is held back that `flush` would give."""
        return self._assembler is not None and self._assembler.pending

    @property
    def floor(self) -> int | None:
        """The place below which nothing more will come, if any is known."""
        return None if self._assembler is None else self._assembler.floor

    @property
    def partial(self) -> int:
        """The bytes of a last line that has not ended."""
        return 0 if self._assembler is None else self._assembler.partial

    def _default(self, now: int) -> int:
        """The time of records in which none is found: of the file, or live, of arrival."""
        modified = None if self.caught_up else self.feed.modified()
        return now if modified is None else min(modified, now)

    def _begin(self, now: int) -> "Assembler | Passing":
        reading = self._reading
        if self.raw:
            from plait.logs.passing import Passing

            self._assembler = Passing(self.name, limit=reading.limit)
            return self._assembler
        self._stamper = reading.stamper(self.feed.modified() or now)
        self._assembler = Assembler(
            self.name, self._stamper, default=self._default(now), limit=reading.limit
        )
        if self._resumption is not None:
            self._resumption.apply(self._stamper, self._assembler)
        return self._assembler

    def _counted(self, batches: list[Batch]) -> list[Batch]:
        stats = self.stats
        if self.tracker is not None:
            self.tracker.put(batches)
        for batch in batches:
            stats.bytes += batch.size
            if self.raw:
                continue
            stats.records += len(batch)
            if batch.flags.count(STAMPED) != len(batch):
                stats.unstamped += sum(not flag & STAMPED for flag in batch.flags)
            if stats.skipped:
                self._strays += strays(batch)
            if self.coarse is not False and batch.flags[-1] & STAMPED:
                # Some of many: where stamps are finer, it is chance that one is of a whole second.
                some = batch.times[:: 1 + len(batch) // _SAMPLE]
                self.coarse = not any(time % _SECOND for time in some)
        return batches

    def through(self, now: int, report: Callable[[Event], object]) -> Iterator[Batch]:
        """All records of a source that ends and makes nobody wait, for those who read it alone."""
        while True:
            try:
                item = self.feed.take()
            except StopIteration:
                break
            if isinstance(item, Event):
                report(item)
                if isinstance(item, self.borders):
                    yield from self.end_incarnation(now, live=False)
            elif item is not None:
                chunk = item if isinstance(item, Chunk) else Chunk(item)
                yield from self.feed_chunk(chunk, now, live=False)
        yield from self.end_incarnation(now, live=False)

    def news(self) -> Iterator[Event]:
        """What the assembler did since the last call that is worth an event."""
        if self._assembler is None:
            return
        if suspects := self._assembler.suspects - self.stats.suspect:
            self.stats.suspect += suspects
            yield Suspect(self.name, suspects)
        if pieces := self._assembler.pieces - self.stats.pieces:
            self.stats.pieces += pieces
            yield Cut(self.name, pieces, self._reading.limit)
        if disordered := self._strays - self.stats.disordered:
            self.stats.disordered += disordered
            yield Disordered(self.name, disordered)

    @property
    def title(self) -> str:
        """What the format that was found looks like."""
        return "" if self._stamper is None else self._stamper.detected.title

    def learn(self) -> None:
        """Bring what was detected and assumed into the statistics."""
        if self._stamper is not None:
            detected = self._stamper.detected
            self.stats.format = detected.format
            self.stats.zone = detected.zone
            self.stats.year = detected.year


def failure(name: str, error: SourceError | MissingExtra) -> Failed:
    """The event that says why a source cannot be read."""
    if isinstance(error, SourceError):
        return Failed(name, error.problem, error.hint)
    return Failed(name, str(error))


def count(stats: SourceStats, event: Event) -> None:
    """Count what an event says."""
    if isinstance(event, Rotated):
        stats.rotations += 1
    elif isinstance(event, Truncated):
        stats.truncations += 1
    elif isinstance(event, Skipped):
        stats.skipped += event.bytes
    elif isinstance(event, Failed):
        stats.failed = event.what()


class FileFeed:
    """Items of a file, whose iteration never waits."""

    __slots__ = ("_file",)

    def __init__(self, file: FileSource) -> None:
        self._file = file

    def restless(self) -> bool:
        """Whether the file wants to be looked at again though it has caught up."""
        return self._file.is_restless()

    def take(self) -> Item | None:
        """The next item; what it raises is raised."""
        return next(self._file)

    def leave(self) -> int | None:
        """Close the file if the rest need not be read: how many bytes that is, else None."""
        rest = None if self._file.skipper is None else self._file.skipper.end()
        if rest is not None:
            self._file.close()
        return rest

    def modified(self) -> int | None:
        """When the file was last written."""
        return self._file.modified


class QueueFeed:
    """Items that a pump puts in as they come.

    `tells_caught_up` is true for a source that yields `CaughtUp` when it has read its backlog.
    """

    def __init__(self, tells_caught_up: bool = False) -> None:
        self.tells_caught_up = tells_caught_up
        self.items: deque[Item | SourceError] = deque()
        self.size = 0
        self.ended = False
        self.on_take: Callable[[], object] | None = None

    def put(self, item: Item | SourceError) -> None:
        """Add an item."""
        self.items.append(item)
        self.size += _size(item)

    def take(self) -> Item | None:
        """The next item, None when there is none now, `StopIteration` after the last."""
        if not self.items:
            if self.ended:
                raise StopIteration
            return None
        item = self.items.popleft()
        self.size -= _size(item)
        if self.on_take is not None:
            self.on_take()
        if isinstance(item, SourceError):
            raise item
        return item

    def modified(self) -> int | None:
        """Unknown: what comes is new."""
        return None


def _size(item: object) -> int:
    if isinstance(item, Chunk):
        return len(item.data)
    return len(item) if isinstance(item, bytes) else 0
