"""Batches of all sources in; out, in the order that was asked for, those that may leave."""

from collections.abc import Callable, Iterable
from typing import Final

from plait.events import Event, Late
from plait.holding import Holding
from plait.intake import Intake
from plait.logs.batch import Batch
from plait.logs.merge import Merge


class Leaving:
    """What stands between sources and steps: a merge by time, or a line in order of arrival.

    `report` is told of records that are late, and what else there is to say of a source.
    """

    def __init__(
        self, merge: Merge, holding: Holding, report: Callable[[Event], None], *, by_time: bool
    ) -> None:
        self._merge: Final = merge
        self._holding: Final = holding
        self._report: Final = report
        self._by_time: Final = by_time
        self._arrived: Final[list[Batch]] = []  # in arrival order, to leave at once
        self._size = 0

    def put(self, intake: Intake, batches: Iterable[Batch], clock: float) -> None:
        """Take the next records of a source."""
        for batch in batches:
            if self._by_time:
                self._merge_in(intake, batch, clock)
            else:
                self._arrived.append(batch)
                self._size += batch.size
        for event in intake.news():
            self._report(event)

    def _merge_in(self, intake: Intake, batch: Batch, clock: float) -> None:
        behind = self._merge.gone - batch.places[0]
        if late := self._merge.put(intake.rank, batch):
            intake.stats.late += late
            self._report(Late(intake.name, late, behind))
        self._holding.arrived(clock, batch.places[-1])

    def let_go(self, clock: float, now: int, due: Iterable[Intake], looked: float | None) -> None:
        """Live, end records that grew no more, and let those leave that were held long enough.

        Sources that are `due` may have something that is not known yet; files were `looked` at
        when that says, if there are any.
        """
        for intake in self._holding.over(clock):
            flushed = intake.flush(now, live=True)
            self._holding.flushed(intake, flushed)
            self.put(intake, flushed, clock)
        if self._by_time:
            self._holding.release(due, clock if looked is None else min(clock, looked))

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
