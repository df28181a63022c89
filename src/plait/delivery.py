"""Batches in, everything written to sinks."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from plait.logs.batch import Batch
from plait.sinks import Sink

#: A sink, or a function that is called with each batch and may be a coroutine function.
Target = Sink | Callable[[Batch], Awaitable[None] | None]


async def deliver(
    batches: AsyncIterator[Batch],
    targets: Sequence[Target],
    tick: Callable[[], None] | None = None,
    *,
    in_thread: bool = False,
) -> None:
    """Write every batch to every target, one after the other; a slow one slows the sources.

    Plain functions are called in a thread if `in_thread` says so. `tick` is called after each
    batch. The sinks are committed at the end, and left open.
    """
    sinks = [_sink(target, in_thread=in_thread) for target in targets]
    async for batch in batches:
        for sink in sinks:
            if (written := sink.write((batch,))) is not None:
                await written
        if tick is not None:
            tick()
    for sink in sinks:
        if (committed := sink.commit()) is not None:
            await committed


def _sink(target: Target, *, in_thread: bool) -> Sink:
    if isinstance(target, Sink):
        return target
    from plait.sinks.call import CallSink  # the command line writes to no function

    return CallSink(target, in_thread=in_thread)
