"""Where bytes come from: one file a transport, all of the shape of `Source`."""

from collections.abc import AsyncIterator, Iterator
from typing import Protocol, runtime_checkable

from plait.events import Event
from plait.logs.chunk import Chunk

#: What a source yields: bytes, bytes with a token, or word of what happened to it.
Item = bytes | Chunk | Event


@runtime_checkable
class BlockingSource(Protocol):
    """A named iterable of items whose iteration may block the calling thread.

    It yields `CaughtUp` when all that was there has been read, and `Rotated` or `Truncated`
    where a new incarnation begins. It knows nothing of lines, times or merging. One that has a
    true attribute `tells_caught_up` is waited for until it has done so; of another, whatever
    it has given is taken for all there is at present.
    """

    name: str

    def __iter__(self) -> Iterator[Item]: ...


@runtime_checkable
class AsyncSource(Protocol):
    """The same for coroutines."""

    name: str

    def __aiter__(self) -> AsyncIterator[Item]: ...


#: A named iterable of items, in either colour.
Source = BlockingSource | AsyncSource
