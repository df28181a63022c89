"""Batches of all sources in; out, in the order that was asked for, those that may leave."""

from typing import Final

from plait.logs.batch import Batch
from plait.logs.merge import Merge


class Leaving:
    """What stands between sources and steps: a merge by time, or a line in order of arrival."""

    def __init__(self, merge: Merge, *, by_time: bool) -> None:
        self._merge: Final = merge
        self._by_time: Final = by_time
        self._arrived: Final[list[Batch]] = []  # in arrival order, to leave at once
        self._size = 0

    def put(self, rank: int, batch: Batch) -> int:
        """Take the next records of a source; return how many of them are late."""
        if self._by_time:
            return self._merge.put(rank, batch)
        self._arrived.append(batch)
        self._size += len(batch.data)
        return 0

    def waiting(self, rank: int) -> int:
        """The bytes that wait of this source, or of all where they leave as they come."""
        return self._merge.waiting(rank) if self._by_time else self._size

    def pop(self) -> list[Batch]:
        """All that may leave now."""
        if self._by_time:
            return self._merge.pop()
        ready = list(self._arrived)
        self._arrived.clear()
        self._size = 0
        return ready

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._merge.held and not self._arrived
