"""The driver: the one place where sources, merge, clock and tasks meet."""

from collections.abc import AsyncIterator, Callable, Iterable
from functools import cache, partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Self, Unpack

from plait.delivery import Target, deliver
from plait.due import Due
from plait.errors import UsageError
from plait.events import CaughtUp, Ended, Event, Failed, Skipped, Waiting
from plait.holding import Holding
from plait.intake import FileFeed, Intake, Over, QueueFeed, Taken, count
from plait.leaving import Leaving
from plait.logs.batch import Batch, Record
from plait.logs.kernel import COMPILED
from plait.logs.merge import Merge
from plait.logs.seek import is_past
from plait.plugins import Opened, open_sources
from plait.settings import WORTH_A_THREAD, Given, Options
from plait.sources.faults import size_at
from plait.sources.files import Files, FileSource
from plait.sources.skip import Skipper
from plait.stats import Stats
from plait.waiting import Clock, Waker, until_first

if TYPE_CHECKING:
    from plait.draining import Drain
    from plait.ledger import Keeper
    from plait.pump import Pump
    from plait.reading import Ahead


def follow(*sources: object, live: bool = True, **options: Unpack[Given]) -> "Stream":
    """Many sources as one live stream: an async context manager.

    A source is a path, a glob, a folder, `-`, `cmd:COMMAND`, or any iterable of bytes, blocking
    or async. The options are the fields of `plait.settings.Options`. `UsageError` for wrong ones;
    a source that cannot be read raises nothing: it is an event, and counted in `stats`.
    """
    return Stream(sources, Options(live=live, **options))


class Stream:
    """Many sources as one.

    Inside `async with`, `batches()` gives the records as they are ready and `async for` one
    record at a time; `stop()` ends it after what is there has been read. Nothing is read ahead
    of a slow reader beyond `memory` bytes.
    """

    def __init__(
        self, sources: Iterable[object], options: Options, clock: Clock | None = None
    ) -> None:
        self.options: Final = options
        self.stats: Final = Stats()
        self._clock: Final = Clock() if clock is None else clock
        self._wanted: Final = list(sources)
        self._pipe: Final = options.pipe()
        self._plain: Final = cache(partial(options.reading, {}))  # thousands share one
        self._since, self._until = options.skipping(self._clock.time_ns())
        self._ledger: Final = options.ledger()
        gone = None if self._ledger is None else self._ledger.gone
        self._merge: Final = Merge() if gone is None else Merge(gone)
        #: Asked after every round, when all that was given has been taken.
        self.keeper: Keeper | None = None
        self._intakes: Final[list[Intake]] = []
        self._active: Final[dict[Intake, None]] = {}  # not done; the order is the ranks'
        self._due: Final = Due()
        self._by_file: Final[dict[FileSource, Intake]] = {}
        self._pumps: Final[list[Pump]] = []
        self._files: Files | None = None
        self._by_time: Final = options.order == "time"
        self._holding: Final = Holding(self._merge, options.lateness, by_time=self._by_time)
        self._leaving: Final = Leaving(
            self._merge, self._holding, self._report, by_time=self._by_time
        )
        self._waker: Waker | None = None
        self._ahead: Ahead | None = None  # where much lies on the disk
        self._stopping = False
        self._drain: Drain | None = None  # once a stop was heard
        self._opened = self._begun = False
        self._giving = False  # batches that left together with the last one are still to be given

    # -- the public face -----------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self.open()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    async def __aiter__(self) -> AsyncIterator[Record]:
        async for batch in self.batches():
            for record in batch:
                yield record

    @property
    def immediate(self) -> bool:
        """Whether reading never waits for anything but the disk, so that no loop is needed."""
        return not self.options.live and not self._pumps

    def open(self) -> None:
        """Find the sources; `UsageError` for those that cannot be."""
        if self._opened:
            return
        self._opened = True
        options, former = self.options, None if self._ledger is None else self._ledger.former
        live, skip, exclude = options.live, options.skip_backlog, options.exclude
        opened = open_sources(
            self._wanted, live=live, skip_backlog=skip, exclude=exclude, former=former
        )
        self._files = opened.files
        for source in opened.sources:
            if self._ledger is not None:
                self._ledger.require(source)
            self._join(source)
        for event in () if self._files is None else self._files.events():
            self._report(event)

    async def batches(self) -> AsyncIterator[Batch]:
        """Batches of records in order, after the steps, as soon as they may leave; once."""
        if self._begun:
            raise UsageError("a stream can be iterated once; make another one of its sources")
        self._begun = True
        self.open()
        self._start()
        while True:
            progress = self._round()
            ready = self._leaving.pop()
            for left, batch in zip(range(len(ready) - 1, -1, -1), ready, strict=True):
                self._giving = left > 0
                if self._ledger is not None:
                    self._ledger.give(batch)
                for step in self._pipe:
                    batch = step(batch)  # the steps are a pipe
                if len(batch):
                    self.stats.written += len(batch)
                    yield batch
            self._giving = False
            if self._ledger is not None and self._ledger.due:
                self._ledger.settle(self._merge)
            if self.keeper is not None:
                self.keeper.round(given=bool(ready))
            if self._finished():
                return
            if self._waker is not None:
                more = self._due and (progress or ready)  # what has left makes room
                await self._waker.wait(0 if more else self._patience())

    async def write_to(self, *targets: Target, tick: Callable[[], None] | None = None) -> None:
        """Write all of it to every sink; a function is one too, `def` or `async def`.

        A slow sink slows the sources. A plain function is called in a thread where the stream
        needs a loop. The sinks are committed at the end, and left open.
        """
        self.open()
        self._start()
        start = None if self._ahead is None else self._ahead.start
        await deliver(self.batches(), targets, tick, in_thread=not self.immediate, start=start)

    def bookmarks(self) -> dict[str, Any] | None:
        """What `resume` takes: where another stream goes on behind what this one has given.

        JSON-able, and only what has changed since the last call: a `plait.ledger.Book` puts it on
        top of what was there before. None between batches that left together: ask again after
        the next. For streams with the option `resume`.
        """
        if self._ledger is None:
            raise UsageError("a stream has bookmarks with the option resume; {} at the first time")
        return None if self._giving else self._ledger.changes(self._merge, self._files)

    def stop(self) -> None:
        """End the stream after what its sources now hold; may be called from any thread."""
        self._stopping = True
        if self._waker is not None:
            self._waker.wake_from_anywhere()

    async def close(self) -> None:
        """Close all sources; what was not read is left."""
        if self._ahead is not None:
            self._ahead.close()
        for pump in self._pumps:
            await pump.close()
        if self._waker is not None:
            self._waker.close()
        for intake in self._intakes:
            intake.learn()
        for file in self._by_file:
            file.close()
        if self._files is not None:
            self._files.close()

    def total(self) -> int:
        """The bytes of all files as they lie on the disk now; for progress."""
        return sum(size_at(file.path) for file in self._by_file)

    # -- joining -------------------------------------------------------------------------

    def _join(self, opened: Opened) -> None:
        source = opened.source
        settings = opened.settings
        reading = self.options.reading(settings) if settings else self._plain()
        rank = self._merge.open(opened.name)
        if isinstance(source, FileSource):
            again = () if self._ledger is None else self._ledger.join(source, rank)
            intake = Intake(opened.name, rank, FileFeed(source), reading, *again)
            self._by_file[source] = intake
            if self._since is not None or self._until is not None:
                source.skipper = Skipper(reading.seek(self._since, self._until))
        else:
            from plait.pump import Pump  # it needs a loop, which files alone do not

            queue = QueueFeed(getattr(source, "tells_caught_up", False))
            intake = Intake(opened.name, rank, queue, reading)
            wake = partial(self._wake, intake)
            self._pumps.append(Pump(intake.name, source, queue, self._share, wake))
        self._intakes.append(intake)
        self._active[intake] = None
        self._due.add(intake)
        self._holding.join(intake)
        self.stats.sources.append(intake.stats)

    def _wake(self, intake: Intake) -> None:
        self._due.add(intake)
        if self._waker is not None:
            self._waker.wake()

    def _start(self) -> None:
        """Begin what needs a loop, or helpers, if anything does."""
        if self.immediate:
            for intake in self._intakes:
                intake.raw = self.options.raw
            fast = COMPILED and not self.options.raw
            if fast and not self._ledger and self.total() >= WORTH_A_THREAD:
                from plait.reading import Ahead

                self._ahead = self._ahead or Ahead()
            return
        if self._waker is not None:
            return
        self._waker = Waker(self._clock, None if self._files is None else self._files.fileno())
        for pump in self._pumps:
            pump.start()

    def _share(self) -> int:
        return self.options.share(len(self._active))

    # -- a round -------------------------------------------------------------------------

    def _round(self) -> bool:
        """Read what is due, as far as there is room; return whether anything was."""
        # The clock comes before the look and the reading: what was written by now is read now.
        clock, now = self._clock.monotonic(), self._clock.time_ns()
        if self.options.live:
            self._look()
        if self._stopping and self._drain is None:
            self._begin_drain(clock)
        share = self._share()
        progress = False
        # In order of arrival, files at rest arrive one after the other.
        due = self._due.take(one=self.immediate and not self._by_time)
        for intake in due:
            while intake.due and not intake.done and self._leaving.waiting(intake.rank) < share:
                progress = True
                if self._ahead is not None:
                    self._step(intake, self._ahead.take(intake, now), clock, now)
                    break  # the next one is better read ahead
                self._step(intake, intake.take(now, live=self.options.live), clock, now)
            if intake.due:
                self._due.add(intake)
        if self._ahead is not None:
            self._ahead.begin(due, now)
        if self.options.live:
            looked = None if self._files is None else self._files.looked
            self._leaving.let_go(clock, now, self._due, looked)
        return progress

    def _look(self) -> None:
        """Ask which files have changed and which are new."""
        if self._files is None:
            return
        changes = self._files.poll()
        for file in changes.opened:
            self._join(Opened.file(file))
        for file in changes.due:
            if file in self._by_file:
                self._due.add(self._by_file[file])
        for event in changes.events:
            self._report(event)

    def _step(self, intake: Intake, taken: Taken, clock: float, now: int) -> None:
        """Do with what a source gave what is to be done."""
        if taken is None:
            intake.due = False
        elif isinstance(taken, Over):
            self._finish(intake, now, taken.event)
        elif isinstance(taken, Event):
            self._happened(intake, taken, clock, now)
        else:
            if self.options.live:
                self._holding.heard(intake, taken, clock)
            self._leaving.put(intake, taken, clock)
            if (floor := intake.floor) is not None:
                self._merge.promise(intake.rank, floor)
            if self._drain is not None and self._drain.enough(intake):
                self._leaving.put(
                    intake, intake.flush(now, live=True), clock
                )  # it ends at a line end
                self._retire(intake)
                self._report(Ended(intake.name))
            elif is_past(taken, self._until) and (rest := intake.leave()) is not None:
                self._leave(intake, rest)

    def _happened(self, intake: Intake, event: Event, clock: float, now: int) -> None:
        if isinstance(event, CaughtUp):
            live, feed = self.options.live, intake.feed
            intake.due = not live and isinstance(feed, FileFeed) and feed.restless()
            last = not live or (self._drain is not None and intake in self._drain)
            if last and not intake.due:
                self._finish(intake, now, Ended(intake.name))
                return
            if intake.caught_up:
                return
            intake.caught_up = True
        elif isinstance(event, Waiting) and not self.options.live:
            event = Failed(intake.name, "does not exist", "check the path")
        elif isinstance(event, intake.borders):
            self._leaving.put(intake, intake.begin_incarnation(now, live=self.options.live), clock)
        self._tell(intake, event)

    def _finish(self, intake: Intake, now: int, event: Event) -> None:
        """Take what a source still holds, and close it."""
        clock, live = self._clock.monotonic(), self.options.live
        # A line that has not ended is left to the run that resumes this one.
        end = intake.flush if live and self._ledger is not None else intake.end_incarnation
        self._leaving.put(intake, end(now, live=live), clock)
        self._retire(intake)
        self._tell(intake, event)

    def _leave(self, intake: Intake, rest: int) -> None:
        """Read no further; what is held of the source lies beyond `until` like the rest."""
        self._retire(intake)
        for event in (Skipped(intake.name, rest), Ended(intake.name)):
            self._tell(intake, event)

    def _end_early(self, intake: Intake, clock: float, now: int) -> None:
        """Take the record that is whole at the last line end, and leave the rest."""
        self._leaving.put(intake, intake.flush(now, live=True), clock)
        self._retire(intake)

    def _retire(self, intake: Intake) -> None:
        intake.done = True
        self._active.pop(intake, None)
        self._due.discard(intake)
        self._holding.retire(intake)
        self._merge.close(intake.rank)

    def _tell(self, intake: Intake, event: Event) -> None:
        count(intake.stats, event)
        self._report(event)

    def _report(self, event: Event) -> None:
        if self.options.on_event is not None:
            self.options.on_event(event)

    def _patience(self) -> float:
        """Seconds until there is something to do even if nothing comes."""
        clock, files = self._clock.monotonic(), self._files if self.options.live else None
        looked = None if files is None else clock + files.interval
        drained = None if self._drain is None else self._drain.until
        kept = None if self.keeper is None else self.keeper.next()
        return until_first(clock, (looked, self._holding.next(), drained, kept))

    def _begin_drain(self, clock: float) -> None:
        """Read what is there now, and no more."""
        for pump in self._pumps:
            pump.stop()
        from plait.draining import Drain

        self._drain = Drain(clock, self._by_file)
        for intake in filter(attrgetter("due"), self._active):
            self._due.add(intake)

    def _finished(self) -> bool:
        if self._active:
            if self._drain is not None and self._clock.monotonic() >= self._drain.until:
                self._give_up(self._drain)
            return False
        growing = self.options.live and self._files is not None and not self._stopping
        return not growing and self._leaving.empty

    def _give_up(self, drain: "Drain") -> None:
        """Leave what a stop has no time for, and say so."""
        for event in drain.leave():
            self._report(event)
        clock, now = self._clock.monotonic(), self._clock.time_ns()
        for intake in list(self._active):
            self._end_early(intake, clock, now)
