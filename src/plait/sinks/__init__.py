"""Where batches go: one file a target, all of the shape of `Sink`."""

from collections.abc import Awaitable, Sequence
from typing import Protocol, runtime_checkable

from plait.logs.batch import Batch


@runtime_checkable
class Sink(Protocol):
    """A target of batches, blocking or async: each method may return an awaitable.

    A sink that takes its time slows the sources down. `SinkError` where it cannot be written.
    """

    name: str

    def write(self, batches: Sequence[Batch]) -> Awaitable[None] | None:
        """Take these batches, all of them or raise."""

    def commit(self) -> Awaitable[None] | None:
        """Make what was written last."""

    def close(self) -> Awaitable[None] | None:
        """Let go of the target; may be called again."""
