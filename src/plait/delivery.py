"""A stream in, everything it gives written to sinks."""

from collections.abc import Callable, Sequence

from plait.driver import Stream
from plait.sinks import Sink


async def deliver(
    stream: Stream, sinks: Sequence[Sink], tick: Callable[[], None] | None = None
) -> None:
    """Write all that a stream gives to every sink; a slow one slows the sources.

    `tick` is called after each batch.
    """
    async for batch in stream.batches():
        for sink in sinks:
            if (written := sink.write((batch,))) is not None:
                await written
        if tick is not None:
            tick()
    for sink in sinks:
        if (committed := sink.commit()) is not None:
            await committed
