"""The driver for code without an event loop."""

from collections.abc import Coroutine, Generator, Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, Unpack

from plait.delivery import Target
from plait.driver import Stream
from plait.logs.batch import Batch, Record
from plait.settings import Given, Options
from plait.stats import Stats

if TYPE_CHECKING:
    from plait.bridge import LoopThread


def merge(*sources: object, live: bool = False, **options: Unpack[Given]) -> "Merged":
    """Many sources as one iterable of records in time order, for blocking code.

    Sources and options are those of `plait.follow`. With `live=True` the iteration goes on
    until `stop()` is called; without, it ends with the sources. Leaving it early closes them;
    so does leaving the `with` block that it may be used in.
    """
    return Merged(Stream(sources, Options(live=live, **options)))


class Merged:
    """A stream for blocking code: iterate it, or its `batches()`.

    Files alone are read in the calling thread; where something has to be waited for, an event
    loop in a thread of its own does the waiting.
    """

    def __init__(self, stream: Stream) -> None:
        self.stream: Final = stream
        self._exits: Final = ExitStack()

    @property
    def stats(self) -> Stats:
        """What happened so far, in numbers."""
        return self.stream.stats

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Record]:
        for batch in self.batches():
            yield from batch

    def batches(self) -> Iterator[Batch]:
        """Batches of records in order, as soon as they may leave."""
        self.stream.open()
        batches = self._at_once() if self.stream.immediate else self._through_a_loop()
        try:
            yield from batches
        finally:
            batches.close()
            self.close()

    def write_to(self, *targets: Target) -> None:
        """Write all of it to every sink; a function is one too, `def` or `async def`."""
        from inspect import iscoroutinefunction  # the command line never comes here

        self.stream.open()
        try:
            if self.stream.immediate and not any(map(iscoroutinefunction, targets)):
                self._exits.callback(lambda: run_at_once(self.stream.close()))
                run_at_once(self.stream.write_to(*targets))
            else:
                self._loop().call(self.stream.write_to, *targets)
        finally:
            self.close()

    def stop(self) -> None:
        """End after what the sources now hold; may be called from any thread."""
        self.stream.stop()

    def close(self) -> None:
        """Close all sources."""
        self._exits.close()

    def _at_once(self) -> Generator[Batch, None, None]:
        self._exits.callback(lambda: run_at_once(self.stream.close()))
        batches = self.stream.batches()
        while (batch := run_at_once(_next(batches))) is not None:
            yield batch

    def _through_a_loop(self) -> Generator[Batch, None, None]:
        yield from self._loop().iterate(self.stream.batches(), prefetch=0)

    def _loop(self) -> "LoopThread":
        """A loop of our own, which closes the stream when it ends."""
        from plait.bridge import LoopThread

        loop = self._exits.enter_context(LoopThread("plait merge"))
        self._exits.callback(lambda: loop.call(self.stream.close))
        return loop


async def _next(batches: Any) -> Batch | None:  # an async generator
    return await anext(batches, None)


def run_at_once(coroutine: Coroutine[object, object, Any]) -> Any:  # what the coroutine returns
    """Run a coroutine that never has to wait, without a loop."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise AssertionError("a stream of files alone has nothing to wait for")
