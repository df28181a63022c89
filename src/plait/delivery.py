"""Batches in, everything written to sinks."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from plait.logs.batch import Batch
from plait.sinks import Sink
from plait.sinks.descriptor import DescriptorSink

if TYPE_CHECKING:
    from plait.crew import Errand

#: A sink, or a function that is called with each batch and may be a coroutine function.
Target = Sink | Callable[[Batch], Awaitable[None] | None]
Starter = Callable[[Callable[[], object]], "Errand[object]"]


async def deliver(
    batches: AsyncIterator[Batch],
    targets: Sequence[Target],
    tick: Callable[[], None] | None = None,
    *,
    in_thread: bool = False,
    start: Starter | None = None,
) -> None:
    """Write every batch to every target, one after the other; a slow one slows the sources.

    Plain functions are called in a thread if `in_thread` says so. `tick` is called after each
    batch. The sinks are committed at the end, and left open. With `start`, which has a call made
    by somebody else, a file is written while the next batch is made.
    """
    sinks = [_sink(target, in_thread=in_thread) for target in targets]
    aside = start is not None and all(isinstance(sink, DescriptorSink) for sink in sinks)
    errand: Errand[object] | None = None
    async for batch in batches:
        if aside and start is not None:
            if errand is not None:
                errand.wait()
            errand = start(partial(_write, sinks, batch))
        else:
            for sink in sinks:
                if (written := sink.write((batch,))) is not None:
                    await written
        if tick is not None:
            tick()
    if errand is not None:
        errand.wait()
    for sink in sinks:
        if (committed := sink.commit()) is not None:
            await committed


def _write(sinks: Sequence[Sink], batch: Batch) -> None:
    for sink in sinks:
        sink.write((batch,))


def _sink(target: Target, *, in_thread: bool) -> Sink:
    if isinstance(target, Sink):
        return target
    from plait.sinks.call import CallSink  # the command line writes to no function

    return CallSink(target, in_thread=in_thread)
