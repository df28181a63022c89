"""For tests of programs that use plait, and of sources, sinks and time formats for it.

A source that says what the test says, a clock that the test moves, and checks that a source, a
sink or a time format keeps the promises that plait relies on.
"""

import asyncio
import json
import re
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from heapq import heappop, heappush
from itertools import accumulate, count
from typing import Unpack

from plait.bridge import LoopThread
from plait.driver import Stream
from plait.errors import SourceError
from plait.events import CaughtUp, Event
from plait.logs.batch import STAMPED, Batch
from plait.logs.chunk import Chunk
from plait.logs.times import Stamper, TimeFormat, added_formats
from plait.logs.times.calendar import iso
from plait.settings import Given, Options
from plait.sinks import Sink
from plait.sources import AsyncSource, Item, Source
from plait.waiting import Clock, Handle


class ManualClock(Clock):
    """A clock that stands still until `advance` is called.

    It begins at `start`, nanoseconds since 1970 UTC.
    """

    def __init__(self, start: int = 1_772_359_200 * 10**9) -> None:
        self._passed = 0.0
        self._start = start
        self._calls: list[tuple[float, int, _Call]] = []
        self._numbers = count()

    def monotonic(self) -> float:
        """Seconds advanced so far."""
        return self._passed

    def time_ns(self) -> int:
        """The start and what was advanced."""
        return self._start + round(self._passed * 1e9)

    def call_later(
        self, loop: asyncio.AbstractEventLoop, seconds: float, callback: Callable[[], None]
    ) -> Handle:
        """Call this when the clock has been advanced by so much."""
        call = _Call(loop, callback)
        heappush(self._calls, (self._passed + seconds, next(self._numbers), call))
        return call

    def advance(self, seconds: float) -> None:
        """Let time pass; what is due is called soon, on its loop."""
        self._passed += seconds
        while self._calls and self._calls[0][0] <= self._passed:
            heappop(self._calls)[2].run()


class _Call:
    def __init__(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        self._loop = loop
        self._callback: Callable[[], None] | None = callback

    def run(self) -> None:
        if self._callback is not None:
            self._loop.call_soon_threadsafe(self._callback)

    def cancel(self) -> None:
        self._callback = None


class ScriptedSource:
    """An async source that gives what the test sends, when it sends it.

    `backlog=True` means that it has not caught up with the present until `caught_up()`.
    """

    def __init__(self, name: str, *, backlog: bool = False) -> None:
        self.name = name
        self.tells_caught_up = backlog
        self._items: asyncio.Queue[Item | SourceError | None] = asyncio.Queue()

    def send(self, *texts: str) -> None:
        """Give these lines."""
        self._items.put_nowait("".join(f"{text}\n" for text in texts).encode())

    def give(self, item: Item) -> None:
        """Give bytes as they are, a chunk, or an event."""
        self._items.put_nowait(item)

    def caught_up(self) -> None:
        """Say that this was all there is at present."""
        self._items.put_nowait(CaughtUp(self.name))

    def fail(self, problem: str) -> None:
        """Fail, saying this."""
        self._items.put_nowait(SourceError(self.name, problem))

    def end(self) -> None:
        """Have no more to give."""
        self._items.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Item]:
        while (item := await self._items.get()) is not None:
            if isinstance(item, SourceError):
                raise item
            yield item


def stream(*sources: object, clock: Clock, live: bool = True, **options: Unpack[Given]) -> Stream:
    """What `plait.follow` gives, with a clock of the test's."""
    return Stream(sources, Options(live=live, **options), clock)


def batch_of(
    records: Iterable[tuple[int, str]], source: str = "source", flags: int = STAMPED
) -> Batch:
    """A batch of (time in ns, text) records, the text without its line end."""
    pairs = list(records)
    raws = [text.encode() + b"\n" for _, text in pairs]
    times = array("q", [time for time, _ in pairs])
    return Batch(
        b"".join(raws),
        array("q", accumulate(map(len, raws), initial=0)),
        times,
        times,
        bytes([flags]) * len(pairs),
        (source,),
    )


def check_source(make: Callable[[], Source]) -> bytes:
    """Read a source that ends by itself, twice, and give all its bytes.

    `AssertionError` says which promise it breaks: items are bytes, chunks or events that name
    the source; tokens can be written as JSON; reading it again gives the same bytes.
    """
    first, second = _bytes_of(make()), _bytes_of(make())
    assert first == second, "reading the source again gave other bytes"
    return first


def _bytes_of(source: Source) -> bytes:
    assert isinstance(source.name, str), "a source has a name"
    out: list[bytes] = []
    for item in _items_of(source):
        if isinstance(item, Event):
            assert item.source == source.name, f"{item!r} does not name the source {source.name!r}"
            continue
        chunk = item if isinstance(item, Chunk) else Chunk(item)
        assert isinstance(chunk.data, bytes), f"{item!r} is neither bytes nor a chunk nor an event"
        json.dumps(chunk.token)
        out.append(chunk.data)
    return b"".join(out)


def _items_of(source: Source) -> list[Item]:
    if not isinstance(source, AsyncSource):
        return list(source)
    asynchronous = source

    async def collect() -> list[Item]:
        return [item async for item in asynchronous]

    with LoopThread("plait check") as loop:
        return loop.call(collect)


def check_sink(make: Callable[[], Sink]) -> None:
    """Write to a sink as the driver does: batches in two writes, a commit, a close, another.

    What the sink raises is raised; what has arrived is the caller's to compare: the records
    `one`, `two` and `three` of the source `source`, in this order.
    """
    sink = make()
    assert isinstance(sink.name, str), "a sink has a name"
    batches = [batch_of([(1, "one"), (2, "two")]), batch_of([(3, "three")])]
    calls: tuple[Callable[[], Awaitable[None] | None], ...] = (
        lambda: sink.write(batches[:1]),
        lambda: sink.write(batches[1:]),
        sink.commit,
        sink.close,
        sink.close,
    )

    async def run() -> None:
        for call in calls:
            if (result := call()) is not None:
                await result

    with LoopThread("plait check") as loop:
        loop.call(run)


def check_time_format(form: TimeFormat) -> None:
    """Read the examples of a time format, which must have two lines with a time and one without.

    `AssertionError` says which promise it breaks: an example gives its time, the lead has no
    groups and each text three, and it is not by chance a format that plait has.
    """
    times = [example.time for example in form.examples]
    assert sum(time is not None for time in times) >= 2, "give two examples with a time"
    assert None in times, "give an example that must not match"
    assert re.compile(form.lead).groups == 0, "the lead has no groups"
    for text in form.texts:
        assert re.compile(text.pattern).groups == 3, f"the pattern of {text.name} has three groups"
    added = added_formats({form.name: form})
    for example in form.examples:
        stamper = Stamper(
            zone=example.zone, reference=example.reference, format=form.name, added=added
        )
        time = stamper.stamp(example.line + b"\n")
        shown = None if time is None else iso(time)
        assert shown == example.time, f"{example.line!r} gave {shown}, not {example.time}"


__all__ = [
    "ManualClock",
    "ScriptedSource",
    "batch_of",
    "check_sink",
    "check_source",
    "check_time_format",
    "stream",
]
